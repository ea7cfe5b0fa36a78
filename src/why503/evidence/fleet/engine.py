"""What an engine is, and the engines by name."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from why503.evidence.fleet.task import Task
from why503.support.text import _


class FleetError(Exception):
    """An engine that cannot be used, or a task that failed; its text is a sentence."""


class Engine(Protocol):
    """A connection to a distributed engine."""

    def results(self, tasks: Iterable[Task]) -> Iterator[bytes]:
        """`run` of every task, in the order of the tasks; as many at once as there are workers."""
        ...


def connected(name: str, address: str) -> AbstractContextManager[Engine]:
    """The engine `spark` or `ray` at ``address``; one on this machine where that is empty.

    Raises `FleetError` where it is not installed or does not answer.
    """
    if name == "spark":
        from why503.evidence.fleet import on_spark

        return on_spark.connected(address)
    from why503.evidence.fleet import on_ray

    return on_ray.connected(address)


def not_installed(name: str, package: str) -> FleetError:
    """The sentence for an engine whose package is not there."""
    return FleetError(
        _(
            "The engine {name} needs the Python package {package}: pip install 'why503[{name}]'."
        ).format(name=name, package=package)
    )
