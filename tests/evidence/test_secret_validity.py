import base64

from tests.evidence.test_x509 import PEM
from why503.evidence.secret_validity import certificates_in
from why503.facts import Source


def found_in(secret):
    return list(certificates_in(secret, "default", Source(path="dump.json"), "desk"))


def test_chains_and_authorities_are_told_apart_in_both_spellings():
    packed = base64.b64encode(PEM.encode()).decode()
    secret = {
        "tlsCertificate": {
            "certificateChain": {"inlineBytes": packed},
            "privateKey": {"inlineBytes": "c2VjcmV0"},
        }
    }
    (own,) = found_in(secret)
    (root,) = found_in({"validation_context": {"trusted_ca": {"inline_string": PEM}}})
    assert (own.name, own.serial, own.is_ca, root.is_ca) == ("default", "8a01", False, True)
    assert "c2VjcmV0" not in repr(own)


def test_what_holds_no_certificate_gives_none():
    for data in ({"filename": "/etc/x"}, {"inline_bytes": "?"}, {"inline_string": "x"}, 7):
        assert found_in({"tls_certificate": {"certificate_chain": data}}) == []
