from dataclasses import replace

from tests.mesh.build import START, log, mesh, request
from why503.facts import Source
from why503.mesh.course import Course, brief, course_of


def course(bad, good):
    failures = [request(503, "NC", details="cluster_not_found", at=at) for at in bad]
    told = log(*failures)
    groups = tuple(
        replace(
            told.groups[0], code=200, flags=frozenset(), first=START + at, last=START + at, count=1
        )
        for at in good
    )
    found = mesh(replace(told, groups=told.groups + groups))
    (hop,) = found.hops
    return course_of(hop, found), brief(hop, found)


def test_successes_between_the_failures_are_seen():
    assert course([1, 3, 5], [2, 4]) == (Course.MIXED, False)


def test_failures_that_came_and_went_are_brief():
    assert course([10, 11], [1, 20]) == (Course.BRIEF, True)


def test_failures_that_stopped_are_brief_too():
    assert course([10, 11], [20]) == (Course.STOPPED, True)


def test_failures_that_began_and_went_on_are_not_brief():
    assert course([10, 11], [1]) == (Course.BEGAN, False)


def test_nothing_but_failures_is_told_from_three_on():
    assert course([1, 2, 3], []) == (Course.ALWAYS, False)
    assert course([1, 2], []) == (None, False)


def test_lines_that_no_other_traffic_can_fill_are_successes_between():
    bad = [
        replace(
            request(503, "NC", details="cluster_not_found", at=at), source=Source(path="a", line=n)
        )
        for at, n in ((2, 3), (8, 9))
    ]
    told = log(*bad)
    good = replace(
        told.groups[0], code=200, flags=frozenset(), first=START, last=START + 10, count=8
    )
    told = replace(told, source=Source(path="a"), groups=(*told.groups, good))

    def seen(lines):
        found = mesh(replace(told, lines=lines, understood=lines))
        return course_of(found.hops[0], found)

    assert seen(10) is Course.MIXED
    assert seen(15) is Course.BRIEF
