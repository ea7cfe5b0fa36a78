"""Clues that rest on what a redacted copy does not show: letters of URLs, bytes of a dump."""

from pathlib import Path

import why503

NETTY = (
    "io.netty.handler.codec.http2.Http2Exception: HTTP/2 client preface string missing or corrupt."
)


def findings(folder: Path, text: str) -> list[str]:
    (folder / "told.log").write_text(text, encoding="utf-8")
    return [finding.cause for finding in why503.diagnose(folder).findings]


def test_a_url_with_a_letter_outside_ascii_that_got_a_400_is_malformed(tmp_path: Path) -> None:
    told = (
        "curl -i https://shop.example.com/find?city=Z\u00fcrich, the gateway answers with a 400\n"
    )
    assert findings(tmp_path, told)[:1] == ["url-malformed"]


def test_a_url_of_plain_letters_that_got_a_400_is_not(tmp_path: Path) -> None:
    told = "curl -i https://shop.example.com/find?city=Bern, the gateway answers with a 400\n"
    assert "url-malformed" not in findings(tmp_path, told)


def test_a_grpc_server_that_gets_a_post_of_http1_is_a_mismatch(tmp_path: Path) -> None:
    told = f"{NETTY} Hex dump for received bytes: 504f5354202f6c65646765\n"
    assert findings(tmp_path, told)[:1] == ["h2-mismatch"]


def test_a_grpc_server_that_gets_a_tls_handshake_is_not(tmp_path: Path) -> None:
    told = f"{NETTY} Hex dump for received bytes: 16030101fc010001f80303\n"
    assert "h2-mismatch" not in findings(tmp_path, told)
