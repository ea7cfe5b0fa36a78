from xml.etree import ElementTree as ET

from tests.mesh.make import obj
from tests.report.traced import WEIGHTS, trace_of
from why503.report.trace_svg import render

SPACE = "{http://www.w3.org/2000/svg}"


def drawn(text="", **more):
    return ET.fromstring(render(trace_of(text, **more)))  # noqa: S314 - our own


def words(root):
    return [found.text or "".join(found.itertext()) for found in root.iter(f"{SPACE}text")]


def boxes(root):
    return list(root.iter(f"{SPACE}rect"))


def test_every_step_and_every_end_is_a_box():
    found = trace_of()
    steps = len(found.steps) + len(found.branches[0].steps)
    assert len(boxes(drawn())) == steps + 1


def test_ways_stand_side_by_side_with_their_share():
    root = drawn(WEIGHTS)
    lefts = {box.get("x") for box in boxes(root)}
    assert len(lefts) == 2
    shown = " ".join(words(root))
    assert "80 %" in shown
    assert "503 NC cluster_not_found" in shown


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
    long = render(trace_of(url="http://quay:9080/" + "a" * 300))
    assert "…" in long


def test_what_fails_and_what_arrives_have_other_colours():
    assert "#1a7f37" in render(trace_of())
    assert "#cf222e" in render(trace_of(WEIGHTS))
