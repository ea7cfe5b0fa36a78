"""A sure answer does not outlive its evidence, and then asks for what is gone.

Removed are the lines that the deciding clues of the first finding cite: those that prove, or, where
none proves, those that speak for it. The failing requests' own lines stay as long as the clue cites
anything else, for a user brings them in any case. Where another independent proof remains (one that
cites other lines again), it is removed as well; the promise is about the last one. A case may name
its deciding file itself (`decides`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.causes.case_file import Case, all_cases
from tests.causes.removal import Answered, Spot, answered, kinds_at, kinds_in, only, without
from why503.diagnosis.belief import beliefs
from why503.diagnosis.clue import Clue, Hit, Weight
from why503.diagnosis.finding import Answer

SURE = 0.8
TWICE = 0.01 + beliefs({"": (Weight.SPEAKS_FOR, Weight.SPEAKS_FOR)})[""]
"""What two clues that speak for a cause give together, and a little more."""
ROUNDS = 20

WINNING = [case for case in all_cases() if "top" in case.expect]

STAYS = {
    "keepalive-race/writes-every-minute-at-both-proxies": (
        "the idle time is measured from the lines of good requests, which no clue can cite"
    ),
}
"""Cases whose answer stays sure without a proof, and why that is right."""

SAME_THING = {
    "probe-failure/readiness-probe-asks-in-the-wrong-place": (
        "no-healthy-endpoints: without its events the pod that is not ready is all there is to say"
    ),
}
"""Cases in which another sure answer is true as well, though it says less."""

MIMICS = {
    ("keepalive-race/near-miss-the-receiver-was-stopped", "vminsert/app.log"): (
        "requests on connections idle for just the time of the server look like a race; only the "
        "application's log tells that it was being stopped"
    ),
    ("route-timeout/near-miss-the-server-never-saw-them", "server/access.log"): (
        "the route's clock did end them; that they never arrived, only the server's proxy tells"
    ),
    ("stale-connection/silence-after-a-long-pause", "server/access.log"): (
        "the route's clock did end them; that they never arrived, only the server's proxy tells"
    ),
    ("upstream-overloaded/all-concurrent-inserts-busy", "vminsert-0/app.log"): (
        "upstream-returned-5xx: it is the application's own answer; why, only its log tells"
    ),
}
"""Files without which the evidence is that of another cause, and why nobody could tell."""

FETCHES = {
    "AccessLog": r"access log of the caller|-c istio-proxy",
    "AccessLog of the server": r"access log of the server's proxy",
    "AppEvent": r"application's log|\| grep -m1|openssl",
    "Certificate": r"openssl|proxy-config secret",
    "Counter": r"GET stats|proxy-config|access log of the server's proxy",
    "DaemonSet": r"get \S*\bds\b|describe pods|--show-labels",
    "Deployment": r"get \S*\bdeploy|describe pods|--show-labels",
    "DnsAnswer": r"\bdig\b",
    "EndpointSlice": r"get endpointslices|endpointslices ",
    "Endpoints": r"get endpointslices|endpointslices ",
    "Event": r"describe pods|get events",
    "Listening": r"ss -ltn",
    "LoadedCluster": r"proxy-config cluster|destinationrules",
    "LoadedEndpoint": r"proxy-config endpoint",
    "LoadedListener": r"proxy-config listener|peerauthentications|envoyfilters",
    "LoadedRoute": r"proxy-config route|virtualservices",
    "MeshConfig": r"configmap istio",
    "ConfigMap": r"configmap istio",
    "Pod": r"describe pods|get pods",
    "ProxyCluster": r"proxy-config (cluster|endpoint)",
    "ProxyEndpoint": r"proxy-config endpoint|endpointslices",
    "ProxyEvent": r"-c istio-proxy|logs deploy/istiod|-l app=ztunnel|proxy-config secret",
    "ProxySync": r"istioctl proxy-status|get endpointslices",
    "Request": r"curl -sv",
    "ProxyListener": r"proxy-config (listener|route)",
    "ProxyRoute": r"proxy-config route",
    "StatefulSet": r"get \S*\bsts\b|describe pods|--show-labels",
    "TcpConnection": r"tcpdump",
    "fragment": r"configmap istio|kubectl get|proxy-config",
}
"""Words of the question that fetches a kind of evidence, or what tells the same; by default the
kind's own name, as kubectl takes it."""


@dataclass(frozen=True)
class Removed:
    """What was left after the deciding evidence was gone."""

    left: Answered
    gone: frozenset[tuple[str, str]]
    """File and kind of what was removed, the failing requests' own lines left out."""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Answered]:
    """Every winning case, read and diagnosed, by id."""
    root = tmp_path_factory.mktemp("cases")
    return {case.id: answered(case.files, root / str(n)) for n, case in enumerate(WINNING)}


def sure_of(answer: Answered) -> str:
    """The first finding's cause where it is sure, else ``""``."""
    first = next(iter(answer.diagnosis.findings), None)
    return first.cause if first is not None and first.confidence >= SURE else ""


