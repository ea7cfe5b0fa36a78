"""Addresses of the cast: every pod has its own on loopback, and another in what is recorded.

On stage all is 127.B.x.y, where B tells what it is; a block of four values of B belongs to one
play at a time. The record shows what a cluster would: pods in 10.244.0.0/16 (the proxy's address
and its application's are the same there), services in 10.96.0.0/16, outside hosts in
203.0.113.0/24.
"""

import random
import re
import socket
from types import TracebackType

from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

_PODS, _APPS, _SERVICES, _OUTSIDE = 0, 64, 128, 192
_BLOCKS = range(1, 62)
_GUARD_PORT = 48503
_LOOPBACK = lazy_re(r"\b127\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?!\d)")


class NoAddressError(Exception):
    """Every block of loopback addresses is taken."""


@dataclass(frozen=True)
class Block:
    """The addresses of one play."""

    number: int

    def pod(self, index: int) -> str:
        """Address of a pod's proxy: 0 is the caller's, then the server's pods."""
        return f"127.{self.number + _PODS}.{index + 1}.{20 + 7 * index}"

    def app(self, index: int) -> str:
        """Address on which the same pod's application listens."""
        return f"127.{self.number + _APPS}.{index + 1}.{20 + 7 * index}"

    def service(self, index: int = 0) -> str:
        """A cluster IP."""
        return f"127.{self.number + _SERVICES}.{40 + index}.{17 + index}"

    def outside(self, index: int = 0) -> str:
        """A host outside the mesh."""
        return f"127.{self.number + _OUTSIDE}.0.{10 + index}"


class Claim:
    """Holds a block of addresses, so that plays on the same machine do not meet."""

    def __init__(self, seed: int = 0) -> None:
        """Where the search for a free block begins is drawn from ``seed``."""
        self._order = random.Random(seed).sample(_BLOCKS, len(_BLOCKS))  # noqa: S311 - no secret
        self._guard: socket.socket | None = None

    def __enter__(self) -> Block:
        """The first block that nobody holds."""
        for number in self._order:
            guard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                guard.bind((f"127.{number}.255.254", _GUARD_PORT))
            except OSError:
                guard.close()
                continue
            self._guard = guard
            return Block(number)
        raise NoAddressError(
            "All loopback address blocks are in use: wait until other proofs have ended."
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the block back."""
        if self._guard is not None:
            self._guard.close()


def recorded(text: str) -> str:
    """The text with every address of the stage as a cluster would show it."""
    return _LOOPBACK.sub(_in_cluster, text)


def _in_cluster(match: re.Match[str]) -> str:
    block, third, last = (int(part) for part in match.groups())
    if not 0 < block < 254:  # 127.0.0.1 and 127.0.0.6 mean the same in a cluster
        return match.group()
    if block >= _OUTSIDE:
        return f"203.0.113.{last}"
    return f"10.96.{third}.{last}" if block >= _SERVICES else f"10.244.{third}.{last}"
