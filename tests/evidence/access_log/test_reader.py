import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence import fuzz
from tests.evidence.access_log.made import line, log, read
from why503.evidence import access_log
from why503.evidence.reader import Context, Line, Origin
from why503.facts import AccessLog

CUSTOM = "%START_TIME(%s.%3f)% | %REQ(:PATH)% | %RESPONSE_CODE% | %RESPONSE_FLAGS% | %DURATION%"
CUSTOM_LINE = "1772600767.250 | /a | 503 | UF | 12"

FOREIGN = [
    '192.0.2.1 - - [10/Oct/2025:13:55:36 +0000] "GET /a HTTP/1.1" 502 157 "-" "curl/8.5"',
    '192.0.2.1 - - [10/Oct/2025:13:55:36 +0000] "GET /a HTTP/1.1" 304 - "-" "curl/8.5"',
    'INFO:     10.1.1.1:5000 - "GET /healthz HTTP/1.1" 200 OK',
    '{"level":"info","method":"GET","path":"/a","status":503,"duration":12}',
    '{"level":"info","msg":"GET /a HTTP/1.1"}',
    "time=2026-01-01T00:00:00Z level=info status=503 method=GET path=/a duration=3ms",
    "[2026-01-01 00:00:00.000][12][debug][router] [C1][S2] upstream reset: reset reason: overflow",
    "kubectl logs cart-1 -c istio-proxy",
    "apiVersion: v1",
    '"quoted" words',
    "",
]


@pytest.mark.parametrize("text", FOREIGN)
def test_lines_of_other_programs_are_not_claimed(text):
    session = access_log.start(Context(path="x", teller="x"))
    assert session.take(Line(number=1, text=text)) is False
    assert session.finish().facts == []


@pytest.mark.parametrize(
    "text",
    [
        '[2026-03-04T05:06:07.250Z] "GET /a HT',
        '[2026-03-04T05:06:07.250Z] "- - -" x y z',
        '"GET /a HTTP/1.1" oops',
    ],
)
def test_damaged_lines_are_claimed_and_counted_with_their_numbers(text):
    fact = log(line(), text, line())
    assert (fact.lines, fact.understood) == (3, 2)
    assert [(one.kind, one.count, one.lines) for one in fact.misread] == [("damaged", 1, (2,))]


def test_where_no_line_is_understood_there_is_no_access_log_but_a_sentence():
    reading = read('[2026-03-04T05:06:07.250Z] "GET /a HT')
    assert reading.facts == []
    assert [(one.source.line, one.count) for one in reading.unread] == [(1, 1)]


@pytest.mark.parametrize("how", ["formats", "option"])
def test_a_format_of_the_bundle_or_of_the_user_is_tried_first(how):
    given_format = {"formats": (CUSTOM,)} if how == "formats" else {"option": CUSTOM}
    (failure,) = log(CUSTOM_LINE, **given_format).failures
    assert (failure.code, failure.flags, failure.path) == (503, {"UF"}, "/a")
    assert (failure.time, failure.duration) == (1772600767.25, 12.0)
    assert read(CUSTOM_LINE).facts == []


def test_a_format_of_the_user_does_not_hide_the_known_formats():
    fact = log(line(), CUSTOM_LINE, line(), option=CUSTOM)
    assert fact.formats == ("Istio 1.9+", CUSTOM)
    assert fact.understood == 3


def test_a_format_string_in_the_log_is_claimed_and_used_from_then_on():
    session = access_log.start(Context(path="x", teller="x"))
    assert session.take(Line(number=1, text=CUSTOM_LINE)) is False
    assert session.take(Line(number=2, text=CUSTOM)) is True
    assert session.take(Line(number=3, text=CUSTOM_LINE)) is True
    (fact,) = session.finish().facts
    assert isinstance(fact, AccessLog)
    assert (fact.lines, fact.understood) == (1, 1)


