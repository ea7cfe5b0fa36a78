import pytest

from why503.mesh.glossary_grpc import GRPC, grpc_entries


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("grpc status 14", "UNAVAILABLE"),
        ("grpc-status: 14", "UNAVAILABLE"),
        ('"grpc_status": 7', "PERMISSION_DENIED"),
        ("gRPC status code 12", "UNIMPLEMENTED"),
        ("rpc error: code = DeadlineExceeded desc = late", "DEADLINE_EXCEEDED"),
        ("RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED"),
    ],
)
def test_a_status_is_known_by_number_and_by_name(text, name):
    assert [entry.title for entry in grpc_entries(text)] == [name]


@pytest.mark.parametrize("text", ["", "grpc", "grpc status 99", "status 14", "code = Teapot", "ok"])
def test_other_texts_are_none(text):
    assert grpc_entries(text) == ()


def test_every_status_says_what_it_means():
    assert all(entry.meaning and entry.code == "200" for entry in GRPC.values())
