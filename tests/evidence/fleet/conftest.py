"""Every log counts as large here, so that small ones do."""

import pytest

from tests.evidence.fleet.logs import made
from why503.evidence import read as front_door
from why503.evidence.access_log.engine import read as engine


@pytest.fixture
def logs(tmp_path_factory, monkeypatch):
    monkeypatch.setattr(engine, "FROM", 80_000)
    monkeypatch.setattr(engine, "_PACKED_FROM", 1000)
    monkeypatch.setattr(front_door, "LARGE", 1000)
    return made(tmp_path_factory.mktemp("logs"))
