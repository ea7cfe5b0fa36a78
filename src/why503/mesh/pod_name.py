"""Whether a pod's name can be one that Kubernetes gave to a pod of a workload."""

from why503.support.pattern import lazy_re

_SUFFIX = lazy_re(r"-(?:[a-z0-9]{4,10}-[a-z0-9]{5}|[a-z0-9]{5}|\d{1,4})")
"""What Kubernetes adds to a workload's name to name its pods."""


def is_pod_of(pod: str, workload: str) -> bool:
    """True where Kubernetes can have given this name to a pod of that workload."""
    return pod == workload or (
        pod.startswith(f"{workload}-") and _SUFFIX.fullmatch(pod[len(workload) :]) is not None
    )
