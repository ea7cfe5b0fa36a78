"""Bad advice that circulates: fields and values that look right, each with the correct form."""

from collections.abc import Iterator, Mapping

from why503.diagnosis.hazard import Hazard, Rule, Severity
from why503.diagnosis.misplaced_field import instead_of
from why503.facts import Manifest
from why503.facts.manifest import Path
from why503.mesh.mesh import Mesh
from why503.mesh.retry_on import is_taken, since, words_of
from why503.mesh.route import http_rules
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.version import NATIVE_SIDECARS_SINCE
from why503.support.duration import seconds_of, spell
from why503.support.text import _

GROUP = "advice"
MISPLACED = Rule(
    "misplaced-field",
    Severity.ERROR,
    _("`{field}` is no field of {where} in Istio {istio}; what is meant is {instead}."),
    same_as=("IST0106",),
)
OUTSIDE_SPEC = Rule(
    "outside-spec",
    Severity.ERROR,
    _("`{field}` stands beside `spec` and not in it: move it to `spec.{field}`."),
    same_as=("IST0106",),
)
RETRY_ON = Rule(
    "retry-on-refused",
    Severity.ERROR,
    _("`{word}` is no value that retryOn takes in Istio {istio}: {instead}."),
    same_as=("IST0106",),
)
BLANK = Rule(
    "retry-on-blank",
    Severity.ERROR,
    _("retryOn is cut at commas and blanks are kept, so ` {word}` is refused: write `{right}`."),
    same_as=("IST0106",),
)
NO_ATTEMPTS = Rule(
    "retries-without-attempts",
    Severity.ERROR,
    _("`attempts: 0` switches retries off, and is refused together with `{field}`: drop it."),
    same_as=("IST0106",),
)
WITHOUT_UNIT = Rule(
    "duration-without-unit",
    Severity.ERROR,
    _("`{field}: {value}` has no unit, so the object is refused: write `{value}s`."),
    same_as=("IST0106",),
)
LATER = Rule(
    "later-field",
    Severity.ERROR,
    _(
        "`{field}` of a Sidecar came with Istio {since}; {istio} refuses it or drops it in "
        "silence: set the connectionPool of the service's DestinationRule."
    ),
    same_as=("IST0106",),
)
NOT_IN_CONFIG = Rule(
    "proxy-config-key",
    Severity.WARNING,
    _("`{field}` in proxy.istio.io/config does nothing in Istio {istio}: {instead}."),
)
DRAIN = Rule(
    "drain-duration",
    Severity.NOTE,
    _(
        "drainDuration does not delay the proxy's exit: set terminationDrainDuration, or "
        "EXIT_ON_ZERO_ACTIVE_CONNECTIONS in proxyMetadata."
    ),
)
HELD_ALREADY = Rule(
    "hold-with-native-sidecar",
    Severity.NOTE,
    _(
        "holdApplicationUntilProxyStarts does nothing for native sidecars, which Istio {istio} "
        "makes where Kubernetes is 1.33 or later: they start first anyway."
    ),
)
RULES = (
    MISPLACED,
    OUTSIDE_SPEC,
    RETRY_ON,
    BLANK,
    NO_ATTEMPTS,
    WITHOUT_UNIT,
    LATER,
    NOT_IN_CONFIG,
    DRAIN,
    HELD_ALREADY,
)

_ISTIO_DRAIN = 45.0
_PARENT_UNTIL = (1, 17)
_POOLS_SINCE = (1, 20)
_DURATIONS = frozenset(
    {"timeout", "perTryTimeout", "idleTimeout", "connectTimeout", "interval", "baseEjectionTime"}
    | {"maxConnectionDuration", "fixedDelay", "maxAge", "time"}
)
_NO_DURATIONS = frozenset({"metadata", "status"})
_KINDS = ("VirtualService", "DestinationRule", "Sidecar")
_EVERYTHING = 10_000
_WAITS = "EXIT_ON_ZERO_ACTIVE_CONNECTIONS"
_METADATA = frozenset(
    {"EXIT_ON_ZERO_ACTIVE_CONNECTIONS", "MINIMUM_DRAIN_DURATION", "ISTIO_META_IDLE_TIMEOUT"}
    | {"ISTIO_META_DNS_CAPTURE", "ISTIO_META_DNS_AUTO_ALLOCATE"}
)


def hazards(mesh: Mesh, version: tuple[int, int]) -> Iterator[Hazard]:
    """Values that circulate and are refused, or do nothing; fields are told with the schemas."""
    for service in mesh.manifests("VirtualService"):
        for rule in http_rules(service):
            retries = mapping_of(rule.fields.get("retries"))
            yield from _retries(service, (*rule.path, "retries"), retries, version)
        for index, fields in service.items("http"):  # beside `spec`
            retries = mapping_of(mapping_of(fields).get("retries"))
            yield from _retries(service, ("http", index, "retries"), retries, version)
    for kind in _KINDS:
        for manifest in mesh.manifests(kind):
            yield from _durations(manifest)
    for manifest in mesh.manifests("proxy.istio.io/config"):
        yield from _proxy_config(manifest, version)
    for sidecar in mesh.manifests("Sidecar") if version < _POOLS_SINCE else ():
        yield from _pools(sidecar, version)


def of_unknown(
    manifest: Manifest, parent: Path, name: str, at: Path, version: tuple[int, int]
) -> Hazard | None:
    """The advice for an unknown field; None where it is not one that circulates.

    It stands below ``at``, which is meant to be ``parent``.
    """
    instead = instead_of(manifest.kind, parent, name)
    if instead is None:
        return None
    place = manifest.where(*at, name)
    if not parent and instead == f"spec.{name}":
        return OUTSIDE_SPEC.at(place, field=name)
    spelled = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in at)
    where = f"{manifest.kind} {spelled.removeprefix('.')}".strip()
    istio = ".".join(map(str, version))
    return MISPLACED.at(place, field=name, where=where, instead=instead, istio=istio)