def test_a_yaml_line_with_a_format_is_learned_but_left_to_the_yaml_reader():
    session = access_log.start(Context(path="x", teller="x"))
    assert session.take(Line(number=1, text=f"  accessLogFormat: '{CUSTOM}'")) is False
    assert session.take(Line(number=2, text=CUSTOM_LINE)) is True


def test_a_foreign_looking_request_line_can_still_follow_a_json_line():
    fact = log('{"response_code":503,"response_flags":"UC","duration":1}', line(), line())
    assert fact.formats == ("Istio 1.9+", "Istio JSON")


def test_each_pod_tells_its_own_log():
    session = access_log.start(Context(path="x", teller="folder"))
    for number, pod in enumerate(["a", "b", "a", ""], 1):
        session.take(Line(number=number, text=line(), origin=Origin(pod=pod)))
    facts = session.finish().facts
    assert [(one.teller, one.understood) for one in facts if isinstance(one, AccessLog)] == [
        ("a", 2),
        ("b", 1),
        ("folder", 1),
    ]


def test_the_bid_is_the_share_of_lines_that_can_be_read():
    sample = [Line(number=1, text=line()), Line(number=2, text="something else")]
    assert access_log.bid(sample) == 0.5
    assert access_log.bid([]) == 0.0


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[1:],
        lambda text: text.partition("] ")[2],
        lambda text: f"ACCESS {text}",
        lambda text: f"  | {text.replace('|', chr(92) + '|')} |  ",
        lambda text: text.replace('"', "“", 1).replace(' HTTP/1.1"', " HTTP/1.1”"),
        lambda text: text.replace("503 UC", "**503 UC**"),
        lambda text: text.replace(' - "-" ', ' — "—" '),
        lambda text: f"> {text}",
        lambda text: f"`{text}`",
        lambda text: text.replace('"', "&quot;"),
        lambda text: text.replace('"', '\\"'),
    ],
)
def test_marks_of_blogs_and_tickets_do_not_hide_a_line(change):
    fact = log(change(line()))
    (failure,) = fact.failures
    assert fact.formats == ("Istio 1.9+",)
    assert (failure.code, failure.flags, failure.upstream_host) == (503, {"UC"}, "10.9.8.7:8080")
    assert failure.upstream_cluster == "outbound|8080||cart.shop.svc.cluster.local"
    assert failure.transport_failure == ""


def test_real_blanks_and_quotes_inside_quotes_are_part_of_the_value():
    (failure,) = log(
        line(transport_failure="TLS error: 1:SSL routines", user_agent='a "b" \\"c\\" ""d""')
    ).failures
    assert failure.transport_failure == "TLS error: 1:SSL routines"
    assert failure.user_agent == 'a "b" \\"c\\" ""d""'


SEEDS = "\n".join([line(), line("Istio 1.2"), line("Envoy default"), CUSTOM, CUSTOM_LINE, *FOREIGN])


@given(fuzz.texts(SEEDS))
def test_any_text_is_read_without_harm_and_every_claimed_line_is_counted(text):
    session = access_log.start(Context(path="x", teller="x", formats=(CUSTOM,)))
    rows = text.split("\n")
    claimed = sum(session.take(Line(number=n, text=row)) for n, row in enumerate(rows, 1))
    reading = session.finish()
    counted = sum(one.count for one in reading.unread)
    for fact in reading.facts:
        assert isinstance(fact, AccessLog)
        assert fact.understood + sum(one.count for one in fact.misread) == fact.lines
        assert sum(group.count for group in fact.groups) == fact.understood
        counted += fact.lines
    assert counted <= claimed <= len(rows)


@given(st.integers(0, 600))
def test_a_line_cut_anywhere_never_gives_a_wrong_code(length):
    for fact in read(line()[:length]).facts:
        assert isinstance(fact, AccessLog)
        assert all(group.code == 503 for group in fact.groups)
