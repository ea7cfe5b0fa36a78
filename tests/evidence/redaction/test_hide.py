from collections import Counter

import pytest

from why503.evidence.redaction.hide import hide, variable


@pytest.mark.parametrize(
    ("text", "kind"),
    [("GET /a?b=hunter2 HTTP/1.1", "query string"), ("bob.hunter2@acme.com", "e-mail address"),
     ("password: hunter2", "secret"), ("api_key='x hunter2'", "secret"),
     ('"inlineBytes": "hunter2"', "key or certificate"),
     ("-----BEGIN X-----\nhunter2\n-----END X-----", "key or certificate")],
)  # fmt: skip
def test_what_is_hidden_is_counted_by_kind(text: str, kind: str) -> None:
    counts: Counter[str] = Counter()
    told = hide(text, lambda found: counts.update([found]))
    assert "hunter2" not in told
    assert counts[kind] == 1


def test_a_name_that_only_sounds_secret_stays_for_the_join() -> None:
    text = "secretName: orders-cert"
    assert hide(text, lambda _kind: None) == text


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [("TIMEOUT", "65", True), ("TIMEOUT", "1m30s", True), ("DEBUG", "true", True),
     ("PIN", "65", False), ("GREETING", "hello zorbank", False), ("NUMBER", "123456789", False)],
)  # fmt: skip
def test_a_variable_stays_where_it_is_a_setting(name: str, value: str, *, kept: bool) -> None:
    assert (variable(name, value, lambda _kind: None) == value) is kept
