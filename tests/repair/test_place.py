import pytest

from why503.facts import Manifest, Source
from why503.repair.place import conventional, place_of


def one(path, kind, name, namespace="shop", api="networking.istio.io/v1", line=1, **data):
    return Manifest(
        source=Source(path=path, line=line),
        kind=kind,
        api_version=api,
        name=name,
        namespace=namespace,
        data=data,
    )


def new(kind="DestinationRule", name="cart"):
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop"},
    }


def test_a_file_that_gathers_the_kind_takes_it():
    held = [
        one("k/rules.yaml", "DestinationRule", "a"),
        one("k/rules.yaml", "DestinationRule", "b"),
        one("k/cart.yaml", "Service", "cart"),
    ]
    assert place_of(new(), held, "k/cart.yaml").path == "k/rules.yaml"


def test_a_file_that_mixes_kinds_takes_what_belongs_to_it():
    held = [
        one("k/cart.yaml", "Service", "cart"),
        one("k/cart.yaml", "Deployment", "cart"),
        one("k/a-rule.yaml", "DestinationRule", "a"),
    ]
    assert place_of(new(), held, "k/cart.yaml").path == "k/cart.yaml"


@pytest.mark.parametrize(
    ("model", "kind", "name", "path"),
    [
        ("k/web-destination-rule.yaml", "DestinationRule", "web", "k/cart-destination-rule.yaml"),
        ("k/destinationrule-web.yml", "DestinationRule", "web", "k/destinationrule-cart.yml"),
        ("k/web/rule.yaml", "DestinationRule", "web", "k/cart/rule.yaml"),
        ("k/web-virtual-service.yaml", "VirtualService", "web", "k/cart-destination-rule.yaml"),
        ("k/web_virtual_service.yaml", "VirtualService", "web", "k/cart_destination_rule.yaml"),
        ("k/web-VirtualService.yaml", "VirtualService", "web", "k/cart-DestinationRule.yaml"),
        ("k/web.yaml", "Service", "web", "k/cart-destinationrule.yaml"),
        ("k/service.yaml", "Service", "web", "k/cart-destinationrule.yaml"),
    ],
)
def test_a_new_file_is_named_as_its_neighbours_are(model, kind, name, path):
    place = place_of(new(), [one(model, kind, name)], model)
    assert (place.path, place.like) == (path, model)


def test_the_neighbour_of_the_same_kind_is_the_model():
    held = [
        one("k/web-svc.yaml", "Service", "web"),
        one("other/web-dr.yaml", "DestinationRule", "web"),
        one("k/web-rule.yaml", "DestinationRule", "web"),
    ]
    assert place_of(new(), held, "k/web-svc.yaml").path == "k/cart-rule.yaml"


def test_a_file_of_that_name_is_added_to():
    held = [
        one("k/web-dr.yaml", "DestinationRule", "web"),
        one("k/cart-dr.yaml", "Service", "cart"),
        one("k/cart-dr.yaml", "Service", "cart2"),
    ]
    assert place_of(new(), held).path == "k/cart-dr.yaml"


def test_a_kustomization_that_names_files_names_the_new_one():
    held = [
        one("k/web-dr.yaml", "DestinationRule", "web"),
        one("k/kustomization.yaml", "Kustomization", "", resources=["web-dr.yaml"]),
    ]
    assert place_of(new(), held).listed_in == "k/kustomization.yaml"
    held[1] = one("k/kustomization.yaml", "Kustomization", "", resources=["../base"])
    assert place_of(new(), held).listed_in == ""


def test_without_any_file_it_is_named_by_itself_or_stands_beside():
    assert place_of(new(), []).path == "cart-destinationrule.yaml"
    assert place_of(new(), [], "all.yaml").path == "all.yaml"


def test_the_users_api_version_and_namespaces_are_taken_over():
    v1beta1 = one("a.yaml", "DestinationRule", "a", "", "networking.istio.io/v1beta1")
    made = conventional(new(), [v1beta1])
    assert made["apiVersion"] == "networking.istio.io/v1beta1"
    assert made["metadata"] == {"name": "cart"}
    assert conventional(new(), [one("a.yaml", "VirtualService", "a")]) == new()
    assert conventional(new(), [one("a.yaml", "Service", "a", "", "v1")]) == new()
    assert conventional(new("Sidecar"), [v1beta1])["apiVersion"] == "networking.istio.io/v1beta1"
