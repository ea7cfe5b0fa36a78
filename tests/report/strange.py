"""Answers whose every text is any text at all."""

from typing import Any

from hypothesis import strategies as st

from tests.report import example
from why503.diagnosis.finding import (
    SCHEMA,
    Answer,
    DataLoss,
    Diagnosis,
    Finding,
    FoundHop,
    FoundMissing,
    FoundPatch,
    FoundRemedy,
    NotRead,
    ReadInput,
    Spot,
    Traffic,
    Unexplained,
    Verdict,
)

NASTY = (
    "\x1b[31mred\x1b[0m",
    "\x9b2J",
    "a\nb",
    "`` ``` ````",
    "| a | b |",
    "<script>alert(1)</script>",
    "\u202egnp.exe",
    "\udcff",
    "$(rm -rf /)",
    "[x](http://example.com)",
    "[bold]x[/bold]",
    "中文" * 40,
    "w" * 300,
    "",
    "  ",
    "- item",
    "1. item",
    "{braces}",
)
texts = st.sampled_from(NASTY) | st.text(st.characters(), max_size=20)


def tuples(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=2).map(tuple)


numbers = st.integers(0, 10**9)
spots = st.builds(Spot, path=texts, line=numbers)
clues = st.builds(
    example.FoundClue,
    text=texts,
    speaks=st.sampled_from(["for", "against"]),
    weight=texts,
    source=st.none() | spots,
    more=tuples(spots),
)
questions = st.builds(
    FoundMissing, what=texts, command=texts, decides=tuples(texts), gain=st.floats(0, 3)
)
remedies = st.builds(
    FoundRemedy,
    title=texts,
    kind=texts,
    disposition=texts,
    patches=tuples(st.builds(FoundPatch, yaml=texts, path=texts, line=numbers)),
    commands=tuples(texts),
    risks=tuples(texts),
    verify=texts,
    undo=texts,
)
places = st.sampled_from(["upstream-app", "downstream-proxy->external", "control-plane", "nowhere"])
hops = st.builds(FoundHop, id=places, downstream=texts, upstream=texts, destination=texts)
findings = st.builds(
    Finding,
    cause=texts,
    title=texts,
    confidence=st.floats(0, 1),
    verdict=st.sampled_from(Verdict),
    hop=hops,
    failures=numbers,
    requests=numbers,
    first=texts,
    last=texts,
    clues=tuples(clues),
    missing=tuples(questions),
    remedies=tuples(remedies),
)
diagnoses = st.builds(
    Diagnosis,
    schema=st.just(SCHEMA),
    answer=st.sampled_from(Answer),
    inputs=tuples(
        st.builds(
            ReadInput,
            path=texts,
            kinds=tuples(texts),
            lines=numbers,
            facts=numbers,
            not_understood=numbers,
        )
    ),
    traffic=st.builds(
        Traffic,
        requests=numbers,
        failures=numbers,
        first=texts,
        last=texts,
        endings=st.dictionaries(texts, numbers, max_size=2),
    ),
    findings=tuples(findings),
    data_loss=st.none() | st.builds(DataLoss, verdict=texts, text=texts, source=st.none() | spots),
    unexplained=tuples(
        st.builds(
            Unexplained,
            hop=texts,
            destination=texts,
            what=texts,
            failures=numbers,
            source=st.none() | spots,
        )
    ),
    next_checks=tuples(questions),
    unread=tuples(st.builds(NotRead, source=spots, reason=texts, lines=numbers)),
)
