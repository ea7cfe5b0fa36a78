"""A command as it stands in a terminal paste: prompt cut off, words split, the pipe noted."""

import shlex
from functools import lru_cache

from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

_PROGRAMS = "kubectl|k|oc|istioctl|curl|dig|nslookup|host|getent|ss|netstat"
_COMMAND = lazy_re(
    r"^[ \t]{0,8}(?:[^\n]{0,120}?(?:[$#>%❯➜→»]|;[ ]?do)[ ]{1,4}"
    r"|[➜→][ ]{1,4}[^\s$]{1,80}[ ](?:git:\(\S{1,80}\)[ ])?(?:✗[ ])?)?"
    r"(?:sudo[ ]|time[ ]|watch[ ])?"
    rf"(?:/\S{{1,60}}/)?(?P<program>{_PROGRAMS})[ ]{{1,8}}(?P<rest>\S.{{0,4000}})$"
)
_VERBS_TEXT = (
    "get describe exec logs apply delete edit patch create rollout scale label annotate "
    "debug top port-forward run cp config api-resources explain"
)
_VERBS = frozenset(_VERBS_TEXT.split())
_ISTIO_VERBS_TEXT = (
    "proxy-config pc proxy-status ps analyze authn x experimental install version dashboard"
)
_ISTIO_VERBS = frozenset(_ISTIO_VERBS_TEXT.split())
_OPTION_WITH_VALUE_TEXT = (
    "-n --namespace -o --output -l --selector -c --container --context --kubeconfig -f "
    "--filename --field-selector --sort-by --cluster --address --port --fqdn --name "
    "--subset --direction"
)
_OPTION_WITH_VALUE = frozenset(_OPTION_WITH_VALUE_TEXT.split())


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command with its words."""

    program: str
    """`kubectl` (also for `k` and `oc`), `istioctl`, `curl`, `dig`, ..."""
    words: tuple[str, ...]
    """Words after the program, quotes taken off, up to the first pipe or redirection."""
    piped: bool = False
    """True where the output went through another program, so lines may be missing or changed."""

    @property
    def arguments(self) -> tuple[str, ...]:
        """Words that are neither options nor their values."""
        found: list[str] = []
        skip = False
        for word in self.words:
            if skip:
                skip = False
            elif word.startswith("-") and len(word) > 1:
                skip = word in _OPTION_WITH_VALUE
            else:
                found.append(word)
        return tuple(found)

    def option(self, *names: str) -> str:
        """Value of the first option among ``names`` (`-n x`, `-nx`, `--name=x`), else ``""``."""
        for place, word in enumerate(self.words):
            for name in names:
                if word == name and place + 1 < len(self.words):
                    return self.words[place + 1]
                if word.startswith(name + "="):
                    return word[len(name) + 1 :]
                if len(name) == 2 and word.startswith(name) and not word.startswith("--"):
                    return word[2:]
        return ""


@lru_cache(maxsize=64)
def command_of(text: str) -> Command | None:
    """The command that a line of a terminal shows, or None where it shows none.

    Of `kubectl exec … -- curl …` it is the inner command, where that is one of ours.
    """
    found = _COMMAND.match(text)
    if found is None:
        return None
    words = _words(found["rest"])
    program = {"k": "kubectl", "oc": "kubectl"}.get(found["program"], found["program"])
    if program == "kubectl" and "exec" in words and (inner := _inner(words)) is not None:
        return inner
    end = next(
        (i for i, word in enumerate(words) if word[:1] in "|<>;&" and word != ""), len(words)
    )
    piped = end < len(words) and words[end].startswith("|")
    command = Command(program=program, words=tuple(words[:end]), piped=piped)
    return command if _plausible(command) else None


def _words(rest: str) -> list[str]:
    try:
        return [word for word in shlex.split(rest) if word]
    except ValueError:
        return rest.split()


def _inner(words: list[str]) -> Command | None:
    """The command behind `kubectl exec`'s ``--``."""
    programs = _PROGRAMS.split("|")
    for place, word in enumerate(words):
        if word in programs and place > 1 and words[place - 1] in ("--", "-c"):
            if words[place - 1] == "-c" and "--" in words[place:]:
                continue
            return command_of(
                " ".join(shlex.quote(w) if w[:1] not in "|<>;&" else w for w in words[place:])
            )
    return None


def _plausible(command: Command) -> bool:
    """Tells a command from a sentence that begins with the same word."""
    words = command.words
    if command.program == "kubectl":
        return any(word in _VERBS for word in words[:4])
    if command.program == "istioctl":
        return any(word in _ISTIO_VERBS for word in words[:4])
    if command.program == "getent":
        return words[:1] in (("hosts",), ("ahosts",))
    if command.program in ("ss", "netstat"):
        return any(word.startswith("-") for word in words[:2])
    if command.program == "host":
        return len(words) == 1 and "." in words[0]
    if command.program in ("dig", "nslookup"):
        return any("." in word or word.startswith(("+", "@")) for word in words) or len(words) == 1
    return any(word.startswith("-") or "/" in word or "." in word or ":" in word for word in words)
