from typing import Any

from tests.mesh import build
from tests.mesh.build import START
from why503.facts import (
    CloseKind,
    Closing,
    Direction,
    Handshake,
    Peer,
    Source,
    TcpConnection,
    TlsAlert,
)
from why503.mesh import Mesh
from why503.mesh import capture as asked

SERVER = "10.1.0.7:8080"


def connection(line: int = 1, **told: Any) -> TcpConnection:
    """An opened connection to the hop's upstream host, watched for a minute."""
    plain: dict[str, Any] = {
        "client": f"10.1.0.9:{40000 + line}",
        "server": SERVER,
        "client_known": True,
        "first": START,
        "last": START + 1,
        "captured_until": START + 60,
        "handshake": Handshake(line=line, time=START, answered=START + 0.001),
    }
    return TcpConnection(source=Source(path="c.pcap", line=line), **{**plain, **told})


def closing(by: Peer = Peer.SERVER, how: CloseKind = CloseKind.FIN, **told: Any) -> Closing:
    return Closing(line=9, time=START + 30, by=by, how=how, **told)


def mesh(*facts: Any) -> Mesh:
    return build.mesh(build.log(build.outbound(503, "UC", upstream_host=SERVER)), *facts)


def lines(found: list[TcpConnection]) -> list[int]:
    return [one.source.line for one in found]


LATE = closing(late_bytes=99, late_request=True, late_time=START + 30.002, idle=5.0)


def test_connections_are_asked_by_address_and_port() -> None:
    made = mesh(
        connection(1), connection(2, server="[fd00::7]:8080"), connection(3, server="10.1.0.8:1")
    )
    assert lines(asked.connections_to(made, "10.1.0.7", 8080)) == [1]
    assert lines(asked.connections_to(made, "fd00::7")) == [2]
    assert lines(asked.connections_to(made, port=8080)) == [1, 2]
    assert lines(asked.connections_of(made, made.hops[0])) == [1]


def test_only_requests_into_the_servers_close_are_races() -> None:
    made = mesh(
        connection(1, closing=LATE),
        connection(2, closing=closing(late_bytes=30, late_time=START + 31)),
        connection(3, closing=closing(Peer.CLIENT, late_request=True, late_time=START + 31)),
        connection(4, server="10.1.0.8:8080", closing=LATE),
        connection(5),
    )
    own = next(hop for hop in made.hops if hop.host.startswith("orders"))
    (race,) = asked.races(made, own)
    assert (race.connection.source.line, race.idle) == (1, 5.0)
    assert abs(race.gap - 0.002) < 1e-5


def test_who_closed_first_and_how() -> None:
    found = [
        connection(1, closing=closing()),
        connection(2, closing=closing(how=CloseKind.RST)),
        connection(3, closing=closing(Peer.CLIENT)),
        connection(4),
    ]
    assert lines(asked.closed_first(found, Peer.SERVER)) == [1, 2]
    assert lines(asked.closed_first(found, Peer.SERVER, CloseKind.RST)) == [2]
    assert lines(asked.closed_first(found, Peer.CLIENT)) == [3]


def test_a_close_with_a_request_in_hand_is_a_cut_request() -> None:
    made = mesh(connection(1, closing=closing(request_open=True)), connection(2, closing=LATE))
    assert lines(asked.cut_requests(made, made.hops[0])) == [1]


def test_handshakes_are_told_apart() -> None:
    made = mesh(
        connection(1),
        connection(2, handshake=Handshake(line=2, time=START, syns=2)),
        connection(3, handshake=Handshake(line=3, time=START, refused=START + 0.1)),
        connection(4, handshake=Handshake(line=4, time=START, unreachable="admin prohibited")),
        connection(5, handshake=Handshake(line=5, time=START, answered=START + 3)),
        connection(6, handshake=Handshake(line=6, time=START + 59.9)),
        connection(7, handshake=None),
    )
    assert lines(asked.unanswered_syns(made, "10.1.0.7")) == [2]
    assert lines(asked.refused(made)) == [3, 4]
    assert lines(asked.late_syn_acks(made)) == [5]
    assert asked.unanswered_syns(made, "10.1.0.8") == []


def test_alerts_that_say_goodbye_are_left_out() -> None:
    def alert(description: str) -> TlsAlert:
        return TlsAlert(line=3, time=START, by=Peer.CLIENT, level="fatal", description=description)

    made = mesh(connection(1, alerts=(alert("unknown_ca"), alert("close_notify"), alert(""))))
    assert [told.description for _one, told in asked.tls_alerts(made)] == ["unknown_ca"]


def test_plain_answers_to_a_client_hello() -> None:
    made = mesh(connection(1, client_hello=True, plain_answer_line=5), connection(2))
    assert lines(asked.plain_answers(made)) == [1]


def test_a_constant_number_of_requests_before_the_close_is_found() -> None:
    same = [connection(n, request_count=101, closing=LATE) for n in range(1, 4)]
    assert asked.request_counts(same) == {100: 3}
    assert asked.constant_count(same) == 100
    assert asked.constant_count(same[:2]) is None
    assert asked.constant_count([*same, connection(9, request_count=7, closing=LATE)]) is None
    assert (
        asked.request_counts([connection(1, request_count=5, closing=LATE, handshake=None)]) == {}
    )


def test_bytes_that_nobody_acknowledged_on_an_open_connection_are_a_silent_drop() -> None:
    silent = Direction(payload=200, unacknowledged=100, retransmissions=4, silence=20.0)
    brief = Direction(payload=200, unacknowledged=100, silence=0.1)
    made = mesh(
        connection(1, from_client=silent),
        connection(2, from_client=brief),
        connection(3, from_client=silent, closing=closing()),
        connection(4, from_client=silent, closing=closing(Peer.CLIENT)),
        connection(5),
    )
    assert lines(asked.silent_drops(made, made.hops[0])) == [1, 4]
