import pytest

from tests.mesh.traced.world import call
from why503.mesh.traced.call import Speech
from why503.mesh.traced.grpc_answer import as_grpc, is_grpc
from why503.mesh.traced.step import Outcome


@pytest.mark.parametrize(
    ("status", "number"), [(404, 12), (403, 7), (503, 14), (400, 13), (401, 16), (301, 2)]
)
def test_an_answer_of_a_proxy_is_200_with_the_grpc_status_of_its_code(status, number):
    found = as_grpc(Outcome(id="no-route", text="Lost.", status=status, flag="NR"))
    assert (found.status, found.flag) == (200, "NR")
    assert found.text.startswith(f"Lost. A gRPC call gets the {status}")
    assert f"grpc-status {number} " in found.text


def test_what_has_no_status_stays():
    found = Outcome(id="passes", text="It arrives.", passes=True)
    assert as_grpc(found) is found


def test_the_content_type_alone_makes_a_grpc_call():
    for content, expected in (
        ("application/grpc", True),
        ("application/grpc+proto", True),
        ("application/grpc-web", False),
        ("application/json", False),
    ):
        assert is_grpc(call(headers={"content-type": content})) is expected
    assert not is_grpc(call())
    assert not is_grpc(call(speech=Speech.TCP, headers={"content-type": "application/grpc"}))
