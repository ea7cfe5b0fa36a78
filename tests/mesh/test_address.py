import pytest

from why503.mesh.address import (
    ClusterName,
    cluster_name,
    is_address,
    is_public,
    is_service_name,
    server_name,
    short_name,
    split_host,
)


def test_a_cluster_name_is_taken_apart() -> None:
    assert cluster_name("outbound|8080|v1|orders.shop.svc.cluster.local") == ClusterName(
        direction="outbound", port=8080, subset="v1", host="orders.shop.svc.cluster.local"
    )
    assert cluster_name("inbound|80||") == ClusterName(
        direction="inbound", port=80, subset="", host=""
    )
    assert cluster_name("inbound|80|http|orders.shop.svc.cluster.local") == ClusterName(
        direction="inbound", port=80, subset="", host="orders.shop.svc.cluster.local"
    )
    assert cluster_name("PassthroughCluster") is None


@pytest.mark.parametrize("subset", ["", "v1", "v_1"])
def test_a_mesh_sni_is_taken_apart(subset: str) -> None:
    found = server_name(f"outbound_.8080_.{subset}_.orders.shop.svc.cluster.local")
    assert found is not None
    assert (found.port, found.subset, found.host[:6]) == (8080, subset, "orders")
    assert server_name("orders.example.com") is None


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("orders:80", "orders", 80),
        ("[2001:db8::1]:80", "2001:db8::1", 80),
        ("2001:db8::1", "2001:db8::1", None),
        ("orders", "orders", None),
        ("orders:²", "orders:²", None),
        (None, "", None),
    ],
)
def test_host_and_port_are_split(text: str | None, host: str, port: int | None) -> None:
    assert split_host(text) == (host, port)


@pytest.mark.parametrize(
    ("text", "public"),
    [("8.8.8.8", True), ("203.0.113.9", True), ("2001:db8::1", True), ("10.0.0.1", False),
     ("240.240.0.3", False), ("127.0.0.1", False), ("fd00::1", False), ("orders", False)],
)  # fmt: skip
def test_public_addresses_are_outside_private_and_placeholder_ranges(
    text: str, public: bool
) -> None:
    assert is_public(text) is public


def test_names_and_addresses_are_told_apart() -> None:
    assert is_address("::1")
    assert not is_address("orders")
    assert is_service_name("orders.shop.svc.cluster.local")
    assert not is_service_name("api.example.com")


@pytest.mark.parametrize(
    ("host", "parts"),
    [("orders.shop.svc.cluster.local", ("orders", "shop")), ("orders.shop", ("orders", "shop")),
     ("orders", ("orders", "")), ("api.example.com", ("api.example.com", ""))],
)  # fmt: skip
def test_a_service_name_is_shortened(host: str, parts: tuple[str, str]) -> None:
    assert short_name(host) == parts
