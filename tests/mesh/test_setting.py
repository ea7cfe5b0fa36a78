from why503.mesh.setting import mapping_of, whole_number, word_of


def test_whole_numbers_are_read_in_every_spelling_and_nothing_else():
    assert [whole_number(value) for value in (80, "80", 80.0, " 80 ")] == [80] * 4
    odd = (True, None, "8080/TCP", "", 1.5, [80], float("nan"), float("inf"), "9" * 40, "²")
    assert [whole_number(value) for value in odd] == [None] * len(odd)


def test_a_value_that_is_no_mapping_has_no_fields():
    assert mapping_of({"a": 1}) == {"a": 1}
    assert mapping_of(["a"]) == {}
    assert mapping_of(None) == {}


def test_words_may_be_numbers_but_not_booleans_or_lists():
    assert [word_of(value) for value in (" v1 ", 1, 1.5)] == ["v1", "1", "1.5"]
    assert [word_of(value) for value in (None, True, ["v1"], {})] == [""] * 4
