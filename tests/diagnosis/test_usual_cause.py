from types import SimpleNamespace

from why503.diagnosis.usual_cause import usual_causes
from why503.mesh.glossary import FLAGS, details_entries


def cause(name, *signs):
    return SimpleNamespace(ID=name, TITLE=name, SIGNS=frozenset(signs))


def ids(found):
    return [cause.id for cause in found]


def test_a_generic_name_counts_only_where_nothing_better_is_known():
    entries = details_entries("upstream_reset_before_response_started{overflow}")
    generic = cause("generic", "upstream_reset_before_response_started")
    assert ids(usual_causes(entries, [generic, cause("exact", "overflow")])) == ["exact"]
    assert ids(usual_causes(entries, [generic])) == ["generic"]


def test_a_companion_flag_does_not_hide_the_flag_that_tells():
    catalogue = [cause("retries", "URX"), cause("refused", "UF")]
    assert ids(usual_causes([FLAGS["URX"], FLAGS["UF"]], catalogue)) == ["refused"]
