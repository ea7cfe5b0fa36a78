"""why503: says which hop of an Istio/Envoy mesh broke, why, and shows the lines that prove it."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("why503")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0"

__all__ = ["__version__"]
