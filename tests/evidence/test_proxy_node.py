import pytest

from why503.evidence.proxy_node import info_of, version_of
from why503.facts import Source

AT = Source(path="server_info.json")


def test_the_id_of_an_istio_node_tells_pod_and_address():
    info = info_of({"id": "router~10.1.0.9~gate-7.edge~edge.svc.cluster.local"}, AT, "gate")
    assert (info.kind, info.pod, info.namespace) == ("router", "gate-7", "edge")
    assert info.addresses == ("10.1.0.9",)


def test_the_metadata_goes_first_and_told_fields_win():
    node = {
        "id": "sidecar~10.1.0.9~a.b~b.svc",
        "metadata": {"NAME": "desk-0", "INSTANCE_IPS": "10.1.0.9, fd00::9", "LABELS": {"app": "x"}},
        "userAgentBuildVersion": {"version": {"majorNumber": 1, "minorNumber": 34}},
    }
    info = info_of(node, AT, "desk", envoy=(1, 34, 2), state=None)
    assert (info.pod, info.envoy, info.state) == ("desk-0", (1, 34, 2), "")
    assert info.addresses == ("10.1.0.9", "fd00::9")
    assert info.labels == {"app": "x"}
    assert info_of(node, AT, "desk").envoy == (1, 34, 0)


def test_a_plain_envoy_tells_little():
    info = info_of({"id": "edge-1", "cluster": "edge"}, AT, "edge")
    assert (info.kind, info.pod, info.addresses) == ("", "", ())


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("9e55/1.40.0/Clean/RELEASE/BoringSSL", (1, 40, 0)),
        ("abc/1.36.2-dev/Modified/DEBUG", (1, 36, 2)),
        ("no version", None),
    ],
)
def test_versions_stand_between_strokes(text, version):
    assert version_of(text) == version
