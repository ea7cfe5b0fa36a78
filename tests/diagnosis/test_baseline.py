import pytest

from tests.report.linted import WORST, finding
from why503.diagnosis.baseline import BaselineError, read, text_of


def test_what_is_written_is_read_back():
    assert read(text_of([finding(), WORST]), "b.json") == {"abc", "def"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "x", "findings": []}'])
def test_another_file_is_refused_by_name(text):
    with pytest.raises(BaselineError, match=r"`b\.json` is no baseline"):
        read(text, "b.json")
