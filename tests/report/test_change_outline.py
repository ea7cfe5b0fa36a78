from why503.diagnosis.finding import Change, Comparison
from why503.report.change_outline import SHOWN, changes
from why503.report.layout import lines

NOTHING = Comparison(baseline="monday.parquet", new=(), grown=(), gone=())


def change(number: int) -> Change:
    return Change(
        destination=f"outbound|80||quay-{number}.ferry",
        what="503 UC -",
        failures=number,
        requests=100,
        failures_before=1,
        requests_before=90,
    )


def shown(comparison: Comparison | None, *, verbose: bool = False) -> str:
    blocks = tuple(changes(comparison, verbose=verbose))
    return "\n".join("".join(span.text for span in row) for row in lines(blocks, 200))


def test_without_a_baseline_nothing_is_said():
    assert list(changes(None, verbose=True)) == []


def test_that_nothing_changed_is_said():
    assert "Since monday.parquet" in shown(NOTHING)
    assert "No kind of failure is new, grown or gone." in shown(NOTHING)


def test_a_change_tells_its_counts_of_now_and_before():
    text = " ".join(shown(Comparison(baseline="x", new=(), grown=(change(7),), gone=())).split())
    assert "grown: 503 UC - → outbound|80||quay-7.ferry" in text
    assert "(7 of 100 requests, before 1 of 90)" in text


def test_many_changes_are_cut_unless_all_are_asked_for():
    many = tuple(change(number) for number in range(SHOWN + 3))
    comparison = Comparison(baseline="x", new=many, grown=(), gone=many)
    assert shown(comparison).count("new: ") == SHOWN
    assert "and 3 more" in shown(comparison)
    assert shown(comparison, verbose=True).count("gone: ") == SHOWN + 3
