import gzip
import tarfile

import pytest

from tests.evidence.archive.pack import info, packed_zip, tar, tar_zst
from why503.evidence.archive.sniff import is_archive, is_packed, is_tar, is_zip


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_tar_is_known_by_its_checksum(form: int) -> None:
    data = bytearray(tar({"app.log": b"x"}, form=form))
    assert is_tar(bytes(data[:512]))
    data[3] ^= 1
    assert not is_tar(bytes(data[:512]))


def test_a_tar_of_before_posix_is_known_too() -> None:
    made = info("app.log", size=0).get_info()
    assert made["name"] == "app.log"
    block = bytearray(tar({"app.log": b""}, form=tarfile.USTAR_FORMAT)[:512])
    block[257:] = bytes(255)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    assert is_tar(bytes(block))


def test_zips_and_packed_files_are_known() -> None:
    assert is_zip(packed_zip({"a": b"1"}))
    assert is_archive(packed_zip({}))
    assert is_packed(gzip.compress(b""))
    assert is_packed(tar_zst({}))


@pytest.mark.parametrize("text", [b"", b"{}\n" * 300, bytes(512), b"2026-01-01 ustar " * 60])
def test_text_and_zeros_are_no_archive(text: bytes) -> None:
    assert not is_archive(text)
    assert not is_packed(text)
