from why503.facts import Request, Source

HERE = Source(path="a.log", line=1)


def test_a_request_ends_its_duration_after_its_start() -> None:
    assert Request(source=HERE, time=10.0, duration=500.0).end == 10.5
    assert Request(source=HERE, time=10.0).end == 10.0
    assert Request(source=HERE, duration=5.0).end is None
