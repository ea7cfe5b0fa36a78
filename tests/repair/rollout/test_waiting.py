from tests.repair.rollout.world import CANARY, DONE, NOW, SPACE, between, service
from why503.repair.rollout.half import halves
from why503.repair.rollout.waiting import waits_of


def waits(now: str, wanted: str) -> dict[str, list[str]]:
    return {
        f"{one.action} {one.key.kind}": [command for _text, command in waits_of(one)]
        for one in halves(between(now, wanted))
    }


def test_each_change_is_waited_for_by_what_shows_it() -> None:
    found = waits(NOW, CANARY)
    assert found["create Deployment"] == [f"kubectl -n {SPACE} rollout status deployment/quay-v2"]
    sync, cluster = found["change DestinationRule"]
    assert sync == "istioctl proxy-status"
    assert cluster.endswith("--fqdn quay.ferry.svc.cluster.local --subset v2")
    assert "rq_active" in found["change VirtualService"][1]


def test_what_goes_is_not_waited_for() -> None:
    found = waits(NOW, DONE)
    assert found["delete Deployment"] == found["narrow DestinationRule"] == []


def test_the_endpoints_of_a_service_that_changes_are_looked_at() -> None:
    (found,) = waits(service(), service(selector="app: other")).values()
    assert found[0].endswith("get endpointslices -l kubernetes.io/service-name=quay")
