"""An order of steps as somebody wrote it: a list of files, a script, numbered folders."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from why503.evidence.read import ReadError, read_paths
from why503.evidence.reader import Options
from why503.facts import Manifest, Source, Unread
from why503.repair.rollout.command import Command, commands_of, is_path
from why503.repair.rollout.state import WORKLOADS, Key, State, state_of, with_data
from why503.repair.rollout.walk import Given
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.secret import mask
from why503.support.text import _

_SCRIPTS = frozenset({".sh", ".txt", ".md", ".bash"})
_MOST = 500
"""Steps that are walked."""
_NUMBER = lazy_re(r"\d{1,9}")
_INLINE = lazy_re(r"<<-?\s{0,3}['\"]?(\w{1,40})")
"""The beginning of a text that a script gives inline."""


@dataclass(frozen=True, kw_only=True)
class StepFile:
    """The steps of a file or folder."""

    steps: tuple[Given, ...]
    script: bool
    """Whether waiting is written out; else each step is taken to be waited for."""
    not_understood: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()


class _Reading:
    """On the way through an order of steps."""

    def __init__(self, now: State, namespace: str) -> None:
        self.state = now
        self.namespace = namespace
        self.steps: list[Given] = []
        self.odd: list[str] = []
        self.unread: list[Unread] = []

    def add(self, step: Given) -> None:
        if len(self.steps) < _MOST:
            self.steps.append(step)
            self.state = self.state.having(step.objects)

    def take(self, command: Command, source: Source, near: Path) -> None:
        """One command as a step, or as what the step before it waits for."""
        if command.verb == "nothing":
            return
        if command.verb.startswith("wait"):
            self._wait(command)
            return
        objects = self._objects(command, near)
        if objects is None:
            self.odd.append(f"{source}: {mask(command.text)}")
            return
        title = mask(command.text)
        through = is_path(command)
        pods = None if through else frozenset[Key]()
        self.add(
            Given(
                title=title,
                source=source,
                objects=objects,
                waits_pods=pods,
                waits_rules=through,
            )
        )

    def _wait(self, command: Command) -> None:
        if not self.steps:
            return
        last = self.steps[-1]
        if command.verb in ("wait-rules", "wait-all"):
            last = replace(last, waits_rules=True)
        if command.verb == "wait-all":
            last = replace(last, waits_pods=None)
        if command.verb == "wait-pods":
            named = frozenset(
                Key(kind, command.namespace or self.namespace, name)
                for kind, name in command.objects
                if kind in WORKLOADS
            )
            pods = None if not named else (last.waits_pods or frozenset()) | named
            last = replace(last, waits_pods=None if last.waits_pods is None else pods)
        self.steps[-1] = last

    def _objects(self, command: Command, near: Path) -> dict[Key, Manifest | None] | None:
        """What a command asks for; None where that cannot be told."""
        space = command.namespace or self.namespace
        found: dict[Key, Manifest | None] = {}
        for file in command.files:
            given = self.read(file, near, space)
            if given is None:
                return None
            found |= given
        if command.verb == "apply":
            return found or None
        if command.verb == "delete":
            keys = list(found) + [Key(kind, space, name) for kind, name in command.objects]
            return dict.fromkeys(keys)
        if command.verb == "scale" and command.replicas is not None:
            for kind, name in command.objects:
                workload = self.state.objects.get(Key(kind, space, name))
                if workload is None:
                    return None
                path = ("spec", "replicas")
                found[Key(kind, space, name)] = with_data(workload, path, command.replicas)
            return found or None
        return None

    def read(self, path: str, near: Path, space: str) -> Mapping[Key, Manifest] | None:
        """The objects at a path, looked for beside the order and from here."""
        for place in (near / path, Path(path)):
            if path != "-" and place.exists():
                try:
                    bundle = read_paths([str(place)], Options())
                except ReadError:
                    return None
                self.unread += bundle.unread
                return state_of(bundle, space).objects
        return None


def step_file(path: str, now: State, namespace: str) -> StepFile:
    """The steps at a path; raises `ReadError` where there is nothing."""
    place = Path(path)
    reading = _Reading(now, namespace)
    script = False
    if place.is_dir():
        for entry in sorted(place.iterdir(), key=_natural):
            if entry.name.startswith("."):
                continue
            if entry.suffix in _SCRIPTS:
                script = _lines(entry, reading) or script
            else:
                _folder_step(entry, reading, namespace)
    elif place.is_file():
        script = _lines(place, reading)
    else:
        text = _("Cannot read `{path}`: there is no such file. Check its name.")
        raise ReadError(text.format(path=mask(path)))
    if not reading.steps:
        text = _("`{path}` holds no step. Give one file or `kubectl apply -f FILE` a line.")
        raise ReadError(text.format(path=path))
    return StepFile(
        steps=tuple(reading.steps),
        script=script,
        not_understood=tuple(reading.odd),
        unread=tuple(reading.unread),
    )


def _folder_step(entry: Path, reading: _Reading, namespace: str) -> None:
    objects = reading.read(str(entry), Path(), namespace)
    if objects:
        reading.add(
            Given(
                title=entry.name,
                source=Source(path=str(entry)),
                objects=dict(objects),
                waits_pods=None,
                waits_rules=True,
            )
        )


def _natural(entry: Path) -> tuple[Sequence[object], str]:
    """`2-x` before `10-x`."""
    found = _NUMBER.search(entry.name[:40])
    return ([int(found[0])] if found else [10**9]), entry.name


def _lines(place: Path, reading: _Reading) -> bool:
    """Steps of a text; whether it is a script, in which waiting is written out."""
    try:
        text = place.read_text(encoding="utf-8-sig", errors="replace")[:1_000_000]
    except OSError as fault:
        said = _("Cannot read `{path}`: {fault}.")
        raise ReadError(said.format(path=place, fault=fault.strerror or fault)) from fault
    script = False
    for number, line in _joined(text):
        for command in commands_of(line):
            script = script or not is_path(command)
            reading.take(command, Source(path=str(place), line=number), place.parent)
    return script


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers; those that end in a backslash go on, texts given inline are left.

    A fence of Markdown is no line.
    """
    begun, start, ending = "", 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        if ending:
            ending = "" if line.strip() == ending else ending
            continue
        if line.lstrip().startswith("```"):
            continue
        if line.rstrip().endswith("\\"):
            start = start or number
            begun += line.rstrip()[:-1] + " "
            continue
        inline = _INLINE.search(line)
        ending = inline[1] if inline is not None else ""
        yield (start or number), begun + line
        begun, start = "", 0
    if begun:
        yield start, begun
