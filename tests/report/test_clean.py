from hypothesis import given
from hypothesis import strategies as st

from why503.diagnosis.finding import DataLoss, Spot
from why503.report.clean import cleaned, encodable, escaped, printable


def test_controls_are_written_out_and_line_ends_stay() -> None:
    assert printable("a\x1bb\r\nc\td\re") == "a\\x1bb\nc\td\\x0de"


def test_direction_marks_and_half_characters_are_written_out() -> None:
    assert printable("\u202e\udcff") == "\\u202e\\udcff"


def test_ordinary_text_of_any_script_stays() -> None:
    assert printable("vminsert → 中文 é") == "vminsert → 中文 é"


def test_every_text_of_an_answer_is_cleaned() -> None:
    loss = DataLoss(verdict="\x07", text="\x08", source=Spot(path="\x1b", line=2))
    assert cleaned(loss) == DataLoss(
        verdict="\\x07", text="\\x08", source=Spot(path="\\x1b", line=2)
    )


def test_escapes_of_json_mean_the_same() -> None:
    assert escaped("\x9b") == "\\u009b"


@given(st.text(st.characters()))
def test_any_text_can_be_encoded_then(text: str) -> None:
    assert printable(text).encode() is not None
    assert encodable(text).encode() is not None
