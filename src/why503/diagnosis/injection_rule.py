"""Rules about pods that get no sidecar: what the labels of a namespace arm."""

from why503.diagnosis.hazard import Finder, Rule, Severity
from why503.mesh.armed import injection
from why503.support.text import _

RULES: dict[Finder, Rule] = {
    injection.strict_without_sidecars: Rule(
        "strict-without-sidecars",
        Severity.WARNING,
        _(
            "The pods of namespace {namespace} ({workload} is one) get no sidecar: {why}. "
            "{policy} demands STRICT mutual TLS, which they neither take nor speak."
        ),
        ("IST0102",),
    ),
    injection.objects_without_sidecars: Rule(
        "objects-without-sidecars",
        Severity.NOTE,
        _(
            "The pods of namespace {namespace} ({workload} is one) get no sidecar: {why}. "
            "{policy} does nothing for them."
        ),
        ("IST0102",),
    ),
    injection.doubly_labelled: Rule(
        "two-injection-labels",
        Severity.WARNING,
        _(
            "Namespace {namespace} is labelled istio-injection={value} as well: the control plane "
            "of revision {revision} gives its pods no sidecar."
        ),
        ("IST0123",),
    ),
    injection.pods_without_proxy: Rule(
        "pod-without-proxy",
        Severity.WARNING,
        _(
            "{pod} runs without a proxy, though namespace {namespace} is labelled for injection: "
            "it is older than the label, or was made past the webhook."
        ),
        ("IST0103",),
    ),
}
"""By what looks for the places."""
