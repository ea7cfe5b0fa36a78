"""Objects whose fields have types that nobody expects never end a trace."""

import pytest

from tests.mesh.make import odd
from tests.mesh.traced.world import traced
from why503.mesh.traced.beyond import left_out
from why503.mesh.traced.push import Push
from why503.mesh.traced.tracing import overall

LISTS = "{hosts: 7, gateways: {}, servers: text, http: [7, {match: 1, route: 2}], tls: [null]}"
SPECS = {
    "Service": (
        "{ports: [7, {port: x}], selector: [1], clusterIP: 7, type: [1]}",
        "{clusterIP: None}",
    ),
    "ServiceEntry": (
        (
            "{hosts: [7, null], addresses: [x/y, 10.0.0.0/99], ports: [{number: 80, protocol: 7}], "
            "endpoints: [1, {address: 5}], resolution: 3, workloadSelector: 4, exportTo: 5}"
        ),
    ),
    "VirtualService": (
        LISTS,
        (
            "{hosts: [quay, '*', 7], http: [{match: [{uri: 7, headers: [1]}, 7], fault: {abort: "
            "7}, "
            "retries: 7, timeout: [1], delegate: 7, mirror: 7, mirrors: 7, redirect: 7}, "
            "{fault: {abort: {percentage: {value: x}, httpStatus: y}}, route: [7, {destination: "
            "7}]}], "
            "tcp: [{match: [{destinationSubnets: [x, 7], gateways: 7}], route: [{weight: x}]}], "
            "tls: [{match: [{sniHosts: 7}, {sniHosts: [7]}], route: 7}]}"
        ),
    ),
    "DestinationRule": (
        "{host: quay, subsets: [7, {name: 7}], trafficPolicy: {tls: 7, portLevelSettings: [7]}}",
        "{host: '*', trafficPolicy: {tls: {mode: 7}, connectionPool: [1]}}",
        (
            "{host: '*', exportTo: [7, null], trafficPolicy: {outlierDetection: 7, loadBalancer: "
            "{localityLbSetting: {failoverPriority: [7, null, [1]]}}}}"
        ),
    ),
    "Gateway": (
        LISTS,
        (
            "{selector: 7, servers: [7, {port: 7}, {port: {number: 80, protocol: 7}, hosts: [7, "
            "a/b], "
            "tls: {mode: 7}}]}"
        ),
        "{listeners: [7, {port: 80, protocol: 7, tls: 7, allowedRoutes: 7}]}",
        (
            "{listeners: [{port: 80, tls: {certificateRefs: [7]}, allowedRoutes: {kinds: [7], "
            "namespaces: {from: Selector, selector: {matchLabels: 7}}}}]}"
        ),
    ),
    "Sidecar": ("{egress: [7, {hosts: [7, x]}], ingress: [7, {port: {number: x}}]}", "{egress: 7}"),
    "PeerAuthentication": ("{mtls: 7, portLevelMtls: {x: 7, 80: {mode: 7}}, selector: 7}",),
    "AuthorizationPolicy": (
        "{rules: [7, {from: [7, {source: {ipBlocks: [x], principals: 7}}], to: 7, when: [7]}]}",
        "{action: 7, rules: 7}",
    ),
    "HTTPRoute": (
        (
            "{parentRefs: [7, {name: 7}], hostnames: 7, rules: [7, "
            "{matches: [7, {path: 7, headers: [7]}], filters: [7, {requestMirror: 7}, "
            "{requestMirror: {backendRef: {name: 7}, fraction: {numerator: 7, denominator: 0}}}], "
            "backendRefs: [7], retry: {codes: 7}, timeouts: 7}]}"
        ),
    ),
    "ReferenceGrant": ("{from: [7, {kind: [1]}], to: 7}", "{from: 7, to: [null]}"),
    "Namespace": ("7",),
    "GRPCRoute": ("{parentRefs: [{name: a}], rules: [{matches: [{method: 7}]}]}",),
    "TLSRoute": ("{parentRefs: [{name: a}], rules: [{backendRefs: 7}]}",),
    "Ingress": (
        "{ingressClassName: istio, rules: [7, {http: {paths: [7, {backend: 7}]}}], tls: [7]}",
    ),
    "Deployment": (
        "{template: {metadata: 7, spec: {containers: [7, {name: 7, args: 7, ports: [7]}]}}}",
    ),
    "Pod": ("{containers: 7}",),
    "WorkloadEntry": ("{labels: 7, address: [1]}",),
    "EndpointSlice": ("7",),
    "MeshConfig": ("7",),
    "EnvoyFilter": ("7",),
}


@pytest.mark.parametrize("kind", SPECS)
def test_odd_fields_never_end_a_trace(kind):
    for namespace in ("8", "shop"):
        push = Push(odd(kind, *SPECS[kind]), namespace)
        left_out(push)
        for source in ("", "deploy/7", "gateway/7", "deploy/desk"):
            for url in ("http://quay/", "https://7:443/", "tcp://quay:80", "http://quay:80/x?y=1"):
                found = traced(push, url, source)
                assert overall(found.branches).text
