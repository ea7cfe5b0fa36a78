import json

from why503.evidence.redaction.structure import hide_structure


def hidden(text: str) -> str:
    return hide_structure(text, lambda _kind: None)


def test_data_before_the_kind_is_hidden_too_and_the_neighbour_stays() -> None:
    text = """items:
- data:
    a: hunter2
  kind: Secret
- data:
    a: stays
  kind: ConfigMap
"""
    assert "hunter2" not in hidden(text)
    assert "a: stays" in hidden(text)


def test_the_secrets_of_a_json_list_are_hidden_and_it_stays_json() -> None:
    items = [
        {"data": {"a": "hunter2", "b": "hunter2"}, "kind": "Secret", "metadata": {"name": "x"}},
        {"data": {"a": "stays"}, "kind": "ConfigMap"},
    ]
    told = json.loads(hidden(json.dumps({"items": items})))
    assert told["items"][0]["data"] == {"a": "***", "b": "***"}
    assert told["items"][0]["metadata"] == {"name": "x"}
    assert told["items"][1] == items[1]


def test_an_environment_ends_where_its_list_ends() -> None:
    text = "env:\n- name: A\n  value: hello hunter2\nports:\n- name: web\n  value: hello zorbank\n"
    told = hidden(text)
    assert "hunter2" not in told
    assert "zorbank" in told


def test_a_copy_of_the_applied_object_is_hidden() -> None:
    text = '{"kubectl.kubernetes.io/last-applied-configuration":"{\\"a\\":\\"hunter2\\"}","b":1}'
    assert json.loads(hidden(text))["b"] == 1
    assert "hunter2" not in hidden(text)
