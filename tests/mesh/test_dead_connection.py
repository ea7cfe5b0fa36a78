from dataclasses import replace

import pytest

from tests.mesh.build import inbound, log, mesh, outbound
from tests.mesh.stretch import failed, hop_of, mesh_with, served
from why503.mesh.cut_connection import cut_off
from why503.mesh.dead_connection import did_arrive, given_up, stuck_together
from why503.mesh.ending import Ending

CUT = {"details": "upstream_reset_before_response_started{connection_termination}"}


def hung(*before, local="10.0.0.1:40000"):
    """Time-outs of one connection that had carried so many requests before each."""
    return [
        replace(
            one := failed(n, Ending.RESPONSE_TIMEOUT, duration=5000.0),
            teller=replace(one.teller, requests_before=count, upstream_local=local),
        )
        for n, count in enumerate(before)
    ]


def stuck(*failures, well=(6, 7)):
    return len(stuck_together(hop_of(*failures), mesh_with(served(*well))))


def test_time_outs_in_a_row_on_one_connection_are_stuck_together():
    assert stuck(*hung(4, 5, 6)) == 3


def test_one_alone_or_one_with_others_between_is_not():
    assert stuck(*hung(4)) == 0
    assert stuck(*hung(4, 6)) == 0
    assert stuck(*hung(4), *hung(5, local="10.0.0.1:40001")) == 0


def test_nothing_is_known_where_nothing_went_well_meanwhile():
    assert stuck(*hung(4, 5), well=(-9, -8)) == 0


@pytest.mark.parametrize(("duration", "told"), [(930_000.0, 930.0), (900_000.0, None)])
def test_the_kernel_s_patience_is_told_from_a_round_quarter_of_an_hour(duration, told):
    (hop,) = mesh(log(outbound(503, "UC", duration=duration, **CUT))).hops
    assert given_up(cut_off(hop)) == told


def test_requests_that_reached_the_server_s_proxy_did_arrive():
    (hop,) = mesh(log(inbound(504, "UT", details="response_timeout", duration=5000.0))).hops
    assert did_arrive(hop, hop.failures)
    (hop,) = mesh(log(outbound(504, "UT", details="response_timeout", duration=5000.0))).hops
    assert not did_arrive(hop, hop.failures)
