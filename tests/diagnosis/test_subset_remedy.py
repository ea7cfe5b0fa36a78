from tests.mesh.make import mesh_of
from why503.diagnosis.subset_remedy import define_subset, give_pods

HOST = "orders.shop.svc.cluster.local"
RULE = """
    kind: DestinationRule
    metadata: {name: colours, namespace: shop}
    spec:
      host: orders
      subsets:
      - {name: green, labels: {colour: green, tier: web}}
    """


def test_a_subset_that_no_rule_defines_gets_a_new_one():
    remedy = define_subset(mesh_of(), HOST, "green", "shop")
    (new,) = remedy.edits
    assert new.data["spec"]["subsets"] == [{"name": "green", "labels": {"version": "green"}}]
    assert remedy.undo == "kubectl -n shop delete destinationrule orders"


def test_a_rule_of_the_host_is_not_deleted_to_undo_it():
    remedy = define_subset(mesh_of(RULE), HOST, "blue", "shop")
    (append,) = remedy.edits
    assert (append.target.name, append.path) == ("colours", ("spec", "subsets"))
    assert append.value == {"name": "blue", "labels": {"version": "blue"}}
    assert "is a guess" in remedy.derived[0]
    assert remedy.undo == "kubectl -n shop edit destinationrule colours"


PODS = """
    kind: Deployment
    metadata: {name: orders-blue, namespace: shop}
    spec: {template: {metadata: {labels: {app: orders, colour: blue}}}}
    ---
    kind: Service
    metadata: {name: orders, namespace: shop}
    spec: {selector: {app: orders}}
    """


def test_labels_are_those_that_the_pods_carry():
    (new,) = define_subset(mesh_of(PODS), HOST, "blue", "shop").edits
    assert new.data["spec"]["subsets"] == [{"name": "blue", "labels": {"colour": "blue"}}]
    assert new.beside.name == "orders"


def test_an_empty_subset_is_given_pods_with_the_labels_that_it_wants():
    remedy = give_pods(mesh_of(RULE), HOST, "green", "shop")
    assert "Deploy green" in remedy.title
    assert remedy.patches == ()
    assert remedy.commands == (
        "kubectl -n shop get pods -l colour=green,tier=web --show-labels",
        "kubectl -n shop edit destinationrule colours",
    )


def test_without_the_rule_the_subset_is_named_and_the_rule_is_not():
    remedy = give_pods(mesh_of(), HOST, "green", "shop")
    assert "green" in remedy.title
    assert remedy.commands == (
        "kubectl -n shop get pods --show-labels",
        "kubectl -n shop edit destinationrule <destinationrule>",
    )
