from why503.mesh.glossary_details import DETAILS, details_entry


def test_via_upstream_is_written_by_what_is_behind():
    assert "application" in DETAILS["via_upstream"].writer


def test_the_flag_that_goes_with_details_is_a_later_sign():
    entry = details_entry(("some_word", "503", "UH;UC", "Meaning.", ()), "somebody")
    assert entry.signs == (frozenset({"some_word"}), frozenset({"UH", "UC"}))
    assert entry.writer == "somebody"
