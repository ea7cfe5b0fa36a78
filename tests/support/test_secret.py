import pytest

from why503.support.secret import MASK, RAW_LENGTH, mask, raw

KEY = "-----BEGIN RSA PRIVATE KEY-----\nhunter2hunter2\n-----END RSA PRIVATE KEY-----\nnext"


@pytest.mark.parametrize(
    "text",
    ["Authorization: Bearer hunter2hunter2", '"authorization":"Basic hunter2hunter2"',
     "got bearer hunter2hunter2", "cookie: a=hunter2; b=hunter2", '"cookie":"a=hunter2"',
     "Set-Cookie: s=hunter2", "/x?token=hunter2&y=1", "postgres://me:hunter2@db/x",
     "redis://:hunter2@cache", KEY,
     "eyJhunter2hunter2.eyJhunter2.hunter2"],
)  # fmt: skip
def test_secrets_are_masked(text: str) -> None:
    assert "hunter2" not in mask(text)
    assert MASK in mask(text)


@pytest.mark.parametrize(
    "text",
    ["GET /orders?page=2 HTTP/1.1", "outbound|80||orders.shop.svc.cluster.local",
     "spiffe://cluster.local/ns/shop/sa/web", "http://orders:8080/x"],
)  # fmt: skip
def test_ordinary_text_stays(text: str) -> None:
    assert mask(text) == text


def test_what_follows_a_private_key_stays() -> None:
    assert mask(KEY).endswith("next")


def test_a_line_is_cut_after_masking_so_that_no_half_secret_stays() -> None:
    text = "x" * (RAW_LENGTH - 30) + " postgres://me:hunter2hunter2@db"
    assert "hunter2" not in raw(text)
    assert len(raw("x" * 9 * RAW_LENGTH)) == RAW_LENGTH


@pytest.mark.parametrize(
    "text", ["--password hunter2Secret", "-api.token 'abc123def'", "x --key-secret abcdef"]
)
def test_what_follows_a_flag_that_asks_for_a_secret_is_masked(text):
    assert mask(text).rstrip("'").endswith("***")


@pytest.mark.parametrize(
    "text", ["--token-file /run/token", "--secret-name quay", "the token - is"]
)
def test_names_and_files_of_secrets_are_none(text):
    assert mask(text) == text
