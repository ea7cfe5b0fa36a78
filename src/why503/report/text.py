"""The answer as plain text of about one screen."""

from why503.diagnosis.finding import Diagnosis
from why503.report.layout import WIDTH, lines
from why503.report.outline import outline

_ASCII = str.maketrans({"─": "-", "✖": "X", "…": "...", "•": "*", "→": "->", "×": "x"})


def render(
    diagnosis: Diagnosis, *, width: int = WIDTH, verbose: bool = False, ascii_only: bool = False
) -> str:
    """Lines without trailing blanks; ``ascii_only`` for streams that cannot show the box signs."""
    text = "".join(
        "".join(span.text for span in line).rstrip() + "\n"
        for line in lines(outline(diagnosis, verbose=verbose), width)
    )
    return to_ascii(text) if ascii_only else text


def to_ascii(text: str) -> str:
    r"""``text`` with its signs spelled in ASCII and everything else written out (`\u4e2d`)."""
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode()
