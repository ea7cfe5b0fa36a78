# ruff: noqa: E501 - log lines are kept whole

import pytest

from why503.evidence.envoy_line import parsed


@pytest.mark.parametrize(
    "text",
    [
        "[2031-03-04 05:06:07.123][34][debug][router] [source/router.cc:1] [C5][S7] pool ready",
        "[2031-03-04 05:06:07.123][34][debug][router] source/router.cc:1] [C5][S7] pool ready",
        "2031-03-04 05:06:07.123][34][debug][router] [source/router.cc:1] [C5][S7] pool ready",
        "2031-03-04T05:06:07.1Z\tdebug\tenvoy router source/router.cc:1\t[C5][S7] pool ready\tthread=2",
        '2031-03-04T05:06:07.1Z debug envoy router [Tags: "ConnectionId":"5","StreamId":"7"] pool ready',
    ],
)
def test_all_formats_tell_the_same(text: str) -> None:
    line = parsed(text)
    assert line is not None
    assert (line.level, line.component, line.connection, line.stream, line.text) == (
        "debug",
        "router",
        "5",
        "7",
        "pool ready",
    )


def test_a_line_without_a_time_is_understood() -> None:
    line = parsed("[1][info][upstream] [source/cds.cc:28] cds: add 2 cluster(s)")
    assert line is not None
    assert (line.time, line.text) == ("", "cds: add 2 cluster(s)")


def test_other_programs_lines_are_not() -> None:
    assert parsed("2031-03-04T05:06:07.1Z INFO kiosk is open") is None


@pytest.mark.parametrize(
    "line",
    [
        "[error][wasm] [source/a/wasm_vm.cc:40] Function: f failed: trap",
        "2025-07-01 09:30:00.5\t[2025-07-01 09:30:00.5][31][error][wasm] [a.cc:4] Function: f failed: trap",
        "error\tenvoy wasm\tFunction: f failed: trap",
    ],
)
def test_heads_that_a_paste_or_a_log_store_changed_are_known(line):
    found = parsed(line)
    assert found is not None
    assert (found.component, found.text) == ("wasm", "Function: f failed: trap")


def test_a_log_stores_time_in_front_of_the_agents_own_is_taken_off():
    found = parsed(
        "2026-01-02 18:00:00.5 2026-01-02T09:00:00.4Z info There are still 4 active connections"
    )
    assert found is not None
    assert (found.time, found.text) == (
        "2026-01-02T09:00:00.4Z",
        "There are still 4 active connections",
    )


def test_a_codecs_complaint_is_known_without_its_head():
    found = parsed("... protocol error: http/1.1 protocol error: HPE_INVALID_METHOD")
    assert found is not None
    assert found.text == "protocol error: http/1.1 protocol error: HPE_INVALID_METHOD"
    assert parsed("protocol error: the printer speaks no French") is None


def test_a_cluster_that_the_router_misses_is_known_without_its_head():
    found = parsed("> [C8][S9] unknown cluster 'outbound|80||maps.geo.svc.cluster.local'")
    assert found is not None
    assert found.text == "unknown cluster 'outbound|80||maps.geo.svc.cluster.local'"
    assert parsed("unknown cluster 'blue', said kubectl") is None
