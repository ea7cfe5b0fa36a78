import pytest

from why503.diagnosis.scenario import View
from why503.proof.view import files_of


@pytest.fixture
def bundle(tmp_path):
    for name in ("client/access.log", "client/envoy.log", "server/access.log", "k8s/pod.yaml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    (tmp_path / "server" / "envoy.log").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("view", "names"),
    [
        (View.CALLER, ["client/access.log"]),
        (View.PROXIES, ["client/access.log", "server/access.log", "client/envoy.log"]),
        (View.BUNDLE, ["."]),
    ],
)
def test_a_view_holds_its_files_and_no_empty_ones(bundle, view, names):
    assert [path.relative_to(bundle).as_posix() for path in files_of(bundle, view)] == names
