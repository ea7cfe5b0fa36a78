from tests.mesh.build import START, log, mesh, outbound
from why503.facts import ProxyEvent, ProxyEventKind, ProxySync, Source
from why503.mesh.sync import left_before, out_of_sync, refusing, spelled


def row(proxy, **states):
    return ProxySync(source=Source(path="ps.txt", line=2), proxy=proxy, **states)


def asked(*rows, teller="desk-0"):
    seen = mesh(log(outbound(503, "UF", teller=teller), teller=teller), *rows)
    return seen.hops[0], seen


def test_a_proxy_is_out_of_sync_where_one_type_is_old_or_no_cluster_was_sent():
    rows = (
        row("a.x", cds="SYNCED", eds="STALE"),
        row("b.x", cds="SYNCED", rds="NOT SENT"),
        row("c.x", cds="NOT SENT"),
        row("d.x", lds="DIFFERS"),
    )
    found = out_of_sync(*asked(*rows))
    assert [one.pod for one in found] == ["a", "c", "d"]
    assert [spelled(one) for one in found] == ["EDS STALE", "CDS NOT SENT", "LDS DIFFERS"]


def test_the_failing_proxys_own_row_goes_before_all_others():
    rows = (row("desk-0.books", cds="SYNCED"), row("shelf-0.books", cds="STALE"))
    assert out_of_sync(*asked(*rows)) == ()
    assert len(out_of_sync(*asked(*rows, teller="other"))) == 1


def test_an_error_is_a_refusal():
    (found,) = refusing(*asked(row("a.x", cds="SYNCED", lds="ERROR")))
    assert spelled(found) == "LDS ERROR"


def left(node="till-7b.shop-12", text="10.1.0.9", ago=300.0, kind=ProxyEventKind.XDS_LEFT):
    source = Source(path="istiod.log", line=3)
    return ProxyEvent(
        source=source, kind=kind, teller="istiod", time=START - ago, connection=node, text=text
    )


def gone(*events):
    line = outbound(503, "UF", teller="desk-0", upstream_host="10.1.0.9:80")
    seen = mesh(log(line, teller="desk-0"), *events)
    return left_before(seen.hops[0], seen)


def test_a_proxy_that_left_long_before_is_known_by_its_address():
    assert gone(left()).gap == 300.0
    assert gone(left(text="10.1.0.8")) is None


def test_a_proxy_that_left_just_now_or_came_back_is_no_pod_of_the_past():
    assert gone(left(ago=20.0)) is None
    push = left(node="till-7b.shop", text="CDS", ago=299.0, kind=ProxyEventKind.XDS_PUSH)
    assert gone(left(), push) is None
