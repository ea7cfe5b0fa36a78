import pytest
from hypothesis import given
from hypothesis import strategies as st

from why503.repair.rollout.command import commands_of, is_path


@pytest.mark.parametrize(
    ("line", "verb", "files", "objects"),
    [
        ("vs.yaml", "apply", ("vs.yaml",), ()),
        ("2. 02-route/", "apply", ("02-route/",), ()),
        ("- a.yaml  # the route", "apply", ("a.yaml",), ()),
        ("kubectl apply -f a.yaml -f b.yaml", "apply", ("a.yaml", "b.yaml"), ()),
        ("$ kubectl -n x apply --filename=a.yaml,b.yaml", "apply", ("a.yaml", "b.yaml"), ()),
        ("kubectl delete -f a.yaml", "delete", ("a.yaml",), ()),
        ("kubectl delete deploy/a svc/b", "delete", (), (("Deployment", "a"), ("Service", "b"))),
        (
            "kubectl delete deployments a b",
            "delete",
            (),
            (("Deployment", "a"), ("Deployment", "b")),
        ),
        (
            "kubectl delete destinationrule.networking.istio.io q",
            "delete",
            (),
            (("DestinationRule", "q"),),
        ),
        ("kubectl scale --replicas=0 deploy/a", "scale", (), (("Deployment", "a"),)),
        ("kubectl rollout status deploy/a --timeout=60s", "wait-pods", (), (("Deployment", "a"),)),
        ("kubectl rollout restart deploy/a", "nothing", (), (("Deployment", "a"),)),
        ("kubectl wait --for=condition=Ready pods -l app=x", "wait-pods", (), ()),
        ("kubectl get pods", "nothing", (), ()),
        ("kubectl apply -k overlay", "unknown", (), ()),
        ("kubectl patch vs quay --type=json", "unknown", (), (("VirtualService", "quay"),)),
        ("sleep 10", "wait-rules", (), ()),
        ("sleep 1", "nothing", (), ()),
        ("istioctl proxy-status", "wait-rules", (), ()),
        ("istioctl version", "nothing", (), ()),
        ("wait", "wait-all", (), ()),
        ("echo done", "nothing", (), ()),
        ("helm upgrade x y", "unknown", (), ()),
        ("KUBECONFIG=x kubectl apply -f a.yaml", "apply", ("a.yaml",), ()),
        ("kubectl apply -f 'a b", "unknown", (), ()),
    ],
)
def test_a_line_is_understood(line: str, verb: str, files: tuple, objects: tuple) -> None:
    (found,) = commands_of(line)
    assert (found.verb, found.files, found.objects) == (verb, files, objects)


@pytest.mark.parametrize(
    "line",
    [
        "kubectl delete deploy -l version=v1 -n ferry",
        "kubectl delete deploy --selector=version=v1",
        "kubectl delete deploy --all",
        "kubectl scale deploy -l version=v1 --replicas=0",
        "kubectl apply --prune -l app=quay -f now/",
        "kubectl replace --force -f a.yaml",
        "kubectl rollout undo deploy/quay-v1",
    ],
)
def test_what_only_the_cluster_knows_is_not_taken_for_a_step(line: str) -> None:
    (found,) = commands_of(line)
    assert found.verb == "unknown"


def test_a_rehearsal_changes_nothing() -> None:
    verbs = [
        one.verb
        for line in (
            "kubectl apply --dry-run=server -f a.yaml",
            "kubectl delete --dry-run=client deploy/a",
            "kubectl apply --dry-run=none -f a.yaml",
        )
        for one in commands_of(line)
    ]
    assert verbs == ["nothing", "nothing", "apply"]


def test_the_value_of_an_option_is_neither_the_command_nor_an_object() -> None:
    (applied,) = commands_of("kubectl --context prod -n ferry apply -f a.yaml")
    assert (applied.verb, applied.namespace) == ("apply", "ferry")
    (waited,) = commands_of("kubectl rollout status deploy --timeout 60s -l app=quay")
    assert (waited.verb, waited.objects) == ("wait-pods", ())


def test_several_commands_of_a_line_are_told_apart_and_comments_left_out() -> None:
    found = [
        one.verb
        for one in commands_of("kubectl apply -f a.yaml && sleep 9; kubectl delete -f b.yaml")
    ]
    assert found == ["apply", "wait-rules", "delete"]
    assert list(commands_of("  # nothing")) == list(commands_of("   ")) == []


def test_namespace_and_replicas_are_taken() -> None:
    (found,) = commands_of("kubectl --namespace=x scale deploy/a --replicas 3")
    assert (found.namespace, found.replicas) == ("x", 3)


def test_only_a_bare_path_is_a_list() -> None:
    assert [is_path(one) for one in commands_of("a.yaml")] == [True]
    assert [is_path(one) for one in commands_of("kubectl apply -f a.yaml")] == [False]


@given(st.text(max_size=200))
def test_any_line_is_survived(line: str) -> None:
    for one in commands_of(line):
        assert one.verb
