from copy import deepcopy
from itertools import groupby
from random import Random

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.repair.mending import HERE, append, drop, put, refusal
from tests.repair.yaml_style import yaml_text
from why503.repair.change import (
    Append,
    Drop,
    Item,
    Put,
    RefusedError,
    Target,
    Verb,
    applied,
    at,
    edit_of,
)
from why503.repair.document import documents_of
from why503.repair.edit import walk
from why503.repair.marked import marked, place_of
from why503.repair.patch import patched
from why503.repair.text_edit import Lines

VALUES = (
    "zz",
    50,
    None,
    {"a": 1, "b": [1, {"c": "x"}]},
    ["x", {"q": None}],
    "a: b #",
    {},
    [],
    "on",
)

TEXT = """\
---
kind: Service
metadata: {name: a}
---
kind: List
items:
- kind: DestinationRule   # the rule
  metadata:
    name: web
    namespace: shop
  spec:
    trafficPolicy:
      portLevelSettings:
      - port: {number: 80}
"""


def paths(value, path=()):
    yield path
    inner = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    for key, one in inner:
        yield from paths(one, (*path, key))


def loaded(text):
    """What another program than ours reads."""
    return list(yaml.load_all(text.removeprefix("\ufeff"), Loader=yaml.CBaseLoader))


def without(value, path):
    """``value`` as another program reads it, with nothing at ``path``."""
    value = deepcopy(value)
    holder = at(value, path[:-1])
    if isinstance(holder, dict):
        holder.pop(path[-1], None)
    elif isinstance(holder, list):
        del holder[path[-1] :]
    return value if holder or len(path) == 1 else without(value, path[:-1])


def a_change(random, text):
    """A random change of a random document, and the number of that document in the file."""
    parts = documents_of(text.removeprefix("\ufeff"))
    filled = [number for number, part in enumerate(parts) if part.values]
    document = random.randrange(len(filled))
    root = parts[filled[document]].value
    path = random.choice([*paths(root)][1:] or [("new",)])
    value = random.choice(VALUES)
    here = Target(document=document)
    kind = random.choice([Put, Drop, Append, "below"])
    if kind is Drop:
        return Drop(target=here, path=path), filled[document]
    if kind is Append:
        return Append(target=here, path=path, value=value), filled[document]
    below = ("new", "deep") if kind == "below" else ()
    return Put(target=here, path=(*path, *below), value=value), filled[document]


def region(text, path):
    """From where to where a document may differ when the value at ``path`` changes or goes."""
    chain, lines = walk(marked(text), path), Lines(text)
    while len(chain) > 2 and (chain[-2].value.flow or len(chain[-2].value.entries) == 1):
        chain.pop()
    if chain[-2].value.flow:
        return 0, len(text)
    end = lines.after(chain[-1].end)
    others = chain[-2].value.entries
    if not lines.leads(chain[-1].begin) and chain[-1] is not others[-1]:
        return lines.begin(chain[-1].begin), others[place_of(chain[-1], chain[-2].value) + 1].begin
    return lines.begin(chain[-1].begin), lines.past_comments(end, 0, own=True)


def is_within(old, new):
    """True where ``new`` is ``old`` with something put in."""
    signs = iter(new)
    return all(sign in signs for sign in old)


styles = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


@styles
@given(st.randoms(use_true_random=False))
def test_in_every_style_only_the_wanted_path_changes(random):
    text = yaml_text(random)
    change, number = a_change(random, text)
    overriding = random.random() < 0.5
    try:
        new = patched(text, [change], overriding=overriding).text
    except RefusedError:
        return
    before = documents_of(text.removeprefix("\ufeff"))
    after = documents_of(new.removeprefix("\ufeff"))
    wanted = edit_of(before[number].value, change)
    if wanted is None:
        assert new == text
        return
    assert after[number].value == applied(before[number].value, wanted)
    others = [part.text for part in before[:number] + before[number + 1 :]]
    assert [part.text for part in after[:number] + after[number + 1 :]] == others
    assert new.startswith("\ufeff") == text.startswith("\ufeff")
    assert "\r\n" in text or "\r" not in new
    assert "\r\n" not in text or "\n" not in new.replace("\r\n", "")
    if not overriding:
        documents = [one for one in loaded(text) if one not in (None, "")]
        changed = [one for one in loaded(new) if one not in (None, "")]
        place = len([part for part in before[:number] if part.values])
        assert without(changed, (place, *wanted.path)) == without(documents, (place, *wanted.path))


@styles
@given(st.randoms(use_true_random=False))
def test_where_something_is_added_no_sign_is_lost(random):
    text = yaml_text(random)
    change, number = a_change(random, text)
    root = documents_of(text.removeprefix("\ufeff"))[number].value
    try:
        edit = edit_of(root, change)
        assume(edit is not None and edit.verb.startswith("add") and at(root, edit.path[:-1]))
        new = patched(text, [change]).text
    except RefusedError:
        return
    assert len(new) > len(text)
    assert is_within(text, new)


@styles
@given(st.randoms(use_true_random=False))
def test_where_something_changes_or_goes_all_around_it_stays(random):
    text = yaml_text(random)
    change, number = a_change(random, text)
    part = documents_of(text.removeprefix("\ufeff"))[number]
    try:
        edit = edit_of(part.value, change)
        assume(edit is not None and edit.verb in {Verb.REPLACE, Verb.REMOVE})
        begin, end = region(part.text, edit.path)
        new = patched(text, [change]).text
    except RefusedError:
        return
    new = documents_of(new.removeprefix("\ufeff"))[number].text
    assert new.startswith(part.text[:begin])
    assert new.endswith(part.text[end:])


