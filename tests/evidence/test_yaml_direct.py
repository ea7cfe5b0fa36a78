import pytest

from why503.evidence import yaml_direct, yaml_tree
from why503.evidence.yaml_direct import documents
from why503.evidence.yaml_tree import MAX_DEPTH, Node, Plain, Trouble, plain

OBJECTS = """# what the mill needs
kind: ConfigMap
metadata: {name: mill, labels: {app: "mill"}}
data:
  mesh: |
    defaultConfig: {}
  "port": 8080
  ratio: 1.5
---
- kind: A
  flags: [yes, ~, '8080', 0644]
- [1, {b: c}]
--- # empty

---
kind: B
"""


def told(text, **place):
    return [plain(root) if isinstance(root, Node) else root for root in documents(text, **place)]


def by_tree(text, **place):
    roots = yaml_tree.documents(text, **place)
    return [plain(root) if isinstance(root, Node) else root for root in roots]


@pytest.mark.parametrize("place", [{}, {"first_line": 40, "column": 6}])
def test_the_answer_is_that_of_the_tree_without_one(place):
    assert all(isinstance(root, Plain) for root in documents(OBJECTS))
    assert told(OBJECTS, **place) == by_tree(OBJECTS, **place)
    assert [list(one.lines) for one in told(OBJECTS)] == [
        list(one.lines) for one in by_tree(OBJECTS)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a: &x {b: 1}\nc: *x\n",
        "a: &x 1\n",
        "a: !!str 8080\n",
        "base: &b {c: 1}\nd:\n  <<: *b\n",
        "a: 1\nb: {c: 1}\nb: {d: 2}\n",
        "? [a, b]\n: c\n",
        "%YAML 1.1\n---\na: 1\n",
        "a: 1\n...\n---\nb: 2\n",
        "a: {{ .Values.b }}\n",
        "a: [1\n---\nb: 2\n",
        "a: \x00\n",
        "a: 1\r\nb: |\r\n  c\r\n",
        "\ufeffa: 1\n",
        "a: \u5bb9\u5668 # \u8a3b\n",
        "a: \x85b\n",
        "a: " + "[" * (MAX_DEPTH + 5) + "]" * (MAX_DEPTH + 5) + "\n",
    ],
)
def test_what_is_odd_is_read_by_the_tree_or_as_the_tree_reads_it(text):
    assert told(text) == by_tree(text)


def test_lists_and_mappings_without_end_are_left_to_the_tree(monkeypatch):
    monkeypatch.setattr(yaml_direct, "_MOST", 20)
    for text in ("- a\n" * 30, "".join(f"a{n}: b\n" for n in range(30)), "- {a: b}\n" * 30):
        assert isinstance(next(documents(text)), Node)
    assert isinstance(next(documents("- a\n" * 10)), Plain)


def test_a_large_text_is_read_in_parts_with_the_right_lines(monkeypatch):
    text = "kind: A\ndata: |\n  ---\n  text\n---\nkind: B\n--- \nkind: C\n"
    whole = told(text)
    monkeypatch.setattr(yaml_direct, "_AT_ONCE", 10)
    assert told(text) == whole
    assert [one.value["kind"] for one in whole] == ["A", "B", "C"]
    assert [one.lines[("kind",)] for one in whole] == [(1, 1), (6, 1), (8, 1)]


def test_damage_in_one_part_does_not_touch_the_others(monkeypatch):
    monkeypatch.setattr(yaml_direct, "_AT_ONCE", 10)
    first, broken, last = told("first: part\n---\nb: [1\nc: 2345\n---\nlast: part\n")
    assert (first.value, last.value) == ({"first": "part"}, {"last": "part"})
    assert isinstance(broken, Trouble)
    assert broken.line in {3, 4, 5}


def test_too_many_documents_are_said_to_be_too_many(monkeypatch):
    monkeypatch.setattr(yaml_direct, "MAX_DOCUMENTS", 2)
    *read, trouble = told("a: 1\n---\nb: 2\n---\nc: 3\n---\nd: 4\n")
    assert [one.value for one in read] == [{"a": 1}, {"b": 2}]
    assert isinstance(trouble, Trouble)
