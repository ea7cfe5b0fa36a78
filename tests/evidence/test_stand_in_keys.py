import base64

import pytest

from why503.evidence.reader import Context
from why503.evidence.stand_in_keys import WORDS, stand_in, stand_in_event, without_address
from why503.facts import ProxyEventKind

URL = "https://login.corp.example/keys"


def modulus(url: str) -> str:
    return base64.urlsafe_b64encode(f"{WORDS}{url}".encode()).decode().rstrip("=")


@pytest.mark.parametrize("url", [URL, f"{URL}.", f"{URL}.j", f"{URL}.js", ""])
def test_the_address_that_could_not_be_reached_is_told_whatever_its_length(url):
    assert stand_in(f'{{"e":"AQAB","kid":"abc","n":"{modulus(url)}"}}') == WORDS + url


def test_a_cut_modulus_still_tells_what_it_is():
    assert stand_in(modulus(URL)[:-3]).startswith(WORDS)
    assert stand_in(modulus("")[:40]) == ""


def test_keys_that_an_issuer_gave_are_no_stand_in():
    assert stand_in('{"kid":"abc","n":"RXJyb3I_other"}') == ""


def test_the_password_of_an_address_is_not_kept():
    assert "hunter2" not in stand_in(modulus("https://me:hunter2@login.corp.example/keys"))


def test_the_event_names_the_line_where_the_stand_in_stands():
    context = Context(path="dump.json", teller="gate")
    event = stand_in_event(f'"keys":\n[\n"{modulus(URL)}"]', context, 1, "g")
    assert event is not None
    assert (event.kind, event.source.line) == (ProxyEventKind.JWKS_FETCH_FAILED, 3)
    assert stand_in_event("nothing", context, 1, "g") is None


def test_a_stand_in_without_its_address_is_still_one():
    assert stand_in(without_address(f'"n": "{modulus(URL)}"')) == WORDS
    assert without_address("nothing") == "nothing"
