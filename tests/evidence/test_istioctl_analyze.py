from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import istioctl_analyze

PASTE = """\
$ istioctl analyze -n garden
Error [IST0101] (VirtualService garden/roses vs.yaml:12) Referenced host not found: "rose"
Warning [IST0103] (Pod garden/roses-0) The pod is missing the Istio proxy.
Error: Analyzers found issues when analyzing namespace: garden.
I ran the analysis twice.
HOST:PORT                   STATUS       SERVER     CLIENT     AUTHN POLICY     DESTINATION RULE
a.x.svc.cluster.local:80    OK           mTLS       mTLS       default/         -
b.x.svc.cluster.local:80    CONFLICT     mTLS       HTTP       default/x        x/b
"""


def test_messages_are_told_with_code_object_and_line():
    reading, claimed = read_lines(istioctl_analyze, PASTE)
    lost = reading.facts[0]
    assert (lost.code, lost.object, lost.source.line) == (
        "IST0101",
        "VirtualService garden/roses vs.yaml:12",
        2,
    )
    assert lost.text == 'Referenced host not found: "rose"'
    assert claimed == [1, 2, 3, 4, 6, 7, 8]


def test_messages_keep_their_level():
    facts = read_lines(istioctl_analyze, PASTE)[0].facts
    assert [fact.level for fact in facts[:2]] == ["Error", "Warning"]


def test_only_a_row_that_says_conflict_is_a_clash():
    facts = read_lines(istioctl_analyze, PASTE)[0].facts
    assert [(fact.object, fact.text) for fact in facts if fact.code == "CONFLICT"] == [
        ("b.x.svc.cluster.local", "mTLS HTTP default/x x/b")
    ]


def test_a_row_without_its_head_is_left_alone():
    assert read_lines(istioctl_analyze, "b.x:80    CONFLICT     mTLS    HTTP")[0].facts == []


def test_no_text_makes_it_raise():
    assert_never_raises(istioctl_analyze, PASTE)
