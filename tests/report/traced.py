"""Traces for the tests of their formats."""

from tests.mesh.make import manifests, obj
from tests.mesh.traced.world import BASE
from why503.diagnosis.trace import Trace, asked_of, traced
from why503.facts import Bundle, Source, Unread

WEIGHTS = obj(
    "VirtualService",
    "quay",
    "{hosts: [quay], http: [{timeout: 3s, "
    "route: [{destination: {host: quay, subset: v1}, weight: 80}, "
    "{destination: {host: quay, subset: v2}, weight: 20}]}]}",
) + obj("DestinationRule", "quay", "{host: quay, subsets: [{name: v1, labels: {app: quay}}]}")


def trace_of(text: str = "", url: str = "http://quay:9080/a", source: str = "deploy/desk") -> Trace:
    asked = asked_of("GET", url, (), source=source, address="", sni="")
    unread = (Unread(source=Source(path="x.bin"), reason="`x.bin` is not text."),)
    return traced(
        Bundle(facts=tuple(manifests(BASE + text)), unread=unread), asked, namespace="shop"
    )
