"""A redacted bundle gives the answer of its original, and nothing overwrites anything."""

import gzip
import tarfile
from pathlib import Path

import pytest

import why503
from tests.causes.case_file import Case, all_cases
from why503.diagnosis.finding import Diagnosis
from why503.evidence.redaction import RedactError, redact_bundle

EXAMPLES = Path(__file__).parents[3] / "examples"


def assert_same(given: Path, out: Path) -> None:
    before, after = why503.diagnose(given), why503.diagnose(out)
    assert after.answer == before.answer
    pairs = list(zip(ranked(before), ranked(after), strict=True))
    assert [(one[0], one[1]) for one, _ in pairs] == [(other[0], other[1]) for _, other in pairs]
    assert all(abs(one[2] - other[2]) <= 0.02 for one, other in pairs)


def ranked(diagnosis: Diagnosis) -> list[tuple[str, str, float]]:
    return sorted((one.cause, one.hop.id, one.confidence) for one in diagnosis.findings)


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.id)
def test_a_case_is_answered_the_same_when_it_is_redacted(case: Case, tmp_path: Path) -> None:
    given, out = tmp_path / "given", tmp_path / "out"
    case.write(given)
    redact_bundle(str(given), str(out), "seed")
    assert_same(given, out)


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.iterdir()))
def test_an_example_is_answered_the_same_when_it_is_redacted(example: str, tmp_path: Path) -> None:
    redact_bundle(str(EXAMPLES / example), str(tmp_path / "out"), "seed")
    assert_same(EXAMPLES / example, tmp_path / "out")


def test_names_of_files_and_folders_are_redacted_as_the_names_in_them(tmp_path: Path) -> None:
    log = tmp_path / "in" / "zorbank-7d9f8b6c5d-x2x4z" / "app.log"
    log.parent.mkdir(parents=True)
    log.write_text("zorbank-7d9f8b6c5d-x2x4z started\n")
    redact_bundle(str(tmp_path / "in"), str(tmp_path / "out"))
    (out,) = (path for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert out.name == "app.log"
    assert "zorbank" not in str(out.relative_to(tmp_path))
    assert out.read_text() == f"{out.parent.name} started\n"


def test_a_bundle_is_written_as_an_archive_where_its_name_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("zorbank\n")
    done = redact_bundle(str(tmp_path / "a.log"), str(tmp_path / "out.tar.gz"))
    with tarfile.open(tmp_path / "out.tar.gz") as archive:
        (name,) = archive.getnames()
        member = archive.extractfile(name)
        assert member is not None
        assert b"zorbank" not in member.read()
    assert done.files == 1
    assert done.counts == {"name": 1}


def test_an_archive_is_read_and_its_members_written(tmp_path: Path) -> None:
    (tmp_path / "zorbank.log").write_text("zorbank 503\n")
    with tarfile.open(tmp_path / "in.tgz", "w:gz") as archive:
        archive.add(tmp_path / "zorbank.log", "pods/zorbank/app.log")
        archive.add(tmp_path / "zorbank.log", "../zorbank.log")
    done = redact_bundle(str(tmp_path / "in.tgz"), str(tmp_path / "out"))
    written = {path.name: path for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert written["app.log"].parent.name == written["app.log"].read_text().split()[0] != "zorbank"
    assert len(written) == done.files
    assert not any("zorbank" in str(path.relative_to(tmp_path)) for path in written.values())


def test_a_compressed_log_is_written_plain(tmp_path: Path) -> None:
    (tmp_path / "a.log.gz").write_bytes(gzip.compress(b"zorbank 503\n"))
    redact_bundle(str(tmp_path / "a.log.gz"), str(tmp_path / "out"))
    assert (tmp_path / "out" / "a.log").read_text().endswith(" 503\n")


def test_what_cannot_be_redacted_is_left_out_and_named(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.pcap").write_bytes(b"\xd4\xc3\xb2\xa1" + bytes(40))
    (folder / "b.bin").write_bytes(bytes(range(256)))
    (folder / ".hidden").write_text("x")
    (folder / "c.log").write_text("ok\n")
    (folder / "link.log").symlink_to(tmp_path)
    done = redact_bundle(str(folder), str(tmp_path / "out"))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["c.log"]
    assert done.files == 1
    for name in ("a.pcap", "b.bin", ".hidden", "link.log"):
        assert sum(name in sentence for sentence in done.left_out) == 1, name


def test_a_file_too_large_for_one_document_is_redacted_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("why503.evidence.text_file.DOCUMENT_LIMIT", 100)
    monkeypatch.setattr("why503.evidence.redaction.bundle.PART", 50)
    (tmp_path / "a.log").write_text("zorbank said 503\n" * 40)
    redact_bundle(str(tmp_path / "a.log"), str(tmp_path / "out"))
    lines = (tmp_path / "out" / "a.log").read_text().splitlines()
    assert len(lines) == 40
    assert len(set(lines)) == 1
    assert "zorbank" not in lines[0]


def test_nothing_is_overwritten_and_the_source_is_not_written_into(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.log").write_text("x\n")
    with pytest.raises(RedactError, match="inside"):
        redact_bundle(str(folder), str(folder / "out"))
    with pytest.raises(RedactError, match="exists already"):
        redact_bundle(str(folder / "a.log"), str(folder))
    with pytest.raises(RedactError, match="no such file"):
        redact_bundle(str(tmp_path / "none"), str(tmp_path / "out"))
