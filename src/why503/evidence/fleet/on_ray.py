"""Ray, met in this file only."""

import os
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from why503.evidence.fleet import shipped
from why503.evidence.fleet.engine import FleetError, not_installed
from why503.evidence.fleet.task import Task, run
from why503.support.text import _

AHEAD = 4
"""Tasks per processor that are handed out before the first of them is asked for."""


@contextmanager
def connected(address: str) -> Iterator["RayEngine"]:
    """Ray at ``address`` (`auto`, `ray://host:10001`); a Ray of our own where it is empty."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError as fault:
        raise not_installed("ray", "ray") from fault
    with tempfile.TemporaryDirectory(prefix="why503-") as folder:
        options: dict[str, Any] = {"address": address} if address else {"include_dashboard": False}
        try:
            ray.init(
                runtime_env={"py_modules": [_unpacked(Path(folder))]},
                log_to_driver=False,
                logging_level="error",
                **options,
            )
        except (OSError, RuntimeError, ValueError) as fault:
            raise FleetError(
                _("Ray at `{address}` does not answer: {fault}.").format(
                    address=address or _("this machine"), fault=fault
                )
            ) from fault
        try:
            yield RayEngine(ray)
        finally:
            ray.shutdown()


def _unpacked(folder: Path) -> str:
    """The shipped rooms as a folder, as Ray takes them."""
    import zipfile

    with zipfile.ZipFile(shipped.archive(folder)) as zipped:
        zipped.extractall(folder / "worker")
    return str(folder / "worker" / "why503")


class RayEngine:
    """See `Engine`."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._run = ray.remote(max_retries=3)(run)

    def results(self, tasks: Iterable[Task]) -> Iterator[bytes]:
        """See `Engine.results`."""
        room = AHEAD * max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        under_way: deque[Any] = deque()
        for task in tasks:
            under_way.append(self._run.remote(task))
            if len(under_way) >= room:
                yield self._wait(under_way.popleft())
        while under_way:
            yield self._wait(under_way.popleft())

    def _wait(self, promised: Any) -> bytes:
        try:
            found: bytes = self._ray.get(promised)
        except self._ray.exceptions.RayError as fault:
            reason = str(fault).strip().splitlines()[-1:] or [type(fault).__name__]
            raise FleetError(
                _("A task failed on Ray: {fault}.").format(fault=reason[0].rstrip("."))
            ) from fault
        return found
