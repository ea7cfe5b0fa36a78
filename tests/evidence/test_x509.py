from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from why503.evidence.x509 import _certificate, certificates_of
from why503.support.duration import clock

PEM = Path(__file__).with_name("certificate.pem").read_text(encoding="ascii")


def test_a_certificate_tells_its_names_and_days():
    (found,) = certificates_of("some text\n" + PEM)
    assert (found.subject, found.issuer) == ("O=books, CN=desk", "O=books, CN=desk")
    assert (found.serial, found.is_ca) == ("8a01", False)
    assert found.sans == (
        "spiffe://cluster.local/ns/books/sa/desk",
        "desk.books",
        "10.1.0.4",
        "fd00::4",
    )
    assert found.valid_from is not None
    assert found.expires is not None
    assert clock(found.valid_from) == "2026-11-21T01:34:12.000Z"
    assert clock(found.expires) == "2026-12-21T01:34:12.000Z"


def test_damaged_certificates_are_passed_over():
    damaged = PEM.replace("MIIB2T", "MIIB2D", 1)
    assert len(list(certificates_of(damaged + PEM))) == 1
    assert list(certificates_of(PEM[:300])) == []


@given(st.binary(max_size=300))
def test_bytes_that_are_no_certificate_end_in_one_of_the_known_ways(data):
    try:
        _certificate(data)
    except (ValueError, IndexError, OverflowError):
        return
