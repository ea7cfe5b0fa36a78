from tests.evidence.capture.frames import ACK, FIN, PSH, REQUEST, RST, START, Talk
from tests.mesh import build
from tests.mesh.test_captured import cut, failed_answer, left, lone_syn, race, read, silent
from why503.facts import Witness
from why503.mesh import Ending, Family, Place
from why503.mesh.hop import Hop


def hops(*talks: Talk) -> tuple[Hop, ...]:
    return build.mesh(*read(*talks)).hops


def test_a_capture_alone_makes_a_hop() -> None:
    (hop,) = hops(race(), Talk(port=41000).open(2.0).exchange(3.0).exchange(4.0))
    assert (hop.family, hop.host, hop.count) == (Family.CONNECTION, "orders", 1)
    assert hop.total == 4
    (failure,) = hop.failures
    assert failure.ending is Ending.CONNECTION_TERMINATION
    teller = failure.teller
    assert (teller.witness, teller.request_id, teller.requests_before) == (
        Witness.CAPTURE,
        "abc-1",
        1,
    )
    assert (teller.upstream_local, teller.upstream_host) == ("10.0.0.1:40000", "10.0.0.7:8080")
    assert teller.idle_by_connection
    assert round(teller.idle or 0, 1) == 5.5
    assert teller.time == START + 6.5


def test_a_connection_within_the_pod_is_the_servers_own_leg() -> None:
    inside = Talk(client="127.0.0.6").open()
    inside.send(0, PSH | ACK, 1.0, REQUEST)
    inside.send(1, ACK, 1.001)
    inside.send(1, FIN | ACK, 1.4)
    (hop,) = hops(inside)
    assert hop.leg is Place.UPSTREAM_PROXY_TO_APP


def test_what_no_request_was_seen_of_is_told_by_its_address() -> None:
    (hop,) = hops(lone_syn())
    assert (hop.host, hop.port, set(hop.endings)) == (
        "10.0.0.7",
        8080,
        {Ending.CONNECTION_TIMEOUT},
    )
    assert hop.failures[0].teller.duration is None


def test_callers_that_left_and_silence_are_families_of_their_own() -> None:
    assert hops(left())[0].family is Family.CALLER
    assert hops(silent())[0].family is Family.UNKNOWN


def test_a_capture_of_healthy_traffic_shows_no_failure() -> None:
    mesh = build.mesh(build.log(build.outbound(200)), *read(Talk().open().exchange(1.0)))
    assert mesh.hops == ()


def test_a_failure_that_the_log_tells_of_is_not_counted_twice() -> None:
    line = build.outbound(503, "UC", at=6.5, upstream_host="10.0.0.7:8080")
    (hop,) = build.mesh(build.log(line), *read(race())).hops
    assert hop.count == 1
    assert hop.failures[0].teller.witness is Witness.ACCESS_LOG


def test_the_request_id_joins_where_addresses_are_translated() -> None:
    line = build.outbound(503, "UC", at=6.5, upstream_host="10.9.9.9:80", request_id="abc-1")
    made = build.mesh(build.log(line, ids=["abc-1"]), *read(race()))
    assert sum(hop.count for hop in made.hops) == 1


def test_what_failed_outside_the_logs_time_and_places_is_added() -> None:
    line = build.outbound(503, "UC", at=6.5, upstream_host="10.9.9.9:80", authority="carts:80")
    made = build.mesh(build.log(line), *read(race()))
    assert sum(hop.count for hop in made.hops) == 2


def test_a_sidecars_503_for_what_failed_behind_it_is_not_counted_again() -> None:
    inside = Talk(client="127.0.0.6").open()
    inside.send(0, PSH | ACK, 1.002, REQUEST.replace(b"abc-1", b""))
    inside.send(1, RST | ACK, 1.006)
    assert sum(hop.count for hop in hops(failed_answer(), inside)) == 1


def test_both_ends_of_one_connection_are_one_failure() -> None:
    first, second = read(cut()), read(cut())
    moved = [
        type(one)(**{**_fields(one), "source": build.Source(path="b", line=1)}) for one in second
    ]
    assert build.mesh(*first, *moved).hops[0].count == 1


def _fields(fact: object) -> dict[str, object]:
    return {name: getattr(fact, name) for name in fact.__slots__}  # type: ignore[attr-defined]
