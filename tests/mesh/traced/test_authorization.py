import pytest

from tests.mesh.make import obj
from tests.mesh.traced.world import BASE, call, proxy, push_of
from why503.mesh.traced.authorization import Caller, policies_for, verdict
from why503.mesh.traced.call import Speech, Tls

CALLER = Caller(namespace="shop", account="desk", mesh=True, address="10.1.0.5")


def judge(policies, caller=CALLER, **asked):
    push = push_of(BASE + policies)
    told = call(port=8080, tls=Tls.MESH, **{"path": "/a/b", "method": "GET", **asked})
    return verdict(push, proxy(push, "deploy/quay"), told, caller)


def policy(spec, name="p", namespace="shop"):
    return obj("AuthorizationPolicy", name, spec, namespace)


def rules(body, action="ALLOW"):
    return policy(f"{{action: {action}, rules: [{body}]}}")


def test_without_a_policy_everybody_is_let_in():
    assert judge("").allowed is True


def test_an_allow_policy_turns_away_whom_it_does_not_name():
    found = judge(policy("{}"))
    assert (found.allowed, found.details) == (False, "rbac_access_denied_matched_policy[none]")


def test_a_deny_goes_before_an_allow_and_is_named():
    both = rules("{}") + policy("{action: DENY, rules: [{}]}", "never")
    found = judge(both)
    assert found.allowed is False
    assert found.details == "rbac_access_denied_matched_policy[ns[shop]-policy[never]-rule[0]]"


@pytest.mark.parametrize(
    ("rule", "taken"),
    [
        ("{from: [{source: {principals: [cluster.local/ns/shop/sa/desk]}}]}", True),
        ("{from: [{source: {principals: ['*/sa/desk']}}]}", True),
        ("{from: [{source: {notPrincipals: ['*/sa/desk']}}]}", False),
        ("{from: [{source: {namespaces: [web]}}, {source: {namespaces: [shop]}}]}", True),
        ("{from: [{source: {serviceAccounts: [shop/desk]}}]}", True),
        ("{from: [{source: {ipBlocks: [10.1.0.0/16]}}]}", True),
        ("{from: [{source: {notIpBlocks: [10.1.0.0/16]}}]}", False),
        ("{from: [{source: {requestPrincipals: ['*']}}]}", False),
        ("{to: [{operation: {paths: ['/a/*'], methods: [GET]}}]}", True),
        ("{to: [{operation: {paths: ['*/c']}}]}", False),
        ("{to: [{operation: {paths: ['/a/{*}']}}]}", None),
        ("{to: [{operation: {ports: ['8080'], hosts: ['*']}}]}", True),
        ("{to: [{operation: {notMethods: [GET]}}]}", False),
        ("{when: [{key: 'request.headers[x]', values: ['1']}]}", True),
        ("{when: [{key: source.namespace, notValues: [shop]}]}", False),
        ("{when: [{key: destination.port, values: ['8080']}]}", True),
        ("{when: [{key: experimental.thing, values: [a]}]}", None),
    ],
)
def test_each_condition_is_judged_or_left_open(rule, taken):
    found = judge(rules(rule), host="quay", headers={"x": "1"})
    assert found.allowed is taken


def test_a_caller_without_mutual_tls_has_no_name_and_an_unknown_one_is_open():
    named = rules("{from: [{source: {principals: ['*']}}]}")
    assert judge(named, Caller(namespace="shop", account="desk", mesh=False)).allowed is False
    exact = rules("{from: [{source: {principals: [cluster.local/ns/shop/sa/desk]}}]}")
    assert judge(exact, Caller(namespace="shop", account="", mesh=True)).allowed is None
    blocks = rules("{from: [{source: {ipBlocks: [10.1.0.0/16]}}]}")
    assert judge(blocks, Caller(namespace="shop", account="", mesh=True)).allowed is None


def test_http_conditions_never_allow_tcp_and_always_deny_it():
    tcp = {"speech": Speech.TCP}
    operation = "{to: [{operation: {methods: [GET]}}]}"
    assert judge(rules(operation), **tcp).allowed is False
    assert judge(rules(operation, "DENY"), **tcp).allowed is False
    token = "{from: [{source: {requestPrincipals: ['*']}}]}"
    assert judge(rules(token), **tcp).allowed is False


def test_what_another_decides_is_open():
    assert judge(policy("{action: CUSTOM, provider: {name: x}, rules: [{}]}")).allowed is None


def test_policies_of_the_mesh_the_namespace_and_the_workload_apply():
    text = (
        policy("{}", "mesh", "istio-system")
        + policy("{}", "space")
        + policy("{selector: {matchLabels: {app: quay}}}", "own")
        + policy("{selector: {matchLabels: {app: desk}}}", "other")
        + policy("{targetRefs: [{kind: Service, name: quay}]}", "waypoint")
        + policy("{}", "far", "web")
    )
    push = push_of(BASE + text)
    found = policies_for(push, proxy(push, "deploy/quay"))
    assert [one.name for one in found] == ["mesh", "own", "space"]