def _retries(
    service: Manifest, path: Path, retries: Mapping[str, object], version: tuple[int, int]
) -> Iterator[Hazard]:
    place = service.where(*path, "retryOn")
    text = retries.get("retryOn")
    for word in words_of(text) if isinstance(text, str) and text else ():
        bare = word.strip()
        if word != bare and bare and is_taken(bare, version):
            right = ",".join(part.strip() for part in words_of(str(text)))
            yield BLANK.at(place, word=bare, right=right)
        elif not is_taken(bare, version):
            instead = _instead_of_word(bare)
            yield RETRY_ON.at(place, word=bare, istio=".".join(map(str, version)), instead=instead)
    if whole_number(retries.get("attempts")) == 0 and "attempts" in retries:
        for field in ("retryOn", "perTryTimeout"):
            if retries.get(field):
                yield NO_ATTEMPTS.at(service.where(*path, field), field=field)


def _instead_of_word(word: str) -> str:
    first = since(word)
    if first is not None:
        told = _("it came with {version}; `reset` or `connect-failure` are there before")
        return told.format(version=".".join(map(str, first)))
    if "reset" in word:
        return _(
            "`reset` repeats after any reset, `reset-before-request` (from 1.23) only what was "
            "not sent yet, `refused-stream` what HTTP/2 refused"
        )
    if word in {"connect-error", "connection-failure", "connect-timeout", "connection-error"}:
        return _("`connect-failure` is meant")
    if word in {"timeout", "504"}:
        return _("`gateway-error` covers 502, 503 and 504")
    return _("the object is refused as a whole; drop the word")


def _durations(manifest: Manifest) -> Iterator[Hazard]:
    """Durations that are bare numbers."""
    waiting: list[tuple[Path, object]] = [
        ((name,), part) for name, part in manifest.data.items() if name not in _NO_DURATIONS
    ]
    for _turn in range(_EVERYTHING):
        if not waiting:
            return
        path, value = waiting.pop()
        if isinstance(value, Mapping):
            for name, part in value.items():
                if isinstance(part, dict | list):
                    waiting.append(((*path, name), part))
                elif name in _DURATIONS and _is_bare(part):
                    place = manifest.where(*path, name)
                    yield WITHOUT_UNIT.at(place, field=name, value=part)
        elif isinstance(value, list):
            waiting += [((*path, index), part) for index, part in enumerate(value)]


def _is_bare(value: object) -> bool:
    number = whole_number(value)
    return number is not None and number != 0


def _pools(sidecar: Manifest, version: tuple[int, int]) -> Iterator[Hazard]:
    """Connection pools in a Sidecar, before there were any."""
    ingress = sidecar.items("spec", "ingress")
    for path in (
        ("spec", "inboundConnectionPool"),
        *(("spec", "ingress", index, "connectionPool") for index, _one in ingress),
    ):
        if sidecar.get(*path) is not None:
            yield LATER.at(
                sidecar.where(*path),
                field=path[-1],
                since=".".join(map(str, _POOLS_SINCE)),
                istio=".".join(map(str, version)),
            )


def _proxy_config(manifest: Manifest, version: tuple[int, int]) -> Iterator[Hazard]:
    istio = ".".join(map(str, version))
    for name, value in manifest.data.items():
        place = manifest.where(name)
        if name in _METADATA:
            told = _("it is an environment value; set it below `proxyMetadata`, as a text")
            yield NOT_IN_CONFIG.at(place, field=name, istio=istio, instead=told)
        elif name == "parentShutdownDuration" and version >= _PARENT_UNTIL:
            told = _("it was removed in 1.17; terminationDrainDuration is meant")
            yield NOT_IN_CONFIG.at(place, field=name, istio=istio, instead=told)
        elif name == "defaultConfig":
            told = _("that level belongs to the mesh config; write its fields one level higher")
            yield NOT_IN_CONFIG.at(place, field=name, istio=istio, instead=told)
        elif name == "proxyMetadata":
            yield from _metadata(manifest, mapping_of(value), istio)
        elif name == "drainDuration" and (seconds_of(value) or 0) > _ISTIO_DRAIN:
            yield DRAIN.at(place)
        elif name == "holdApplicationUntilProxyStarts" and version >= NATIVE_SIDECARS_SINCE:
            if word_of(value) or value is True:
                yield HELD_ALREADY.at(place, istio=istio)
        elif name == "terminationDrainDuration" and _is_bare(value):
            told = _("a duration needs a unit, such as `{value}`")
            spelled = spell(float(whole_number(value) or 0)).replace(" ", "")
            yield NOT_IN_CONFIG.at(
                place, field=name, istio=istio, instead=told.format(value=spelled)
            )


def _metadata(manifest: Manifest, metadata: Mapping[str, object], istio: str) -> Iterator[Hazard]:
    """Environment values that are no text, and what they put out of force."""
    for name, value in metadata.items():
        if isinstance(value, bool | int | float):
            told = _("an environment value has to be a text; write it in quotes")
            place = manifest.where("proxyMetadata", name)
            yield NOT_IN_CONFIG.at(place, field=name, istio=istio, instead=told)
    field = "terminationDrainDuration"
    if word_of(metadata.get(_WAITS)).lower() == "true" and manifest.get(field) is not None:
        told = _("with {name} the proxy waits for its connections, however long").format(
            name=_WAITS
        )
        yield NOT_IN_CONFIG.at(manifest.where(field), field=field, istio=istio, instead=told)
