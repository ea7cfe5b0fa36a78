import subprocess

import pytest

from why503.diagnosis.scenario import Credential
from why503.proof.certificate import Authority, NoOpensslError

NAME = "URI:spiffe://cluster.local/ns/a/sa/b"


def verified(pair):
    command = ["openssl", "verify", "-CAfile", str(pair.root), str(pair.certificate)]
    return subprocess.run(command, capture_output=True, check=False, text=True)


def names(pair):
    command = ["openssl", "x509", "-in", str(pair.certificate), "-noout", "-ext", "subjectAltName"]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def test_a_good_certificate_is_good(tmp_path):
    pair = Authority(tmp_path).issue("a", NAME)
    assert verified(pair).returncode == 0
    assert NAME in names(pair)
    assert "PRIVATE KEY" in pair.key.read_text("ascii")


@pytest.mark.parametrize(
    ("credential", "fault"),
    [(Credential.EXPIRED, "expired"), (Credential.OTHER_ISSUER, "unable to get local issuer")],
)
def test_a_bad_certificate_is_bad_as_said(tmp_path, credential, fault):
    assert fault in verified(Authority(tmp_path).issue("a", NAME, credential)).stderr


def test_another_name_is_valid_for_somebody_else(tmp_path):
    pair = Authority(tmp_path).issue("a", NAME, Credential.OTHER_NAME)
    assert verified(pair).returncode == 0
    assert NAME not in names(pair)


def test_without_openssl_the_need_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoOpensslError, match="openssl"):
        Authority(tmp_path).issue("a", NAME)
