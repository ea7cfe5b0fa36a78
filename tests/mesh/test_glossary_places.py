import pytest

from why503.mesh.glossary_places import place_entries


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("outbound|8080|v1|orders.shop.svc.cluster.local", "subset v1"),
        ("inbound|8080||", "own sidecar"),
        ("BlackHoleCluster", "REGISTRY_ONLY"),
        ("passthroughcluster", "ALLOW_ANY"),
        ("outbound_.8080_._.orders.shop.svc.cluster.local", "mutual TLS"),
        ("127.0.0.6:41000", "own application"),
        ("240.240.7.1", "Placeholder"),
        ("10.0.0.1:15008", "HBONE"),
        ("15021", "healthz"),
    ],
)
def test_names_and_addresses_of_istio_are_known(text, told):
    assert told in " ".join(entry.meaning for entry in place_entries(text))


@pytest.mark.parametrize("text", ["", "10.0.0.1:8080", "99999", "999.1.1.1", "a|b|c|d", "::"])
def test_other_names_and_addresses_are_none(text):
    assert place_entries(text) == ()
