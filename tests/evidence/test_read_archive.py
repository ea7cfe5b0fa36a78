# ruff: noqa: E501 - log lines are kept whole
"""Archives and bundles, read from end to end."""

import io
import json
import sys
from pathlib import Path

import pytest

from tests.evidence.archive.pack import PACKERS, Packer, info, tar, tgz
from tests.evidence.capture.frames import Talk, pcap
from why503.evidence import read_paths
from why503.evidence.reader import Options
from why503.facts import AccessLog, AppEvent, Bundle, Manifest, Request, TcpConnection

LISTENING = b"2031-03-04T05:06:07.008Z INFO kiosk kiosk listening on 0.0.0.0:9191\n"
ACCESS = (
    b'[2031-03-04T05:06:08.000Z] "GET /menu HTTP/1.1" 503 UC '
    b"upstream_reset_before_response_started{connection_termination} - "
    b'"-" 0 95 1 - "-" "okhttp" "e1a9" "kiosk:9191" "10.9.8.7:9191" '
    b"outbound|9191||kiosk.bar.svc.cluster.local 10.9.8.1:50000 10.1.1.1:9191 10.9.8.1:40000 - default\n"
)
POD = {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "kiosk-0", "namespace": "bar"}}
PODS = json.dumps({"kind": "PodList", "apiVersion": "v1", "items": [POD]}, indent=4).encode()


def read(*paths: object) -> Bundle:
    return read_paths([str(path) for path in paths], Options())


def tellers(bundle: Bundle) -> set[str]:
    return {fact.teller for fact in bundle.facts if not isinstance(fact, Manifest)}


@pytest.mark.parametrize("pack", PACKERS)
def test_an_archive_is_read_like_the_folder_it_was_made_of(tmp_path: Path, pack: Packer) -> None:
    files = {"case/client/proxy.log": ACCESS, "case/app.log": LISTENING, "case/pods.json": PODS}
    path = tmp_path / "anything.bin"
    path.write_bytes(pack(files))
    bundle = read(path)
    assert {fact.source.path for fact in bundle.facts} == {f"{path}!{name}" for name in files}
    assert tellers(bundle) == {"client", "app"}
    assert [item.path for item in bundle.inputs] == [f"{path}!{name}" for name in files]
    assert bundle.unread == ()


def test_an_archive_in_a_folder_and_in_a_pipe_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.tgz").write_bytes(tgz({"client/proxy.log": ACCESS}))
    (tmp_path / "app.log").write_bytes(LISTENING)
    assert tellers(read(tmp_path)) == {"client", "app"}

    class Pipe:
        buffer = io.BytesIO(tgz({"client/proxy.log": ACCESS}))

    monkeypatch.setattr(sys, "stdin", Pipe())
    bundle = read("-")
    assert [fact.source.path for fact in bundle.facts] == ["-!client/proxy.log"]


def test_a_capture_in_an_archive_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.tgz").write_bytes(tgz({"a.pcap": pcap(Talk().open().exchange(1.0).frames)}))
    found = [fact for fact in read(tmp_path / "x.tgz").facts if isinstance(fact, TcpConnection)]
    assert [one.teller for one in found] == ["a"]


def test_a_format_that_one_member_names_reads_a_log_before_it(tmp_path: Path) -> None:
    config = (
        b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: istio\ndata:\n  mesh: |\n"
        b'    accessLogFormat: "%RESPONSE_CODE%;%RESPONSE_FLAGS%;%START_TIME%;%UPSTREAM_CLUSTER%;%REQ(X-REQUEST-ID)%\\n"\n'
    )
    line = b"503;UC;2031-03-04T05:06:08.000Z;outbound|9191||kiosk.bar.svc.cluster.local;e1a9\n"
    (tmp_path / "x.tgz").write_bytes(tgz({"a.log": line * 3, "z.yaml": config}))
    logs = [fact for fact in read(tmp_path / "x.tgz").facts if isinstance(fact, AccessLog)]
    assert [log.understood for log in logs] == [3]


def test_a_bug_report_tells_by_pod_and_says_what_it_never_holds(tmp_path: Path) -> None:
    previous = b"========= Previous log present (appended at the end) =========\n\n"
    files = {
        "bug-report/versions": b"client version: 1.30\n",
        "bug-report/cluster/k8s-resources": PODS,
        "bug-report/proxies/bar/kiosk-0/istio-proxy.log": previous + ACCESS,
    }
    path = tmp_path / "x"
    path.write_bytes(tgz(files))
    bundle = read(path)
    assert tellers(bundle) == {"bar/kiosk-0"}
    assert any(isinstance(fact, Manifest) and fact.name == "kiosk-0" for fact in bundle.facts)
    assert [item.unread_lines for item in bundle.inputs] == [0, 0]
    (notice,) = bundle.unread
    assert notice.reason.startswith(f"`{path}` is an istioctl bug-report: it holds no logs of")


