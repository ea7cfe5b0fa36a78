from tests.report import example
from why503.diagnosis.finding import FoundPatch, Spot
from why503.report.block import Clues, Code, Paragraph
from why503.report.finding_outline import chief, further, place, rival


def code_of(blocks: object) -> list[str]:
    return [block.text for block in blocks if isinstance(block, Code)]  # type: ignore[attr-defined]


def test_clues_for_stand_before_clues_against() -> None:
    mixed = (
        example.clue("No.", 1, speaks="against"),
        example.clue("Yes.", 2),
    )
    blocks = chief(example.finding(clues=mixed), None, verbose=False)
    (clues,) = [block for block in blocks if isinstance(block, Clues)]
    assert [(row.sign, row.text) for row in clues.rows] == [("+", "Yes."), ("-", "No.")]


def test_places_beyond_the_third_are_counted() -> None:
    many = (example.clue("Often.", 1, 2, 3, 4, 5),)
    blocks = chief(example.finding(clues=many), None, verbose=False)
    (clues,) = [block for block in blocks if isinstance(block, Clues)]
    assert clues.rows[0].places == ("server/access.log:1", ":2", ":3")
    assert clues.rows[0].more == 2


def test_only_the_first_command_is_shown_unless_all_are_asked_for() -> None:
    assert code_of(chief(example.finding(), None, verbose=False))[0] == (
        "kubectl apply -f retry.yaml"
    )
    assert code_of(chief(example.finding(), None, verbose=True))[0] == (
        "kubectl apply -f retry.yaml\nkubectl -n shop get virtualservice"
    )


def test_a_patch_names_the_file_that_it_changes() -> None:
    assert "# shop.yaml:12\napiVersion" in code_of(further(example.finding(), verbose=False))[1]


def test_a_path_cannot_leave_its_comment() -> None:
    patch = FoundPatch(yaml="a: 1", path="x\nkind: Evil", line=1)
    remedy = example.remedy("fix", "Do it", patches=(patch,))
    shown = code_of(chief(example.finding(remedies=(remedy,)), None, verbose=False))
    assert shown == ["# x\\nkind: Evil:1\na: 1"]


def test_circumstances_without_a_failed_request_are_not_counted_as_failures() -> None:
    blocks = chief(example.finding(failures=0, requests=0), None, verbose=False)
    said = [
        "".join(s.text for s in block.spans) for block in blocks if isinstance(block, Paragraph)
    ]
    assert any(text.startswith("no failed request was seen") for text in said)


def test_a_rival_elsewhere_names_its_hop() -> None:
    here = "".join(span.text for span in rival(example.rival()).spans)
    there = "".join(span.text for span in rival(example.elsewhere(), elsewhere=True).spans)
    assert here == "upstream-crash, possible (0.10): The application died"
    assert there.endswith("(downstream-proxy, items.shop.svc.cluster.local:9090)")


def test_a_whole_file_has_no_line() -> None:
    assert place(Spot(path="a.yaml", line=0)) == "a.yaml"
    assert place(Spot(path="a.yaml", line=3)) == "a.yaml:3"
