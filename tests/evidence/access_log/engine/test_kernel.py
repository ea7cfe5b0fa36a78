import io
from dataclasses import replace

import pytest

from tests.evidence.access_log.engine.large import (
    by_line,
    facts,
    json_lines,
    partials,
    plan,
    text_lines,
    write,
)
from tests.evidence.access_log.made import line
from why503.evidence.access_log.engine import kernel as under_test
from why503.evidence.access_log.engine.partial import merged
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
