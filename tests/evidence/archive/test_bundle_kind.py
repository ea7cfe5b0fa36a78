import pytest

from why503.evidence.archive.bundle_kind import KINDS, kind_of

BUG_REPORT = (
    "bug-report/versions",
    "bug-report/cluster/crs",
    "bug-report/proxies/shop/cart-0/istio-proxy.log",
    "bug-report/proxies/shop/cart-0/config_dump?include_eds",
    "bug-report/istio/istio-system/istiod-1/discovery.log",
)
CLUSTER_INFO = ("nodes.json", "shop/pods.json", "shop/daemonsets.json", "shop/cart-0/logs.txt")
TROUBLESHOOT = (
    "support-bundle-1/analysis.json",
    "support-bundle-1/cluster-resources/pods/shop.json",
    "support-bundle-1/cluster-resources/pods/logs/shop/cart-0/app-previous.log",
    "support-bundle-1/cluster-resources/nodes.json",
)
MUST_GATHER = (
    "must-gather/sha/cluster-scoped-resources/core/nodes.yaml",
    "must-gather/sha/namespaces/shop/core/pods.yaml",
    "must-gather/sha/namespaces/shop/pods/cart-0/app/app/logs/current.log",
)


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (BUG_REPORT, "istioctl bug-report"),
        (CLUSTER_INFO, "kubectl cluster-info dump"),
        (TROUBLESHOOT, "troubleshoot.sh support bundle"),
        (MUST_GATHER, "must-gather"),
    ],
)
def test_each_tool_is_known_by_the_names_of_its_files(names: tuple[str, ...], kind: str) -> None:
    found = kind_of(names)
    assert found is not None
    assert found.name == kind


@pytest.mark.parametrize("names", [(), ("a.log", "b/c.yaml"), ("nodes.json",)])
def test_a_folder_of_files_is_of_no_kind(names: tuple[str, ...]) -> None:
    assert kind_of(names) is None


def test_every_kind_says_what_it_never_holds() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert all("{path}" in kind.never and "besides" in kind.never for kind in KINDS)
