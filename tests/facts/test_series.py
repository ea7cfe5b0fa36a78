from why503.facts import Series, Source


def test_a_label_is_found_by_its_first_name_that_is_told():
    series = Series(
        source=Source(path="m.txt"),
        teller="m",
        metric="a",
        labels=(("pod", ""), ("pod_name", "desk-0")),
        points=((None, 1.0), (None, 4.0)),
    )
    assert series.label("pod", "pod_name") == "desk-0"
    assert series.label("node") == ""
    assert series.last == 4.0
