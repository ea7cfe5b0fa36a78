from why503.mesh.glossary_flags import FLAGS
from why503.mesh.glossary_flags_upstream import UPSTREAM_FLAGS, flag


def test_the_two_tables_share_no_flag():
    assert len(FLAGS) == 30
    assert set(UPSTREAM_FLAGS) < set(FLAGS)


def test_a_row_becomes_an_entry_with_itself_as_sign():
    word, entry = flag("XX", "LongName", "503", "nobody", "Meaning.", look_at=("there",))
    assert (word, entry.title, entry.look_at) == ("XX", "LongName", ("there",))
    assert entry.signs == (frozenset({"XX"}),)
