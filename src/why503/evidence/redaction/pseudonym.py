"""Tokens instead of words: one word gives one token, and nobody without the key undoes it.

A token is as long as its word, so that the columns of a table stay where they are.
"""

import hmac
from collections.abc import Callable, Iterator

from why503.evidence.redaction.vocabulary import stays
from why503.support.pattern import lazy_re

_CONSONANTS = "bdfgklmnprstvz"
_VOWELS = "aeiou"
_SAFE = "bcdfghjklmnpqrstvwxz"
"""Letters of the random names that Kubernetes makes."""
_TRIES = 40
_CAMEL = lazy_re(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_HEX = lazy_re(r"[0-9a-f]+|[0-9A-F]+")
_NAME = lazy_re(r"[^\W\d_]{3,}\d{0,4}")


class Pseudonyms:
    """The tokens of one bundle."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._tokens: dict[str, str] = {}
        self._taken: set[str] = set()

    @property
    def count(self) -> int:
        """Different words that were replaced."""
        return len(self._tokens)

    def word(self, word: str) -> str:
        """Token of one word; a known word stays, `NameOfThings` is taken apart first."""
        if stays(word):
            return word
        if word.isascii() and word.isalpha() and not word.islower() and not word.isupper():
            parts = _CAMEL.findall(word)
            if len(parts) > 1 and "".join(parts) == word and min(map(len, parts)) > 2:
                return "".join(part if stays(part) else self._token(part) for part in parts)
        return self._token(word)

    def identifier(self, text: str) -> str:
        """Token of hexadecimal text (UUID, fingerprint); the signs in it keep their place."""
        stream = _numbers(self._key, "id:" + text.lower())
        return "".join(_like(sign, stream, hexadecimal=True) for sign in text)

    def number(self, digits: str) -> str:
        """Another number of as many digits."""
        stream = _numbers(self._key, "number:" + digits)
        return "".join(_like(sign, stream, hexadecimal=True) for sign in digits)

    def _token(self, word: str) -> str:
        small = word.lower()
        token = self._tokens.get(small)
        if token is None:
            token = self._tokens[small] = self._new(small)
            self._taken.add(token)
        if word.isupper():
            return token.upper()
        return token.capitalize() if word[:1].isupper() else token

    def _new(self, word: str) -> str:
        """A token that no other word of the bundle has and that is no known word."""
        make = _shaped if _is_random(word) else _spoken
        for attempt in range(_TRIES):
            longer = max(0, attempt - _TRIES // 2)
            token = make(word, _numbers(self._key, f"{attempt}:{word}")) + "u" * longer
            if token not in self._taken and token != word and not stays(token):
                return token
        return _spoken(word + "0" * 12, _numbers(self._key, f"long:{word}"))


def _is_random(word: str) -> bool:
    """True for what a program drew: letters mixed with digits, or letters without a vowel."""
    if not word.isascii():
        return False
    if any(sign.isdigit() for sign in word):
        return not _NAME.fullmatch(word)
    return len(word) > 3 and all(sign in _SAFE for sign in word)


def _shaped(word: str, stream: Iterator[int]) -> str:
    """Digits for digits and letters for letters, hexadecimal for hexadecimal."""
    hexadecimal = _HEX.fullmatch(word) is not None
    return "".join(_like(sign, stream, hexadecimal=hexadecimal) for sign in word)


def _spoken(word: str, stream: Iterator[int]) -> str:
    """A word that can be spoken, as long as ``word``, with digits where that ends in digits."""
    letters = len(word.rstrip("0123456789"))
    spoken = "".join(
        _pick(_VOWELS if place % 2 else _CONSONANTS, stream) for place in range(letters)
    )
    return spoken + "".join(_pick("0123456789", stream) for _ in word[letters:])


def _like(sign: str, stream: Iterator[int], *, hexadecimal: bool) -> str:
    if sign.isdigit():
        return _pick("0123456789" if hexadecimal else "2456789", stream)
    if not sign.isalpha():
        return sign
    letter = _pick("abcdef" if hexadecimal else _SAFE, stream)
    return letter.upper() if sign.isupper() else letter


def _pick(signs: str, stream: Iterator[int]) -> str:
    return signs[next(stream) % len(signs)]


def _numbers(key: bytes, text: str) -> Iterator[int]:
    """Endless numbers that only ``key`` and ``text`` determine."""
    block = 0
    while True:
        yield from digest(key, f"{block}:{text}")
        block += 1


def noise(key: bytes, content: bytes) -> bytes:
    """As many bytes as ``content`` has, equal for equal content."""
    stream = _numbers(key, "noise:" + content.hex())
    return bytes(next(stream) for _ in content)


def digest(key: bytes, text: str) -> bytes:
    """32 bytes that cannot be foretold without the key."""
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")


Counted = Callable[[str], None]
"""Called with the kind of each thing that is replaced."""
