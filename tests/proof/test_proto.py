from pathlib import Path

from why503.proof.proto import extension, from_file, http_options, no_limits, socket_address, typed


def test_a_message_carries_its_type():
    assert typed("a.B", x=1) == {"@type": "type.googleapis.com/a.B", "x": 1}
    assert extension("name", "a.B") == {"name": "name", "typed_config": typed("a.B")}


def test_resources_come_from_a_file():
    assert from_file(Path("/x/cds.json"))["path_config_source"] == {"path": "/x/cds.json"}


def test_small_parts_have_envoys_shape():
    assert socket_address("h", 1) == {"socket_address": {"address": "h", "port_value": 1}}
    assert no_limits()["thresholds"][0]["max_requests"] == 4294967295
    (options,) = http_options("http2_protocol_options").values()
    assert options["explicit_http_config"] == {"http2_protocol_options": {}}
