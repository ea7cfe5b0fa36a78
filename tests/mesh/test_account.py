import pytest

from tests.mesh.build import HOST, INBOUND, OUTBOUND, SNI, request
from why503.facts import Witness
from why503.mesh.account import destination_of, is_failure, role_of
from why503.mesh.ending import outcome_of
from why503.mesh.failure import Role


@pytest.mark.parametrize(
    ("fields", "role"),
    [
        ({"upstream_cluster": OUTBOUND}, Role.DOWNSTREAM),
        ({"upstream_cluster": OUTBOUND, "server_name": SNI}, Role.DOWNSTREAM),
        ({"upstream_cluster": SNI, "server_name": SNI}, Role.DOWNSTREAM),
        ({"upstream_cluster": INBOUND}, Role.UPSTREAM),
        ({"upstream_cluster": "InboundPassthroughClusterIpv4"}, Role.UPSTREAM),
        ({"upstream_cluster": "PassthroughCluster"}, Role.DOWNSTREAM),
        ({"upstream_cluster": "BlackHoleCluster"}, Role.DOWNSTREAM),
        ({"server_name": SNI}, Role.UPSTREAM),
        ({"upstream_local": "127.0.0.6:41000"}, Role.UPSTREAM),
        ({"upstream_local": "[::6]:41000"}, Role.UPSTREAM),
        ({"upstream_host": "127.0.0.1:8080"}, Role.UPSTREAM),
        ({"upstream_host": "10.1.0.7:8080"}, None),
        ({"witness": Witness.CLIENT}, Role.CLIENT),
    ],
)
def test_the_side_of_a_witness_is_read_from_its_line(
    fields: dict[str, object], role: Role | None
) -> None:
    assert role_of(request(**fields)) is role  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "destination"),
    [
        ({"upstream_cluster": OUTBOUND}, (HOST, 8080)),
        ({"upstream_cluster": INBOUND, "server_name": SNI}, (HOST, 8080)),
        ({"upstream_cluster": INBOUND, "authority": "orders"}, ("orders", 8080)),
        ({"upstream_cluster": INBOUND, "authority": "orders.shop:80"}, ("orders.shop", 80)),
        ({"upstream_cluster": INBOUND, "authority": "10.1.0.7:80"}, ("", 80)),
        ({"upstream_cluster": "", "authority": "orders:8080"}, ("orders", 8080)),
        ({"upstream_cluster": "", "authority": HOST}, (HOST, None)),
        (
            {
                "upstream_cluster": "PassthroughCluster",
                "authority": "",
                "upstream_host": "[2001:db8::9]:443",
            },
            ("2001:db8::9", 443),
        ),
        (
            {
                "upstream_cluster": "BlackHoleCluster",
                "authority": "",
                "downstream_local": "10.9.9.9:5432",
            },
            ("10.9.9.9", 5432),
        ),
        ({"upstream_cluster": "mine", "authority": "[2001:db8::9]:80"}, ("mine", 80)),
        ({"upstream_cluster": SNI, "authority": ""}, (HOST, 8080)),
        ({"upstream_cluster": "", "authority": None}, ("", None)),
    ],
)
def test_the_destination_is_told_by_cluster_sni_authority_or_address(
    fields: dict[str, object], destination: tuple[str, int | None]
) -> None:
    assert destination_of(request(**fields)) == destination  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "flags", "fields", "failed"),
    [
        (404, "-", {"details": "via_upstream"}, False),
        (500, "-", {"details": "via_upstream"}, True),
        (200, "DI", {}, False),
        (200, "RFCF", {}, False),
        (0, "-", {"method": ""}, False),
        (302, "UAEX", {"details": "ext_authz_denied"}, False),
        (403, "UAEX", {"details": "ext_authz_denied"}, True),
        (301, "-", {"details": "direct_response"}, False),
        (503, "-", {"details": "direct_response"}, True),
        (200, "UC", {}, True),
        (404, "NR", {"details": "route_not_found"}, True),
        (200, "DC", {"duration": 3.0}, False),
        (200, "DC", {"duration": 1500.0}, True),
        (0, "DC", {"duration": 3.0}, True),
    ],
)
def test_only_what_went_wrong_in_the_mesh_or_a_5xx_is_a_failure(
    code: int, flags: str, fields: dict[str, object], failed: bool
) -> None:
    told = request(code, flags, **fields)
    assert is_failure(told, outcome_of(told)) is failed
