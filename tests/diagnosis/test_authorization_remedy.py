from why503.diagnosis.authorization_remedy import caller_let_in, rule_narrowed


def test_an_allow_policy_is_extended_in_the_server_s_namespace():
    remedy = caller_let_in("web", "check", "shop")
    assert remedy.commands == ("check", "kubectl -n shop edit authorizationpolicy <policy>")
    assert "web" in remedy.title


def test_a_deny_rule_is_narrowed_where_it_stands():
    remedy = rule_narrowed("web", "check", "root/no-strangers", "2")
    assert remedy.commands == ("check", "kubectl -n root edit authorizationpolicy no-strangers")
    assert "rule 2 of the DENY policy root/no-strangers" in remedy.title
