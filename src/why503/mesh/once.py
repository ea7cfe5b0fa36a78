"""What one object tells, worked out once: many rules and clues ask the same of each object."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, cast

from why503.facts import Manifest

T = TypeVar("T")


def once(make: Callable[[Manifest], T]) -> Callable[[Manifest], T]:
    """``make``, which rests on the object alone, with its answer kept as long as the object lives.

    Nobody may change the answer.
    """
    name = f"{make.__module__}.{make.__qualname__}"

    @wraps(make)
    def kept(manifest: Manifest) -> T:
        answers = vars(manifest)
        if name not in answers:
            answers[name] = make(manifest)
        return cast("T", answers[name])

    return kept
