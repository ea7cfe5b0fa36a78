from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import istioctl_status

TABLE = """\
$ istioctl proxy-status
NAME           CLUSTER     CDS     LDS     EDS                         RDS       ISTIOD    VERSION
desk-0.books   Kubernetes  SYNCED  STALE   STALE (Never Acknowledged)  NOT SENT  istiod-0  1.20.1
shelf-0.books  Kubernetes  SYNCED  SYNCED  SYNCED                      SYNCED    istiod-0  1.20.1

desk-1.books    Kubernetes     STALE      STALE      STALE     STALE    istiod-0   1.20.1
"""
OLD = """\
NAME            CDS        LDS        EDS        RDS        PILOT       VERSION
desk-0.books    STALE      SYNCED     SYNCED     SYNCED     pilot-0     1.4.3
"""


def told(text):
    return [(f.code, f.object, f.text) for f in read_lines(istioctl_status, text)[0].facts]


def test_a_proxy_is_stale_where_one_type_is():
    assert told(TABLE) == [
        ("STALE", "desk-0.books", "LDS STALE, EDS STALE (Never Acknowledged)"),
        ("SYNCED", "shelf-0.books", "SYNCED"),
    ]


def test_the_table_ends_at_a_blank_line_or_other_text():
    assert read_lines(istioctl_status, TABLE)[1] == [1, 2, 3, 4]


def test_tables_without_the_cluster_column_are_read():
    assert told(OLD) == [("STALE", "desk-0.books", "CDS STALE")]


def test_no_text_makes_it_raise():
    assert_never_raises(istioctl_status, TABLE + OLD)
