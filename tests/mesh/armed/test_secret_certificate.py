import pytest

from tests.mesh.make import mesh_of, obj
from why503.facts import Manifest, Source
from why503.mesh.armed.secret_certificate import ended_secrets, ending_secrets, hosts_not_named

DAY = 86400.0
NOW = 1_700_000_000.0  # 2023-11-14T22:13:20Z
STAMPED = (
    "---\nkind: Service\nmetadata: {name: web, creationTimestamp: '2020-01-01T00:00:00Z'}\n"
    "status: {conditions: [{lastTransitionTime: '2023-11-14T22:13:20Z'}]}\n"
)


def secret(begin=NOW - 80 * DAY, end=NOW + 3 * DAY, names=("a.example.com",), **more):
    told = {"names": list(names), "notBefore": begin, "notAfter": end, **more}
    return Manifest(
        source=Source(path="s"),
        kind="Secret",
        name="edge",
        namespace="front",
        data={"data": {"tls.crt": [told], "tls.key": "***"}},
    )


def names(found):
    return [one.values["name"] for one in found]


def test_a_certificate_is_held_against_the_newest_time_given():
    mesh = mesh_of(STAMPED, secret())
    assert names(ending_secrets(mesh)) == ["for a.example.com in Secret front/edge"]
    assert names(ended_secrets(mesh)) == []
    mesh = mesh_of(STAMPED, secret(end=NOW - 1))
    assert names(ending_secrets(mesh)) == []
    assert len(names(ended_secrets(mesh))) == 1


@pytest.mark.parametrize(
    ("text", "one"),
    [
        ("", secret()),
        (STAMPED, secret(end=NOW + 30 * DAY)),
        (STAMPED, secret(begin=NOW - DAY, end=NOW + DAY)),
        (STAMPED, secret(end=None)),
    ],
)
def test_without_a_time_or_with_much_of_it_nothing_is_told(text, one):
    mesh = mesh_of(text, one)
    assert [*ending_secrets(mesh), *ended_secrets(mesh)] == []


def gateway(host, mode="SIMPLE", credential="edge", namespace="front"):
    tls = f"{{mode: {mode}, credentialName: {credential}}}"
    port = "{number: 443, name: https, protocol: HTTPS}"
    spec = f"{{servers: [{{port: {port}, tls: {tls}, hosts: ['{host}']}}]}}"
    return obj("Gateway", "edge", spec, namespace)


def listener(host):
    refs = "{certificateRefs: [{name: edge}]}"
    return obj("Gateway", "edge", f"{{listeners: [{{hostname: '{host}', tls: {refs}}}]}}", "front")


SANS = ("a.example.com", "*.b.example.com")


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        (gateway("c.example.com"), ["c.example.com"]),
        (gateway("shop/c.example.com"), ["c.example.com"]),
        (gateway("x.y.b.example.com"), ["x.y.b.example.com"]),
        (listener("c.example.com"), ["c.example.com"]),
        (gateway("A.example.com"), []),
        (gateway("x.b.example.com"), []),
        (gateway("*.b.example.com"), []),
        (gateway("*.example.com"), []),
        (gateway("*"), []),
        (listener("x.b.example.com"), []),
        (gateway("c.example.com", mode="PASSTHROUGH"), []),
        (gateway("c.example.com", credential="other"), []),
        (gateway("c.example.com", namespace="elsewhere"), []),
    ],
)
def test_a_host_has_to_be_among_the_names(text, hosts):
    found = hosts_not_named(mesh_of(text, secret(names=SANS)))
    assert [one.values["host"] for one in found] == hosts


def test_the_common_name_counts_where_there_are_no_others():
    one = secret(names=(), subject="O=books, CN=a.example.com")
    assert list(hosts_not_named(mesh_of(gateway("a.example.com"), one))) == []
    assert len(list(hosts_not_named(mesh_of(gateway("c.example.com"), one)))) == 1


def test_odd_values_are_passed_over():
    for data in ({"tls.crt": 7}, {"tls.crt": []}, {"tls.crt": [3]}, {"tls.crt": [{"names": 7}]}):
        manifest = Manifest(source=Source(path="s"), kind="Secret", data={"data": data})
        mesh = mesh_of(STAMPED + gateway("a.example.com"), manifest)
        for find in (ending_secrets, ended_secrets, hosts_not_named):
            assert list(find(mesh)) == []
