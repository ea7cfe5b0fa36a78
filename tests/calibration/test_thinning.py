from calibration.evaluation import Evidence, items_of
from calibration.item import Truth

LINE = (
    '[2026-03-01T10:00:0{n}.000Z] "GET / HTTP/1.1" 503 UC '
    'upstream_reset_before_response_started{{connection_termination}} - "-" 0 95 1 - "-" "c" '
    '"0000000{n}" "cart:80" "10.0.0.9:80" outbound|80||cart.shop.svc.cluster.local '
    "10.0.0.3:40000 10.1.0.1:80 10.0.0.3:50000 - default\n"
)


def test_thinned_evidence_keeps_the_truth_and_loses_clues() -> None:
    case = Evidence(
        corpus="made",
        name="one",
        truth=Truth(cause="keepalive-race", accepted=frozenset({"keepalive-race"}), difficulty=""),
        files={"client/access.log": "".join(LINE.format(n=n) for n in range(5)).encode()},
        worth=1.0,
        thin_worth=0.5,
    )
    full, *thin = items_of([case])
    assert (full.corpus, full.worth, full.hops[0].failures) == ("made", 1.0, 5)
    assert {(item.corpus, item.worth) for item in thin} == {("made, thinned", 0.5)}
    assert 1 in {hop.failures for item in thin for hop in item.hops}
    assert {item.truth for item in thin} == {case.truth}
