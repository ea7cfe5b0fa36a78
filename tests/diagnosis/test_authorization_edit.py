from tests.mesh.build import inbound, log
from tests.mesh.make import mesh_of, obj
from why503.diagnosis.authorization_edit import excepted, let_in, principal_of


def given(text):
    mesh = mesh_of(text, log(inbound(503, "UC")))
    return mesh.hops[0], mesh


def test_a_caller_that_nobody_shows_keeps_its_placeholder():
    assert principal_of(*given("")).endswith("/sa/<service-account>")


def test_the_caller_is_excepted_from_the_rule_that_matched():
    rules = "{action: DENY, rules: [{to: []}, {from: [{source: {principals: ['*']}}]}]}"
    text = obj("AuthorizationPolicy", "shut", rules)
    (put,) = excepted(*given(text), "shop/shut", "0")
    assert put.path == ("spec", "rules", 0, "from")
    (append,) = excepted(*given(text), "shop/shut", "1")
    assert append.path == ("spec", "rules", 1, "from", 0, "source", "notPrincipals")
    assert excepted(*given(text), "shop/shut", "7") == ()
    assert excepted(*given(text), "shop/other", "0") == ()


def test_the_caller_is_let_in_by_the_one_policy_that_allows():
    text = obj("AuthorizationPolicy", "open", "{rules: [{to: []}]}")
    (append,) = let_in(*given(text))
    assert append.path == ("spec", "rules")
    assert list(append.value["from"][0]["source"]) == ["principals"]
    assert let_in(*given(text + text.replace("open", "more"))) == ()
