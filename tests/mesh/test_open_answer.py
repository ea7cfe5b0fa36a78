from why503.mesh.open_answer import every, some


def test_an_open_answer_stays_open_unless_another_decides():
    assert every([True, None]) is None
    assert every([False, None]) is False
    assert some([False, None]) is None
    assert some([True, None]) is True


def test_where_nothing_is_open_the_answers_decide():
    assert every([True, True]) is True
    assert every([True, False]) is False
    assert some([False, False]) is False


def test_nothing_asked_is_all_of_it_and_none_of_it():
    assert every([]) is True
    assert some([]) is False