def test_there_are_many_sure_answers_to_put_to_the_test(answers: Mapping[str, Answered]) -> None:
    assert sum(bool(sure_of(answer)) for answer in answers.values()) > 100


@pytest.mark.parametrize("case", WINNING, ids=lambda case: case.id)
def test_a_sure_answer_falls_with_its_evidence_and_asks_for_it(
    case: Case, answers: Mapping[str, Answered], tmp_path: Path
) -> None:
    before = answers[case.id]
    cause = sure_of(before)
    if not cause:
        return  # A modest answer promises nothing.
    after = removed(case, before, tmp_path)
    assert sure_of(after.left) != cause or case.id in STAYS
    known = {f.cause for f in before.diagnosis.findings if f.confidence >= SURE}
    assert sure_of(after.left) in {"", *known} or case.id in SAME_THING
    assert unasked(after) == []


def removed(case: Case, before: Answered, folder: Path) -> Removed:
    """Take deciding evidence away until the answer is another, is modest, or rests on nothing."""
    if "decides" in case.expect:
        spots = frozenset({(case.expect["decides"], 0)})
        return Removed(answered(without(before, spots), folder / "left"), kinds_at(before, spots))
    left, cause, seen = before, sure_of(before), set[Clue]()
    gone: frozenset[tuple[str, str]] = frozenset()
    for number in range(ROUNDS):
        found = left.best()
        hits = deciding(left, found[1].hits, seen, first=not number) if found else []
        if sure_of(left) != cause or not hits:
            break
        seen.update(hit.clue for hit in hits)
        spots = spots_of(left, hits)
        gone |= kinds_at(left, spots - left.failing())
        left = answered(without(left, spots), folder / str(number))
    return Removed(left, gone)


def deciding(answer: Answered, hits: tuple[Hit, ...], seen: set[Clue], *, first: bool) -> list[Hit]:
    """Hits that prove; else what is left of those removed; else those that speak for it.

    After the first removal only such as cite more than the failing requests.
    """
    proofs = [hit for hit in hits if hit.clue.weight is Weight.PROVES]
    again = [hit for hit in hits if hit.clue in seen]
    strong = [hit for hit in hits if hit.clue.weight is Weight.SPEAKS_FOR]
    if not strong and first:
        strong = [hit for hit in hits if hit.clue.weight is Weight.HINTS]
    other = [hit for hit in strong if first or answer.spots(hit.sources) - answer.failing()]
    return proofs or again or other


def spots_of(answer: Answered, hits: list[Hit]) -> frozenset[Spot]:
    """Lines that the hits cite; the failing requests' own only where they cite nothing else."""
    cited = frozenset(spot for hit in hits for spot in answer.spots(hit.sources))
    return cited - answer.failing() or cited


def unasked(after: Removed) -> list[str]:
    """Kinds that are gone from their file and that no question fetches.

    Nothing can be asked where no failure is left and nothing that any cause could weigh.
    """
    diagnosis = after.left.diagnosis
    if diagnosis.answer is not Answer.FINDINGS:
        return []
    questions = [
        *diagnosis.next_checks,
        *(missing for finding in diagnosis.findings for missing in finding.missing),
    ]
    asked = "\n".join(f"{question.what} {question.command}" for question in questions)
    return [
        f"{kind} of {name}: nothing asks /{words}/"
        for name, kind in sorted(after.gone)
        if _plain(kind) not in set(map(_plain, kinds_in(after.left, name)))
        and not re.search(words := FETCHES.get(kind, rf"\b{kind.lower()[:-1]}"), asked)
    ]


def _plain(kind: str) -> str:
    """A log's kind, whosever it is."""
    return kind.removesuffix(" of the server")


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.id)
def test_failing_lines_alone_do_not_say_more_than_two_clues_can(case: Case, tmp_path: Path) -> None:
    before = answered(case.files, tmp_path / "whole")
    files = only(before, before.told())
    alone = answered(files, tmp_path / "alone").diagnosis.findings if files else ()
    unproven = {
        finding.cause: finding.confidence
        for finding in alone
        if all(clue.weight != Weight.PROVES for clue in finding.clues)
    }
    assert {cause: sure for cause, sure in unproven.items() if sure > TWICE} == {}


@pytest.mark.parametrize("case", WINNING, ids=lambda case: case.id)
def test_no_missing_file_makes_it_sure_of_another_cause(
    case: Case, answers: Mapping[str, Answered], tmp_path: Path
) -> None:
    likely = {f.cause for f in answers[case.id].diagnosis.findings if f.confidence >= SURE / 2}
    for number, name in enumerate(case.files if len(case.files) > 1 else ()):
        files = {kept: text for kept, text in case.files.items() if kept != name}
        found = answered(files, tmp_path / str(number)).diagnosis.findings
        sure = {finding.cause for finding in found if finding.confidence >= SURE}
        assert sure <= likely or (case.id, name) in MIMICS, name
