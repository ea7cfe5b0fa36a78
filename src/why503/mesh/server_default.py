"""What servers are known to do with idle connections, and which of them a container runs."""

import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class ServerDefault:
    """What a server does with idle connections unless it is told otherwise."""

    server: str
    idle: float | None
    """Seconds after which it closes an idle connection; None: never for idleness."""
    max_requests: int | None
    """Requests after which it closes a connection; None: unlimited."""
    setting: str
    """Names of the settings, comma-separated."""
    announces: bool
    """The close after `max_requests` is announced with `Connection: close`."""
    versions: str
    source: str
    verified: bool
    images: tuple[str, ...] = ()
    """Patterns for the last part of an image's name, without tag."""
    commands: tuple[str, ...] = ()
    """Patterns for the program in a container's command or arguments."""
    seconds: tuple[str, ...] = ()
    """Arguments and variables that set `idle`; a bare number is seconds."""
    milliseconds: tuple[str, ...] = ()
    """The same; a bare number is milliseconds."""
    requests: tuple[str, ...] = ()
    """Arguments and variables that set `max_requests`."""


@cache
def known_servers() -> tuple[ServerDefault, ...]:
    """Every server whose defaults are known, in the order of the data file."""
    text = Path(__file__).with_name("keepalive_defaults.json").read_text("utf-8")
    rows: list[dict[str, Any]] = json.loads(text)
    return tuple(_row(row) for row in rows)


def _row(row: dict[str, Any]) -> ServerDefault:
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in row.items()
    }
    return ServerDefault(**fields)


def server_named(name: str) -> ServerDefault | None:
    """The known server of this name; None for others."""
    return next((server for server in known_servers() if server.server == name), None)


def server_of(container: Mapping[str, object]) -> tuple[ServerDefault | None, str]:
    """The server that a container runs and the field that tells; the command tells more."""
    words = command_words(container)
    programs = [word.rsplit("/", 1)[-1] for word in words if not word.startswith("-")]
    if "gunicorn" in programs:
        return server_named(_gunicorn(words)), "command" if container.get("command") else "args"
    for program in programs:
        if (server := _by_command(program)) is not None:
            return server, "command" if container.get("command") else "args"
    if container.get("command"):
        return None, "command"
    return _by_image(image_name(str(container.get("image") or ""))), "image"


@lru_cache(maxsize=4096)
def _by_command(program: str) -> ServerDefault | None:
    return _first(program, "commands")


@lru_cache(maxsize=4096)
def _by_image(name: str) -> ServerDefault | None:
    return _first(name, "images")


def _first(word: str, field: str) -> ServerDefault | None:
    """The first known server of which a pattern in ``field`` means ``word``."""
    if not _any_of(field).fullmatch(word):
        return None
    for server in known_servers():
        if any(re.fullmatch(pattern, word) for pattern in getattr(server, field)):
            return server
    return None


@cache
def _any_of(field: str) -> re.Pattern[str]:
    """The patterns of all servers in one: most words mean none of them."""
    patterns = (pattern for server in known_servers() for pattern in getattr(server, field))
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def _gunicorn(words: list[str]) -> str:
    """The default worker of gunicorn closes after every answer; the others keep alive."""
    kept = any(w.startswith(("-k", "--worker-class", "--threads")) for w in words)
    return "gunicorn" if kept else "gunicorn (sync worker)"


def command_words(container: Mapping[str, object]) -> list[str]:
    """Words of a container's command and arguments, those inside a shell's string apart."""
    words: list[str] = []
    for field in ("command", "args"):
        value = container.get(field)
        if isinstance(value, list):
            words += [part for word in value for part in str(word).split()[:200]]
    return words


def image_name(image: str) -> str:
    """Last part of an image's name, in lower case, without registry, tag and digest."""
    return image.partition("@")[0].rsplit("/", 1)[-1].partition(":")[0].strip().lower()
