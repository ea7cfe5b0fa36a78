from why503.facts import CloseKind, Closing, Handshake, Peer


def test_a_handshake_took_the_time_to_its_answer_and_none_without_one() -> None:
    assert Handshake(line=1, time=10.0, answered=13.5).took == 3.5
    assert Handshake(line=1, time=10.0).took is None


def test_late_bytes_under_way_came_before_the_close() -> None:
    closing = Closing(line=9, time=5.0, by=Peer.SERVER, how=CloseKind.FIN, late_time=4.5)
    assert closing.late_after == -0.5
    assert Closing(line=9, time=5.0, by=Peer.SERVER, how=CloseKind.FIN).late_after is None
