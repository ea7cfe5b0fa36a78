import pytest

from why503.evidence.yaml_tree import MAX_DEPTH, Node, Plain, Trouble, documents, plain, scalar_of


def values(text):
    found = []
    for root in documents(text):
        result = plain(root) if isinstance(root, Node) else root
        found.append(result.value if isinstance(result, Plain) else result)
    return found


def test_every_field_and_item_has_its_line_and_column():
    root = next(iter(documents("a:\n  b:\n  - c: 1\n  - 2\n", first_line=10, column=4)))
    assert isinstance(root, Node)
    result = plain(root)
    assert isinstance(result, Plain)
    assert result.lines[()] == (10, 5)
    assert result.lines[("a", "b")] == (11, 7)
    assert result.lines[("a", "b", 0, "c")] == (12, 9)
    assert result.lines[("a", "b", 1)] == (13, 9)


def test_a_broken_document_does_not_lose_the_others():
    first, broken, last = values("a: 1\n---\nb: [1\nc: 2\n---\nd: 3\n")
    assert first == {"a": 1}
    assert isinstance(broken, Trouble)
    assert 3 <= broken.line <= 5
    assert last == {"d": 3}


def test_a_tab_in_the_indent_is_trouble_with_its_line():
    (broken,) = values("a:\n\tb: 1\n")
    assert isinstance(broken, Trouble)
    assert broken.line == 2


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("off", False),
        ("~", None),
        ("0644", 420),
        ("0x1f", 31),
        ("1_000", 1000),
        ("1.5", 1.5),
        ("1:30", "1:30"),
        ("2024-01-02", "2024-01-02"),
        ("1e3", "1e3"),
        ("10.0.0.1", "10.0.0.1"),
        ("9" * 60, "9" * 60),
        ("089", "089"),
        ("-5", -5),
    ],
)
def test_scalars_mean_what_kubernetes_says_but_times_stay_text(text, value):
    assert scalar_of(text) == value
    assert type(scalar_of(text)) is type(value)


def test_quoted_and_tagged_scalars_stay_text():
    assert values("a: 'true'\nb: \"8\"\nc: !!str 9\n") == [{"a": "true", "b": "8", "c": "9"}]


def test_keys_are_text_and_the_last_of_equal_keys_wins():
    assert values("8080: a\non: b\nx: 1\nx: 2\n") == [{"8080": "a", "on": "b", "x": 2}]


def test_merge_keys_give_way_to_own_fields():
    text = "base: &b {a: 1, c: 1}\nuse:\n  <<: *b\n  a: 2\n"
    assert values(text)[0]["use"] == {"a": 2, "c": 1}


def test_an_alias_bomb_is_trouble_not_memory():
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 12):
        one = f"*a{level - 1}"
        rows.append(f"a{level}: &a{level} [{', '.join([one] * 10)}]")
    (found,) = values("\n".join(rows))
    assert isinstance(found, Trouble)
    assert "unfold" in found.reason


def test_a_merge_bomb_is_bounded():
    rows = ["a0: &a0 {x: 1}"]
    rows += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 12)]
    assert len(values("\n".join(rows))) == 1


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_deep_nesting_is_trouble(opening):
    (found,) = values(opening * (MAX_DEPTH + 5000))
    assert isinstance(found, Trouble)


def test_an_alias_to_nothing_and_to_itself_are_trouble():
    assert isinstance(values("a: *b\n")[0], Trouble)
    assert isinstance(values("a: &a [*a]\n")[0], Trouble)


def test_control_characters_do_not_hide_the_rest():
    assert values("a: x\x00y\nb: 1\n")[0]["b"] == 1


def test_comments_alone_are_no_document():
    assert values("# Source: chart/templates/a.yaml\n---\n# nothing\n---\na: 1\n") == [{"a": 1}]
