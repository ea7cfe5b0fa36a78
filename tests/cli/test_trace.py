import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.mesh.traced.world import BASE
from why503.cli.diagnose import Unreadable
from why503.cli.trace import trace
from why503.mesh.traced.envoy import Stop
from why503.report import trace_json


def run(*arguments: object, **given):
    words = [str(word) for word in arguments]
    return CliRunner().invoke(trace, words, standalone_mode=False, **given)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.yaml").write_text(BASE, encoding="utf-8")
    return tmp_path


def test_a_request_is_followed_and_get_can_be_left_out(folder: Path) -> None:
    done = run("http://quay:9080/a", "--from", "deploy/desk", "-n", "shop", "-f", folder)
    assert done.return_value == 0
    assert done.stdout.startswith("GET quay:9080/a from deploy/desk: arrives\n")
    posted = run("post", "quay:9080/a", "--from", "deploy/desk", "-n", "shop", "-f", folder)
    assert posted.stdout.startswith("POST quay:9080/a")


def test_json_and_svg_tell_the_same(folder: Path) -> None:
    asked = ("http://quay:9080/a", "--from", "deploy/desk", "-n", "shop", "-f", folder)
    document = json.loads(run(*asked, "-o", "json").stdout)
    assert document["outcome"]["id"] == "passes"
    assert run(*asked, "-o", "svg").stdout.startswith("<svg ")


def test_headers_and_an_address_are_taken_over(folder: Path) -> None:
    done = run(
        "tcp://other:70", "--from", "deploy/desk", "-n", "shop", "-f", folder,
        "--address", "10.9.9.9", "-H", "x: 1", "--sni", "a.example", "-o", "json",
    )  # fmt: skip
    assert "10.9.9.9:70" in done.stdout


def test_a_pipe_is_read() -> None:
    done = run("quay:9080/a", "--from", "deploy/desk", "-n", "shop", "-f", "-", input=BASE)
    assert "arrives" in done.stdout


def test_wrong_usage_is_refused_with_a_sentence(folder: Path) -> None:
    for words in (("GET", "POST", "quay"), ("ftp://quay/",), ("http://quay/", "-H", "x")):
        done = run(*words, "-f", folder)
        assert done.exception is not None, words
        assert getattr(done.exception, "exit_code", None) == 2
    missing = run("quay:1/", "-f", folder / "no")
    assert isinstance(missing.exception, Unreadable)


def test_the_schema_can_be_had_without_evidence() -> None:
    assert run("--print-schema").stdout == trace_json.schema_text()


def test_the_page_shows_what_the_program_says(tmp_path: Path, monkeypatch) -> None:
    page_folder = Path(__file__).parents[2] / "docs" / "commands"
    page = (page_folder / "trace.md").read_text("utf-8")
    (manifests,) = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    (tmp_path / "shop.yaml").write_text(manifests, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    shown = re.findall(r"```console\n\$ why503 trace ([^\n]*)\n(.*?)```", page, flags=re.DOTALL)
    assert len(shown) == 2
    for words, output in shown:
        assert run(*words.split()).stdout == output
    picture = (page_folder / "trace.svg").read_text("utf-8")
    assert run(*shown[0][0].split(), "-o", "svg").stdout == picture


def test_every_way_to_end_is_explained_on_the_page() -> None:
    page = Path(__file__).parents[2].joinpath("docs", "commands", "trace.md").read_text("utf-8")
    assert [stop.value for stop in Stop if f"`{stop.value}`" not in page] == []
