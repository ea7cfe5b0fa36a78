"""What to wait for after a change, and the command that shows that it is there."""

from collections.abc import Iterator

from why503.mesh.selection import full_host
from why503.mesh.setting import mapping_of, word_of
from why503.repair.rollout.change import Change
from why503.repair.rollout.state import ROUTES, WORKLOADS, replicas
from why503.support.text import _

_ACTIVE = (
    "kubectl -n <namespace> exec <caller-pod> -c istio-proxy -- "
    "pilot-agent request GET clusters | grep rq_active"
)


def waits_of(change: Change) -> Iterator[tuple[str, str]]:
    """Sentences with the command for each."""
    kind = change.key.kind
    after = change.after
    if change.object.kind == "Rollout" and after is not None:
        yield (
            _("the controller has walked to the end of {name}").format(name=change.object),
            f"kubectl argo rollouts -n {change.key.namespace} status {change.key.name}",
        )
    elif kind in WORKLOADS and after is not None and kind != "ReplicaSet" and replicas(after):
        yield (
            _("the pods of {name} are ready").format(name=change.key),
            f"kubectl -n {change.key.namespace} rollout status {kind.lower()}/{change.key.name}",
        )
    elif kind == "DestinationRule" and after is not None and change.action != "narrow":
        host = full_host(word_of(after.get("spec", "host")), change.key.namespace)
        subsets = [
            word_of(mapping_of(one).get("name")) for _n, one in after.items("spec", "subsets")
        ]
        yield _in_sync()
        for name in subsets if change.before is None else _new(change):
            cluster = f"--fqdn {host} --subset {name}"
            yield (
                _("the callers have the cluster of subset {subset}").format(subset=name),
                f"istioctl proxy-config cluster <caller-pod>.<namespace> {cluster}",
            )
    elif kind in ROUTES:
        yield _in_sync()
        yield (
            _("requests that began before are done (rq_active is 0 where nothing goes any more)"),
            _ACTIVE,
        )
    elif kind == "Service" and after is not None:
        label = f"kubernetes.io/service-name={change.key.name}"
        yield (
            _("the endpoints of {name} are the new ones").format(name=change.key),
            f"kubectl -n {change.key.namespace} get endpointslices -l {label}",
        )
        yield _in_sync()


def _in_sync() -> tuple[str, str]:
    return _("every proxy is in sync (SYNCED)"), "istioctl proxy-status"


def _new(change: Change) -> Iterator[str]:
    before = {
        word_of(mapping_of(one).get("name"))
        for _n, one in (change.before.items("spec", "subsets") if change.before else ())
    }
    for _n, one in change.manifest.items("spec", "subsets"):
        name = word_of(mapping_of(one).get("name"))
        if name not in before:
            yield name
