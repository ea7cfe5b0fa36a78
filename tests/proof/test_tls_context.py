from pathlib import Path

from why503.proof.certificate import Authority
from why503.proof.tls_context import downstream_tls, identity, raw_buffer, secrets, upstream_tls

FOLDER = Path("/xds")


def test_the_caller_expects_the_servers_identity():
    told = upstream_tls(FOLDER, "sni", identity("a", "b"), {})["typed_config"]
    validation = told["common_tls_context"]["combined_validation_context"]
    (name,) = validation["default_validation_context"]["match_typed_subject_alt_names"]
    assert name["matcher"] == {"exact": "spiffe://cluster.local/ns/a/sa/b"}
    assert told["sni"] == "sni"


def test_the_server_wants_a_certificate_unless_the_overlay_says_no():
    assert downstream_tls(FOLDER, {})["typed_config"]["require_client_certificate"]
    over = {"require_client_certificate": False}
    assert not downstream_tls(FOLDER, over)["typed_config"]["require_client_certificate"]


def test_secrets_are_certificate_and_root(tmp_path):
    pair = Authority(tmp_path).issue("a", "URI:spiffe://cluster.local/ns/a/sa/b")
    told = secrets(pair)
    assert set(told) == {"default", "ROOTCA"}
    assert "PRIVATE KEY" in told["default"]["tls_certificate"]["private_key"]["inline_string"]


def test_no_tls_is_said_too():
    assert raw_buffer()["name"] == "envoy.transport_sockets.raw_buffer"
