import io
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence.access_log.engine.large import (
    ENVOY,
    by_line,
    facts,
    json_line,
    json_lines,
    partials,
    plan,
    text_lines,
    values,
    write,
)
from tests.evidence.access_log.made import line
from why503.evidence.access_log.engine import groups
from why503.evidence.access_log.engine import kernel as under_test
from why503.evidence.access_log.engine.partial import merged
from why503.evidence.reader import Reading
from why503.facts import AccessLog

CUTS = [[], [20_000], [1, 2, 3], [5_000, 40_000, 41_000, 80_000]]


def _plain(log: AccessLog) -> AccessLog:
    """Without what is measured of a sample only where blocks are taken."""
    groups = sorted(
        (replace(one, idle_p50=None, exemplars=()) for one in log.groups),
        key=lambda one: str((one.minute, one.code, one.upstream_host, one.flags, one.method)),
    )
    return replace(log, groups=tuple(groups))


@pytest.mark.parametrize("is_json", [False, True])
@pytest.mark.parametrize("cuts", CUTS)
def test_blocks_and_single_lines_give_the_same_facts_wherever_the_file_is_cut(
    tmp_path, cuts, is_json
):
    lines = json_lines() if is_json else text_lines()
    how = plan(is_json=is_json)
    whole = merged(partials(write(tmp_path, lines), cuts, how))

    found = {fact.teller: _plain(fact) for fact in facts(whole, how).facts}

    assert found == {fact.teller: _plain(fact) for fact in by_line(lines).facts}


@pytest.mark.parametrize("is_json", [False, True])
def test_every_line_is_counted_once(tmp_path, is_json):
    lines = json_lines() if is_json else text_lines()
    one = merged(partials(write(tmp_path, lines), [7_000], plan(is_json=is_json)))

    assert one.lines == len(lines)
    assert one.understood + one.misread + one.left_over_count + one.blank == len(lines)
    assert one.left_over_count > 0


def test_a_blank_line_between_two_good_ones_is_seen(tmp_path):
    path = write(tmp_path, [line(), "", line(), "   ", line()])

    (one,) = partials(path, [], plan())

    assert (one.lines, one.understood, one.blank) == (5, 3, 2)


def test_a_last_line_without_an_end_is_read(tmp_path):
    path = tmp_path / "proxy.log"
    path.write_text(f"{line()}\n{line()}", encoding="utf-8")

    (one,) = partials(path, [], plan())

    assert one.understood == 2


def test_reading_stops_when_it_is_told_to(tmp_path, monkeypatch):
    monkeypatch.setattr(under_test, "_TELL_EVERY", 1000)
    monkeypatch.setattr(under_test, "BLOCK", 1000)
    path = write(tmp_path, text_lines())

    one = under_test.kernel(str(path), 0, path.stat().st_size, plan(), lambda _size: False)

    assert 0 < one.lines < 300
    assert one.size < path.stat().st_size


def test_an_endless_line_is_passed_without_being_held():
    stream = io.BytesIO(line().encode() + b"\n" + b"x" * (3 << 20) + b"\n" + line().encode())

    one = under_test.of_stream(stream, plan())

    assert (one.lines, one.understood, one.left_over_count) == (3, 2, 1)
    assert len(one.left_over[0][1]) <= 1 << 20


def test_garbage_is_left_over_and_nothing_raises():
    stream = io.BytesIO(bytes(range(256)) * 50)

    one = under_test.of_stream(stream, plan())

    assert one.understood == 0
    assert one.lines == one.left_over_count + one.blank + one.misread


