import base64
import json
from pathlib import Path

from why503.evidence import x509
from why503.evidence.redaction.redactor import Redactor

PEM = (Path(__file__).parents[1] / "certificate.pem").read_text()


def test_a_certificate_keeps_its_dates_and_loses_its_key_and_names() -> None:
    told = Redactor(b"k").text(PEM)
    before, after = list(x509.certificates_of(PEM)), list(x509.certificates_of(told))
    assert len(before) == len(after) > 0
    for old, new in zip(before, after, strict=True):
        assert (new.valid_from, new.expires) == (old.valid_from, old.expires)
        assert new.serial != old.serial
    assert not set(told.split()[2:6]) & set(PEM.split()[2:6])


def test_a_certificate_in_a_string_of_json_keeps_its_line_breaks() -> None:
    text = json.dumps({"inline_string": PEM})
    told = json.loads(Redactor(b"k").text(text))["inline_string"]
    assert told.count("\n") == PEM.count("\n")
    assert len(list(x509.certificates_of(told))) == len(list(x509.certificates_of(PEM)))


def test_a_certificate_in_base64_is_rewritten_and_a_key_is_hidden() -> None:
    packed = base64.b64encode(PEM.encode()).decode()
    told = json.loads(Redactor(b"k").text(json.dumps({"inline_bytes": packed})))["inline_bytes"]
    assert told != packed
    assert list(x509.certificates_of(base64.b64decode(told).decode()))
    key = base64.b64encode(b"-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----").decode()
    assert json.loads(Redactor(b"k").text(json.dumps({"inline_bytes": key}))) == {
        "inline_bytes": "***"
    }


def test_what_is_no_certificate_is_hidden() -> None:
    text = "-----BEGIN CERTIFICATE-----\nhunter2+\n-----END CERTIFICATE-----"
    assert "hunter2" not in Redactor(b"k").text(text)
