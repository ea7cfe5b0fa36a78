from why503.mesh.crd import schema

API = "networking.istio.io/v1"


def test_an_unknown_version_is_held_against_the_nearest():
    assert schema.known((1, 12)) == schema.OLDEST
    assert schema.known((1, 99)) == schema.NEWEST


def test_every_known_minor_has_its_schemas():
    for minor in range(schema.OLDEST[1], schema.NEWEST[1] + 1):
        assert schema.schema_of((1, minor), "networking.istio.io/v1beta1", "Sidecar") is not None


def test_v1_came_later_than_v1beta1():
    assert schema.schema_of((1, 20), API, "Sidecar") is None
    assert schema.served((1, 28), API, "Sidecar") == ("v1", "v1alpha3", "v1beta1")


def test_violations_name_the_place_the_keyword_and_the_names():
    found = schema.schema_of((1, 28), API, "Sidecar")
    assert found is not None
    value = {"spec": {"inbound": {}, "egress": None, "outboundTrafficPolicy": {"mode": "NO"}}}
    told = {(one.path, one.keyword, one.names) for one in schema.violations(found, value)}
    assert (("spec",), "additionalProperties", ("inbound",)) in told
    assert (
        ("spec", "outboundTrafficPolicy", "mode"),
        "enum",
        ("REGISTRY_ONLY", "ALLOW_ANY"),
    ) in told


def test_groups_of_others_are_not_judged():
    assert schema.is_judged("gateway.networking.k8s.io/v1")
    assert not schema.is_judged("apps/v1")
