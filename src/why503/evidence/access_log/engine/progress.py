"""How far a long reading is, on standard error; nothing where it is short."""

import sys
import time
from typing import TextIO

from why503.support.text import _

AFTER = 1.5
"""Seconds after which the first word is said on a terminal."""
AFTER_IN_LOG = 20.0
"""Seconds between two lines where standard error is no terminal."""
_EVERY = 0.2
_MEGA = 1_000_000


class Progress:
    """The progress of one file."""

    def __init__(self, path: str, size: int | None, screen: TextIO | None = None) -> None:
        """``size`` in bytes; None where it is not known."""
        self._path = path
        self._size = size
        self._screen = sys.stderr if screen is None else screen
        self._done = 0
        self._begin = time.monotonic()
        self._is_terminal = bool(self._screen and self._screen.isatty())
        self._next = self._begin + (AFTER if self._is_terminal else AFTER_IN_LOG)
        self._shown = False

    def passed(self, size: int) -> None:
        """So many bytes more were read."""
        self._done += size
        now = time.monotonic()
        if now < self._next or not self._screen:
            return
        self._next = now + (_EVERY if self._is_terminal else AFTER_IN_LOG)
        self._shown = True
        words = self._words(now - self._begin)
        self._screen.write(f"\r{words}\x1b[K" if self._is_terminal else f"{words}\n")
        self._screen.flush()

    def end(self) -> None:
        """Take the word back from a terminal."""
        if self._shown and self._is_terminal:
            self._screen.write("\r\x1b[K")
            self._screen.flush()

    def _words(self, seconds: float) -> str:
        rate = self._done / max(seconds, 1e-6)
        if not self._size:
            return _("Reading {path}: {done} MB, {rate} MB/s").format(
                path=self._path, done=self._done // _MEGA, rate=round(rate / _MEGA)
            )
        return _("Reading {path}: {share} %, {rate} MB/s, {left} s left").format(
            path=self._path,
            share=100 * self._done // self._size,
            rate=round(rate / _MEGA),
            left=round(max(0, self._size - self._done) / max(rate, 1)),
        )
