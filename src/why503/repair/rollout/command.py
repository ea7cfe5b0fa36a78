"""What a line of a release script asks of the cluster."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace

from why503.support.dataclass import dataclass
from why503.support.duration import seconds_of
from why503.support.pattern import lazy_re

_BULLET = lazy_re(r"^(?:\d{1,3}[.)]|[-*•$>#%])\s{1,8}(?=\S)")
_JOINED = lazy_re(r"\s(?:&&|\|\|)\s|;(?=\s|$)")
_KINDS = {
    "deploy": "Deployment",
    "deployment": "Deployment",
    "sts": "StatefulSet",
    "statefulset": "StatefulSet",
    "ds": "DaemonSet",
    "daemonset": "DaemonSet",
    "svc": "Service",
    "service": "Service",
    "vs": "VirtualService",
    "virtualservice": "VirtualService",
    "dr": "DestinationRule",
    "destinationrule": "DestinationRule",
    "gw": "Gateway",
    "gateway": "Gateway",
    "httproute": "HTTPRoute",
    "rollout": "Rollout",
    "canary": "Canary",
}
_LONG_ENOUGH = 5.0
"""Seconds of sleep in which proxies are taken to learn of a rule."""
_WORDS_OF_FILES = ("-f", "--filename")
_WITH_VALUE = frozenset(
    [
        "-f",
        "--filename",
        "-k",
        "--kustomize",
        "-n",
        "--namespace",
        "--replicas",
        "-l",
        "--selector",
        "--field-selector",
        "--context",
        "--kubeconfig",
        "--cluster",
        "--user",
        "--as",
        "-s",
        "--server",
        "--timeout",
        "--request-timeout",
        "--grace-period",
        "--field-manager",
        "--for",
        "-o",
        "--output",
        "-c",
        "--container",
        "--to-revision",
    ]
)
"""Options of kubectl whose value may be the next word."""
_CHOOSING = frozenset(
    {"-k", "--kustomize", "-l", "--selector", "--field-selector", "--all", "--prune"}
)
"""Options that choose objects by what only the cluster, or a build, knows."""
_SILENT = frozenset({"echo", "set", "cd", "export", "printf", "true", "exit", "read"})
_ANSWERING = frozenset({"get", "describe", "logs", "diff", "explain", "version", "config", "top"})


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command; a kind and name are `("Deployment", "quay-v1")`."""

    verb: str
    """`apply`, `delete`, `scale`, `wait-pods`, `wait-rules`, `wait-all`, `nothing`, `unknown`."""
    text: str
    files: tuple[str, ...] = ()
    objects: tuple[tuple[str, str], ...] = ()
    namespace: str = ""
    replicas: int | None = None


def commands_of(line: str) -> Iterator[Command]:
    """The commands of a line; none for a comment."""
    text = line.strip()
    if not text or text.startswith("#"):
        return
    text = _BULLET.sub("", text)
    for part in _JOINED.split(text):
        word = part.strip().rstrip(";").strip()
        if word:
            yield _command(word)


def is_path(command: Command) -> bool:
    """Whether a line was no more than a path, which stands for applying it."""
    return command.verb == "apply" and command.files == (command.text,)


def _command(text: str) -> Command:
    try:
        words = shlex.split(text, comments=True)
    except ValueError:
        return Command(verb="unknown", text=text)
    while words and (words[0] in ("sudo", "then", "do") or "=" in words[0].split("/", 1)[0]):
        words = words[1:]
    if not words:
        return Command(verb="nothing", text=text)
    if words[0] in ("kubectl", "k", "oc"):
        return _kubectl(text, words[1:])
    if words[0] in _SILENT:
        return Command(verb="nothing", text=text)
    if words[0] in ("sleep", "istioctl"):
        return Command(verb="wait-rules" if _lasts(words) else "nothing", text=text)
    if len(words) > 1:
        return Command(verb="unknown", text=text)
    if words[0] in ("wait", "pause"):
        return Command(verb="wait-all", text=text)
    return Command(verb="apply", text=words[0], files=(words[0],))


def _lasts(words: Sequence[str]) -> bool:
    """Whether `sleep` or `istioctl` gives the proxies time."""
    if words[0] == "istioctl":
        return bool({"proxy-status", "ps", "wait", "proxy-config", "pc"} & set(words[1:3]))
    seconds = seconds_of(words[1]) if len(words) > 1 else None
    return seconds is not None and seconds >= _LONG_ENOUGH


def _kubectl(text: str, words: Sequence[str]) -> Command:
    files: list[str] = []
    plain: list[str] = []
    options: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            plain.append(word)
            continue
        if name in _WITH_VALUE and not equals:
            value = rest.pop(0) if rest else ""
        if name in _WORDS_OF_FILES:
            files += value.split(",")
        options[name] = value
    verb = plain[0] if plain else ""
    space = options.get("-n") or options.get("--namespace") or ""
    found = Command(
        verb="unknown",
        text=text,
        files=tuple(files),
        objects=tuple(_objects(plain[2:] if verb == "rollout" else plain[1:])),
        namespace=space,
    )
    return _known(found, verb, plain, options)


def _known(found: Command, verb: str, plain: Sequence[str], options: dict[str, str]) -> Command:
    waits = verb == "wait" or (verb == "rollout" and plain[1:2] == ["status"])
    if options.get("--dry-run", "none") != "none" or verb in _ANSWERING:
        return replace(found, verb="nothing")
    if waits:
        return replace(found, verb="wait-pods")
    if verb == "rollout":
        return found if plain[1:2] == ["undo"] else replace(found, verb="nothing")
    if not _CHOOSING.isdisjoint(options) or (verb == "replace" and "--force" in options):
        return found
    return _changing(found, verb, options)


def _changing(found: Command, verb: str, options: dict[str, str]) -> Command:
    """A command that names what it changes."""
    if verb in ("apply", "create", "replace") and found.files:
        return replace(found, verb="apply")
    if verb == "delete" and (found.files or found.objects):
        return replace(found, verb="delete")
    if verb == "scale" and found.objects and options.get("--replicas", "").isdigit():
        return replace(found, verb="scale", replicas=int(options["--replicas"]))
    return found


def _objects(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """`deploy/quay`, or `deploy quay other`."""
    kind = ""
    for word in words:
        first, slash, name = word.partition("/")
        short = _KINDS.get(first.lower().partition(".")[0].rstrip("s")) or _KINDS.get(first.lower())
        if slash and name:
            yield (short or first, name)
        elif kind:
            yield (kind, word)
        elif short:
            kind = short
