from why503.diagnosis.explained_line import explained_line, explained_tunnel


def test_an_empty_field_says_what_its_emptiness_means():
    line = (
        '[2026-03-04T05:06:07.008Z] "- - -" 0 NR filter_chain_not_found - "-" 0 0 0 - "-" "-" "-" '
        '"-" "-" - - 10.8.0.4:8080 10.8.0.9:4712 - -'
    )
    answer = explained_line(line, ())
    assert answer is not None
    fields = {field.name: field for field in answer.fields}
    assert fields["method"].value == "-"
    assert "TCP" in fields["method"].meaning
    assert "No filter chain" in answer.summary


def test_other_texts_are_no_line():
    assert explained_line("no healthy upstream", ()) is None
    assert explained_tunnel("no healthy upstream", ()) is None
