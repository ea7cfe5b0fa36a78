import pytest

from why503.mesh.glossary import number_entries
from why503.mesh.glossary_tls import TLS_NUMBERS, tls_name


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (268435703, "WRONG_VERSION_NUMBER"),
        (268435581, "CERTIFICATE_VERIFY_FAILED"),
        (268435648, "PEER_DID_NOT_RETURN_A_CERTIFICATE"),
        (268435612, "HTTP_REQUEST"),
        (268436496, "SSLV3_ALERT_HANDSHAKE_FAILURE"),
        (268436501, "SSLV3_ALERT_CERTIFICATE_EXPIRED"),
        (268436504, "TLSV1_ALERT_UNKNOWN_CA"),
        (268436526, "TLSV1_ALERT_PROTOCOL_VERSION"),
        (268436572, "TLSV1_ALERT_CERTIFICATE_REQUIRED"),
    ],
)
def test_a_tls_number_is_the_library_plus_the_reason(number, name):
    assert TLS_NUMBERS[number] == name
    assert [entry.token for entry in number_entries(str(number))] == [name]


def test_an_alert_without_a_name_is_told_by_its_number():
    assert tls_name(0x10000000 + 1000 + 99) == "alert 99"
    assert tls_name(5) == ""
