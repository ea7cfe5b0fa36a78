"""What only its place in an object tells to be secret: environment values, the data of a Secret."""

import re
from collections.abc import Iterator

from why503.evidence.redaction.hide import variable
from why503.evidence.redaction.pseudonym import Counted
from why503.support.pattern import lazy_re
from why503.support.secret import MASK

_PAIR = lazy_re(
    r"(\\?[\"']?\bname\\?[\"']?\s{0,8}:\s{0,8}\\?[\"']?)([\w.-]{1,200})(\\?[\"']?\s{0,200},\s{0,200}"
    r"\\?[\"']?value\\?[\"']?\s{0,8}:\s{0,8})"
    r"(\"(?:[^\"\\]|\\.){0,100000}\"|'[^'\n]{0,100000}'|\\\"[^\"\\]{0,100000}\\\"|[^\s,\"'}\]\\]{1,4000})"
)
_UPPER = lazy_re(r"[A-Z_][A-Z0-9_]{2,}|.{0,200}(?i:password|token|secret).{0,200}")
_APPLIED = lazy_re(
    r"(last-applied-configuration\\?\"?\s{0,8}:\s{0,8}\\?\")(?:[^\"\\]|\\.){1,4000000}", re.DOTALL
)
_TOKEN = lazy_re(r"\"(?:[^\"\\]|\\.)*+\"|[{}]", re.DOTALL)
_JSON_SECRET = lazy_re(r"\"kind\"\s{0,8}:\s{0,8}\"Secret\"")
_JSON_DATA = lazy_re(r"\"(?:data|stringData)\"\s{0,8}:\s{0,8}\{")
_JSON_VALUE = lazy_re(r"(\"(?:[^\"\\]|\\.){0,1000}\"\s{0,8}:\s{0,8})\"(?:[^\"\\]|\\.){0,4000000}\"")
_YAML_SECRET = lazy_re(r"([ ]{0,200}(?:-[ ]{1,8})?)kind:[ ]{1,8}[\"']?Secret[\"']?[ ]{0,8}(?:#.*)?")
_DATA = lazy_re(r"(?:-[ ]{1,8})?(?:data|stringData):[ ]{0,8}(?:#.*)?")
_FLOW_DATA = lazy_re(r"((?:-[ ]{1,8})?(?:data|stringData):[ ]{0,8})\{[^\n]{1,100000}")
_ENVIRONMENT = lazy_re(r"(?:-[ ]{1,8})?(?:env|Environment|proxyMetadata):[ ]{0,8}(?:#.*)?")
_NAME = lazy_re(r"(?:-[ ]{1,8})?[\"']?name[\"']?:[ ]{1,8}(?P<name>\S{1,300})")
_VALUE = lazy_re(r"(?P<head>(?:-[ ]{1,8})?[\"']?value[\"']?:[ ]{1,8})(?P<value>\S.{0,100000})")
_ENTRY = lazy_re(r"(?P<head>(?P<name>[\w.-]{1,200}):[ \t]{1,80})(?P<value>\S.{0,100000})")
_BLOCK = lazy_re(r"[|>][+-]?\d?(?:[ ]+#.*)?")
_LAST = lazy_re(r"[\"']?kubectl\.kubernetes\.io/last-applied-configuration[\"']?:")


def hide_structure(text: str, counted: Counted) -> str:
    """``text`` without environment values, data of Secrets and copies of applied objects.

    Line breaks stay, so that line numbers do.
    """
    if '"Secret"' in text:
        text = _json_secrets(text, counted)
    text, applied = _APPLIED.subn(rf"\1{MASK}", text)
    for _ in range(applied):
        counted("copy of an applied object")
    if "value" in text:
        text = _PAIR.sub(lambda found: _pair(found, counted), text)
    if re.search(
        r"(?:env|nvironment|etadata|Secret|configuration)['\"]?(?::|['\"]?[ ]{0,8}(?:#|$))",
        text,
        re.MULTILINE,
    ):
        return "\n".join(_lines(text.split("\n"), counted))
    return text


def _pair(found: re.Match[str], counted: Counted) -> str:
    if not _UPPER.fullmatch(found[2]):
        return found[0]
    value = found[4]
    if value.startswith('\\"'):
        hidden = variable(found[2], value[2:-2], counted)
        return found[0] if hidden == value[2:-2] else f'{found[1]}{found[2]}{found[3]}\\"{MASK}\\"'
    return f"{found[1]}{found[2]}{found[3]}{variable(found[2], value, counted)}"


def _json_secrets(text: str, counted: Counted) -> str:
    """Data of the Secrets in a JSON text."""
    places = [found.start() for found in _JSON_SECRET.finditer(text)]
    if not places:
        return text
    spans = sorted(set(_objects(text, places)), reverse=True)
    for begin, end in spans:
        piece = text[begin:end]
        for data in reversed(list(_JSON_DATA.finditer(piece))):
            close = piece.find("}", data.end())
            close = len(piece) if close < 0 else close
            hidden, count = _JSON_VALUE.subn(rf'\1"{MASK}"', piece[data.end() : close])
            for _ in range(count):
                counted("Secret value")
            piece = piece[: data.end()] + hidden + piece[close:]
        text = text[:begin] + piece + text[end:]
    return text


