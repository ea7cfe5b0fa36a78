import pytest

from tests.diagnosis.fake import cause
from tests.mesh.build import inbound, log, manifest, outbound
from why503.diagnosis.belief import beliefs
from why503.diagnosis.cause import At, Missing, Weight
from why503.diagnosis.diagnose import PROVEN, diagnose
from why503.diagnosis.finding import Answer, Verdict
from why503.facts import Bundle

W = Weight
NEAR = log(outbound(503, "UC"), well=4)
OTHER = outbound(
    504, "UT", teller="b", upstream_cluster="outbound|80||web.shop.svc.cluster.local", at=5
)
BOTH = Bundle(facts=(NEAR, log(OTHER)))
SURE, LIKELY = (
    cause("sure", W.PROVES, AT=At.PROXY),
    cause("likely", W.SPEAKS_FOR, W.SPEAKS_FOR, W.HINTS),
)


def test_findings_come_best_first_and_name_the_hop() -> None:
    found = diagnose(BOTH, [LIKELY, SURE, cause("never", W.HINTS, W.RULES_OUT)])
    assert [finding.cause for finding in found.findings] == ["sure", "sure", "likely", "likely"]
    first = found.findings[0]
    assert (first.verdict, first.failures) == (Verdict.PROVEN, 1)
    assert first.hop.id == "downstream-proxy"
    assert first.hop.destination.startswith("orders.shop.svc.cluster.local:8080") or (
        first.hop.destination.startswith("web.shop")
    )
    assert first.clues[0].text == "clue 0: 0"
    assert (found.traffic.requests, found.traffic.failures) == (6, 2)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_confidences_of_one_hop_never_exceed_one(count: int) -> None:
    rivals = [cause(f"c{n}", W.PROVES) for n in range(count)]
    found = diagnose(Bundle(facts=(NEAR,)), rivals)
    assert 0 < sum(finding.confidence for finding in found.findings) <= 1
    assert len(found.findings) <= 3


def test_a_likely_cause_is_not_called_proven() -> None:
    (finding,) = diagnose(Bundle(facts=(NEAR,)), [LIKELY]).findings
    assert finding.verdict is Verdict.LIKELY
    (belief,) = beliefs({"likely": (W.SPEAKS_FOR, W.SPEAKS_FOR, W.HINTS)}).values()
    assert finding.confidence == round(belief, 3) > PROVEN


@pytest.mark.parametrize(
    ("bundle", "answer"),
    [
        (Bundle(facts=(NEAR,)), Answer.CANNOT_TELL),
        (Bundle(facts=(manifest("Service", "x"),)), Answer.CANNOT_TELL),
        (Bundle(facts=(log(understood=3),)), Answer.NO_FAILURE),
        (Bundle(), Answer.NOTHING_READ),
    ],
)
def test_an_empty_list_of_findings_says_why(bundle: Bundle, answer: Answer) -> None:
    found = diagnose(bundle, [])
    assert (found.findings, found.answer) == ((), answer)


def test_what_no_cause_explains_well_is_listed() -> None:
    weak = diagnose(Bundle(facts=(NEAR,)), [cause("weak", W.HINTS)])
    assert [(item.what, item.failures) for item in weak.unexplained] == [
        ("503 UC connection termination", 1)
    ]
    assert diagnose(Bundle(facts=(NEAR,)), [SURE]).unexplained == ()


def test_the_best_question_comes_first_and_once() -> None:
    best = Missing(what="best", command="get best", decides=("a", "b"))
    lesser = Missing(what="lesser", command="get lesser", decides=("c",))
    rivals = [
        cause("a", W.SPEAKS_FOR, missing=(lesser, best)),
        cause("b", W.SPEAKS_FOR, missing=(best,)),
        cause("c", W.HINTS),
    ]
    checks = diagnose(BOTH, rivals).next_checks
    assert [check.command for check in checks] == ["get best", "get lesser"]
    assert checks[0].gain > checks[1].gain > 0


def test_the_same_evidence_gives_the_same_answer() -> None:
    lines = log(inbound(503, "UC", request_id="a"), inbound(503, "UC", line=2, request_id="b"))
    bundle = Bundle(facts=(NEAR, lines, log(OTHER)))
    assert diagnose(bundle, [SURE, LIKELY]) == diagnose(bundle, [LIKELY, SURE])
