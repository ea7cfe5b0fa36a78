from types import SimpleNamespace

from why503.diagnosis.usual_cause import usual_causes
from why503.mesh.glossary import FLAGS, details_entries, phrase_entries


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


def test_an_error_number_tells_what_the_words_around_it_do_not():
    catalogue = [cause("refused", "delayed connect error", "UF"), cause("no-port", "EADDRNOTAVAIL")]
    text = "delayed connect error: 99"
    assert ids(usual_causes(phrase_entries(text), catalogue, text)) == ["no-port"]
    assert usual_causes(phrase_entries(text), catalogue[:1], text) == ()
    text = "delayed connect error: 13"
    assert ids(usual_causes(phrase_entries(text), catalogue, text)) == ["refused"]


def test_a_sign_is_not_found_as_the_end_of_a_longer_word():
    catalogue = [cause("out", "PassthroughCluster")]
    assert usual_causes((), catalogue, "InboundPassthroughCluster") == ()
    text = "InboundPassthroughCluster or PassthroughCluster"
    assert ids(usual_causes((), catalogue, text)) == ["out"]
