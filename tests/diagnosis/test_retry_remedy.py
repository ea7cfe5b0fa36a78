import json

import pytest

from tests.mesh.build import inbound, log, outbound
from tests.mesh.make import mesh_of
from why503.diagnosis.cause import Disposition
from why503.diagnosis.retry_remedy import retry_on_503, retry_unconnected

HOST = "orders.shop.svc.cluster.local"


def given(text="", **told):
    mesh = mesh_of(text, log(inbound(503, "UC", **told)))
    return mesh.hops[0], mesh


def words(remedy):
    (new,) = remedy.edits
    return new.data["spec"]["http"][0]["retries"]["retryOn"].split(",")


def test_the_retry_names_503_which_is_what_comes_from_behind_a_sidecar():
    remedy = retry_on_503(*given(method="GET"))
    assert remedy.edits[0].data["spec"]["hosts"] == [HOST]
    assert "503" in words(remedy)
    assert not any("may run twice" in risk for risk in remedy.risks)


def test_remote_write_is_known_as_safe_though_it_is_a_post():
    remedy = retry_on_503(*given(method="POST", path="/insert/0/prometheus/api/v1/write"))
    assert remedy.edits
    assert "idempotent by design" in remedy.risks[0]


def test_requests_of_unknown_method_get_the_warning():
    remedy = retry_on_503(*given(method=""))
    assert remedy.edits
    assert "may run twice" in remedy.risks[0]


def test_a_request_that_may_run_twice_is_not_repeated():
    remedy = retry_on_503(*given(method="POST", path="/orders?token=x"))
    assert remedy.edits == remedy.commands == ()
    assert "`POST /orders` may not" in remedy.title
    assert remedy.disposition is Disposition.OUTSIDE_MESH


ROUTES = """
    kind: VirtualService
    metadata: {name: split, namespace: shop}
    spec:
      hosts: [orders]
      http:
      - name: elsewhere
        route: [{destination: {host: archive}}]
      - route:
        - {destination: {host: orders, subset: blue}, weight: 80}
        - {destination: {host: orders, subset: green}, weight: 20}
        retries: {attempts: 5, perTryTimeout: 3s, retryOn: gateway-error}
    """


def test_a_host_that_is_routed_already_gets_its_retries_in_that_object():
    remedy = retry_on_503(*given(ROUTES, method="GET"))
    attempts, conditions = remedy.edits
    assert attempts.path == ("spec", "http", 1, "retries", "attempts")
    assert attempts.value == 5
    assert conditions.value.split(",")[0] == "gateway-error"
    assert "503" in conditions.value.split(",")
    (command,) = remedy.commands
    assert command.startswith("kubectl -n shop patch virtualservice split --type json -p '")
    (step,) = json.loads(command.split("'")[1])
    assert step["value"]["perTryTimeout"] == "3s"
    assert remedy.undo == "kubectl -n shop edit virtualservice split"


@pytest.mark.parametrize(("method", "behind"), [("GET", True), ("POST", False)])
def test_a_503_from_behind_is_repeated_only_where_that_is_safe(method, behind):
    mesh = mesh_of("", log(outbound(503, "UF", method=method, path="/orders")))
    remedy = retry_unconnected(mesh.hops[0], mesh, title="Repeat", verify="See")
    assert ("503" in words(remedy)) is behind
    assert {"connect-failure", "refused-stream"} <= set(words(remedy))
    assert "reset" not in words(remedy)
