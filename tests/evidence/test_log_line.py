from why503.evidence.log_line import envoy_body, parts_of, teller_of, time_of, without_user
from why503.evidence.reader import Context, Line, Origin


def test_times_of_all_writers_are_the_same_moment() -> None:
    spelt = (
        "2031-03-04T05:06:07.500Z",
        "2031/03/04 05:06:07.5",
        "2031-03-04 07:06:07,500 +0200",
        "2031\u201303\u201304 05:06:07.5",
        "2031-03-04T05:06:07.5...Z",
        "2031-03-04T05:06:07.5\u2026Z",
    )
    assert len({time_of(text) for text in spelt}) == 1
    assert time_of("yesterday") is None


def test_a_url_keeps_its_blanks_and_loses_its_user() -> None:
    url = parts_of("http://me:pw@door:80/a /b?c=d")
    assert url is not None
    assert (url.authority, url.path) == ("door:80", "/a /b?c=d")
    assert without_user("http://me:pw@door/") == "http://door/"
    assert parts_of("secret") is None


def test_envoys_bodies_are_found_without_the_quotes_around_them() -> None:
    body = "upstream connect error or disconnect/reset before headers. reset reason: overflow"
    assert envoy_body(f'x: "{body}" y') == body
    assert envoy_body(f"`{body}`") == body
    assert envoy_body("upstream is fine") is None


def test_the_pod_of_a_prefix_wins_over_the_files_name() -> None:
    context = Context(path="a.log", teller="a")
    assert teller_of(context, Line(number=1, text="")) == "a"
    assert teller_of(context, Line(number=1, text="", origin=Origin(pod="kiosk-7"))) == "kiosk-7"
