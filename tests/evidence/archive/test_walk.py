import gzip
import io
import struct
import tarfile
import tracemalloc
import zipfile
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given as generated
from hypothesis import settings
from hypothesis import strategies as st

from tests.evidence.archive.pack import (
    PACKERS,
    Packer,
    given,
    info,
    packed_zip,
    read,
    tar,
    tar_zst,
    tgz,
)
from why503.evidence.archive import is_archive, limit
from why503.evidence.pipe import Pipe
from why503.evidence.text_file import TextFile
from why503.facts import Unread

FILES = {"pods/a/app.log": b"one\n", "pods/config_dump?include_eds": b"{}", "empty.txt": b""}


def only(unread: list[Unread]) -> str:
    assert len(unread) == 1, unread
    return unread[0].reason


@pytest.mark.parametrize("pack", PACKERS)
def test_every_kind_of_archive_gives_the_same_members(tmp_path: Path, pack: Packer) -> None:
    found, unread = read(given(tmp_path, pack(FILES)))
    assert found == {f"bundle!{name}": data for name, data in FILES.items()}
    assert unread == []


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_are_read_in_every_format_of_tar(tmp_path: Path, form: int) -> None:
    name = f"{'deep/' * 25}{'n' * 90}.log"
    found, unread = read(given(tmp_path, tar({name: b"x", "after": b"y"}, form=form)))
    assert (found, unread) == ({f"bundle!{name}": b"x", "bundle!after": b"y"}, [])


@pytest.mark.parametrize("inner", PACKERS)
@pytest.mark.parametrize("outer", PACKERS)
def test_an_archive_inside_another_is_read(tmp_path: Path, outer: Packer, inner: Packer) -> None:
    data = outer({"x/inner.bin": inner(FILES), "last": b"z"})
    found, unread = read(given(tmp_path, data))
    told = {f"bundle!x/inner.bin!{name}": content for name, content in FILES.items()}
    assert (found, unread) == ({**told, "bundle!last": b"z"}, [])


def test_archives_are_nested_only_so_deep(tmp_path: Path) -> None:
    data = tar({"file": b"bottom"})
    for _level in range(limit.DEPTH):
        data = tar({"in": data})
    found, unread = read(given(tmp_path, data))
    assert found == {}
    assert "nested too deeply" in only(unread)


def test_a_compressed_member_is_read_decompressed_and_a_compressed_archive_of_zip_too(
    tmp_path: Path,
) -> None:
    found, unread = read(given(tmp_path, tar({"a.log.gz": gzip.compress(b"one")})))
    assert (found, unread) == ({"bundle!a.log.gz": b"one"}, [])
    found, unread = read(given(tmp_path, gzip.compress(packed_zip({"a": b"one"}))))
    assert (found, unread) == ({"bundle!a": b"one"}, [])


def test_a_member_compressed_many_times_is_named(tmp_path: Path) -> None:
    data = b"x"
    for _layer in range(6):
        data = gzip.compress(data)
    found, unread = read(given(tmp_path, tar({"a": data})))
    assert found == {}
    assert "compressed too many times" in only(unread)


@pytest.mark.parametrize("pack", PACKERS)
def test_paths_that_climb_or_begin_at_the_root_are_only_names(tmp_path: Path, pack: Packer) -> None:
    found, _unread = read(given(tmp_path, pack({"/etc/passwd": b"1", "../../up": b"2"})))
    assert found == {"bundle!etc/passwd": b"1", "bundle!../../up": b"2"}
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_links_to_members_are_silent_and_links_out_of_the_archive_are_named(tmp_path: Path) -> None:
    sym, hard = tarfile.SYMTYPE, tarfile.LNKTYPE
    data = tar(
        {"logs/ns/pod/app.log": b"1"},
        info("pod/app.log", type=sym, linkname="../logs/ns/pod/app.log"),
        info("folder", type=sym, linkname="logs/ns"),
        info("hard", type=hard, linkname="logs/ns/pod/app.log"),
        info("through", type=sym, linkname="folder/pod/app.log"),
        info("out", type=sym, linkname="../../etc/passwd"),
        info("abs", type=sym, linkname="/etc/passwd"),
        info("round", type=sym, linkname="round"),
    )
    found, unread = read(given(tmp_path, data))
    assert found == {"bundle!logs/ns/pod/app.log": b"1"}
    assert "3 links" in only(unread)
    assert "first: out" in only(unread)


