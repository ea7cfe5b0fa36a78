import json

from tests.evidence.any_json import assert_takes_any_json
from tests.evidence.fuzz import CONTEXT, assert_never_raises
from why503.evidence import certs

OWN = {
    "path": "<inline>",
    "serial_number": "8A01",
    "subject_alt_names": [{"uri": "spiffe://cluster.local/ns/books/sa/desk"}, {"dns": "desk"}],
    "days_until_expiration": "0",
    "valid_from": "2026-01-01T00:00:00Z",
    "expiration_time": "2026-01-02T00:00:00Z",
}
ROOT = {**OWN, "serial_number": "01", "subject_alt_names": [], "days_until_expiration": "3649"}
PAGE = {"certificates": [{"ca_cert": [ROOT], "cert_chain": [OWN]}] * 3}


def test_a_certificate_of_many_contexts_is_told_once():
    text = json.dumps(PAGE, indent=1)
    assert certs.bid(text) >= 0.9
    reading = certs.read(text, CONTEXT)
    root, own = reading.facts
    assert (root.is_ca, own.is_ca) == (True, False)
    assert (own.serial, own.name, own.days) == ("8a01", "inline", 0)
    assert own.sans == ("spiffe://cluster.local/ns/books/sa/desk", "desk")
    assert (own.valid_from, own.expires) == (1767225600.0, 1767312000.0)
    assert "8A01" in text.splitlines()[own.source.line - 1]
    assert reading.unread == []


def test_a_proxy_without_certificates_is_told():
    (unread,) = certs.read('{\n "certificates": []\n}\n', CONTEXT).unread
    assert "has loaded none" in unread.reason


def test_certificates_of_something_else_are_left_alone():
    assert certs.bid('{"certificates": [{"name": "x"}]}') == 0.0


def test_takes_any_json():
    assert_takes_any_json(certs, PAGE)


def test_never_raises():
    assert_never_raises(certs, json.dumps(PAGE, indent=1))
