"""A block of bytes seen as arrays: hashes, numbers and times of thousands of texts at once.

Eight bytes are taken as one word wherever they begin, so that a text of any length is a few words.
Texts are told apart by hashes of 64 bits, equal in every process; two of a million different texts
have the same one with a probability of 3 in 100 million.
"""

import re

import numpy as np
from numpy.typing import NDArray

from why503.evidence.access_log.timestamp import guess_time

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Hashes = NDArray[np.uint64]
Flags = NDArray[np.bool_]

WORD = 8
NO_MINUTE = -1
"""The minute of requests without a time."""
TIME_WIDTH = len("2026-01-01T00:00:00.000Z")

LONGEST_TEXT = 2048
"""Bytes of a text that are hashed; each eight of the longest one cost all texts of a block."""

_ODD = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_HALF, _PART = np.uint64(32), np.uint64(29)
_SALTS = np.random.default_rng(503).integers(1, 1 << 63, LONGEST_TEXT // WORD, dtype=np.uint64)
_KEPT_BYTES = np.array([(1 << (8 * count)) - 1 for count in range(WORD + 1)], dtype=np.uint64)

_MINUTE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_MINUTE_WIDTH = len("2026-01-01T00:00")


def _word(text: str) -> np.uint64:
    return np.uint64(int.from_bytes(text.encode("latin-1"), "little"))


_SECONDS_SIGNS, _SECONDS_FORM = _word("\xff\0\0\xff\0\0\0\xff"), _word(":\0\0.\0\0\0Z")
_SECONDS_HIGH, _SECONDS_ZEROS = _word("\0\xf0\xf0\0\xf0\xf0\xf0\0"), _word("\x0000\x00000\0")
_SECONDS_SIX, _SECONDS_CARRY = _word("\0\x0a\6\0\6\6\6\0"), _word("\0\x10\x10\0\x10\x10\x10\0")
_LOW, _HIGH, _ZEROS = _word("\x0f" * 8), _word("\xf0" * 8), _word("0" * 8)
_SIX, _CARRY = _word("\6" * 8), _word("\x10" * 8)
_PAIRS, _FOURS = _word("\xff\0" * 4), _word("\xff\xff\0\0" * 2)


class Block:
    """Bytes of whole lines."""

    def __init__(self, padded: bytes | memoryview) -> None:
        """``padded``: the bytes and `WORD` more, which are no part of the block."""
        self.size = len(padded) - WORD
        self._data = memoryview(padded)
        self.each: NDArray[np.uint8] = np.frombuffer(padded, np.uint8)[: self.size]
        self.words: Hashes = np.ndarray((self.size + 1,), "<u8", padded, strides=(1,))

    def bytes(self, begin: int, end: int) -> bytes:
        """The bytes between two places."""
        return self._data[begin:end].tobytes()

    def text(self, begin: int, end: int) -> str:
        """The text between two places."""
        return str(self._data[begin:end], "utf-8", "replace")

    def hashes(self, begin: Ints, end: Ints) -> Hashes:
        """A hash of each text; equal texts have equal ones, wherever they stand.

        Texts that are longer than `LONGEST_TEXT` and begin alike have equal ones, too.
        """
        length = np.minimum(end - begin, LONGEST_TEXT)
        found: Hashes = length.astype(np.uint64) * _ODD
        if not len(length):
            return found
        shortest, longest = int(length.min()), int(length.max())
        for place in range(0, longest, WORD):
            salt = _SALTS[place // WORD]
            if place + WORD <= shortest:
                found += _mixed(self.words[begin + place], salt)
                continue
            rows = np.flatnonzero(length > place)
            kept = _KEPT_BYTES[np.minimum(length[rows] - place, WORD)]
            found[rows] += _mixed(self.words[begin[rows] + place] & kept, salt)
        found ^= found >> _PART
        found *= _MIX
        found ^= found >> _HALF
        return found

    def numbers(self, begin: Ints, end: Ints) -> Floats:
        """Whole numbers of up to eight digits; NaN for ``-``, minus one for anything else."""
        length = end - begin
        fit = np.clip(length, 1, WORD)
        shift = ((WORD - fit) * 8).astype(np.uint64)
        words = self.words[begin] << shift
        blank = (_ZEROS >> (fit * 8).astype(np.uint64)) * (fit < WORD)
        words |= blank
        sound = (words & _HIGH) == _ZEROS
        sound &= ((words & _LOW) + _SIX) & _CARRY == 0
        sound &= fit == length
        words &= _LOW
        words = (words * np.uint64(2561)) >> np.uint64(8)
        words = ((words & _PAIRS) * np.uint64(6553601)) >> np.uint64(16)
        words = ((words & _FOURS) * np.uint64(42949672960001)) >> np.uint64(32)
        found: Floats = np.where(sound, words.astype(np.float64), -1.0)
        found[(length == 1) & (self.each[begin] == ord("-"))] = np.nan
        return found

    def times(self, begin: Ints) -> tuple[Ints, Floats, Flags]:
        """Minute and start (seconds, both since 1970) of times such as 2026-01-01T00:00:00.000Z.

        The third tells which of them are such times.
        """
        begin = np.minimum(begin, max(0, self.size - TIME_WIDTH))
        minute, sound = self._minutes(begin)
        words = self.words[begin + _MINUTE_WIDTH]
        sound &= (words & _SECONDS_SIGNS) == _SECONDS_FORM
        sound &= (words & _SECONDS_HIGH) == _SECONDS_ZEROS
        sound &= ((words & ~_SECONDS_HIGH & ~_SECONDS_SIGNS) + _SECONDS_SIX) & _SECONDS_CARRY == 0
        digits = [
            ((words >> np.uint64(8 * place)) & np.uint64(15)).astype(np.float64)
            for place in (1, 2, 4, 5, 6)
        ]
        start = minute * 60.0 + (digits[0] * 10 + digits[1])
        start += (digits[2] * 100 + digits[3] * 10 + digits[4]) / 1000.0
        return minute, start, sound

    def _minutes(self, begin: Ints) -> tuple[Ints, Flags]:
        day, hour = self.words[begin], self.words[begin + WORD]
        both = day * _ODD ^ hour
        if len(both) and (both == both[0]).all():
            found = _minute_of(self.text(int(begin[0]), int(begin[0]) + _MINUTE_WIDTH))
            return np.full(len(begin), found), np.full(len(begin), found != NO_MINUTE)
        kinds, first, which = np.unique(both, return_index=True, return_inverse=True)
        told = np.empty(len(kinds), np.int64)
        for kind, place in enumerate(begin[first].tolist()):
            told[kind] = _minute_of(self.text(place, place + _MINUTE_WIDTH))
        found_each = told[which]
        return found_each, found_each != NO_MINUTE


def _mixed(words: Hashes, salt: np.uint64) -> Hashes:
    words ^= salt
    words *= _MIX
    words ^= words >> _HALF
    return words


def _minute_of(text: str) -> int:
    start = guess_time(text + ":00Z") if _MINUTE.fullmatch(text) else None
    return NO_MINUTE if start is None else int(start // 60)


def hashes_of(texts: list[bytes]) -> Hashes:
    """The hash of each text, as `Block.hashes` gives it."""
    end = np.cumsum([len(one) for one in texts], dtype=np.int64)
    begin = end - np.array([len(one) for one in texts], dtype=np.int64)
    return Block(b"".join(texts) + bytes(WORD)).hashes(begin, end)
