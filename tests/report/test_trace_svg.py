from dataclasses import replace
from xml.etree import ElementTree as ET

from tests.mesh.make import obj
from tests.report.browser import misplaced
from tests.report.traced import WEIGHTS, trace_of
from why503.diagnosis.finding import Spot
from why503.diagnosis.trace import TraceDifference, TraceSetting
from why503.report.trace_svg import render

SPACE = "{http://www.w3.org/2000/svg}"
FAR = "a" * 200 + "/" + "結帳服務" * 40 + "/mesh.yaml"


def drawn(trace):
    return ET.fromstring(render(trace))  # noqa: S314 - our own


def words(root):
    return [found.text or "" for found in root.iter(f"{SPACE}text")]


def boxes(root):
    return list(root.iter(f"{SPACE}rect"))


def stretched(trace, steps):
    """With so many steps, whose names, places and settings are long and partly Chinese."""
    first = trace.steps[0]
    setting = TraceSetting(object="A b/c", says="重試與逾時 " * 30, source=Spot(path=FAR, line=7))
    long = replace(
        first,
        name="監聽器🚢" * 30,
        proxy="deploy/" + "w" * 120,
        source=Spot(path=FAR, line=1234),
        applied=(setting,) * 9,
    )
    branches = tuple(
        replace(one, outcome=replace(one.outcome, text="端點沒有就緒。" * 60, far="NR " * 90))
        for one in trace.branches
    )
    return replace(
        trace,
        steps=(long, *trace.steps * 3)[:steps],
        branches=branches * (1 + steps % 8),
        assumed=("假設 " * 90,),
    )


def test_every_step_and_every_end_is_a_box():
    found = trace_of()
    steps = len(found.steps) + len(found.branches[0].steps)
    assert len(boxes(drawn(found))) == steps + 1


def test_a_box_names_the_object_its_line_and_what_applies():
    shown = words(drawn(trace_of(WEIGHTS)))
    assert "VirtualService shop/quay" in shown
    assert any(one.startswith("mesh.yaml:") for one in shown)
    assert "• timeout: 3 s" in shown


def test_ways_stand_side_by_side_with_their_share():
    root = drawn(trace_of(WEIGHTS))
    assert len({box.get("x") for box in boxes(root)}) == 2
    shown = " ".join(words(root))
    assert "80 %" in shown
    assert "503 NC cluster_not_found" in shown


def test_a_line_number_is_seen_however_long_the_path_is():
    shown = words(drawn(stretched(trace_of(), 1)))
    assert any(one.startswith("…") and one.endswith("/mesh.yaml:1234") for one in shown)


def test_what_is_left_out_differs_or_was_assumed_is_said():
    found = trace_of()
    many = replace(found, branches=tuple(replace(found.branches[0], share=12.5) for _ in range(8)))
    assert "2 more ways are not drawn." in words(drawn(many))
    spot = Spot(path="dump.json", line=5)
    other = TraceDifference(
        text="They differ.", loaded="a", asked="b", why="stale", sources=(spot,)
    )
    told = words(drawn(replace(found, differences=(other,), assumed=("It is there.",))))
    assert "× They differ. dump.json:5" in told
    assert "It is there." in told


def test_it_is_plain_svg_whatever_the_names_are():
    rule = obj(
        "VirtualService",
        "a",
        "{hosts: [quay], http: [{name: '<b>&\"x', route: [{destination: {host: quay}}]}]}",
    )
    text = render(trace_of(rule))
    ET.fromstring(text)  # noqa: S314 - our own
    assert "<script" not in text
    assert "href" not in text
    long = render(trace_of(url="http://quay:9080/" + "a" * 400))
    assert "…" in long


def test_what_fails_and_what_arrives_have_other_colours():
    assert "#1a7f37" in render(trace_of())
    assert "#cf222e" in render(trace_of(WEIGHTS))


def test_letters_have_the_colour_of_the_page_so_that_a_dark_one_can_be_read():
    fills = {found.get("fill") for found in drawn(trace_of(WEIGHTS)).iter(f"{SPACE}text")}
    assert fills == {"currentColor"}
    style = drawn(trace_of()).find(f"{SPACE}style")
    assert style is not None
    assert (style.text or "").startswith("svg:root{")  # only where no page is around it


def test_in_a_browser_every_text_stays_in_its_box(tmp_path):
    found = trace_of(WEIGHTS)
    plain = [trace_of(), found, trace_of(url="http://nobody:1/" + "x" * 300)]
    odd = [stretched(found, steps) for steps in range(1, 13)]
    assert misplaced([render(one) for one in (*plain, *odd)], tmp_path) == []
