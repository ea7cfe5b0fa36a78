from tests.mesh.build import log, mesh, outbound
from why503.facts import ProxySync, Source
from why503.mesh.sync import out_of_sync, refusing, spelled


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
