from tests.mesh.make import obj
from tests.mesh.traced.test_gateway_server import gateway, server
from tests.mesh.traced.world import (
    BASE,
    DESK,
    INGRESS,
    QUAY,
    end,
    push_of,
    service,
    traced,
    workload,
)

BARE = service("quay", "{name: http, port: 9080}") + workload("quay", "app: quay", sidecar=False)


def rule(mode):
    return obj(
        "DestinationRule", "quay", f"{{host: quay, trafficPolicy: {{tls: {{mode: {mode}}}}}}}"
    )


def peer(mode):
    return obj("PeerAuthentication", "p", f"{{mtls: {{mode: {mode}}}}}")


def ends(text, url="http://quay:9080/"):
    found = end(push_of(DESK + text), url)
    return found.id, found.status, found.flag


def test_auto_mtls_fits_whatever_the_server_takes():
    for mode in ("STRICT", "PERMISSIVE", "DISABLE"):
        assert ends(QUAY + peer(mode))[0] == "passes", mode
    assert ends(BARE)[0] == "passes"


def test_a_rule_that_does_not_fit_the_server_fails_as_the_caller_sees_it():
    assert ends(QUAY + peer("STRICT") + rule("DISABLE")) == ("no-filter-chain", 503, "UC")
    assert ends(QUAY + peer("STRICT") + rule("SIMPLE")) == ("mtls-error", 503, "URX,UF")
    assert ends(QUAY + peer("DISABLE") + rule("ISTIO_MUTUAL")) == ("protocol-error", 503, "URX,UF")
    assert ends(BARE + rule("ISTIO_MUTUAL")) == ("tls-error", 503, "URX,UF")
    assert ends(QUAY + peer("PERMISSIVE") + rule("DISABLE"))[0] == "passes"


def test_tcp_goes_through_both_proxies_in_mutual_tls():
    text = service("quay", "{name: tcp, port: 70}") + workload("quay", "app: quay")
    assert ends(text + peer("STRICT"), "tcp://quay:70")[0] == "passes"
    assert ends(text + peer("STRICT"), "tls://quay:70")[0] == "passes"
    refused = end(push_of(DESK + text + peer("STRICT") + rule("DISABLE")), "tcp://quay:70")
    assert (refused.id, refused.status) == ("no-filter-chain", None)


def test_a_policy_turns_away_and_both_logs_are_told():
    found = end(
        push_of(DESK + QUAY + obj("AuthorizationPolicy", "none", "{}")), "http://quay:9080/"
    )
    assert (found.id, found.status, found.details) == ("denied", 403, "via_upstream")
    assert found.far == "rbac_access_denied_matched_policy[none]"


def test_policies_and_modes_stand_at_the_steps_that_they_decide():
    allow = obj("AuthorizationPolicy", "all", "{rules: [{}]}")
    (branch,) = traced(push_of(DESK + QUAY + allow + peer("STRICT")), "http://quay:9080/").branches
    told = [one.says for step in branch.steps for one in step.applied]
    assert "the server takes mTLS: STRICT" in told
    assert "the caller's proxy speaks mutual TLS" in told
    assert told[-1] == "ALLOW: a rule takes it"


def test_a_policy_that_cannot_be_judged_leaves_it_open():
    custom = obj("AuthorizationPolicy", "c", "{action: CUSTOM, rules: [{}]}")
    found = end(push_of(DESK + QUAY + custom), "http://quay:9080/")
    assert (found.passes, found.sure) == (True, False)


def test_a_server_of_which_nothing_is_told_is_taken_to_have_a_proxy():
    text = service("quay", "{name: http, port: 9080}") + workload("quay", "app: quay", sidecar=None)
    found = traced(push_of(DESK + text), "http://quay:9080/")
    assert any("deployment/quay" in sentence for sentence in found.assumed)


def test_a_headless_service_is_spoken_to_in_mutual_tls_if_all_its_pods_have_proxies():
    headless = service("quay", "{name: http, port: 9080, targetPort: 8080}", ", clusterIP: None")
    one = workload("quay", "app: quay")
    assert ends(headless + one + peer("STRICT"))[0] == "passes"
    bare = workload("quay-2", "app: quay", sidecar=False)
    mixed = traced(push_of(DESK + headless + one + bare), "http://quay:9080/")
    told = [one.says for branch in mixed.branches for step in branch.steps for one in step.applied]
    assert "the caller's proxy adds no TLS" in told


def test_a_policy_for_a_gateway_is_asked_there():
    deny = obj(
        "AuthorizationPolicy",
        "edge",
        "{selector: {matchLabels: {istio: ingressgateway}}, action: DENY, "
        "rules: [{to: [{operation: {paths: [/a]}}]}]}",
    )
    text = INGRESS + QUAY + gateway("gw", server(80)) + deny
    found = end(push_of(text), "http://a.example/a", "deploy/ingress")
    assert (found.id, found.status) == ("denied", 403)
    assert found.details == "rbac_access_denied_matched_policy[ns[shop]-policy[edge]-rule[0]]"
    assert end(push_of(text), "http://a.example/b", "deploy/ingress").id == "no-route"


def test_pods_that_are_not_given_are_known_by_the_labels_of_their_service():
    alone = service("quay", "{name: http, port: 9080, targetPort: 8080}")
    clash = push_of(alone + peer("STRICT") + rule("DISABLE"))
    found = end(clash, "http://quay:9080/", "deploy/desk")
    assert (found.id, found.sure) == ("no-filter-chain", False)
    fits = end(push_of(alone + peer("STRICT")), "http://quay:9080/")
    assert (fits.id, fits.sure) == ("passes", False)


def test_what_hangs_on_a_sidecar_that_nothing_tells_of_is_not_sure():
    text = service("quay", "{name: http, port: 9080}") + workload("quay", "app: quay", sidecar=None)
    for mode, peers, passes, sure in (
        ("DISABLE", "STRICT", False, False),
        ("ISTIO_MUTUAL", "STRICT", True, False),
        ("DISABLE", "PERMISSIVE", True, True),
    ):
        found = end(push_of(DESK + text + peer(peers) + rule(mode)), "http://quay:9080/")
        assert (found.passes, found.sure) == (passes, sure)


def test_the_policy_that_keeps_a_request_out_is_named():
    empty = obj("AuthorizationPolicy", "closed", "{}")
    other = obj(
        "AuthorizationPolicy",
        "other",
        "{action: DENY, rules: [{to: [{operation: {methods: [PUT]}}]}]}",
        "istio-system",
    )
    found = end(push_of(BASE + other + empty), "http://quay:9080/a")
    assert (found.id, found.far) == ("denied", "rbac_access_denied_matched_policy[none]")
    assert "shop/closed" in found.text
    assert "other" not in found.text
    found = end(push_of(BASE + other + empty), "http://quay:9080/a", method="PUT")
    assert "istio-system/other denies" in found.text
