from tests.diagnosis.lint_world import BAD, linted, rules

MANY = "retry-exhausted/many-attempts"
LINE = "    retries: {attempts: 9}"


def test_a_comment_with_a_reason_sets_its_line_aside(tmp_path):
    report = linted(tmp_path, BAD.replace(LINE, f"{LINE}  # why503: ignore {MANY} -- meant so"))
    assert MANY not in rules(report)
    assert [(one.rule, one.reason) for one in report.ignored] == [(MANY, "meant so")]


def test_a_comment_that_stands_alone_speaks_of_the_next_line(tmp_path):
    text = BAD.replace(LINE, f"    # why503: ignore retry-exhausted -- meant so\n{LINE}")
    assert MANY not in rules(linted(tmp_path, text))


def test_a_comment_without_a_reason_does_not_hold_and_is_told(tmp_path):
    report = linted(tmp_path, BAD.replace(LINE, f"{LINE}  # why503: ignore {MANY}"))
    assert {MANY, "lint/ignore-without-reason"} <= set(rules(report))


def test_an_annotation_sets_its_object_aside_and_no_other(tmp_path):
    note = "namespace: shop, annotations: {why503.io/ignore: retry-exhausted/* meant so}"
    text = BAD.replace("namespace: shop", note)
    report = linted(tmp_path, text + "---\n" + BAD.replace("name: web", "name: other"))
    assert [one.object for one in report.findings if one.rule == MANY] == [
        "VirtualService shop/other"
    ]


def test_an_annotation_without_a_reason_is_told(tmp_path):
    text = BAD.replace(
        "namespace: shop", f"namespace: shop, annotations: {{why503.io/ignore: {MANY}}}"
    )
    assert {MANY, "lint/ignore-without-reason"} <= set(rules(linted(tmp_path, text)))


def test_the_settings_set_a_rule_aside_everywhere(tmp_path):
    assert MANY not in rules(linted(tmp_path, BAD, ignore={"retry-exhausted": "meant so"}))
