import sys

import pytest

from why503.evidence.fleet.engine import FleetError, connected


@pytest.mark.parametrize(("name", "package"), [("spark", "pyspark"), ("ray", "ray")])
def test_an_engine_that_is_not_installed_is_said_with_what_installs_it(name, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(FleetError, match=rf"pip install 'why503\[{name}\]'"), connected(name, ""):
        pass
