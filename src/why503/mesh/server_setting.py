"""Settings of a server as its container and its configuration files give them."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from why503.facts import Manifest, Source
from why503.mesh.mesh import Mesh
from why503.mesh.workload import pod_spec_path
from why503.support.dataclass import dataclass
from why503.support.duration import seconds_of
from why503.support.pattern import lazy_re

_ARGUMENT = lazy_re(r"(?:-D|-{1,2})(?P<name>[A-Za-z][\w.-]{0,120})(?:=(?P<value>.{0,200}))?")
_JAVA = frozenset(
    {"JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "CATALINA_OPTS", "NODE_OPTIONS"}
)
_PROPERTY = lazy_re(
    r"^[ \t]{0,20}(?P<name>[a-z][\w-]{0,40}(?:\.[\w-]{1,40}){2,5})[ \t]{0,4}[=:][ \t]{0,4}"
    r"(?P<value>\S{1,60})[ \t]{0,20}\r?$",
    re.MULTILINE,
)
_TO_UPSTREAM = lazy_re(r"\bupstream\s{1,20}[\w.-]{1,200}\s{0,20}\{[^{}]{0,8000}\}")
_COMMENT = lazy_re(r"#[^\n]{0,2000}")
_NGINX_IDLE = lazy_re(r"(?<![\w-])keepalive_timeout\s{1,20}(\d{1,9}(?:ms|s|m|h)?)[\s;]")
_NGINX_MOST = lazy_re(r"(?<![\w-])keepalive_requests\s{1,20}(\d{1,9})\s{0,20};")
_HTTPD_IDLE = lazy_re(
    r"^[ \t]{0,20}KeepAliveTimeout[ \t]{1,20}(\d{1,9}(?:ms|s)?)", re.MULTILINE | re.IGNORECASE
)
_HTTPD_MOST = lazy_re(
    r"^[ \t]{0,20}MaxKeepAliveRequests[ \t]{1,20}(\d{1,9})", re.MULTILINE | re.IGNORECASE
)
_FILE = 200_000
"""Characters of a configuration file that are looked at."""
_BARE_SECONDS = 1000.0
"""Bare numbers from here on are milliseconds where a setting does not tell its unit."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """One argument, variable or property."""

    name: str
    """Canonical, see `canonical`."""
    value: str
    source: Source
    from_environment: bool = False
    spelled: str = ""
    """The name as it is written."""


@dataclass(frozen=True, kw_only=True)
class FileSetting:
    """What one configuration file says of idle connections."""

    server: str
    """`nginx`, `Apache httpd`, or ``""`` for a file of properties."""
    idle: float | None
    """Seconds; 0: keep-alive is off."""
    max_requests: int | None
    source: Source
    properties: tuple[Given, ...] = ()


@lru_cache(maxsize=4096)
def canonical(name: str) -> str:
    """A setting's name without `-`, `_`, `.` and case, so that all spellings of one agree."""
    return re.sub(r"[-_.]", "", name).lower()


def seconds_in(value: str, unit: float | None) -> float | None:
    """Seconds of a value; ``unit`` is that of a bare number in seconds, None: its size tells it."""
    word = value.strip().strip("'\"").removeprefix("PT").lower()
    seconds = seconds_of(word)
    if seconds is None or not word.replace(".", "", 1).isdigit():
        return seconds
    if unit is None:
        unit = 1.0 if seconds < _BARE_SECONDS else 0.001
    return seconds * unit


def settings_of_container(
    workload: Manifest, path: tuple[str | int, ...], container: Mapping[str, object]
) -> Iterator[Given]:
    """Arguments of a container's command line, then its environment."""
    for field in ("command", "args"):
        value = container.get(field)
        words = [
            (part, index)
            for index, word in enumerate(value if isinstance(value, list) else [])
            for part in str(word).split()[:200]
        ]
        yield from _arguments(words, workload, (*path, field), from_environment=False)
    variables = container.get("env")
    for index, variable in enumerate(variables if isinstance(variables, list) else []):
        if not isinstance(variable, Mapping) or variable.get("value") is None:
            continue
        name, text = str(variable.get("name")), str(variable["value"])
        where = (*path, "env", index)
        if name in _JAVA:
            words = [(word, index) for word in text.split()[:200]]
            yield from _arguments(words, workload, (*path, "env"), from_environment=True)
        else:
            yield Given(
                name=canonical(name),
                value=text,
                source=workload.where(*where),
                from_environment=True,
                spelled=name,
            )


def _arguments(
    words: list[tuple[str, int]],
    workload: Manifest,
    path: tuple[str | int, ...],
    *,
    from_environment: bool,
) -> Iterator[Given]:
    for place, (word, index) in enumerate(words):
        found = _ARGUMENT.fullmatch(word.strip("'\""))
        if found is None:
            continue
        value = found["value"]
        if value is None:
            value = words[place + 1][0] if place + 1 < len(words) else ""
        yield Given(
            name=canonical(found["name"]),
            value=value.strip("'\""),
            source=workload.where(*path, index),
            from_environment=from_environment,
            spelled=found["name"],
        )


def server_files(mesh: Mesh, workload: Manifest) -> Iterator[FileSetting]:
    """What the ConfigMaps say that a workload mounts or loads into its environment."""
    names = _mounted(workload)
    for config in mesh.manifests("ConfigMap"):
        if config.name not in names:
            continue
        if config.namespace and workload.namespace and config.namespace != workload.namespace:
            continue
        data = config.get("data")
        for name, text in (data if isinstance(data, Mapping) else {}).items():
            if isinstance(text, str) and (found := _file(text[:_FILE], config.where("data", name))):
                yield found


def _mounted(workload: Manifest) -> set[str]:
    base = pod_spec_path(workload)
    names: set[str] = set()
    for index, _ in workload.items(*base, "volumes"):
        names.add(str(workload.get(*base, "volumes", index, "configMap", "name")))
        for source, _ in workload.items(*base, "volumes", index, "projected", "sources"):
            where = ("projected", "sources", source, "configMap", "name")
            names.add(str(workload.get(*base, "volumes", index, *where)))
    return names - {"None", ""}


def _file(text: str, source: Source) -> FileSetting | None:
    """What one file says; None where it says nothing of idle connections."""
    plain = _COMMENT.sub("", text)
    own = _TO_UPSTREAM.sub("", plain)
    for server, body, idle, most in (
        ("nginx", own, _NGINX_IDLE, _NGINX_MOST),
        ("Apache httpd", plain, _HTTPD_IDLE, _HTTPD_MOST),
    ):
        seconds, requests = idle.search(body), most.search(body)
        if seconds or requests:
            return FileSetting(
                server=server,
                idle=seconds_of(seconds[1]) if seconds else None,
                max_requests=int(requests[1]) if requests else None,
                source=source,
            )
    properties = tuple(
        Given(
            name=canonical(found["name"]),
            value=found["value"],
            source=source,
            spelled=found["name"],
        )
        for found in _PROPERTY.finditer(plain)
    )
    if not properties:
        return None
    return FileSetting(
        server="", idle=None, max_requests=None, source=source, properties=properties
    )
