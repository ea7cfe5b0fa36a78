"""PySpark, met in this file only."""

import os
import sys
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from why503.evidence.fleet import shipped
from why503.evidence.fleet.engine import FleetError, not_installed
from why503.evidence.fleet.task import Task, run
from why503.support.text import _

JOBS = 3
"""Jobs under way at once: while the last tasks of one run, those of the next fill the workers."""
TASKS_OF_A_JOB = 4
"""Times the workers' processors; bounds what the driver holds at once."""
LOCAL = "local-cluster[2,1,1024]"
"""Two workers on this machine, as processes of their own."""
_QUIET = (
    ("spark.ui.enabled", "false"),
    ("spark.ui.showConsoleProgress", "false"),
    ("spark.log.level", "ERROR"),
)


@contextmanager
def connected(address: str) -> Iterator["SparkEngine"]:
    """Spark at ``address`` (a master URL); empty: what `spark-submit` says, else `LOCAL`."""
    try:
        from pyspark import SparkConf, SparkContext
    except ImportError as fault:
        raise not_installed("spark", "pyspark") from fault
    if address.startswith("sc://"):
        raise FleetError(
            _(
                "`{address}` is Spark Connect, which has no tasks of one's own. Give the master's "
                "URL (spark://host:7077, yarn, k8s://…), or use spark-submit."
            ).format(address=address)
        )
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    conf = SparkConf().setAppName("why503")
    if address or not conf.contains("spark.master"):
        conf.setMaster(address or LOCAL)
    for name, value in _QUIET:
        conf.setIfMissing(name, value)
    with tempfile.TemporaryDirectory(prefix="why503-") as folder:
        try:
            spark = SparkContext(conf=conf)
        except Exception as fault:
            raise FleetError(
                _("Spark at `{address}` does not answer: {fault}.").format(
                    address=conf.get("spark.master"), fault=_first_line(fault)
                )
            ) from fault
        try:
            spark.addPyFile(str(shipped.archive(Path(folder))))
            yield SparkEngine(spark)
        finally:
            spark.stop()


class SparkEngine:
    """See `Engine`."""

    def __init__(self, spark: Any) -> None:
        self._spark = spark

    def results(self, tasks: Iterable[Task]) -> Iterator[bytes]:
        """See `Engine.results`."""
        left = iter(tasks)
        size = TASKS_OF_A_JOB * max(2, int(self._spark.defaultParallelism))
        under_way: deque[Future[list[bytes]]] = deque()
        with ThreadPoolExecutor(JOBS, thread_name_prefix="why503-spark") as jobs:
            while True:
                while len(under_way) < JOBS and (job := list(islice(left, size))):
                    under_way.append(jobs.submit(self._job, job))
                if not under_way:
                    return
                yield from under_way.popleft().result()

    def _job(self, tasks: list[Task]) -> list[bytes]:
        try:
            found: list[bytes] = self._spark.parallelize(tasks, len(tasks)).map(run).collect()
        except Exception as fault:
            raise FleetError(
                _("A task failed on Spark: {fault}.").format(fault=_first_line(fault))
            ) from fault
        return found


def _first_line(fault: Exception) -> str:
    """What a Java or Python exception says first."""
    java = getattr(fault, "java_exception", None)
    lines = str(fault if java is None else java).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(fault).__name__
