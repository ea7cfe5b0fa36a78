"""Bundles that a tool makes, known by the names of their members: who tells, what is never in them.

One entry of `KINDS` for each tool; a bundle is of the kind of which it shows most signs.
"""

import re
from collections.abc import Sequence

from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.text import _

_SIGNS = 2
"""Signs of a kind that have to be seen."""
_NS = r"(?P<namespace>[^/]{1,253})"
_POD = r"(?P<pod>[^/]{1,253})"


def _patterns(*texts: str) -> tuple[re.Pattern[str], ...]:
    return tuple(lazy_re(rf"(?:^|.*/){text}") for text in texts)


@dataclass(frozen=True, kw_only=True)
class BundleKind:
    """What one tool writes."""

    name: str
    signs: tuple[re.Pattern[str], ...]
    """Members by which it is known."""
    pods: tuple[re.Pattern[str], ...]
    """Members that tell of one pod, named by the groups `namespace` and `pod`."""
    never: str
    """What such a bundle does not hold, as a sentence about `{path}`."""
    no_evidence: tuple[re.Pattern[str], ...] = ()
    """Members that tell of the collecting only."""


KINDS = (
    BundleKind(
        name="istioctl bug-report",
        signs=_patterns(
            rf"proxies/{_NS}/{_POD}/(?:istio-proxy\.log|config_dump(?:\?include_eds)?|certs)$",
            rf"istio/{_NS}/{_POD}/(?:discovery\.log|debug/)",
            r"cluster/(?:k8s-resources|k8s-cluster-resources|crs)$",
            r"analyze/[^/]{1,80}/[^/]{1,80}$",
            r"bug-report\.log$",
        ),
        pods=_patterns(
            rf"(?:proxies|istio|operator)/{_NS}/{_POD}/", rf"(?P<namespace>cni)/{_POD}/"
        ),
        no_evidence=_patterns(r"bug-report\.log$", r"versions$", r"cluster-context$"),
        never=_(
            "`{path}` is an istioctl bug-report: it holds no logs of applications, and logs only "
            "within its --start-time, --duration and size. Give the applications' logs besides."
        ),
    ),
    BundleKind(
        name="troubleshoot.sh support bundle",
        signs=_patterns(
            r"cluster-resources/pods/logs/",
            r"cluster-resources/[a-z-]{1,80}(?:/[^/]{1,253})?\.json$",
            r"execution-data/summary\.txt$",
            r"analysis\.json$",
        ),
        pods=_patterns(rf"cluster-resources/pods/logs/{_NS}/{_POD}/"),
        no_evidence=_patterns(
            r"[^/]{0,253}-errors\.json$", r"execution-data/", r"analysis\.json$", r"version\.yaml$"
        ),
        never=_(
            "`{path}` is a troubleshoot.sh support bundle: it holds nothing of Envoy's admin pages "
            "unless a collector asks for them, and ***HIDDEN*** stands for redacted words. Give "
            "`istioctl proxy-config all POD -o json` besides."
        ),
    ),
    BundleKind(
        name="must-gather",
        signs=_patterns(
            rf"namespaces/{_NS}/pods/{_POD}/[^/]{{1,63}}/[^/]{{1,63}}/logs/",
            r"cluster-scoped-resources/",
            rf"namespaces/{_NS}/core/[a-z]{{1,60}}\.yaml$",
            r"event-filter\.html$",
        ),
        pods=_patterns(rf"namespaces/{_NS}/pods/{_POD}/"),
        no_evidence=_patterns(r"event-filter\.html$", r"timestamp$", r"gather-debug\.log$"),
        never=_(
            "`{path}` is a must-gather: it holds no Secrets, and Envoy's configuration only where "
            "the Service Mesh image was used. Give `istioctl proxy-config all POD -o json` besides."
        ),
    ),
    BundleKind(
        name="kubectl cluster-info dump",
        signs=_patterns(
            r"(?:^|/)nodes\.(?:json|yaml)$",
            r"[^/]{1,253}/replication-controllers\.(?:json|yaml)$",
            r"[^/]{1,253}/daemonsets\.(?:json|yaml)$",
            rf"{_NS}/{_POD}/logs\.txt$",
        ),
        pods=_patterns(rf"{_NS}/{_POD}/logs\.txt$"),
        never=_(
            "`{path}` is a kubectl cluster-info dump: it holds no custom resources (nothing of "
            "Istio), no Endpoints and no ConfigMaps, and without --all-namespaces only the current "
            "namespace and kube-system. Give `kubectl get -A -o yaml "
            "virtualservices,destinationrules,sidecars,peerauthentications,endpointslices` besides."
        ),
    ),
)


def kind_of(names: Sequence[str]) -> BundleKind | None:
    """The kind of which ``names`` show most signs, at least `_SIGNS`; None for no such."""
    best, most = None, _SIGNS - 1
    for kind in KINDS:
        seen = sum(any(sign.match(name) for name in names) for sign in kind.signs)
        if seen > most:
            best, most = kind, seen
    return best
