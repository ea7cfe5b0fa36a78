from why503.facts import ProxySync, Source


def test_types_are_those_that_are_told():
    row = ProxySync(source=Source(path="a"), proxy="desk-0.books", cds="SYNCED", rds="STALE")
    assert row.types == (("CDS", "SYNCED"), ("RDS", "STALE"))
    assert row.pod == "desk-0"


def test_a_proxy_without_a_namespace_is_its_pod():
    assert ProxySync(source=Source(path="a"), proxy="desk-0").pod == "desk-0"
