from tests.repair.rollout.world import between, rule, state
from why503.mesh.setting import mapping_of
from why503.repair.rollout.half import document, halves


def names(manifest) -> list[object]:
    return [mapping_of(one).get("name") for _n, one in manifest.items("spec", "subsets")]


def test_a_rule_that_loses_subsets_first_gets_the_new_ones() -> None:
    wide, narrow = halves(between(rule("v1", "v2"), rule("v2", "v3")))
    assert (wide.part, narrow.part) == ("widen", "narrow")
    assert names(wide.after) == ["v1", "v2", "v3"]
    assert names(narrow.after) == ["v2", "v3"]
    assert narrow.before is wide.after


def test_other_changes_stay_whole() -> None:
    for changes in (
        between(rule("v1"), rule("v1", "v2")),
        between(rule("v1"), ""),
        between("", rule("v1")),
    ):
        assert tuple(halves(changes)) == changes


def test_a_document_is_what_kubectl_takes_back() -> None:
    (one,) = state(rule("v1").replace("{name: quay,", "{name: quay, uid: x,")).of("DestinationRule")
    text = document(one)
    assert text.startswith("kind: DestinationRule\nmetadata:\n  name: quay\n")
    assert "uid" not in text
    (again,) = state(text).of("DestinationRule")
    assert again.get("spec") == one.get("spec")
