"""Pages of `istioctl x describe pod|service`: what applies to a workload, and the warnings.

Services and DestinationRules become partial objects. The mode of mutual TLS becomes that of the
PeerAuthentication, where the page names one only. Warnings become `Analysis` facts of code
`WARNING`.
"""

import re
from dataclasses import field
from typing import Any

from why503.evidence.command_line import command_of
from why503.evidence.manifest_object import manifest_of
from why503.evidence.reader import Context, Line, Reading, share_taken
from why503.facts.analysis import Analysis
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.secret import raw

NAME = "istioctl describe"

_PLACE = r"(?P<name>[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9][a-z0-9-]{0,62}){0,2})"
_POD = lazy_re(rf"Pod: {_PLACE}\s*$")
_SERVICE = lazy_re(rf"Service: {_PLACE}\s*$")
_PORT = lazy_re(
    r"Port:[ ]{1,4}(?:(?P<name>[a-z0-9][a-z0-9-]{0,62})[ ])?(?P<port>\d{1,5})/"
    r"(?P<protocol>[\w -]{1,30}?)(?: targets pod port (?P<target>\d{1,5}))?\s*$"
)
_RULE = lazy_re(rf"DestinationRule: {_PLACE} for \"(?P<host>[^\"\s]{{1,253}})\"\s*$")
_TLS = lazy_re(r"Traffic Policy TLS Mode: (?P<mode>[A-Z_]{2,20})\s*$")
_ROUTE = lazy_re(rf"VirtualService: {_PLACE}\s*$")
_MODE = lazy_re(r"(?:Workload|Namespace-wide|Mesh-wide) mTLS mode: (?P<mode>[A-Za-z_]{2,20})\s*$")
_APPLIED = lazy_re(r"Applied PeerAuthentication:\s*$")
_POLICY = lazy_re(r"(?P<name>[a-z0-9][a-z0-9.-]{0,252})\.(?P<namespace>[a-z0-9-]{1,63})\s*$")
_WARNING = lazy_re(r"(?:WARNING|Warning):? (?P<text>\S.{0,1000})$")
_REST = lazy_re(
    r"-{10,40}\s*$|Pod Revision:|Pod Ports:|Matching subsets:|\(Non-matching subsets|"
    r"No Traffic Policy|Policies: |Effective PeerAuthentication:|No destinations |"
    r"\d{1,4} HTTP route|RBAC policies:|Exposed on Ingress Gateway|Skipping Gateway information|"
    r"Suggestion: |Match: |Route to |Weight |Strict mTLS|Current mTLS|Ingress Gateway|"
    r"(?:Gateway|EnvoyFilter)s?: |/\S{0,200}(?:, \S{1,200}){0,30}\s*$"
)


@dataclass
class _Session:
    """Gathers one page after the other."""

    context: Context
    reading: Reading = field(default_factory=Reading)
    objects: list[tuple[dict[str, Any], int]] = field(default_factory=list)
    open: bool = False
    about: str = ""
    """The object whose lines are being read, for warnings."""
    namespace: str = ""
    mode: str = ""
    policies: list[tuple[str, str, int]] = field(default_factory=list)
    listing: bool = False
    """Inside the list of applied policies."""

    def take(self, line: Line) -> bool:
        """Claim pages and the commands that asked for them."""
        text = line.text[:2000].strip()
        if not text:
            return self.open
        if (command := command_of(text)) is not None:
            self._close()
            words = [word for word in command.arguments if word not in ("x", "experimental")]
            is_ours = command.program == "istioctl" and words[:1] in (["describe"], ["desc"])
            self.namespace = command.option("-n", "--namespace") if is_ours else ""
            return is_ours
        head = _POD.match(text) or _SERVICE.match(text)
        if head is not None and not line.text.startswith(" "):
            if _POD.match(text):
                self._close()
            self.open = True
            self._begin("Pod" if _POD.match(text) else "Service", head["name"], line.number)
            return True
        if not self.open:
            return False
        claimed = self._policy(text, line.number) or self._inside(text, line.number)
        if not claimed and not line.text.startswith(" "):
            self._close()
        return claimed

    def finish(self) -> Reading:
        """The objects of all pages, and their warnings."""
        self._close()
        return self.reading

    def _begin(self, kind: str, place: str, number: int, **spec: Any) -> None:
        name, _dot, rest = place.partition(".")
        namespace = rest.partition(".")[0] or self.namespace
        metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
        self.about, self.listing = f"{kind} {place}", False
        if kind in ("Service", "DestinationRule"):
            self.objects.append(({"kind": kind, "metadata": metadata, "spec": spec}, number))

    def _inside(self, text: str, number: int) -> bool:
        """Lines of an open page."""
        if (port := _PORT.match(text)) is not None:
            self._port(port)
        elif (rule := _RULE.match(text)) is not None:
            self._begin("DestinationRule", rule["name"], number, host=rule["host"])
        elif (route := _ROUTE.match(text)) is not None:
            self._begin("VirtualService", route["name"], number)
        elif (tls := _TLS.match(text)) is not None:
            if self.objects and self.objects[-1][0]["kind"] == "DestinationRule":
                self.objects[-1][0]["spec"]["trafficPolicy"] = {"tls": {"mode": tls["mode"]}}
        elif (mode := _MODE.match(text)) is not None:
            self.mode = mode["mode"].upper()
        elif _APPLIED.match(text):
            self.listing = True
        elif (warning := _WARNING.match(text)) is not None:
            source = self.context.source(number)
            told = raw(warning["text"])
            fact = Analysis(source=source, code="WARNING", object=self.about, text=told)
            self.reading.facts.append(fact)
        else:
            return _REST.match(text) is not None
        return True

    def _policy(self, text: str, number: int) -> bool:
        found = _POLICY.match(text) if self.listing else None
        self.listing = found is not None
        if found is None:
            return False
        self.policies.append((found["name"], found["namespace"], number))
        return True

    def _port(self, found: re.Match[str]) -> None:
        service = next((o for o, _line in reversed(self.objects) if o["kind"] == "Service"), None)
        if service is None:
            return
        port: dict[str, Any] = {"port": int(found["port"])}
        if found["name"]:
            port["name"] = found["name"]
        if found["target"]:
            port["targetPort"] = int(found["target"])
        service["spec"].setdefault("ports", []).append(port)

    def _close(self) -> None:
        """End the open page."""
        if self.mode and len(self.policies) == 1:
            name, namespace, line = self.policies[0]
            metadata = {"name": name, "namespace": namespace}
            spec = {"mtls": {"mode": self.mode}}
            policy = {"kind": "PeerAuthentication", "metadata": metadata, "spec": spec}
            self.objects.append((policy, line))
        for data, line in self.objects:
            fact = manifest_of(data, self.context, line=line, partial=True)
            self.reading.facts.append(fact)
        self.objects, self.policies = [], []
        self.open = self.listing = False
        self.about = self.mode = ""


def bid(sample: list[Line]) -> float:
    """Share of the sample that lies in such pages."""
    return share_taken(sample, start)


def start(context: Context) -> _Session:
    """Begin a file."""
    return _Session(context)
