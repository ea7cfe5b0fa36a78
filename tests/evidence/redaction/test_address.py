import pytest

from why503.evidence.redaction.address import Addresses


@pytest.mark.parametrize("kept", ["127.0.0.6", "0.0.0.0", "169.254.20.10", "240.240.3.4", "::1"])
def test_an_address_that_means_the_same_everywhere_stays(kept: str) -> None:
    assert Addresses(b"k").token(kept) == kept


@pytest.mark.parametrize("private", ["10.1.2.3", "172.20.1.1", "192.168.7.7", "100.64.1.1"])
def test_an_address_stays_in_its_range(private: str) -> None:
    token = Addresses(b"k").token(private)
    assert token is not None
    assert token != private
    assert token.partition(".")[0] == private.partition(".")[0]


def test_a_public_address_stays_public_and_loses_its_owner() -> None:
    from ipaddress import ip_address

    token = Addresses(b"k").token("52.1.2.3")
    assert token is not None
    assert ip_address(token).is_global
    assert not token.startswith("52.")


def test_a_network_is_named_by_its_first_address() -> None:
    assert str(Addresses(b"k").token("10.42.0.0", 16)).endswith(".0.0")


def test_what_is_no_address_has_no_token() -> None:
    assert Addresses(b"k").token("10.1.2.300") is None