def test_a_must_gather_folder_tells_by_pod_and_its_json_may_begin_with_an_error(
    tmp_path: Path,
) -> None:
    files = {
        "must-gather/q/event-filter.html": b"<html>",
        "must-gather/q/cluster-scoped-resources/core/nodes.yaml": b"kind: List\nitems: []\n",
        "must-gather/q/namespaces/bar/pods/kiosk-0/app/app/logs/current.log": b"2031-03-04T05:06:07.123456789Z "
        + LISTENING,
        "must-gather/q/namespaces/bar/pods/kiosk-0/pod.json": b"error: no such thing\n" + PODS,
    }
    for name, data in files.items():
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    bundle = read(tmp_path)
    assert tellers(bundle) == {"bar/kiosk-0"}
    pods = [fact for fact in bundle.facts if isinstance(fact, Manifest)]
    assert [(pod.name, pod.source.line > 2) for pod in pods] == [("kiosk-0", True)]
    said = " ".join(item.reason for item in bundle.unread)
    assert "begins with text that is no JSON: error: no such thing" in said
    assert "is a must-gather" in said
    assert not any(item.path.endswith(".html") for item in bundle.inputs)


LOGS = (
    b"==== START logs for container istio-proxy of pod bar/kiosk-0 ====\n"
    + ACCESS
    + b"==== END logs for container istio-proxy of pod bar/kiosk-0 ====\n"
    b"==== START logs for container app of pod bar/kiosk-0 ====\n"
    + LISTENING
    + b"==== END logs for container app of pod bar/kiosk-0 ====\n"
)


def test_a_cluster_info_dump_folder_tells_by_pod(tmp_path: Path) -> None:
    files = {
        "nodes.json": b'{"kind": "NodeList", "apiVersion": "v1", "items": []}',
        "bar/pods.json": PODS,
        "bar/daemonsets.json": b'{"kind": "DaemonSetList", "apiVersion": "apps/v1", "items": []}',
        "bar/kiosk-0/logs.txt": LOGS,
    }
    (tmp_path / "x.zip").write_bytes(tgz(files))
    bundle = read(tmp_path / "x.zip")
    assert tellers(bundle) == {"kiosk-0"}
    assert any("holds no custom resources" in item.reason for item in bundle.unread)


def test_a_cluster_info_dump_in_one_stream_is_taken_apart(tmp_path: Path) -> None:
    text = PODS + b"\n" + LOGS + PODS + b"\n"
    (tmp_path / "dump.txt").write_bytes(text)
    bundle = read(tmp_path / "dump.txt")
    kinds = {type(fact) for fact in bundle.facts}
    assert kinds >= {AccessLog, AppEvent, Manifest}
    assert tellers(bundle) == {"kiosk-0"}
    lines = text.decode().split("\n")
    (log,) = (fact for fact in bundle.facts if isinstance(fact, AccessLog))
    (failure,) = log.failures
    assert isinstance(failure, Request)
    assert lines[failure.source.line - 1] == ACCESS.decode().strip()
    assert (bundle.inputs[0].unread_lines, bundle.inputs[0].lines) == (0, len(lines) - 1)


def test_links_in_an_archive_and_in_a_folder_do_not_double_a_log(tmp_path: Path) -> None:
    data = tar({"logs/app.log": LISTENING}, info("app.log", type=b"2", linkname="logs/app.log"))
    (tmp_path / "x.tar").write_bytes(data)
    folder = tmp_path / "folder"
    (folder / "logs").mkdir(parents=True)
    (folder / "logs" / "app.log").write_bytes(LISTENING)
    (folder / "app.log").symlink_to("logs/app.log")
    for path in (tmp_path / "x.tar", folder):
        bundle = read(path)
        assert len(bundle.facts) == len(bundle.inputs) == 1
        assert bundle.unread == ()


def test_a_link_to_a_hidden_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "..data").mkdir()
    (tmp_path / "..data" / "app.log").write_bytes(LISTENING)
    (tmp_path / "app.log").symlink_to("..data/app.log")
    assert len(read(tmp_path).facts) == 1
