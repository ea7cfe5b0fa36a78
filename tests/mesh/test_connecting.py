"""How connection attempts ended, told by endings, durations and addresses."""

import pytest

from why503.facts import Bundle, ProxyEvent, ProxyEventKind, Request, Source
from why503.mesh import Mesh
from why503.mesh.connecting import (
    control_plane_silent,
    dialled,
    dialled_ports,
    failed_at_once,
    families,
    family_of,
    is_placeholder,
    refused,
    rejected,
    unanswered,
    unlisted,
)
from why503.mesh.ending import outcome_of
from why503.mesh.failure import Failure, Role
from why503.mesh.hop import Hop, Place

MESH = Mesh(Bundle())
START = "upstream_reset_before_response_started"


def failure(role=Role.DOWNSTREAM, **fields):
    plain = {"flags": frozenset({"UF"}), "code": 503, "upstream_host": "10.0.0.9:8080"}
    request = Request(source=Source(path="a.log", line=1), **(plain | fields))
    return Failure(teller=request, role=role, outcome=outcome_of(request))


def hop_of(*failures, role=Role.DOWNSTREAM):
    return Hop(
        family=failures[0].family,
        role=role,
        leg=Place.PROXY_TO_PROXY,
        host="orders.shop.svc.cluster.local",
        port=80,
        failures=failures,
        total=len(failures),
    )


def test_errno_111_is_a_refusal_on_either_side():
    told = failure(details=f"{START}{{connection_failure,delayed_connect_error:_111}}")
    assert refused(hop_of(told)) == (told,)


def test_an_unspecific_failure_inside_the_pod_is_a_refusal_when_it_came_at_once():
    quick = failure(role=Role.UPSTREAM, details=f"{START}{{connection_failure}}", duration=1.0)
    slow = failure(role=Role.UPSTREAM, details=f"{START}{{connection_failure}}", duration=10000.0)
    assert refused(hop_of(quick, slow, role=Role.UPSTREAM)) == (quick,)


def test_an_unspecific_failure_of_the_callers_proxy_is_no_refusal():
    assert refused(hop_of(failure(details=f"{START}{{connection_failure}}", duration=1.0))) == ()


@pytest.mark.parametrize(("duration", "is_one"), [(10001.0, True), (30050.0, True), (40.0, False)])
def test_before_1_27_only_the_time_tells_that_nobody_answered(duration, is_one):
    told = failure(details=f"{START}{{connection_failure}}", duration=duration)
    assert (unanswered(hop_of(told), MESH) == (told,)) is is_one


def test_a_told_connection_timeout_needs_no_duration():
    told = failure(details=f"{START}{{connection_timeout}}")
    assert unanswered(hop_of(told), MESH) == (told,)


def test_errno_113_is_a_rejection_and_neither_refused_nor_unanswered():
    told = failure(
        details=f"{START}{{remote_connection_failure,delayed_connect_error:_113}}", duration=10000.0
    )
    hop = hop_of(told)
    assert rejected(hop) == (told,)
    assert refused(hop) == ()
    assert unanswered(hop, MESH) == ()


def test_failures_without_a_duration_did_not_fail_at_once():
    assert not failed_at_once([failure()])


def test_addresses_and_ports_are_told_once_each():
    twice = [failure(), failure(upstream_host="[2001:db8::7]:443"), failure()]
    assert dialled(twice) == ("10.0.0.9", "2001:db8::7")
    assert dialled_ports(twice) == (8080, 443)


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("10.0.0.1:80", 4),
        ("[2001:db8::1]:80", 6),
        ("2001:db8::1", 6),
        ("api.example", None),
        (None, None),
    ],
)
def test_the_family_of_an_address(text, family):
    assert family_of(text) == family


@pytest.mark.parametrize(
    ("address", "made_up"),
    [("240.240.1.2", True), ("2001:2::5", True), ("240.241.0.1", False), ("x", False)],
)
def test_placeholders_are_those_of_istios_dns_proxy(address, made_up):
    assert is_placeholder(address) is made_up


def test_without_a_list_of_endpoints_no_address_is_missing_from_it():
    assert unlisted(hop_of(failure(details=f"{START}{{connection_timeout}}")), MESH) == ()


def test_the_family_dialled_is_told_beside_that_of_the_callers_connection():
    six = {"upstream_host": "[2001:db8::7]:443"}
    four = {"downstream_local": "10.0.0.1:80", "downstream_remote": "10.0.0.2:4000"}
    mixed = {"downstream_local": "10.0.0.1:80", "downstream_remote": "[::1]:4000"}
    told = [failure(**six), failure(**six, **four), failure(**six, **mixed)]
    assert [(theirs, own) for _failure, _address, theirs, own in families(told)] == [
        (6, None),
        (6, 4),
        (6, None),
    ]
    assert list(families([failure(upstream_host=None)])) == []


def test_an_attempt_that_lasted_one_whole_second_waited_for_a_timeout_that_nobody_told():
    told = failure(duration=999.0)
    assert unanswered(hop_of(told), MESH) == (told,)
    assert unanswered(hop_of(failure(duration=650.0)), MESH) == ()


@pytest.mark.parametrize(
    ("text", "silent"),
    [
        ("Error while dialing: dial tcp 10.0.0.5:15012: i/o timeout", True),
        ("Error while dialing dial tcp: i/o timeout", True),
        ("Error while dialing: dial tcp 10.0.0.5:15012: connect: connection refused", False),
    ],
)
def test_only_a_dial_without_an_answer_makes_the_control_plane_silent(text, silent):
    event = ProxyEvent(
        source=Source(path="e.log", line=1), kind=ProxyEventKind.SECRET_MISSING, text=text
    )
    assert bool(control_plane_silent(Mesh(Bundle(facts=(event,))))) is silent
