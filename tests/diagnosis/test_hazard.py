from types import SimpleNamespace

from tests.diagnosis.fake import HERE
from why503.diagnosis.hazard import Rule, Severity, met, rules_in
from why503.facts import Bundle, Source
from why503.mesh.armed.spotted import spotted
from why503.mesh.mesh import Mesh

SHORT = Rule("short", Severity.NOTE, "{rule} gives {time}.")


def test_a_rule_is_told_with_its_values():
    hazard = SHORT.at(HERE, rule="a", time=5)
    assert (hazard.text, hazard.source) == ("a gives 5.", HERE)


def test_a_rule_is_met_at_every_place_that_the_mesh_has_found():
    found = list(SHORT.each([spotted(HERE, rule="a", time=1), spotted(HERE, rule="b", time=2)]))
    assert [one.text for one in found] == ["a gives 1.", "b gives 2."]


def test_errors_rank_before_warnings_before_notes():
    ranked = sorted(Severity, key=lambda severity: severity.rank)
    assert ranked == [Severity.ERROR, Severity.WARNING, Severity.NOTE]


def test_rules_are_found_as_constants_and_in_tables():
    other = Rule("other", Severity.NOTE, "x")
    assert rules_in(SimpleNamespace(A=SHORT, RULES={"b": other}, N=3)) == (SHORT, other)


def test_a_table_of_rules_is_met_by_what_looks_for_each():
    far = Source(path="far.yaml", line=3, column=1)
    table = {lambda _mesh: [spotted(HERE, far, None, HERE, rule="a", time=1)]: SHORT}
    (hazard,) = met(table, Mesh(Bundle(facts=())))
    assert (hazard.rule, hazard.text, hazard.others) == (SHORT, "a gives 1.", (far,))
