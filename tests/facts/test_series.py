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
    assert series.latest == 4.0


def test_its_span_is_that_of_its_values():
    points = ((10.0, 1.0), (20.0, 4.0))
    series = Series(source=Source(path="m.txt"), teller="m", metric="a", points=points)
    assert (series.first, series.last, series.latest) == (10.0, 20.0, 4.0)
