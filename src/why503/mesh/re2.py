"""Regular expressions as Istio takes them: RE2's syntax, without look-around."""

import re

from why503.support.pattern import lazy_re
from why503.support.text import _

LONGEST = 1024
"""Bytes that istiod takes at most."""
_MOST_TIMES = 1000
"""Greatest count of a repetition, nested ones multiplied."""
_COUNT = lazy_re(r"\{(0|[1-9]\d{0,8})(?:(,)(0|[1-9]\d{0,8})?)?\}")
_NAME = lazy_re(r"\(\?P?<(\w{1,200})>", re.ASCII)
_FLAGS = lazy_re(r"\(\?(?:[imsU]{0,9}|[imsU]{0,9}-[imsU]{1,9})[:)]")
_LOOK = ("(?=", "(?!", "(?<=", "(?<!")
_HEX = lazy_re(r"\\x(?:\{0{0,9}(?:10|[0-9A-Fa-f])?[0-9A-Fa-f]{1,4}\}|[0-9A-Fa-f]{2})")
_OCTAL = lazy_re(r"\\(?:0[0-7]{0,2}|[1-7][0-7]{1,2})")
_UNICODE = lazy_re(r"\\[pP](?:[CLMNPSZ]|\{\^?([A-Za-z][A-Za-z_]{0,40})\})")
_NAMED = lazy_re(
    r"\[:\^?(?:al(?:num|pha)|ascii|blank|cntrl|x?digit|graph|lower|print|punct|space|upper|word):\]"
)
_OF_JAVA = lazy_re(r"Al(?:pha|num)|X?Digit|Upper|Lower|Punct|Space|ASCII|Graph|Print|Blank|Cntrl")
"""Names that Java knows and RE2 does not."""
_CLASSES = frozenset("dDsSwW")
_LITERALS = frozenset("afnrtv")
_PLACES = frozenset("AbBz")


class _FaultError(ValueError):
    """What is wrong with an expression, in the user's language."""


def fault_in(pattern: str) -> str | None:
    """Why RE2 refuses ``pattern``, as part of a sentence; None where it takes it."""
    if not pattern:
        return _("it is empty")
    if len(pattern.encode("utf-8", "surrogatepass")) > LONGEST:
        return _("it is longer than {most} bytes").format(most=LONGEST)
    try:
        _Scan(pattern).run()
    except _FaultError as fault:
        return str(fault)
    return None


def _refuse(sentence: str, **values: object) -> _FaultError:
    return _FaultError(sentence.format(**values))


