import pytest

from why503.proof import envoy_binary as room
from why503.proof.envoy_binary import NoEnvoyError, envoy_binary


def test_a_given_path_is_taken(tmp_path):
    own = tmp_path / "envoy"
    own.touch()
    assert envoy_binary(str(own)) == own


def test_a_path_without_a_program_is_named(tmp_path):
    with pytest.raises(NoEnvoyError, match="nowhere"):
        envoy_binary(str(tmp_path / "nowhere"))


def test_without_an_envoy_the_remedy_is_named(monkeypatch):
    monkeypatch.setattr(room, "find_spec", lambda _name: None)
    with pytest.raises(NoEnvoyError, match=r"why503\[prove\]"):
        envoy_binary()


def test_the_installed_one_is_found():
    assert envoy_binary().is_file()
