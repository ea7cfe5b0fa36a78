from tests.mesh.build import START
from why503.diagnosis.inspection import SCHEMA, inspect
from why503.facts import Bundle, Input, Source, Unread

ROW = {"path": "a.log", "kinds": ("access log",), "lines": 9, "facts": 1, "unread_lines": 2}


def test_inputs_carry_their_time_and_tellers() -> None:
    timed = Input(**ROW, first=START, last=START + 60, tellers=("cart-0",))
    found = inspect(Bundle(inputs=(timed, Input(**ROW))))
    one, other = found.inputs
    assert (one.first, one.last) == ("2025-06-15T15:06:40.000Z", "2025-06-15T15:07:40.000Z")
    assert (one.tellers, one.not_understood) == (("cart-0",), 2)
    assert (other.first, other.last, other.tellers) == ("", "", ())
    assert found.schema == SCHEMA


def test_what_was_not_read_keeps_its_place() -> None:
    item = Unread(source=Source(path="a.log", line=3), reason="It is cut.", count=4)
    (found,) = inspect(Bundle(unread=(item,))).unread
    assert (found.source.path, found.source.line, found.lines) == ("a.log", 3, 4)