class _Scan:
    """One pass over an expression: what is open, and what a repetition would repeat."""

    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0
        self.open: list[int] = []
        """For each open group the weight of what stands before it in the group around it."""
        self.weight = 1
        """How often the most repeated part of the group in hand is repeated."""
        self.last = 0
        """Weight of what a repetition would repeat; 0 for nothing."""
        self.repeated = ""
        """The repetition that was just read."""
        self.names: set[str] = set()

    def run(self) -> None:
        """Read the whole expression; raises `_FaultError` where RE2 would refuse it."""
        while self.at < len(self.text):
            before, self.repeated = self.repeated, ""
            self._step(self.text[self.at], before)
        if self.open:
            raise _refuse(_("a `(` is not closed"))

    def _step(self, char: str, before: str) -> None:
        if char == "(":
            self._group()
        elif char == ")":
            self._close()
        elif char == "|":
            self.at, self.last = self.at + 1, 0
        elif char == "[":
            self._class()
        elif char == "\\":
            self._escape()
        elif char in "*+?":
            self._repeat(char, before, 1)
        elif char == "{" and (count := _COUNT.match(self.text, self.at)) is not None:
            self._repeat(count[0], before, _times(count))
        else:
            self._atom(1)

    def _atom(self, length: int) -> None:
        self.at, self.last = self.at + length, 1

    def _group(self) -> None:
        rest = self.text[self.at : self.at + 220]
        if not rest.startswith("(?"):
            self._enter(1)
            return
        if rest.startswith(_LOOK):
            look = next(word for word in _LOOK if rest.startswith(word))
            raise _refuse(_("RE2 has no look-around (`{piece}`)"), piece=look)
        if (named := _NAME.match(rest)) is not None:
            if named[1] in self.names:
                raise _refuse(_("two groups have the name `{name}`"), name=named[1])
            self.names.add(named[1])
            self._enter(len(named[0]))
        elif (flags := _FLAGS.match(rest)) is not None:
            if flags[0].endswith(":"):
                self._enter(len(flags[0]))
            else:
                self.at += len(flags[0])
        else:
            raise _refuse(_("RE2 does not know the group `{piece}`"), piece=rest[:4])

    def _enter(self, length: int) -> None:
        self.open.append(self.weight)
        self.at, self.weight, self.last = self.at + length, 1, 0

    def _close(self) -> None:
        if not self.open:
            raise _refuse(_("a `)` closes nothing"))
        inner, outer = self.weight, self.open.pop()
        self.at, self.last = self.at + 1, inner
        self.weight = max(outer, inner)

    def _repeat(self, piece: str, before: str, times: int) -> None:
        lazy = self.text.startswith("?", self.at + len(piece))
        whole = piece + ("?" if lazy else "")
        if before:
            sentence = _("`{piece}` repeats a repetition, which RE2 does not take")
            raise _refuse(sentence, piece=before + whole)
        if not self.last:
            raise _refuse(_("`{piece}` has nothing in front of it to repeat"), piece=whole)
        self.last *= times
        if self.last > _MOST_TIMES:
            raise _refuse(_("`{piece}` repeats more than {most} times"), piece=piece, most=1000)
        self.weight = max(self.weight, self.last)
        self.at, self.repeated = self.at + len(whole), whole

    def _escape(self) -> None:
        rest = self.text[self.at : self.at + 60]
        if rest.startswith("\\Q"):
            end = self.text.find("\\E", self.at + 2)
            stop = end if end >= 0 else len(self.text)
            self.last = self.last if stop == self.at + 2 else 1
            self.at = stop + 2
        elif len(rest) > 1 and rest[1] in _PLACES:
            self._atom(2)
        else:
            self._atom(len(_escaped(rest)))

    def _class(self) -> None:
        start, first = self.at, True
        self.at += 2 if self.text.startswith("[^", self.at) else 1
        while first or not self.text.startswith("]", self.at):
            first = False
            if self.at >= len(self.text):
                raise _refuse(_("a `[` is not closed"))
            self._range(start)
        self._atom(1)

    def _range(self, start: int) -> None:
        """One member of a class: a named class, a character, or a range of them."""
        rest = self.text[self.at : self.at + 60]
        if rest.startswith("[:") and ":]" in self.text[self.at + 2 :]:
            named = _NAMED.match(rest)
            if named is None:
                raise _refuse(_("RE2 does not know the class `{piece}`"), piece=rest[:12])
            self.at += len(named[0])
            return
        low = self._member(rest)
        if low in _SETS or not self._is_range():
            return
        self.at += 1
        high = self._member(self.text[self.at : self.at + 60])
        if high in _SETS or _value(high) < _value(low):
            raise _refuse(_("`{piece}` is no range"), piece=self.text[start : self.at][-20:])

    def _is_range(self) -> bool:
        rest = self.text[self.at : self.at + 2]
        return len(rest) == len("-x") and rest[0] == "-" and rest[1] != "]"

    def _member(self, rest: str) -> str:
        piece = _escaped(rest) if rest.startswith("\\") else rest[:1]
        if not piece:
            raise _refuse(_("a `[` is not closed"))
        self.at += len(piece)
        return r"\d" if _UNICODE.fullmatch(piece) else piece


_SETS = frozenset("\\" + letter for letter in _CLASSES)
_VALUES = {"\\a": 7, "\\f": 12, "\\n": 10, "\\r": 13, "\\t": 9, "\\v": 11}


def _escaped(rest: str) -> str:
    """The escape at the beginning of ``rest``, of the kinds that may stand in a class too."""
    for known in (_HEX, _OCTAL, _UNICODE):
        found = known.match(rest)
        if found is not None and not (known is _UNICODE and _OF_JAVA.fullmatch(found[1] or "")):
            return found[0]
    follows = rest[1:2]
    if not follows:
        raise _refuse(_("it ends with a lone `\\`"))
    if follows in "123456789":
        raise _refuse(_("RE2 has no back-references (`{piece}`)"), piece=rest[:2])
    if follows in _CLASSES | _LITERALS or (follows.isascii() and not follows.isalnum()):
        return rest[:2]
    piece = rest[: rest.find("}") + 1] if rest[1:3] in ("p{", "P{", "x{") else rest[:2]
    raise _refuse(_("RE2 does not know the escape `{piece}`"), piece=piece or rest[:2])


def _value(piece: str) -> int:
    """The character that a member of a class stands for."""
    if piece in _VALUES:
        return _VALUES[piece]
    if _HEX.fullmatch(piece):
        return int(piece[2:].strip("{}"), 16)
    if _OCTAL.fullmatch(piece):
        return int(piece[1:], 8)
    return ord(piece[-1])


def _times(count: re.Match[str]) -> int:
    """The greatest count of `{2}`, `{2,}`, `{2,5}`; at least 1."""
    least = int(count[1])
    most = int(count[3]) if count[3] else least
    if count[3] and most < least:
        raise _refuse(_("`{piece}` counts backwards"), piece=count[0])
    if max(least, most) > _MOST_TIMES:
        raise _refuse(_("`{piece}` repeats more than {most} times"), piece=count[0], most=1000)
    return max(most, 1)
