"""Which files of a bundle an answer is asked from."""

from pathlib import Path

from why503.diagnosis.scenario import View


def files_of(bundle: Path, view: View) -> list[Path]:
    """The files of a view, those that there are; the folder itself for all of them."""
    if view is View.BUNDLE:
        return [bundle]
    if view is View.CALLER:
        return [bundle / "client" / "access.log"]
    names = ("access.log", "envoy.log")
    found = [path for name in names for path in sorted(bundle.glob(f"*/{name}"))]
    return [path for path in found if path.stat().st_size]
