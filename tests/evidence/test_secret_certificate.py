import base64

from tests.evidence.test_x509 import PEM
from why503.evidence.secret_certificate import certificates_told

KEY = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"


def packed(text):
    return base64.b64encode(text.encode()).decode()


def test_a_certificate_tells_its_names_and_times_and_no_more():
    for told in (
        certificates_told(packed(PEM), packed=True),
        certificates_told(PEM, packed=False),
    ):
        (one,) = told
        assert one["subject"] == "O=books, CN=desk"
        assert "desk.books" in one["names"]
        assert one["notAfter"] - one["notBefore"] == 30 * 86400


def test_a_key_beside_it_is_never_kept():
    assert "c2VjcmV0" not in repr(certificates_told(PEM + KEY, packed=False))
    assert certificates_told(packed(KEY), packed=True) == []
    assert certificates_told(KEY + PEM, packed=False) == certificates_told(PEM, packed=False)


def test_what_is_no_certificate_tells_nothing():
    for value in (None, 7, [], "", "hunter2", PEM, packed(PEM)[:40], packed(PEM)[:40] + "\u00e9"):
        assert certificates_told(value, packed=True) == []