@styles
@given(st.randoms(use_true_random=False))
def test_a_change_and_its_opposite_leave_the_text_as_it_was(random):
    text = yaml_text(random)
    assume(text.endswith("\n"))
    parts = documents_of(text.removeprefix("\ufeff"))
    assume(parts[0].values)
    add = Put(target=HERE, path=("added-key",), value=random.choice(VALUES))
    try:
        new = patched(text, [add]).text
        back = patched(new, [Drop(target=HERE, path=("added-key",))]).text
    except RefusedError:
        return
    assert new != text
    assert back == text


def test_most_changes_are_made_and_not_refused():
    made, refused = 0, []
    for seed in range(300):
        random = Random(seed)  # noqa: S311 - the same texts every time
        text = yaml_text(random)
        change, _number = a_change(random, text)
        try:
            patched(text, [change], overriding=True)
            made += 1
        except RefusedError as fault:
            refused.append(str(fault))
    by_hand = [one for one in refused if "by hand" in one]
    assert made > 150
    assert len(by_hand) <= 3, by_hand


def test_an_object_in_a_list_is_edited_where_it_stands():
    rule = Target(kind="DestinationRule", name="web", namespace="shop")
    levels = ("spec", "trafficPolicy", "portLevelSettings")
    port = Item(where={"port": {"number": 80}})
    other = Item(where={"port": {"number": 81}})
    new = patched(
        TEXT,
        [
            Put(target=rule, path=(*levels, port, "tls", "mode"), value="DISABLE"),
            Put(target=rule, path=(*levels, other, "tls", "mode"), value="SIMPLE"),
        ],
    ).text
    assert new == TEXT + (
        "        tls:\n          mode: DISABLE\n"
        "      - port:\n          number: 81\n        tls:\n          mode: SIMPLE\n"
    )


def test_changes_of_one_text_follow_each_other():
    rule = Target(kind="DestinationRule", name="web", namespace="shop")
    one = Put(target=Target(document=0), path=("spec", "a"), value=1)
    two = Drop(target=rule, path=("spec", "trafficPolicy"))
    assert patched(TEXT, [one, two]).text == patched(TEXT, [two, one]).text
    assert (
        patched(patched(TEXT, [one, two]).text, [one, two]).text == patched(TEXT, [one, two]).text
    )


def test_lines_in_sentences_are_those_of_the_file():
    text = "a: 1\n---\nkind: A\nb: &x 1\nc: *x\n"
    second = Target(document=1)
    grow = Put(target=HERE, path=("z",), value={"y": 1})
    with pytest.raises(RefusedError, match="again on line 5"):
        patched(text, [Put(target=second, path=("b",), value=2)])
    with pytest.raises(RefusedError, match="again on line 7"):
        patched(text, [grow, Put(target=second, path=("b",), value=2)])


@pytest.mark.parametrize(
    "text",
    [
        'a: "x\ty" # c\tt\nb: |\n  x\tz\n',
        "\ufeffa: 1\r\nb: é😀 # 主机\r\n",
        "%YAML 1.1\n---\na: 1\n...\n",
        "--- # c\na: 1",
        "# c\n\n\na: 1\n\n\n# d\n",
    ],
)
def test_signs_that_others_lose_stay(text):
    new = put(text, "a", "new")
    old = "1" if "a: 1" in text else '"x\ty"'
    assert new == text.replace(f"a: {old}", 'a: "new"' if '"' in old else "a: new")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\rb: 2\n", "line breaks that are neither LF nor CRLF"),
        ("a: x\u2028y\nb: 1\n", "line breaks that are neither LF nor CRLF"),
        ("a: {{ .Values.x }}\n", "cannot be read at line 1"),
        ("a: [\n", "cannot be read at line"),
        ("\n", "There is no document 1"),
        ("", "There is no document 1"),
        ("- 1\n", "has no `a`"),
        ("text\n", "has no `a`"),
    ],
)
def test_what_cannot_be_edited_is_refused_in_a_sentence(text, said):
    refused = refusal(put, text, "a", 1)
    assert said in refused
    assert refused.endswith(".")


def test_an_edit_that_would_change_more_is_refused():
    text = "a: |+\n  x\n\nb: 1\n\nc: 1\n"
    assert "would change more than that" in refusal(drop, text, "b")


@given(st.text(alphabet="ab:-[]{}&*#|>'\"\n\t ,?!%", max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_at_all_is_edited_or_refused(text):
    for make in (lambda: put(text, "a", 1), lambda: drop(text, "a"), lambda: append(text, "a", 1)):
        said = refusal(make)
        assert not said or said.endswith(".")


def test_a_large_file_is_edited_in_one_document_only():
    one = "kind: A\nmetadata:\n  name: n{}\nspec:\n  a: 1 # c\n---\n"
    text = "".join(one.format(number) for number in range(12_000))
    assert len(text) > 500_000
    made = patched(text, [Put(target=Target(kind="A", name="n11999"), path=("spec", "a"), value=2)])
    old, new = text.split("\n"), made.text.split("\n")
    differing = [number for number, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
    assert [len(list(group)) for _key, group in groupby(differing)] == [1]
    assert new[differing[0]] == "  a: 2 # c"
