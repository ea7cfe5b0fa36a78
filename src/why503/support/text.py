"""gettext, met in one place."""

from gettext import NullTranslations

_translations: NullTranslations = NullTranslations()


def _(message: str) -> str:
    """``message`` in the user's language; English where there is no translation."""
    return _translations.gettext(message) if message else ""


def ngettext(one: str, many: str, count: int) -> str:
    """The form of a message that goes with ``count`` in the user's language; ``one`` for 1."""
    return _translations.ngettext(one, many, count)
