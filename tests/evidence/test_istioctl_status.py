from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import istioctl_status

TABLE = """\
$ istioctl proxy-status
NAME           CLUSTER     CDS     LDS     EDS                         RDS       ISTIOD    VERSION
desk-0.books   Kubernetes  SYNCED  STALE   STALE (Never Acknowledged)  NOT SENT  istiod-0  1.20.1
shelf-0.books  Kubernetes  SYNCED (4m)  SYNCED (4m)  ERROR (2s)  IGNORED   istiod-0  1.24.0

desk-1.books    Kubernetes     STALE      STALE      STALE     STALE    istiod-0   1.20.1
"""
OLD = """\
NAME            CDS        LDS        EDS              RDS        PILOT       VERSION
desk-0.books    STALE      SYNCED     SYNCED (50%)     SYNCED     pilot-0     1.4.3
"""
NEW = """\
NAME            CLUSTER        ISTIOD        VERSION     SUBSCRIBED TYPES
desk-0.books    Kubernetes     istiod-0      1.27.0      4 (CDS,LDS,EDS,RDS)
"""
ONE = """\
$ istioctl ps deploy/desk-0.books
Clusters Match
Listeners Don't Match (LDS last loaded at Tue, 06 Jan 2026 10:00:00 UTC)
--- Istiod Listeners
+++ Envoy Listeners
@@ -1,3 +1,3 @@
-   "name": "a"
+   "name": "b"

Routes Match (RDS last loaded at Tue, 06 Jan 2026 10:00:00 UTC)
"""


def rows(text):
    return read_lines(istioctl_status, text)[0].facts


def test_each_row_tells_the_state_of_each_type():
    desk, shelf = rows(TABLE)
    assert (desk.proxy, desk.cluster, desk.istiod, desk.version) == (
        "desk-0.books",
        "Kubernetes",
        "istiod-0",
        "1.20.1",
    )
    assert (desk.cds, desk.lds, desk.eds, desk.rds) == ("SYNCED", "STALE", "STALE", "NOT SENT")
    assert (shelf.cds, shelf.eds, shelf.rds, shelf.source.line) == ("SYNCED", "ERROR", "IGNORED", 4)


def test_the_table_ends_at_a_blank_line_or_other_text():
    assert read_lines(istioctl_status, TABLE)[1] == [1, 2, 3, 4]


def test_tables_of_old_and_new_versions_are_read():
    (old,) = rows(OLD)
    assert (old.cds, old.eds, old.ecds, old.istiod, old.cluster) == (
        "STALE",
        "SYNCED",
        "",
        "pilot-0",
        "",
    )
    (new,) = rows(NEW)
    assert (new.subscribed, new.types, new.version) == (("CDS", "LDS", "EDS", "RDS"), (), "1.27.0")


def test_a_comparison_of_one_proxy_tells_what_differs():
    (one,) = rows(ONE)
    assert (one.proxy, one.cds, one.lds, one.rds) == (
        "desk-0.books",
        "SYNCED",
        "DIFFERS",
        "SYNCED",
    )
    assert read_lines(istioctl_status, ONE)[1] == [1, 2, 3, 4, 5, 6, 7, 8, 10]


def test_no_text_makes_it_raise():
    assert_never_raises(istioctl_status, TABLE + OLD + NEW + ONE)
