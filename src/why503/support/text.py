"""gettext, met in one place."""

from gettext import NullTranslations

_translations: NullTranslations = NullTranslations()


def _(message: str) -> str:
    """``message`` in the user's language; English where there is no translation."""
    return _translations.gettext(message) if message else ""