NO_HOST = {"upstream_host": "-", "upstream_local": "-"}
CHANGED = (
    {"path": "/a!b!"},
    {"path": "/caf\u00e9"},
    {"user_agent": 'say "hello" twice'},
    {"user_agent": 'a" "b'},
    {"user_agent": '-" "-" "-'},
    {"user_agent": "a, b: {c} [d]"},
    {"user_agent": "ends with,"},
    {"user_agent": ""},
    {"forwarded_for": "192.0.2.9, 192.0.2.10"},
    {"transport_failure": "TLS error: 268435581"},
    {"details": "-"},
    {"details": "filter_chain_not_found"},
    {"authority": "-"},
    {"upstream_cluster": "-"},
    {"method": "GET", "protocol": "HTTP/2"},
    {"code": "0", "flags": "DC"},
    {"code": "503", "flags": "UF,URX"},
    {"code": "503", "flags": "UH", **NO_HOST},
    {"code": "500"},
    {"upstream_local": "-"},
    {"request_id": "-"},
    {"duration": "-", **NO_HOST},
    {"duration": "123456789", **NO_HOST},
    {"bytes_sent": "99999999999"},
    NO_HOST,
)
"""What may be different in a line; the two readers tell the uses of a host in another way where
times are not in order."""
TEXT_SHAPES = (
    lambda text: text + "\r",
    lambda text: text[:70],
    lambda text: "[pod/cart-1/istio-proxy] " + text,
    lambda text: "2026-03-04T05:06:07.123456789Z stdout F " + text,
    lambda text: text.replace("] ", "]  "),
    lambda text: text.replace(".", ",", 1),
    lambda text: text.replace("/cart", "/\ufffd"),
    lambda _text: ENVOY,
    lambda _text: "",
    lambda _text: "   ",
)
JSON_SHAPES = (
    *TEXT_SHAPES[:4],
    lambda text: text.replace(",", ", "),
    lambda text: text.replace('":', '": '),
    lambda text: text.replace('"authority":"cart.example.org",', ""),
    lambda text: "{" + text[1:-1].partition(",")[2] + "," + text[1:-1].partition(",")[0] + "}",
    lambda text: text[:-1] + ',"labels":{"a":1}}',
    lambda text: text[:-1] + ',"labels":{"a":1,"b":2}}',
    lambda text: text.replace('"response_code":', '"response_code":"', 1).replace(",", '",', 1),
    lambda text: text[:-1],
    *TEXT_SHAPES[-3:],
)
PLANS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.sampled_from(CHANGED)),
        st.one_of(st.none(), st.none(), st.integers(0, 30)),
    ),
    min_size=1,
    max_size=40,
)
"""What is different in each line, and its shape."""


def _made(plans: list[tuple[dict[str, str] | None, int | None]], *, is_json: bool) -> list[str]:
    make, shapes = (json_line, JSON_SHAPES) if is_json else (line, TEXT_SHAPES)
    lines = []
    for number, (changed, shape) in enumerate(plans, 1):
        text = make(**(values(number) | (changed or {})))
        lines.append(text if shape is None else shapes[shape % len(shapes)](text))
    return lines


def _logs(reading: Reading) -> dict[str, tuple[AccessLog, Counter]]:
    """Each log without its groups, and these, whatever their order."""
    plain = {fact.teller: _plain(fact) for fact in reading.facts}
    return {
        teller: (
            replace(log, groups=(), formats=tuple(sorted(log.formats))),
            Counter(log.groups),
        )
        for teller, log in plain.items()
    }


@pytest.mark.parametrize("is_json", [False, True])
@settings(max_examples=60)
@given(plans=PLANS, cuts=st.lists(st.integers(1, 20_000), max_size=4), size=st.integers(1, 3000))
def test_whatever_lines_there_are_the_facts_are_those_of_single_lines(
    tmp_path_factory, is_json, plans, cuts, size
):
    lines = _made(plans, is_json=is_json)
    how = plan(is_json=is_json)
    path = write(tmp_path_factory.mktemp("whole"), lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(under_test, "BLOCK", size)
        patch.setattr(groups, "_SLOTS", 4)
        whole = merged(partials(path, cuts, how))

    assert whole.lines == len(lines)
    assert whole.understood + whole.misread + whole.left_over_count + whole.blank == len(lines)
    found, expected = facts(whole, how), by_line(lines)
    assert _logs(found) == _logs(expected)
    assert [one.count for one in found.unread] == [one.count for one in expected.unread]


@given(data=st.lists(st.sampled_from([b"\n", b'"', b" ", b"[", b"{", b",", b"\r", b"\t", b"\xff"])))
@pytest.mark.parametrize("is_json", [False, True])
def test_no_mixture_of_borders_stops_the_reading(is_json, data):
    good = (json_line(**values(1)) if is_json else line()).encode() + b"\n"
    for place in (0, 40, 200, len(good) - 1):
        text = good + good[:place] + b"".join(data) + good[place:]
        one = under_test.of_stream(io.BytesIO(text), plan(is_json=is_json))
        assert one.understood + one.misread + one.left_over_count + one.blank == one.lines
        assert one.lines == text.count(b"\n")
