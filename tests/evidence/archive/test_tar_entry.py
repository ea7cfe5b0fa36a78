import io
import tarfile

import pytest

from tests.evidence.archive.pack import info, tar
from why503.evidence.archive.stream import Stream
from why503.evidence.archive.tar_entry import CutTarError, DamagedTarError, Sort, tar_entries


def sorts(data: bytes) -> list[tuple[str, Sort, str]]:
    stream = Stream(io.BytesIO(data))
    return [(entry.path, entry.sort, entry.target) for entry in tar_entries(stream)]


def test_every_sort_of_entry_is_told() -> None:
    data = tar(
        {"file": b"12345"},
        info("folder", type=tarfile.DIRTYPE),
        info("soft", type=tarfile.SYMTYPE, linkname="file"),
        info("hard", type=tarfile.LNKTYPE, linkname="file"),
        info("block", type=tarfile.BLKTYPE),
    )
    assert sorts(data) == [
        ("file", Sort.FILE, ""),
        ("folder", Sort.FOLDER, ""),
        ("soft", Sort.LINK, "file"),
        ("hard", Sort.HARD_LINK, "file"),
        ("block", Sort.DEVICE, ""),
    ]


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_targets_of_links_are_whole(form: int) -> None:
    target = "a" * 300
    link = info("soft", type=tarfile.SYMTYPE, linkname=target)
    assert sorts(tar({}, link, form=form)) == [("soft", Sort.LINK, target)]


def test_a_sparse_file_of_extended_fields_is_known_by_its_own_name() -> None:
    entry = info("GNUSparseFile.0/x", pax_headers={"GNU.sparse.name": "x", "GNU.sparse.major": "1"})
    assert sorts(tar({}, entry)) == [("x", Sort.SPARSE, "")]


def test_an_archive_that_stops_is_cut_and_other_bytes_are_damage() -> None:
    data = tar({"a": b"1"}, form=tarfile.USTAR_FORMAT)
    with pytest.raises(CutTarError):
        sorts(data[:700])
    with pytest.raises(DamagedTarError, match="invalid header"):
        sorts(data[:1024] + b"no header" * 100)


def test_damaged_extended_fields_are_left_out() -> None:
    data = tar({"n" * 200: b"1"})
    at = data.index(b" path=")
    spoiled = data[: at - 3] + b"xxx" + data[at:]
    assert [path for path, _sort, _target in sorts(spoiled)] == ["n" * 100]
