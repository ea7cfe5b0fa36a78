import json

from tests.evidence.any_json import assert_takes_any_json
from tests.evidence.fuzz import CONTEXT
from why503.evidence import config_dump
from why503.facts import Certificate, LoadedEndpoint

DUMP = {
    "certificates": [
        {
            "identity": "spiffe://cluster.local/ns/books/sa/shelf",
            "state": "Available",
            "certChain": [
                {
                    "pem": "hidden",
                    "serialNumber": "17",
                    "validFrom": "2026-01-01T00:00:00Z",
                    "expirationTime": "2026-01-02T00:00:00Z",
                }
            ],
            "rootCerts": [{"serialNumber": "1"}],
        }
    ],
    "policies": [{"name": "deny"}],
    "services": [],
    "workloads": [
        {
            "uid": "k//Pod/books/shelf-0",
            "workloadIps": ["10.1.0.4", "fd00::4"],
            "protocol": "HBONE",
            "name": "shelf-0",
            "namespace": "books",
            "serviceAccount": "shelf",
            "status": "Unhealthy",
        },
        {"uid": "k//Pod/books/old-0", "workloadIps": ["10.1.0.5"], "protocol": "TCP"},
    ],
}


def test_workloads_become_endpoints_and_what_is_not_read_is_said():
    text = json.dumps(DUMP, indent=1)
    assert config_dump.bid(text) >= 0.9
    reading = config_dump.read(text, CONTEXT)
    workloads = [fact for fact in reading.facts if isinstance(fact, LoadedEndpoint)]
    assert [(w.address, w.tls_mode, w.health) for w in workloads] == [
        ("10.1.0.4", "HBONE", "UNHEALTHY"),
        ("fd00::4", "HBONE", "UNHEALTHY"),
        ("10.1.0.5", "", "HEALTHY"),
    ]
    assert workloads[0].workload == "books/shelf-0"
    (unread,) = reading.unread
    assert "policies were not" in unread.reason


def test_certificates_are_told_by_identity_without_their_text():
    reading = config_dump.read(json.dumps(DUMP), CONTEXT)
    own, root = [fact for fact in reading.facts if isinstance(fact, Certificate)]
    assert (own.sans, own.is_ca) == (("spiffe://cluster.local/ns/books/sa/shelf",), False)
    assert own.expires == 1767312000.0
    assert root.is_ca
    assert "hidden" not in repr(reading.facts)


def test_takes_any_json():
    assert_takes_any_json(config_dump, DUMP)
