"""why503: says which hop of an Istio/Envoy mesh broke, why, and shows the lines that prove it.

Use as a library: ``why503.diagnose("access.log", "manifests/")``.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from os import PathLike

    from why503.diagnosis.finding import Diagnosis
    from why503.diagnosis.inspection import Inspection
    from why503.evidence.fleet.ahead import Fleet

__all__ = ["__version__", "diagnose", "inspect"]

__version__: str


def __getattr__(name: str) -> Any:
    """``__version__`` when it is asked for: reading a package's metadata takes time."""
    if name != "__version__":
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("why503")
    except PackageNotFoundError:  # a source tree that was never installed
        return "0"


def diagnose(
    *paths: "str | PathLike[str]",
    access_log_format: str = "",
    memory: int = 700 << 20,
    fleet: "Fleet | None" = None,
    save: str = "",
    baseline: str = "",
) -> "Diagnosis":
    """What the evidence in these files and folders tells; `-` is standard input.

    ``access_log_format`` is Envoy's format string of an own access log; ``memory`` is how many
    bytes all processes that read a large access log may take (on a fleet: each task);
    ``fleet`` reads the large access logs; ``save`` is the Parquet file in which all that was read
    is kept; ``baseline`` is such a file, or other evidence, with which the failures are compared.
    Raises `why503.evidence.read.ReadError` where a path cannot be read at all,
    `why503.evidence.kept.keep.KeepError` where it cannot be saved, and
    `why503.evidence.fleet.engine.FleetError` where the fleet fails.
    """
    from dataclasses import replace
    from os import fspath

    from why503.causes import CATALOGUE
    from why503.diagnosis import diagnose as weighing_room
    from why503.evidence.read import read_paths
    from why503.evidence.reader import Options

    options = Options(access_log_format=access_log_format, memory=memory)
    bundle = read_paths([fspath(path) for path in paths], options, fleet)
    if save:
        from why503.evidence.kept import keep

        keep.save(bundle, save)
    answer = weighing_room.diagnose(bundle, CATALOGUE)
    if not baseline:
        return answer
    from why503.diagnosis.comparison import compare

    before = read_paths([baseline], options)
    return replace(answer, comparison=compare(bundle, before, baseline))


def inspect(*paths: "str | PathLike[str]", access_log_format: str = "") -> "Inspection":
    """What these files are, from when to when, who tells in them and what could not be read.

    Arguments and errors are those of `diagnose`.
    """
    from os import fspath

    from why503.diagnosis import inspection
    from why503.evidence.read import read_paths
    from why503.evidence.reader import Options

    options = Options(access_log_format=access_log_format)
    return inspection.inspect(read_paths([fspath(path) for path in paths], options))
