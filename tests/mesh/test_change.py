from tests.mesh.make import manifests, mesh_of
from why503.mesh.change import changes_near, changes_of, rollout_objects, versions_of
from why503.support.duration import moment_of

HOST = "orders.shop.svc.cluster.local"
NOON = moment_of("2026-03-01T12:00:00Z") or 0.0
ROUTE = """
    kind: VirtualService
    metadata:
      name: orders
      namespace: shop
      creationTimestamp: '2026-01-01T00:00:00Z'
      annotations: {tool.example/synced-at: '2026-03-01T12:00:05Z', note: '2026'}
      managedFields: [{time: '2026-03-01T11:59:50Z'}]
    spec: {hosts: [orders], http: [{route: [{destination: {host: orders, subset: v1}}]}]}
    """
OTHER = ROUTE.replace("v1", "v2")


def test_creation_annotations_and_managed_fields_tell_of_changes():
    (route,) = manifests(ROUTE)
    assert [round(change.time - NOON) for change in changes_of(route)][1:] == [5, -10]


def test_changes_near_a_span_come_in_order_of_time():
    found = changes_near(manifests(ROUTE), (NOON, NOON + 2), 30, 30)
    assert [round(change.time - NOON) for change in found] == [-10, 5]
    assert changes_near(manifests(ROUTE), (NOON + 100, NOON + 101), 30, 30) == ()


def test_an_object_given_twice_with_another_spec_has_several_versions():
    assert len(versions_of(manifests(ROUTE + "---" + OTHER))) == 1
    assert versions_of(manifests(ROUTE + "---" + ROUTE)) == ()


def test_routes_of_other_hosts_are_not_part_of_a_rollout():
    mesh = mesh_of(ROUTE)
    assert [found.name for found in rollout_objects(mesh, HOST)] == ["orders"]
    assert rollout_objects(mesh, "ledger.shop.svc.cluster.local") == ()
