"""why503: says which hop of an Istio/Envoy mesh broke, why, and shows the lines that prove it.

Use as a library: ``why503.diagnose("access.log", "manifests/")``.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from os import PathLike

    from why503.diagnosis.finding import Diagnosis
    from why503.diagnosis.inspection import Inspection

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


def diagnose(*paths: "str | PathLike[str]", access_log_format: str = "") -> "Diagnosis":
    """What the evidence in these files and folders tells; `-` is standard input.

    ``access_log_format`` is Envoy's format string of an own access log. Raises
    `why503.evidence.read.ReadError` where a path cannot be read at all.
    """
    from os import fspath

    from why503.causes import CATALOGUE
    from why503.diagnosis import diagnose as weighing_room
    from why503.evidence.read import read_paths
    from why503.evidence.reader import Options

    options = Options(access_log_format=access_log_format)
    bundle = read_paths([fspath(path) for path in paths], options)
    return weighing_room.diagnose(bundle, CATALOGUE)


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
