from why503.evidence.yaml_line import foreign_in, foreign_lines, nests, reindented, without_elisions


def test_text_in_block_scalars_and_continuations_is_not_foreign():
    text = "a: |\n  any text: here\n  GET / 200\nb: long words\n  go on here\nc: [1,\n2]\nd: 1"
    assert foreign_lines(text.split("\n")) == 0


def test_a_value_in_brackets_on_the_line_below_its_key_is_not_foreign():
    assert foreign_lines(["spec:", "  {}"]) == 0
    assert foreign_lines(["hosts:", "  [a,", "b]", "spec: {}"]) == 0
    assert foreign_lines(["spec: {}", "  {}", "[2026-01-01] GET"]) == 2


def test_log_lines_and_prose_are_foreign():
    text = 'a: 1\n[2026-01-01T00:00:00Z] "GET / HTTP/1.1" 503\nWe saw this today\nb: 2'
    assert foreign_lines(text.split("\n")) == 2


def test_keys_that_are_numbers_are_not_foreign():
    assert foreign_lines(["portLevelMtls:", "  8080:", "    mode: DISABLE"]) == 0


def test_a_text_is_counted_as_its_lines_are():
    for text in (
        "# a\n---\na: 1\n- b: [1,\n2]\n\t\n",
        "a: 1\nGET / 200\n",
        "a: |\n  any text\n",
        "a: 1\x0cGET / 200\nb: 2",
        "",
    ):
        lines = text.splitlines()
        assert foreign_in(text, lines) == foreign_lines(lines)


def test_a_flat_list_of_values_does_not_nest():
    assert not nests(["cluster.a: 1", "cluster.b: 2"])
    assert nests(["spec:", "  a: 1"])
    assert nests(["spec:", "- a"])


def test_a_first_line_that_lost_its_indent_gets_it_back():
    text = "livenessProbe:\n      httpGet:\n        port: 1\n    readinessProbe:\n      a: 1"
    assert reindented(text) == "    " + text


def test_yaml_that_can_be_read_stays_as_it_is():
    for text in ("spec:\n  a:\n    b: 1\n  c: 2", "a: 1\n    b: 2\n  c: 3", "", "a:\n", "\n\n"):
        assert reindented(text) == text


def test_fields_that_somebody_left_out_become_empty_lines_and_the_end_of_a_document_stays():
    text = "a:\n  ...\n  b: 1 ...\n  […]\n\u2026\n...\nc: 2"
    assert without_elisions(text) == "a:\n\n  b: 1 ...\n\n\n...\nc: 2"
    assert without_elisions("a: 1") == "a: 1"
