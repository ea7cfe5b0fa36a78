"""A page reads well as text and is valid Markdown."""

from why503.diagnosis.cause_page import (
    CausePage,
    PageClue,
    PagePart,
    PageQuestion,
    PageRemedy,
)
from why503.report.cause_page import blocks, render_index, render_markdown
from why503.report.layout import lines

REMEDY = PageRemedy(
    kind="fix",
    disposition="safe",
    title="Wait for <service>",
    patches=("a: 1",),
    commands=("kubectl get pods",),
    risks=("Slow.",),
    verify="It stops.",
    undo="",
)
PAGE = CausePage(
    id="race",
    title="A race | of two",
    at="leg",
    signs=("UC",),
    summary="The server won.",
    parts=(
        PagePart(heading="What happens", text="It *ends*\nwith `UC`.\n\n* one\n  more\n* two"),
        PagePart(heading="What to do", text="See `reset`, not `race`."),
        PagePart(heading="References", text="* Envoy 1.40"),
    ),
    clues=(
        PageClue(sign="+", weight="proves", sentence="Idle for <gap>."),
        PageClue(sign="-", weight="speaks against", sentence="Busy."),
    ),
    questions=(PageQuestion(what="the log", command="kubectl logs", decides=("reset",)),),
    hazards="Short timeouts.",
    rules=(("race/short", "warning", "<rule> gives <time>.", "IST0101"),),
    remedies=(REMEDY,),
    neighbours=("reset",),
    scenario="idle-close",
    scenario_summary="It closes.",
)


def shown(width=60):
    return ["".join(span.text for span in line).rstrip() for line in lines(blocks(PAGE), width)]


def test_text_keeps_names_in_backticks_and_joins_wrapped_lines():
    said = shown()
    assert "  It ends with `UC`." in said
    assert "  • one more" in said
    assert "  + proves: Idle for <gap>." in said
    assert "  - speaks against: Busy." in said


def test_references_end_the_page():
    said = shown()
    order = [said.index(heading) for heading in ("What to do", "Clues for it", "References")]
    assert order == sorted(order)
    assert said[-1] == "  • Envoy 1.40"


def test_markdown_has_one_title_and_fenced_commands():
    text = render_markdown(PAGE)
    assert text.startswith("# race\n")
    assert text.count("\n# ") == 0
    assert "```sh\nkubectl logs\n```" in text
    assert "```yaml\na: 1\n```" in text
    assert "Wait for \\<service>" in text


def test_other_causes_are_linked_and_the_page_is_not_linked_to_itself():
    text = render_markdown(PAGE, linked={"race", "reset"})
    assert "See [`reset`](reset.md), not `race`." in text
    assert "](" not in render_markdown(PAGE)


def test_the_index_survives_a_bar_in_a_title():
    assert "| [`race`](race.md) | A race \\| of two |" in render_index([PAGE])
