import pytest

from tests.evidence.access_log.engine.large import text_lines, write
from why503.evidence.kept import parquet
from why503.evidence.kept.keep import KeepError, load, save
from why503.evidence.kept.row import columns
from why503.evidence.read import read_paths
from why503.evidence.reader import Options


def test_what_is_saved_is_loaded_as_it_was(tmp_path):
    bundle = read_paths([str(write(tmp_path, text_lines(90)))], Options())
    kept = tmp_path / "kept.parquet"

    save(bundle, str(kept))

    assert load(kept) == bundle


def test_a_file_of_another_version_is_refused_with_the_remedy(tmp_path):
    kept = tmp_path / "kept.parquet"
    parquet.write(kept, [{"kind": "Riddle", "fact": 0, "json": "{}"}], columns())

    with pytest.raises(KeepError, match="Save it again"):
        load(kept)


def test_a_place_that_cannot_be_written_is_an_error_in_a_sentence(tmp_path):
    with pytest.raises(KeepError, match="Cannot write"):
        save(read_paths([], Options()), str(tmp_path / "no" / "kept.parquet"))
