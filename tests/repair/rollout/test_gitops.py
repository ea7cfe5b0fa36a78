from tests.repair.rollout.test_controller import APPLICATION, ARGO, IGNORED
from tests.repair.rollout.world import state
from why503.repair.rollout.gitops import reverting


def found(more: str = "") -> list[tuple[str, str]]:
    given = state(ARGO + more)
    (route,), (service,) = given.of("VirtualService"), given.of("Service")
    return [(one.id, one.severity) for one in reverting(service, [route], given)]


def test_an_application_must_leave_the_object_alone_in_a_sync_too() -> None:
    assert found() == [("gitops-may-revert", "note")]
    assert found(APPLICATION % ("true", "", "")) == [("gitops-reverts", "error")]
    assert found(APPLICATION % ("false", "", IGNORED)) == [("gitops-reverts", "warning")]
    assert found(APPLICATION % ("true", "RespectIgnoreDifferences=true", IGNORED)) == []


def test_another_object_that_is_left_alone_does_not_help() -> None:
    other = IGNORED.replace("kind: VirtualService", "kind: VirtualService, name: other")
    told = APPLICATION % ("true", "RespectIgnoreDifferences=true", other)
    assert found(told) == [("gitops-reverts", "error")]


def test_applications_of_others_do_not_count() -> None:
    other = (APPLICATION % ("true", "", "")).replace("argoproj.io/v1alpha1", "app.k8s.io/v1beta1")
    assert found(other) == [("gitops-may-revert", "note")]
