from datetime import datetime
from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from why503.evidence.access_log.engine.block import LONGEST_TEXT, NO_MINUTE, WORD, Block, hashes_of
from why503.evidence.access_log.timestamp import guess_time

TEXTS = st.binary(max_size=40)


def _places(*pairs: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    begin, end = np.array(pairs, np.int64).reshape(-1, 2).T
    return begin, end


def _numbers(*texts: bytes) -> list[float]:
    """Each text read as a number, with other digits around it."""
    data, pairs = b"7", []
    for text in texts:
        pairs.append((len(data), len(data) + len(text)))
        data += text + b"3"
    return Block(data + b"9" * WORD).numbers(*_places(*pairs)).tolist()


def _times(*texts: bytes) -> list[tuple[int, float, bool]]:
    data = b"[" + b"][".join(texts) + b"]"
    begin = np.cumsum([1, *(len(text) + 2 for text in texts[:-1])])
    columns = Block(data + b"0" * WORD).times(begin)
    return list(zip(*(one.tolist() for one in columns), strict=True))


@given(text=TEXTS, before=TEXTS, after=TEXTS, end=st.binary(min_size=WORD, max_size=WORD))
def test_equal_texts_have_equal_hashes_wherever_they_stand(text, before, after, end):
    data = before + text + after + text
    first, last = len(before), len(data) - len(text)
    found = Block(data + end).hashes(
        *_places((first, first + len(text)), (last, len(data)), (0, len(before)))
    )

    assert found[0] == found[1] == hashes_of([text])[0]


@given(texts=st.lists(TEXTS, unique=True, min_size=2, max_size=20))
def test_different_texts_have_different_hashes(texts):
    assert len(set(hashes_of(texts).tolist())) == len(texts)


@given(text=st.binary(max_size=30), zeros=st.integers(1, 20))
def test_zero_bytes_and_prefixes_count(text, zeros):
    ends = range(len(text) + 1)
    found = hashes_of([text[:end] for end in ends] + [text + bytes(zeros)])

    assert len(set(found.tolist())) == len(text) + 2


def test_a_long_text_differs_in_its_last_byte():
    long = b"x" * (LONGEST_TEXT - 1)

    assert hashes_of([long + b"a"])[0] != hashes_of([long + b"b"])[0]


def test_words_that_change_their_places_make_another_text():
    first, second = b"12345678", b"abcdefgh"

    assert hashes_of([first + second])[0] != hashes_of([second + first])[0]


def test_the_hash_of_an_empty_text_is_that_of_nothing_told():
    assert hashes_of([b"", b"a"])[0] == 0


def test_nothing_has_no_hashes():
    assert hashes_of([]).tolist() == []


@given(texts=st.lists(st.from_regex(rb"\A[0-9]{1,8}\Z"), min_size=1, max_size=20))
def test_numbers_of_up_to_eight_digits_are_read(texts):
    assert _numbers(*texts) == [int(text) for text in texts]


@given(texts=st.lists(st.binary(max_size=12), min_size=1, max_size=20))
def test_whatever_is_no_such_number_is_minus_one(texts):
    for text, found in zip(texts, _numbers(*texts), strict=True):
        if text == b"-":
            assert isnan(found)
        elif 1 <= len(text) <= 8 and all(byte in b"0123456789" for byte in text):
            assert found == int(text)
        else:
            assert found == -1


@given(
    text=st.from_regex(rb"\A[0-9]{1,8}\Z"),
    place=st.integers(0, 7),
    sign=st.integers(0, 255).filter(lambda byte: byte not in b"0123456789"),
)
def test_one_foreign_sign_spoils_a_number(text, place, sign):
    place %= len(text)
    spoilt = text[:place] + bytes([sign]) + text[place + 1 :]

    (found,) = _numbers(spoilt)

    assert isnan(found) if spoilt == b"-" else found == -1


def test_a_dash_is_no_number_and_no_fault():
    found = _numbers(b"-", b"--", b"-1", b"", b"123456789")

    assert isnan(found[0])
    assert found[1:] == [-1] * 4


MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31))  # noqa: DTZ001 - all are UTC


@given(moments=st.lists(MOMENTS, min_size=1, max_size=10), repeated=st.booleans())
def test_times_are_those_of_the_tolerant_parser(moments, repeated):
    texts = [one.strftime("%Y-%m-%dT%H:%M:%S.%f").rjust(26, "0")[:23] + "Z" for one in moments]
    texts = texts[:1] * 3 if repeated else texts

    for text, (minute, start, sound) in zip(
        texts, _times(*(text.encode() for text in texts)), strict=True
    ):
        assert sound
        assert start == guess_time(text)
        assert minute == start // 60


BAD_TIMES = [
    b"2026-13-01T00:00:00.000Z",
    b"2026-02-30T00:00:00.000Z",
    b"2026-01-01T24:00:00.000Z",
    b"2026-01-01 00:00:00.000Z",
    b"2026-01-01T00-00:00.000Z",
    b"2026-01-01T00:00-00.000Z",
    b"2026-01-01T00:00:00,000Z",
    b"2026-01-01T00:00:00.000z",
    b"2026-01-01T00:00:00.0000",
    b"2026-01-01T00:00:0x.000Z",
    b"2026-01-01T00:00:0:.000Z",
    b"2026-01-01T00:00:60.000Z",
    b"2026-01-01T00:00:00.0/0Z",
    b"2026-01-01T00:00:00.00\xb0Z",
    b"2026-01-01T00:00::0.000Z",
    b"x026-01-01T00:00:00.000Z",
    b" 2026-01-01T00:00:00.000",
    bytes(24),
    b"\xff" * 24,
]


@pytest.mark.parametrize("bad", BAD_TIMES)
def test_a_bad_time_is_refused_and_its_neighbours_are_not(bad):
    good = b"2026-01-01T00:00:00.250Z"

    found = _times(good, bad, good)

    assert [sound for _minute, _start, sound in found] == [True, False, True]
    assert [sound for _minute, _start, sound in _times(bad, bad)] == [False, False]


@given(
    place=st.integers(0, 23),
    sign=st.integers(0, 255).filter(lambda byte: byte not in b"0123456789"),
)
def test_one_foreign_sign_spoils_a_time(place, sign):
    good = bytearray(b"2026-01-01T00:00:00.250Z")
    if good[place] == sign:
        return
    good[place] = sign

    ((_minute, _start, sound),) = _times(bytes(good))

    assert not sound


def test_no_times_are_asked_of_nothing():
    block = Block(b"2026-01-01T00:00:00.250Z" + bytes(WORD))

    assert [len(one) for one in block.times(np.zeros(0, np.int64))] == [0, 0, 0]


def test_a_place_near_the_end_is_no_time():
    data = b"2026-01-01T00:00:00.250Z"
    block = Block(b" " + data + b" " + bytes(WORD))

    assert not block.times(np.array([10]))[2][0]


def test_a_bad_minute_is_told_as_none():
    assert _times(b"2026-13-01T00:00:00.000Z")[0][0] == NO_MINUTE


def test_bytes_and_texts_are_those_between_two_places():
    block = Block(b"ab\xff\xc3\xa9d" + bytes(WORD))

    assert block.bytes(1, 3) == b"b\xff"
    assert block.text(2, 5) == "\ufffd\u00e9"
