"""gettext, met in one place."""

import re
from collections.abc import Iterable
from gettext import NullTranslations

_translations: NullTranslations = NullTranslations()
_PLACEHOLDER = re.compile(r"\{(\w{1,40})(?::([^{}]{1,200}))?\}")


def _(message: str) -> str:
    """``message`` in the user's language; English where there is no translation."""
    return _translations.gettext(message) if message else ""


def ngettext(one: str, many: str, count: int) -> str:
    """The form of a message that goes with ``count`` in the user's language; ``one`` for 1."""
    return _translations.ngettext(one, many, count)


def filled(message: str, values: Iterable[tuple[str, str]]) -> str:
    """``message`` with its values; words may follow a number in several forms.

    `{count:request was|requests were}` is `1 request was` or `2 requests were`. A translation has
    as many forms as its language, in gettext's order.
    """
    return message.format(**{name: _Value(value) for name, value in values})


class _Value(str):
    """A value of a sentence; a number chooses among the forms of the words behind it."""

    __slots__ = ()

    def __format__(self, forms: str) -> str:
        """The value with the form that goes with it; the last one where it is no number."""
        if "|" not in forms:
            return super().__format__(forms)
        choices = forms.split("|")
        chosen = _form(int(self)) if self.isdecimal() else len(choices) - 1
        return f"{self} {choices[min(chosen, len(choices) - 1)]}"


def _form(count: int) -> int:
    """Which form goes with ``count`` in the user's language; in English 0 for one, 1 for more."""
    plural = getattr(_translations, "plural", None)
    return int(plural(count)) if plural is not None else int(count != 1)


def form_for_many(message: str) -> str:
    """``message`` as it stands for many, its values in `<angle brackets>`."""
    return _PLACEHOLDER.sub(lambda found: _for_many(found[1], found[2]), message)


def _for_many(name: str, forms: str | None) -> str:
    return f"<{name}> {forms.split('|')[-1]}" if forms else f"<{name}>"