def test_a_link_in_a_zip_is_not_followed(tmp_path: Path) -> None:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as made:
        link = zipfile.ZipInfo("out")
        link.external_attr = 0o120777 << 16
        made.writestr(link, "/etc/passwd")
    found, unread = read(given(tmp_path, raw.getvalue()))
    assert found == {}
    assert "links of `bundle` lead out" in only(unread)


def test_devices_sparse_files_and_hidden_members_are_named_and_what_follows_is_read(
    tmp_path: Path,
) -> None:
    sparse = bytearray(tar({}, info("holes", type=tarfile.GNUTYPE_SPARSE)))[:512]
    data = tar(
        {"._app.log": b"x", ".git/config": b"x"},
        info("null", type=tarfile.CHRTYPE, devmajor=1, devminor=3),
        info("pipe", type=tarfile.FIFOTYPE),
    )
    end = tar({"last": b"z"})
    found, unread = read(
        given(tmp_path, data.rstrip(b"\0") + bytes(_to_block(data)) + sparse + end)
    )
    assert found == {"bundle!last": b"z"}
    said = " ".join(item.reason for item in unread)
    assert "2 hidden members" in said
    assert "2 members of `bundle` are no files (first: null)" in said
    assert "sparse files" in said


def _to_block(data: bytes) -> int:
    return -len(data.rstrip(b"\0")) % 512


def test_an_encrypted_zip_is_named_and_its_open_members_are_read(tmp_path: Path) -> None:
    data = bytearray(packed_zip({"secret": b"s", "open": b"o"}, zipfile.ZIP_STORED))
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    found, unread = read(given(tmp_path, bytes(data)))
    assert found == {"bundle!open": b"o"}
    assert "1 members of `bundle` are encrypted (first: secret)" in only(unread)


def test_an_unknown_packing_is_named(tmp_path: Path) -> None:
    found, unread = read(given(tmp_path, packed_zip({"a": b"aaaa"}, zipfile.ZIP_LZMA)))
    assert found == {}
    assert "packed in a way that is not read" in only(unread)


# Damage


@pytest.mark.parametrize(
    ("pack", "sentence"),
    [(tar, "is cut"), (tgz, "compressed and broken"), (packed_zip, "is damaged")],
)
def test_a_truncated_archive_gives_what_came_before_and_one_sentence(
    tmp_path: Path, pack: Packer, sentence: str
) -> None:
    noise = bytes(range(256)) * 400
    data = pack({"first": b"1", "second": noise})
    found, unread = read(given(tmp_path, data[: len(data) - len(data) // 3]))
    if pack is not packed_zip:
        assert found["bundle!first"] == b"1"
        assert noise.startswith(found.get("bundle!second", b""))
    assert sentence in only(unread)


def test_a_tar_that_is_damaged_in_the_middle_says_so(tmp_path: Path) -> None:
    data = bytearray(tar({"first": b"1", "second": b"2"}, form=tarfile.USTAR_FORMAT))
    data[1024] ^= 0x55
    found, unread = read(given(tmp_path, bytes(data)))
    assert found == {"bundle!first": b"1"}
    assert "is damaged (bad checksum)" in only(unread)


def test_a_damaged_member_of_a_zip_spoils_no_other(tmp_path: Path) -> None:
    data = bytearray(packed_zip({"bad": b"b" * 50, "good": b"g"}, zipfile.ZIP_STORED))
    data[data.index(b"bbbb")] = 0
    found, unread = read(given(tmp_path, bytes(data)))
    assert found["bundle!good"] == b"g"
    assert "`bundle!bad` is damaged" in only(unread)


def test_a_damaged_compressed_member_spoils_no_other(tmp_path: Path) -> None:
    broken = gzip.compress(b"hello " * 10_000, compresslevel=0)[:30_000]
    found, unread = read(given(tmp_path, tar({"a.gz": broken, "b": b"2"})))
    assert found["bundle!a.gz"].startswith(b"hello hello")
    assert found["bundle!b"] == b"2"
    assert "`bundle!a.gz` is damaged" in only(unread)


def test_a_member_named_twice_is_read_once(tmp_path: Path) -> None:
    both = tar({"a": b"1"}, form=tarfile.USTAR_FORMAT)[:1024] + tar({"a": b"2"})
    found, unread = read(given(tmp_path, both))
    assert found == {"bundle!a": b"1"}
    assert "a name of one before" in only(unread)


# Limits


def test_members_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit, "MEMBERS", 3)
    for pack in PACKERS:
        found, unread = read(given(tmp_path, pack({str(n): b"x" for n in range(9)})))
        assert len(found) == 3
        assert "more than 3 members" in only(unread)


def test_one_large_member_is_cut_and_the_next_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limit, "MEMBER", 1000)
    for pack in PACKERS:
        found, unread = read(given(tmp_path, pack({"large": b"x" * 5000, "next": b"y"})))
        assert found == {"bundle!large": b"x" * 1000, "bundle!next": b"y"}
        assert "`bundle!large` has more than 1000 bytes" in only(unread)


def test_the_whole_archive_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit, "TOTAL", 200_000)
    for pack in PACKERS:
        files = {str(n): b"x" * 50_000 for n in range(9)}
        found, unread = read(given(tmp_path, pack(files)))
        assert 0 < sum(map(len, found.values())) <= 400_000
        assert len(found) < 9
        assert "unpacks to more than 200000 bytes" in only(unread)


