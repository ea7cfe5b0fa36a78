from why503.repair.fixed import SCHEMA, Outcome, State


def test_ids_of_the_contract_do_not_change_unnoticed():
    assert SCHEMA == "why503/fix/v1"
    assert [one.value for one in Outcome] == ["changes", "no-change", "no-finding"]
    states = ["offered", "in-place", "elsewhere", "refused", "by-hand"]
    assert [one.value for one in State] == states
