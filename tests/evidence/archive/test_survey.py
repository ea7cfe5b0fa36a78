import pytest

from tests.evidence.archive.test_bundle_kind import (
    BUG_REPORT,
    CLUSTER_INFO,
    MUST_GATHER,
    TROUBLESHOOT,
)
from why503.evidence.archive import Surveys


def surveyed(*names: str, group: str = "x.tgz", is_archive: bool = True) -> Surveys:
    surveys = Surveys()
    for name in names:
        surveys.add(group, name, is_archive=is_archive)
    return surveys


@pytest.mark.parametrize(
    ("names", "name", "teller"),
    [
        (BUG_REPORT, BUG_REPORT[2], "shop/cart-0"),
        (BUG_REPORT, BUG_REPORT[4], "istio-system/istiod-1"),
        (CLUSTER_INFO, CLUSTER_INFO[3], "shop/cart-0"),
        (TROUBLESHOOT, TROUBLESHOOT[2], "shop/cart-0"),
        (MUST_GATHER, MUST_GATHER[2], "shop/cart-0"),
    ],
)
@pytest.mark.parametrize("is_archive", [True, False])
def test_the_pod_tells_in_the_bundles_of_known_tools(
    names: tuple[str, ...], name: str, teller: str, *, is_archive: bool
) -> None:
    assert surveyed(*names, is_archive=is_archive).teller("x.tgz", name) == teller


def test_folders_tell_in_other_archives_without_the_one_that_holds_all() -> None:
    surveys = surveyed("bundle/server/app.log", "bundle/client/app.log", "bundle/a.yaml")
    assert surveys.teller("x.tgz", "bundle/server/app.log") == "server"
    assert surveys.teller("x.tgz", "bundle/a.yaml") == ""


def test_an_archive_inside_another_tells_by_its_own_name() -> None:
    surveys = surveyed("logs/app.log", group="x.tgz!pods/cart-0.tar.gz")
    surveys.add("x.tgz!pods/cart-0.tar.gz", "etc/app.yaml", is_archive=True)
    assert surveys.teller("x.tgz!pods/cart-0.tar.gz", "logs/app.log") == "pods/cart-0/logs"


def test_several_archives_are_told_apart() -> None:
    surveys = surveyed("app.log", group="./before.tgz")
    surveys.add("after.zip", "app.log", is_archive=True)
    assert surveys.teller("./before.tgz", "app.log") == "before"
    assert surveys.teller("after.zip", "app.log") == "after"


def test_a_folder_without_a_known_tool_leaves_the_teller_as_it_is() -> None:
    assert surveyed("a/app.log", is_archive=False).teller("x.tgz", "a/app.log") == ""
    assert surveyed().teller("", "app.log") == ""


def test_what_could_not_be_collected_is_no_evidence_and_is_said() -> None:
    errors = "support-bundle-1/cluster-resources/pods-errors.json"
    surveys = surveyed(*TROUBLESHOOT, errors)
    assert not surveys.is_evidence("x.tgz", errors)
    assert surveys.is_evidence("x.tgz", TROUBLESHOOT[2])
    never, failed = surveys.notices()
    assert "holds nothing of Envoy's admin pages" in never.reason
    assert "1 files that say what could not be collected" in failed.reason
    assert never.count == failed.count == 0


def test_a_plain_archive_has_no_notice() -> None:
    assert surveyed("a.log", "b-errors.json").notices() == []