@pytest.mark.parametrize("inner", [False, True])
@pytest.mark.parametrize("pack", [tgz, tar_zst, packed_zip])
def test_a_bomb_is_named_and_held_in_little_memory(
    tmp_path: Path, pack: Packer, monkeypatch: pytest.MonkeyPatch, *, inner: bool
) -> None:
    monkeypatch.setattr(limit, "RATIO_FROM", 4 << 20)
    data = pack({"bomb": bytes(100 << 20)})
    if inner:
        data = tar({"in": data, "after": b"read"})
    file = given(tmp_path, data)
    del data
    tracemalloc.start()
    found, unread = read(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "times its size" in only(unread)
    assert peak < 60 << 20
    assert not inner or found["bundle!after"] == b"read"


def test_a_name_longer_than_a_path_may_be_is_named(tmp_path: Path) -> None:
    found, unread = read(given(tmp_path, tar({"n/" * 5000 + "x": b"1", "a": b"2"})))
    assert found == {"bundle!a": b"2"}
    assert "a path that is too long" in only(unread)
    assert len(only(unread)) < 400


def test_a_header_that_claims_a_gigabyte_of_name_costs_nothing(tmp_path: Path) -> None:
    data = tar({}, info("x", type=tarfile.GNUTYPE_LONGNAME, size=1 << 30))[:512]
    tracemalloc.start()
    found, unread = read(given(tmp_path, data))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found, peak < 5 << 20) == ({}, True)
    assert "is damaged" in only(unread)


def test_a_zip_with_a_huge_list_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit, "ZIP_LIST", 1000)
    data = packed_zip({f"member {n}": b"" for n in range(100)})
    found, unread = read(given(tmp_path, data))
    assert found == {}
    assert "its list of members is too long" in only(unread)


def test_a_large_zip_inside_an_archive_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limit, "NESTED_ZIP", 50)
    found, unread = read(given(tmp_path, tar({"a.zip": packed_zip({"a": b"1"}), "b": b"2"})))
    assert found == {"bundle!b": b"2"}
    assert "Give it on its own" in only(unread)


# Anything


ANY = st.one_of(
    st.binary(max_size=2000),
    st.builds(
        lambda pack, at, byte, cut: _spoiled(pack(FILES), at, byte, cut),
        st.sampled_from(PACKERS),
        st.integers(0, 5000),
        st.integers(0, 255),
        st.integers(0, 3000),
    ),
)


def _spoiled(data: bytes, at: int, byte: int, cut: int) -> bytes:
    spoiled = bytearray(data)
    spoiled[at % len(data)] = byte
    return bytes(spoiled[: max(1, len(spoiled) - cut)])


@settings(deadline=None, max_examples=300)
@generated(ANY)
def test_no_bytes_raise_and_every_sentence_names_the_archive(data: bytes) -> None:
    file = TextFile(path="bundle", place=None)
    file._pipe = Pipe(cast("io.RawIOBase", io.BytesIO(data)), len(data))
    found, unread = read(file)
    assert all(path.startswith("bundle!") for path in found)
    assert all("bundle" in item.reason for item in unread)


@settings(deadline=None, max_examples=200)
@generated(st.binary(max_size=1024))
def test_any_head_can_be_asked_whether_it_is_an_archive(head: bytes) -> None:
    assert is_archive(head) in (True, False)


def test_an_empty_zip_is_no_fault(tmp_path: Path) -> None:
    data = b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, 0, 0, 0, 0, 0)
    assert read(given(tmp_path, data)) == ({}, [])
