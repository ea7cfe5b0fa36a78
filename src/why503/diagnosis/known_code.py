"""Codes of `istioctl analyze` and of Kiali, and why lint has no rule for some of them.

Istio's stand in `pkg/config/analysis/msg/messages.yaml` of its repository (and, from 1.29.3 on, in
the release notes), Kiali's in `models/istio_validation.go` and on its page of validations. A rule
says in its `same_as` which of them find the same; `tests/diagnosis/test_known_code.py` holds that
every code here has a rule or a standing.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple


class Standing(StrEnum):
    """Why no rule carries a code."""

    NOT_YET = "not covered yet"
    NO_REQUEST = "about no request"
    HARMLESS = "fails no request"
    LIVE = "needs a live cluster"
    RETIRED = "retired"


class KnownCode(NamedTuple):
    """One code of another linter."""

    code: str
    says: str
    """What it finds, in a few words."""
    standing: Standing | None = None
    """None where a rule carries it. `RETIRED` also where one does: old versions still say it."""
    remark: str = ""
    """What is not held, or what stands behind the standing."""


_NOT_YET, _NO_REQUEST = Standing.NOT_YET, Standing.NO_REQUEST
_HARMLESS, _LIVE, _RETIRED = Standing.HARMLESS, Standing.LIVE, Standing.RETIRED
_OLD_MODES = "only where enableAutoMtls is off"
_TELEMETRY = "telemetry: metrics, traces and access logs"
_INSTALLING = "installing and upgrading istiod"
_WITHOUT_TARGET = "held where it has no targetRefs, so that ztunnel reads it"
_NO_WAYPOINT = "an L7 setting takes no effect, because no waypoint reads it"

ISTIO = (
    KnownCode("IST0001", "a fault of istioctl itself", _NO_REQUEST),
    KnownCode("IST0002", "something deprecated is used", _HARMLESS),
    KnownCode(
        "IST0101",
        "a host, port, subset, gateway, selector, Secret or namespace that is not there",
        None,
        "namespaces that an AuthorizationPolicy names are not held",
    ),
    KnownCode("IST0102", "a namespace tells nothing about injection"),
    KnownCode("IST0103", "a pod of an injected namespace has no proxy"),
    KnownCode("IST0104", "a Gateway's port is not on its workload", _RETIRED, "now IST0162"),
    KnownCode("IST0105", "a proxy's image is not the injector's", _RETIRED, "now IST0158"),
    KnownCode(
        "IST0106",
        "the schema or istiod's validation refuses the object",
        None,
        "of what only istiod's Go code checks, what the rules name",
    ),
    KnownCode("IST0107", "an annotation on the wrong kind of object", _NOT_YET),
    KnownCode("IST0108", "an annotation that Istio does not know", _NOT_YET),
    KnownCode("IST0109", "two VirtualServices for one host at the sidecars"),
    KnownCode("IST0110", "two Sidecars select one pod"),
    KnownCode("IST0111", "two Sidecars of a namespace have no selector"),
    KnownCode("IST0112", "a route names no port of a Service with several"),
    KnownCode("IST0113", "DestinationRule and policy want different TLS", _RETIRED, "in 1.6"),
    KnownCode(
        "IST0116",
        "Services of one workload give a port TCP and UDP",
        _HARMLESS,
        "no HTTP is sent over UDP ports",
    ),
    KnownCode("IST0117", "a Deployment without a Service", _RETIRED),
    KnownCode("IST0118", "a port's name tells no protocol"),
    KnownCode("IST0119", "a JWT policy for a port that is not HTTP", _RETIRED),
    KnownCode("IST0122", "a regular expression is invalid", _RETIRED, "in 1.23, now IST0106"),
    KnownCode("IST0123", "a namespace has two injection labels"),
    KnownCode("IST0125", "an annotation's value is invalid", _NOT_YET),
    KnownCode("IST0126", "meshNetworks names an unknown registry", _NOT_YET),
    KnownCode("IST0127", "an AuthorizationPolicy selects no pod"),
    KnownCode("IST0128", "TLS without caCertificates", _HARMLESS, "the certificate goes unchecked"),
    KnownCode("IST0129", "the same for one port", _HARMLESS, "the certificate goes unchecked"),
    KnownCode("IST0130", "a rule of a VirtualService is never reached"),
    KnownCode("IST0131", "a match repeats one of an earlier rule"),
    KnownCode("IST0132", "a VirtualService's host is not on its Gateway"),
    KnownCode("IST0133", "istiod's validation warns", _NOT_YET, "a collection; some fail requests"),
    KnownCode("IST0134", "a TCP ServiceEntry without addresses"),
    KnownCode("IST0135", "a deprecated annotation", _HARMLESS),
    KnownCode("IST0136", "an annotation of alpha quality", _HARMLESS),
    KnownCode("IST0137", "Services of one workload share a target port"),
    KnownCode("IST0138", "two Gateways show one certificate"),
    KnownCode("IST0139", "a webhook leads to no istiod", _NO_REQUEST, _INSTALLING),
    KnownCode(
        "IST0140", "a subset is not asked for at a gateway", _HARMLESS, "any version answers"
    ),
    KnownCode("IST0141", "rights for installing are missing", _NO_REQUEST, _INSTALLING),
    KnownCode("IST0142", "Kubernetes is too old", _LIVE, _INSTALLING),
    KnownCode("IST0143", "a Service's port listens on localhost only"),
    KnownCode("IST0144", "an application runs as user 1337"),
    KnownCode("IST0145", "two Gateways open one host and port"),
    KnownCode("IST0146", "`image: auto` in a Deployment that is not injected"),
    KnownCode("IST0147", "`image: auto` in a Pod that is not injected"),
    KnownCode("IST0148", "a namespace is injected by default", _HARMLESS),
    KnownCode("IST0149", "a route asks for JWT claims that nobody reads"),
    KnownCode("IST0150", "an ExternalName Service's port tells no protocol"),
    KnownCode(
        "IST0151",
        "a relative EnvoyFilter patch without a priority",
        None,
        "held where no filter to go by is named",
    ),
    KnownCode("IST0152", "REPLACE where it does nothing"),
    KnownCode("IST0153", "ADD where it does nothing"),
    KnownCode("IST0154", "REMOVE where it does nothing"),
    KnownCode("IST0155", "IST0151 for one proxy version", None, "held as IST0151 is"),
    KnownCode("IST0156", "the Gateway API's CRDs are too old", _LIVE),
    KnownCode("IST0157", "a Telemetry without providers", _NO_REQUEST, _TELEMETRY),
    KnownCode("IST0158", "proxies of another version than the injector's", _LIVE),
    KnownCode("IST0159", "two Telemetries select one pod", _NO_REQUEST, _TELEMETRY),
    KnownCode("IST0160", "two Telemetries have no selector", _NO_REQUEST, _TELEMETRY),
    KnownCode("IST0161", "a Gateway's Secret holds no valid certificate", _NOT_YET),
    KnownCode("IST0162", "a Gateway's port is not on its Service"),
    KnownCode("IST0163", "an external istiod's address is invalid", _NO_REQUEST, _INSTALLING),
    KnownCode("IST0164", "an external istiod's address is an IP", _NO_REQUEST, _INSTALLING),
    KnownCode("IST0165", "a VirtualService names a Gateway that Istio made itself", _HARMLESS),
    KnownCode(
        "IST0166",
        "a selector where a Kubernetes Gateway needs targetRefs",
        _HARMLESS,
        "the policy does not hold, so nothing is refused",
    ),
    KnownCode(
        "IST0167",
        "a policy without effect, such as a Sidecar in ambient mode",
        _HARMLESS,
        "the policy does not hold, so nothing is refused",
    ),
    KnownCode("IST0168", "an upgrade may change a setting", _LIVE, "istioctl x precheck"),
    KnownCode("IST0169", "an upgrade changes a setting", _LIVE, "istioctl x precheck"),
    KnownCode("IST0170", "a Service differs between clusters", _LIVE, "several clusters"),
    KnownCode("IST0171", "an object's status has a negative condition", _LIVE),
    KnownCode("IST0173", "a subset selects no pod"),
    KnownCode("IST0174", "a DestinationRule's host is not there"),
    KnownCode("IST0175", "istiod may fetch JWKS from any address", _HARMLESS, "a safeguard"),
    KnownCode("IST0176", "a Gateway API CRD is too old", _LIVE),
    KnownCode("IST0177", "ServiceEntries give one host and port two protocols"),
)
"""All that `istioctl analyze` says, and what it said once, by code."""

KIALI = (
    KnownCode("KIA0002", "two objects of a namespace have no selector"),
    KnownCode("KIA0003", "two objects select one workload"),
    KnownCode("KIA0004", "a selector takes no workload"),
    KnownCode("KIA0005", "exportTo names a namespace that is not there"),
    KnownCode(
        "KIA0101",
        "an AuthorizationPolicy names a lost namespace",
        None,
        "held against a list of all namespaces",
    ),
    KnownCode(
        "KIA0102",
        "an AuthorizationPolicy names no HTTP method",
        None,
        "held where one is not in capitals",
    ),
    KnownCode("KIA0104", "an AuthorizationPolicy names a lost host", _NOT_YET, "403"),
    KnownCode("KIA0105", "a policy's field needs mutual TLS", _NOT_YET, f"403; {_OLD_MODES}"),
    KnownCode("KIA0106", "an AuthorizationPolicy names a lost account"),
    KnownCode("KIA0107", "that account is on another cluster", _LIVE, "several clusters"),
    *(
        KnownCode(code, "an L7 AuthorizationPolicy that no waypoint reads", None, _WITHOUT_TARGET)
        for code in ("KIA0109", "KIA0110")
    ),
    KnownCode("KIA0201", "two DestinationRules for one host and subset"),
    KnownCode("KIA0202", "a DestinationRule's host is not there"),
    KnownCode("KIA0203", "a subset's labels are on no workload"),
    KnownCode("KIA0204", "another rule overrides the TLS mode", _HARMLESS, _OLD_MODES),
    KnownCode(
        "KIA0205",
        "mutual TLS for the mesh, and no PeerAuthentication",
        _HARMLESS,
        "without one, servers take both",
    ),
    KnownCode(
        "KIA0206",
        "mutual TLS for a namespace, and no PeerAuthentication",
        _HARMLESS,
        "without one, servers take both",
    ),
    KnownCode("KIA0207", "no TLS towards a namespace that is STRICT"),
    KnownCode("KIA0208", "no TLS towards a mesh that is STRICT"),
    KnownCode("KIA0209", "a subset without labels", _HARMLESS, "it takes all pods"),
    *(
        KnownCode(code, "an L7 DestinationRule that no waypoint reads", _HARMLESS, _NO_WAYPOINT)
        for code in ("KIA0210", "KIA0211", "KIA0212")
    ),
    KnownCode("KIA0301", "two Gateways for one host and port"),
    KnownCode("KIA0302", "a Gateway's selector takes no workload"),
    KnownCode("KIA0401", "a STRICT mesh, callers without TLS", _NOT_YET, _OLD_MODES),
    KnownCode("KIA0501", "a STRICT namespace, callers without TLS", _NOT_YET, _OLD_MODES),
    KnownCode("KIA0505", "TLS towards a namespace that takes none"),
    KnownCode("KIA0506", "TLS towards a mesh that takes none"),
    KnownCode("KIA0601", "a port's name tells no protocol"),
    KnownCode("KIA0602", "a port's appProtocol tells no protocol"),
    KnownCode("KIA0701", "a Service's target port is on no workload"),
    KnownCode("KIA1004", "a Sidecar's egress host is not there"),
    KnownCode(
        "KIA1006",
        "the mesh's default Sidecar has a selector",
        _HARMLESS,
        "it is in force in its own namespace only",
    ),
    KnownCode("KIA1007", "an outboundTrafficPolicy without a mode", _HARMLESS, "Istio's default"),
    KnownCode("KIA1101", "a route's host is not there"),
    KnownCode("KIA1102", "a VirtualService's Gateway is not there"),
    KnownCode("KIA1104", "a weight below 100 on the only destination", _HARMLESS),
    KnownCode("KIA1105", "one destination twice in a route", _HARMLESS),
    KnownCode("KIA1106", "two VirtualServices for one host"),
    KnownCode("KIA1107", "a route's subset is not there"),
    KnownCode("KIA1108", "a Gateway named in the old way", _HARMLESS),
    *(
        KnownCode(
            f"KIA{number}",
            "an L7 VirtualService, RequestAuthentication, WasmPlugin or Telemetry that no "
            "waypoint reads",
            _HARMLESS,
            _NO_WAYPOINT,
        )
        for number in range(1109, 1118)
    ),
    KnownCode("KIA1201", "a WorkloadEntry's address is in no ServiceEntry", _NOT_YET),
    KnownCode("KIA1301", "no AuthorizationPolicy for a workload", _HARMLESS, "nothing is refused"),
    KnownCode("KIA1311", "a workload has labels of sidecar and ambient mode", _NOT_YET),
    KnownCode("KIA1312", "a waypoint for a workload outside ambient mode", _HARMLESS, "unused"),
    KnownCode("KIA1313", "a workload's waypoint is not there"),
    KnownCode("KIA1314", "a pod with sidecar labels is caught by ambient mode", _LIVE),
    KnownCode("KIA1315", "a pod with a sidecar has ambient labels", _LIVE),
    KnownCode("KIA1316", "a sidecar in a namespace of ambient mode", _LIVE),
    KnownCode("KIA1317", "an L7 AuthorizationPolicy without a waypoint", None, _WITHOUT_TARGET),
    KnownCode("KIA1401", "a route's Gateway (Gateway API) is not there", _NOT_YET, "404"),
    KnownCode("KIA1402", "a route's Service (Gateway API) is not there"),
    KnownCode(
        "KIA1501",
        "two Gateways (Gateway API) for one host and port",
        _HARMLESS,
        "each has its own proxy",
    ),
    KnownCode("KIA1502", "two Gateways (Gateway API) with one address", _NOT_YET),
    KnownCode("KIA1503", "two listeners of a Gateway are the same"),
    KnownCode(
        "KIA1504", "a GatewayClass that Kiali is not told of", _NO_REQUEST, "Kiali's setting"
    ),
    KnownCode("KIA1601", "a ReferenceGrant names a lost namespace", _NOT_YET, "500"),
)
"""All that Kiali says of Istio's and the Gateway API's objects, by code."""


def known_codes() -> Iterator[KnownCode]:
    """Istio's, then Kiali's, each by code."""
    yield from ISTIO
    yield from KIALI