def _objects(text: str, places: list[int]) -> Iterator[tuple[int, int]]:
    """The innermost object around each of ``places``."""
    open_: list[int] = []
    inside: list[tuple[int, int]] = []
    waiting = list(reversed(places))
    for token in _TOKEN.finditer(text):
        while waiting and token.start() >= waiting[-1]:
            inside.append((len(open_), waiting.pop()))
        if token[0] == "{":
            open_.append(token.start())
        elif token[0] == "}" and open_:
            begin = open_.pop()
            for depth, place in [one for one in inside if one[0] == len(open_) + 1]:
                inside.remove((depth, place))
                yield begin, token.end()
    for depth, place in inside:
        yield (open_[depth - 1] if 0 < depth <= len(open_) else place), len(text)


def _lines(lines: list[str], counted: Counted) -> list[str]:
    """The lines of a YAML text (or of what `kubectl describe` prints)."""
    for number, line in enumerate(lines):
        secret = _YAML_SECRET.fullmatch(line)
        if secret is not None:
            _hide_data(lines, number, len(secret[1]), counted)
    inner = -1
    name = ""
    for number, line in enumerate(lines):
        body = line.strip()
        indent = len(line) - len(line.lstrip(" "))
        if _LAST.match(body):
            _blank(lines, number, indent, counted)
        if inner >= 0 and body and indent < inner + (not body.startswith("-")):
            inner = -1
        if inner >= 0:
            name = _hide_variable(lines, number, name, counted)
        elif _ENVIRONMENT.fullmatch(body):
            inner = indent + (2 if body.startswith("- ") else 0)
            name = ""
    return lines


def _hide_variable(lines: list[str], number: int, name: str, counted: Counted) -> str:
    """Hide what a line of an environment sets; the name of the variable that it is about."""
    line = lines[number]
    body = line.strip()
    indent = len(line) - len(line.lstrip(" "))
    if told := _NAME.fullmatch(body):
        return told["name"].strip("\"'")
    if found := _VALUE.fullmatch(body):
        lines[number] = _value(lines, number, indent, found, name, counted)
    elif (found := _ENTRY.fullmatch(body)) and found["name"] != "valueFrom":
        lines[number] = _value(lines, number, indent, found, found["name"], counted)
    return name


def _value(
    lines: list[str], number: int, indent: int, found: re.Match[str], name: str, counted: Counted
) -> str:
    value = found["value"]
    if _BLOCK.fullmatch(value.rstrip()):
        _erase(lines, number + 1, indent)
        counted("environment value")
        value = f'"{MASK}"'
    elif value.startswith("<"):
        return lines[number]
    else:
        value = variable(name, value, counted)
    return f"{' ' * indent}{found['head']}{value}"


def _blank(lines: list[str], number: int, indent: int, counted: Counted) -> None:
    head, _colon, value = lines[number].partition("configuration")
    if value.strip("\"': ") == MASK:
        return
    lines[number] = f'{head}configuration{"" if value[:1] == ":" else value[:1]}: "{MASK}"'
    _erase(lines, number + 1, indent)
    counted("copy of an applied object")


def _erase(lines: list[str], begin: int, indent: int) -> None:
    """Empty the lines from ``begin`` on that stand deeper than ``indent``."""
    for number in range(begin, len(lines)):
        if lines[number].strip() and len(lines[number]) - len(lines[number].lstrip(" ")) <= indent:
            return
        lines[number] = ""


def _hide_data(lines: list[str], place: int, indent: int, counted: Counted) -> None:
    """Hide `data` and `stringData` of the Secret whose `kind` stands at ``place``."""
    begin = place
    while begin > 0 and not _starts(lines[begin], indent) and _belongs(lines[begin - 1], indent):
        begin -= 1
    number = begin
    while number < len(lines) and (number <= place or _belongs(lines[number], indent)):
        line = lines[number]
        if number > place and _starts(line, indent):
            return
        body = line[indent:] if not _starts(line, indent) else line[indent - 2 :]
        if _depth(line) == indent and _DATA.fullmatch(body.strip()):
            number = _hide_fields(lines, number + 1, indent, counted)
            continue
        if _depth(line) == indent and (flow := _FLOW_DATA.fullmatch(body.strip())):
            lines[number] = f"{line[: len(line) - len(body.lstrip())]}{flow[1]}{{}}"
            counted("Secret value")
        number += 1


def _hide_fields(lines: list[str], number: int, indent: int, counted: Counted) -> int:
    """Hide the values below a mapping; gives the line after it."""
    child = -1
    while number < len(lines):
        line = lines[number]
        depth = len(line) - len(line.lstrip(" "))
        if line.strip() and depth <= indent:
            break
        if line.strip() and child < 0:
            child = depth
        key, colon, _value = line.partition(":")
        if line.strip() and depth == child and colon:
            lines[number] = f'{key}: "{MASK}"'
            counted("Secret value")
        else:
            lines[number] = ""
        number += 1
    return number


def _depth(line: str) -> int:
    """Indent of what a line says, behind a list's dash."""
    body = line.lstrip(" ")
    depth = len(line) - len(body)
    return depth + len(body) - len(body[1:].lstrip(" ")) if body.startswith("- ") else depth


def _starts(line: str, indent: int) -> bool:
    return line.lstrip(" ").startswith("- ") and _depth(line) == indent


def _belongs(line: str, indent: int) -> bool:
    if not line.strip():
        return True
    return not line.startswith("---") and _depth(line) >= indent
