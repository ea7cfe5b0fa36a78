"""The pods that a hop's commands name."""

import dataclasses

import pytest

from tests.mesh.build import RESET, inbound, log, manifest, mesh, outbound, request
from why503.facts import ProxyEvent, ProxyEventKind, ProxyInfo, Source, Witness
from why503.mesh.hop import Place
from why503.mesh.naming import (
    caller_namespace,
    caller_node,
    caller_pod,
    caller_pod_to_debug,
    caller_proxy,
    kubernetes_service,
    namespace_of,
    pod_to_debug,
    pods_to_describe,
    restart_caller,
    restart_server,
    server_pod,
    telling_pod,
    workloads_to_get,
)
from why503.mesh.pod_naming import UNKNOWN, PodName, at_address, calling_pod, serving_pod

UC = {"details": RESET + "{connection_termination}"}


def info(teller, pod, namespace="", **fields):
    return ProxyInfo(
        source=Source(path="i.json"), teller=teller, pod=pod, namespace=namespace, **fields
    )


def pod(name, namespace, address, **spec):
    return manifest("Pod", name, namespace, spec=spec, status={"podIP": address})


def first(*facts):
    found = mesh(*facts)
    return found.hops[0], found


def test_a_proxys_own_word_names_its_namespace_too():
    told = first(log(outbound(503, "UC", teller="x"), teller="x"), info("x", "till-0", "desk"))
    assert calling_pod(*told) == PodName(namespace="desk", name="till-0")
    assert caller_proxy(*told) == "till-0.desk"


