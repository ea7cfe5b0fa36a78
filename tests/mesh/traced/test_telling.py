from tests.mesh.make import obj
from tests.mesh.traced.test_gateway_server import gateway, server
from tests.mesh.traced.world import BASE, INGRESS, call, proxy, push_of, traced
from why503.facts import Source
from why503.mesh.traced import telling
from why503.mesh.traced.envoy import Passage, pass_through
from why503.mesh.traced.outbound import outbound_config
from why503.mesh.traced.step import StepKind

RULE = obj(
    "VirtualService",
    "quay",
    "{hosts: [quay], http: [{timeout: 3s, fault: {delay: {fixedDelay: 1s}}, mirror: {host: pier},\n"
    " route: [{destination: {host: quay}}]}]}",
)


def passage(text, **asked):
    push = push_of(BASE + text)
    first = proxy(push)
    told = call(**asked)
    found = pass_through(outbound_config(push, first, told.port), told)
    return found, list(telling.steps_of(found, told, first))


def test_every_step_names_its_object_and_line():
    _found, steps = passage(RULE, host="quay")
    assert [step.kind for step in steps] == [
        StepKind.LISTENER,
        StepKind.FILTER_CHAIN,
        StepKind.VIRTUAL_HOST,
        StepKind.ROUTE,
    ]
    assert steps[0].made.by == "Service shop/quay"
    assert steps[3].made.by == "VirtualService shop/quay"
    assert all(step.made.source is not None for step in steps)


def test_what_a_route_does_is_told_with_it():
    _found, steps = passage(RULE, host="quay")
    told = [one.says for one in steps[3].applied]
    assert told[0] == "timeout: 3 s"
    assert told[1].startswith("retries: attempts=2")
    assert told[2] == "fault: delay.fixedDelay=1s"
    assert "pier" in told[3]


def test_a_way_that_ends_early_has_fewer_steps():
    found, steps = passage("", port=1)
    assert [step.kind for step in steps] == [StepKind.LISTENER, StepKind.FILTER_CHAIN]
    assert telling.source_of(found) is None
    assert telling.source_of(Passage()) is None


def test_redirects_and_answers_are_said():
    rules = "{hosts: [quay], http: [{redirect: {uri: /x}}]}"
    _found, steps = passage(obj("VirtualService", "v", rules), host="quay")
    assert "301" in steps[-1].text
    rules = "{hosts: [quay], http: [{directResponse: {status: 418}}]}"
    _found, steps = passage(obj("VirtualService", "v", rules), host="quay")
    assert "418" in steps[-1].text


def test_a_fault_ends_with_its_status():
    here = Source(path="a", line=1)
    assert (telling.fault(418, here).status, telling.fault(None, here).status) == (418, 500)
    assert telling.fault(None, here).flag == "FI"


def test_the_line_of_a_destination_is_its_own_where_it_has_one():
    found, _steps = passage(RULE, host="quay")
    assert telling.place_of(found, 0) != telling.source_of(found)
    assert telling.place_of(found, 9) == telling.source_of(found)


def test_a_chain_that_cannot_understand_what_it_gets_is_not_said_to_take_it():
    text = INGRESS + gateway("gw", server(443, "HTTPS", "['*']", "{mode: MUTUAL}"))
    chain = traced(push_of(BASE + text), "https://a.example/", "deploy/ingress").steps[-1]
    assert chain.text == "is chosen, and cannot take TLS without a client certificate"
