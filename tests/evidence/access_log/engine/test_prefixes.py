import numpy as np
import pytest

from tests.evidence.access_log.engine.large import (
    by_line,
    facts,
    json_line,
    partials,
    plan,
    values,
    write,
)
from tests.evidence.access_log.made import line
from why503.evidence.access_log.engine.block import WORD, Block
from why503.evidence.access_log.engine.partial import merged
from why503.evidence.access_log.engine.prefixes import prefix_hashes, teller_of

CRI = "2026-03-04T05:06:{:02d}.123456789Z stdout F "
KUBECTL = "[pod/cart-{}/istio-proxy] "


def _hashes(*lines: tuple[str, str]) -> list[int]:
    begins, heads, data = [], [], b""
    for prefix, text in lines:
        begins.append(len(data))
        data += prefix.encode()
        heads.append(len(data))
        data += text.encode() + b"\n"
    return prefix_hashes(Block(data + bytes(WORD)), np.array(begins), np.array(heads)).tolist()


def test_the_time_of_a_runtime_makes_no_other_prefix():
    one, other, bare, errors = _hashes(
        (CRI.format(1), "a"),
        (CRI.format(2), "b"),
        ("", "c"),
        ("2026-03-04T05:06:07Z stderr F ", ""),
    )

    assert one == other
    assert len({one, bare, errors}) == 3


def test_pods_are_told_apart():
    one, same, other = _hashes(*((KUBECTL.format(pod), "a") for pod in (1, 1, 2)))

    assert (one == same, one == other) == (True, False)


@pytest.mark.parametrize(
    ("prefix", "teller"),
    [
        ("", "proxy"),
        (CRI.format(1), "proxy"),
        (KUBECTL.format(1), "cart-1"),
        (KUBECTL.format(1) + CRI.format(1), "cart-1"),
        (CRI.format(1).replace(" F ", " P "), None),
        ("something of its own ", None),
    ],
)
def test_who_tells_is_what_the_peeler_says(prefix, teller):
    assert teller_of(prefix + line(), len(prefix), "proxy") == teller


@pytest.mark.parametrize("is_json", [False, True])
@pytest.mark.parametrize("prefix", [CRI, KUBECTL])
def test_a_prefixed_log_gives_what_its_lines_give_one_by_one(tmp_path, prefix, is_json):
    make = json_line if is_json else line
    lines = [prefix.format(number % 3) + make(**values(number)) for number in range(200)]
    own = make(**values(50))
    cri = CRI.format(5)
    lines[50:51] = [cri.replace(" F ", " P ") + own[:90], cri + own[90:]]
    how = plan(is_json=is_json)

    whole = merged(partials(write(tmp_path, lines), [9_000, 9_001, 30_000], how))

    told = {one.teller: one for one in facts(whole, how).facts}
    expected = {one.teller: one for one in by_line(lines).facts}
    assert told.keys() == expected.keys()
    for teller, log in told.items():
        assert log.failures == expected[teller].failures
        assert log.request_ids == expected[teller].request_ids
        assert (log.lines, log.understood) == (expected[teller].lines, expected[teller].understood)
