from dataclasses import replace

import pytest

from tests.mesh.build import inbound, log, mesh, outbound
from why503.mesh.repeated import given_up_tries

GONE = inbound(0, "DC", details="downstream_remote_disconnect", request_id="1")


def tries(request, ids):
    """Tries given up, where a log of nothing but good requests like ``request`` has ``ids``."""
    well = replace(log(request, ids=ids, teller=request.teller), failures=())
    whole = mesh(log(GONE, teller="server"), well)
    (hop,) = whole.hops
    return given_up_tries(hop, whole)


def test_a_request_that_the_callers_proxy_has_as_answered_was_tried_again():
    assert len(tries(outbound(200), ["1"])) == 1


@pytest.mark.parametrize("ids", [[], ["3"]])
def test_a_request_that_the_callers_proxy_does_not_know_may_have_been_given_up(ids):
    assert tries(outbound(200), ids) == ()


def test_the_log_of_who_does_not_call_the_host_tells_nothing():
    assert tries(inbound(200, teller="other"), ["1"]) == ()
