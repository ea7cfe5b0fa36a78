"""Certificates in the Secrets given: whether their time is over, and whom they name."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from why503.facts import Manifest, Source
from why503.facts.manifest import Path
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.mesh import Mesh
from why503.mesh.setting import mapping_of, word_of
from why503.support.duration import moment_of
from why503.support.text import _

_DAY = 86400.0
_SOON = 7 * _DAY
_LONG_LIVED = 3 * _DAY
"""Shorter ones are renewed all the time."""
_OWN = ("tls.crt", "cert", "tls-certificate")
_TERMINATING = frozenset({"SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL"})
_STAMPS = ("time", "lastTransitionTime", "lastUpdateTime")


class _Held(NamedTuple):
    """The certificate that a Secret shows, the first of its chain."""

    secret: Manifest
    path: Path
    names: tuple[str, ...]
    begin: float | None
    end: float | None

    @property
    def source(self) -> Source:
        """Its place."""
        return self.secret.where(*self.path)


def _held(secret: Manifest) -> _Held | None:
    for section in ("data", "stringData"):
        for key in _OWN:
            told = secret.get(section, key)
            first = mapping_of(told[0]) if isinstance(told, list) and told else {}
            if first:
                return _Held(
                    secret,
                    (section, key),
                    _names(first),
                    _moment(first.get("notBefore")),
                    _moment(first.get("notAfter")),
                )
    return None


def _names(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of a certificate; without any the common name, which few clients still look at."""
    listed = told.get("names")
    names = tuple(map(word_of, listed)) if isinstance(listed, list) else ()
    common = word_of(told.get("subject")).rpartition("CN=")[2].partition(",")[0]
    return names or ((common,) if common else ())


def _moment(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def certificates_over(mesh: Mesh) -> Iterator[Spotted]:
    """Certificates that had ended, or end within days, at the newest time in the objects given.

    Values: `name`, `days` (until the end; below 0: it has ended).
    """
    held = [one for one in map(_held, mesh.manifests("Secret")) if one is not None]
    newest = _newest(mesh) if held else None
    for one in held:
        if newest is None or one.end is None or one.end - newest > _SOON:
            continue
        if one.begin is None or one.end - one.begin >= _LONG_LIVED:
            days = int((one.end - newest) // _DAY)
            told = _("for {names} in {secret}")
            name = told.format(names=", ".join(one.names[:3]), secret=one.secret.full_name)
            yield spotted(one.source, name=name, days=days)


def ending_secrets(mesh: Mesh) -> Iterator[Spotted]:
    """Those that end within days."""
    return (one for one in certificates_over(mesh) if int(one.values["days"]) >= 0)


def ended_secrets(mesh: Mesh) -> Iterator[Spotted]:
    """Those that have ended."""
    return (one for one in certificates_over(mesh) if int(one.values["days"]) < 0)


def _newest(mesh: Mesh) -> float | None:
    """The newest time that an object tells, so that the evidence is no older."""
    moments = [
        moment
        for manifest in mesh.facts(Manifest)
        for written in _stamps(manifest)
        if (moment := moment_of(written)) is not None
    ]
    return max(moments, default=None)


def _stamps(manifest: Manifest) -> Iterator[str]:
    yield word_of(manifest.get("metadata", "creationTimestamp"))
    for path in (("metadata", "managedFields"), ("status", "conditions")):
        for _index, entry in manifest.items(*path):
            for name in _STAMPS:
                if written := word_of(mapping_of(entry).get(name)):
                    yield written


class _Shown(NamedTuple):
    """A host for which a gateway shows the certificate of a Secret."""

    gateway: Manifest
    path: Path
    host: str
    secret: tuple[str, str]


def hosts_not_named(mesh: Mesh) -> Iterator[Spotted]:
    """Hosts of gateways that the certificate shown for them does not name.

    Values: `gateway`, `host`, `secret`, `names`.
    """
    held = {
        (secret.namespace, secret.name): one
        for secret in mesh.manifests("Secret")
        if (one := _held(secret)) is not None
    }
    for shown in _shown(mesh) if held else ():
        one = held.get(shown.secret)
        if one is None or not one.names or any(_covers(name, shown.host) for name in one.names):
            continue
        yield spotted(
            shown.gateway.where(*shown.path),
            one.source,
            gateway=shown.gateway.full_name,
            host=shown.host,
            secret=one.secret.full_name,
            names=", ".join(one.names[:5]),
        )


def _covers(name: str, host: str) -> bool:
    """Whether a name of a certificate is for a host; a wildcard is for one label."""
    name, host = name.lower(), host.lower()
    if name == host:
        return True
    if host.startswith("*."):
        return name.endswith(host[1:])  # at least some of them
    return name.startswith("*.") and name[1:] == f".{host.partition('.')[2]}"


def _shown(mesh: Mesh) -> Iterator[_Shown]:
    for gateway in mesh.manifests("Gateway"):
        for index, entry in gateway.items("spec", "servers"):
            server = mapping_of(entry)
            tls = mapping_of(server.get("tls"))
            name = word_of(tls.get("credentialName"))
            if name and word_of(tls.get("mode")) in _TERMINATING:
                for number, written in gateway.items("spec", "servers", index, "hosts"):
                    host = word_of(written).rpartition("/")[2]
                    path: Path = ("spec", "servers", index, "hosts", number)
                    if host not in {"", "*"}:
                        yield _Shown(gateway, path, host, (gateway.namespace, name))
        for index, entry in gateway.items("spec", "listeners"):
            host = word_of(mapping_of(entry).get("hostname"))
            place: Path = ("spec", "listeners", index)
            for _number, written in gateway.items(*place, "tls", "certificateRefs"):
                space = word_of(mapping_of(written).get("namespace")) or gateway.namespace
                secret = space, word_of(mapping_of(written).get("name"))
                if host:
                    yield _Shown(gateway, (*place, "hostname"), host, secret)