@pytest.mark.parametrize(
    ("teller", "expected"),
    [
        ("web-7d9c5b8f4-x2x4z", PodName(name="web-7d9c5b8f4-x2x4z")),
        ("desk/web-7d9c5b8f4-x2x4z", PodName(namespace="desk", name="web-7d9c5b8f4-x2x4z")),
        ("client/web-7d9c5b8f4-x2x4z", PodName(name="web-7d9c5b8f4-x2x4z")),
        ("access", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_a_log_that_is_named_after_its_pod_names_it(teller, expected):
    assert calling_pod(*first(log(outbound(503, "UC", teller=teller), teller=teller))) == expected


def test_a_workload_of_the_name_stands_in():
    told = first(
        log(outbound(503, "UC", teller="edge"), teller="edge"), manifest("Deployment", "edge", "gw")
    )
    assert caller_proxy(*told) == "deploy/edge.gw"
    assert caller_pod_to_debug(*told) == "<client-pod>"


def test_the_address_that_the_proxy_dials_from_is_its_own():
    gateway = outbound(503, "UC", upstream_local="10.1.0.5:40000", downstream_remote="10.1.0.3:1")
    told = first(
        log(gateway),
        pod("edge-0", "gw", "10.1.0.5", nodeName="n1"),
        pod("web-0", "web", "10.1.0.3"),
    )
    assert calling_pod(*told) == PodName(namespace="gw", name="edge-0")
    assert caller_node(*told) == "n1"


def test_the_server_knows_its_caller_by_address_unless_a_header_says_whom_it_stands_for():
    caller = pod("web-0", "web", "10.1.0.3")
    near = inbound(503, "UC", downstream_remote="10.1.0.3:50000", **UC)
    far = dataclasses.replace(near, forwarded_for="10.1.0.3")
    assert caller_proxy(*first(log(near), caller)) == "web-0.web"
    assert caller_pod(*first(log(far), caller)) == "<client-pod>"


def test_where_no_request_was_seen_the_only_proxy_is_meant():
    def event(teller):
        return ProxyEvent(
            source=Source(path="e.log"), teller=teller, kind=ProxyEventKind.OTHER, text="x"
        )

    one, other = event("web-7d9c5b8f4-x2x4z"), event("api-7d9c5b8f4-x2x4z")
    assert caller_pod(*first(one)) == "web-7d9c5b8f4-x2x4z"
    assert caller_pod(*first(one, other)) == "<client-pod>"


def test_the_server_is_found_by_address_by_its_own_word_and_by_its_log():
    line = log(outbound(503, "UC", **UC))
    by_address = first(line, info("s", "orders-1", "shop", addresses=("10.1.0.7",)))
    assert serving_pod(*by_address) == PodName(namespace="shop", name="orders-1")
    teller = "shop/orders-7d9c5b8f4-x2x4z"
    by_log = first(log(inbound(503, "UC", teller=teller, **UC), teller=teller))
    assert server_pod(*by_log) == "orders-7d9c5b8f4-x2x4z"
    assert telling_pod(*by_log) == ("shop", "orders-7d9c5b8f4-x2x4z")


def test_a_server_outside_has_no_pod():
    hop, found = first(log(outbound(503, "UC", **UC)), pod("orders-1", "shop", "10.1.0.7"))
    outside = dataclasses.replace(hop, leg=Place.PROXY_TO_EXTERNAL, host="api.pay.example")
    assert serving_pod(outside, found) == UNKNOWN
    assert kubernetes_service(outside, found) == "<service>"
    assert at_address(found, "nonsense") == UNKNOWN


def test_without_a_pod_the_service_is_asked():
    told = first(log(outbound(503, "UC", **UC)))
    assert server_pod(*told) == "svc/orders"
    assert "kubernetes.io/service-name=orders" in pod_to_debug(*told)
    assert pods_to_describe(*told) == ""
    assert workloads_to_get(*told) == "deploy,sts,ds"
    assert restart_server(*told) == "kubectl -n shop rollout restart deploy/orders"


def test_the_selector_says_which_pods_to_describe():
    service = manifest("Service", "orders", "shop", spec={"selector": {"b": "2", "a": "1"}})
    told = first(log(outbound(503, "UC", **UC)), service)
    assert pods_to_describe(*told) == " -l a=1,b=2"


@pytest.mark.parametrize(
    ("host", "service", "namespace"),
    [
        ("db-0.db.data.svc.cluster.local", "db", "data"),
        ("10.96.0.9", "orders", "shop"),
        ("localhost", "<service>", "<namespace>"),
        ("api.pay.example", "<service>", "<namespace>"),
    ],
)
def test_a_service_is_known_by_a_pods_name_and_by_its_address(host, service, namespace):
    made = manifest("Service", "orders", "shop", spec={"clusterIP": "10.96.0.9"})
    hop, found = first(log(outbound(503, "UC", upstream_host="", **UC)), made)
    asked = dataclasses.replace(hop, host=host)
    assert (kubernetes_service(asked, found), namespace_of(asked, found)) == (service, namespace)


def test_a_bare_name_is_looked_up_in_the_callers_namespace():
    line = outbound(503, "UC", teller="x", upstream_cluster="", upstream_host="", **UC)
    told = first(log(line, teller="x"), info("x", "till-0", "desk"))
    assert namespace_of(*told) == caller_namespace(*told) == "desk"


@pytest.mark.parametrize(
    ("teller", "command"),
    [
        ("desk/web-7d9c5b8f4-x2x4z", "kubectl -n desk rollout restart deploy/web"),
        ("access", "kubectl -n <client-namespace> rollout restart deploy/<client>"),
    ],
)
def test_the_callers_workload_is_restarted_as_a_whole(teller, command):
    told = first(log(outbound(503, "UC", teller=teller), teller=teller))
    assert restart_caller(*told) == command


def test_where_nothing_tells_the_server_the_only_crash_loop_is_meant():
    def listed(name, reason):
        return manifest("Pod", name, "bakery", status={"reason": reason})

    refused = request(503, "UF", authority="", witness=Witness.CLIENT)
    loops, runs = listed("oven-7c9d8f6b5d-q2w4z", "CrashLoopBackOff"), listed("till-0", None)
    assert serving_pod(*first(refused, loops, runs)) == PodName(namespace="bakery", name=loops.name)
    other = listed("mill-0", "CrashLoopBackOff")
    assert serving_pod(*first(refused, loops, other)) == UNKNOWN


def test_a_pod_whose_last_part_was_made_up_is_a_pod_and_a_word_is_none():
    for name in ("desk-59f7d9c4d8-abc01", "desk-59f7d9c4d8-x2x4z"):
        assert calling_pod(*first(log(outbound(503, "UH", teller=name), teller=name))).name == name
    other = first(log(outbound(503, "UH", teller="all-access-lines"), teller="all-access-lines"))
    assert calling_pod(*other) == UNKNOWN
