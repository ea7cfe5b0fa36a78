import pytest

from why503.repair.change import RefusedError, Target
from why503.repair.document import documents_of, found_object

TEXT = """# head
---
kind: Service
metadata: {name: a, namespace: x}
---
# nothing
---
kind: List
items:
- kind: Service
  metadata: {name: b}
- kind: Service
  metadata: {name: a, namespace: z}
...
%YAML 1.1
---
kind: Pod
metadata: {name: a}
spec: |
  kind: Service
   --- no marker
"""


def place(target, text=TEXT):
    number, path = found_object(documents_of(text), target)
    return documents_of(text)[number].first_line, path


@pytest.mark.parametrize("text", [TEXT, TEXT.replace("\n", "\r\n"), "", "a: 1", "---\n---\n"])
def test_documents_make_up_the_text(text):
    assert "".join(part.text for part in documents_of(text)) == text


@pytest.mark.parametrize(
    ("target", "found"),
    [
        (Target(kind="Service", name="a", namespace="x"), (2, ())),
        (Target(kind="Service", name="a", namespace="z"), (7, ("items", 1))),
        (Target(kind="Service", name="b", namespace="any"), (7, ("items", 0))),
        (Target(kind="Pod", name="a"), (16, ())),
        (Target(document=0), (2, ())),
        (Target(document=2), (16, ())),
    ],
)
def test_an_object_is_found_by_its_name_or_its_number(target, found):
    assert place(target) == found
    assert place(target, TEXT.replace("\n", "\r\n")) == found


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (Target(kind="Service", name="a"), "stands 2 times in the file, at lines 2, 7"),
        (Target(kind="Service", name="a", namespace="other"), "There is no Service other/a"),
        (Target(kind="Pod", name="c"), "There is no Pod c"),
        (Target(document=3), "There is no document 4: the file holds 3"),
    ],
)
def test_an_object_that_is_not_clear_is_refused(target, said):
    with pytest.raises(RefusedError) as refused:
        place(target)
    assert said in str(refused.value)


def test_a_list_of_objects_holds_them_all():
    (part,) = documents_of("- kind: A\n- 3\n- kind: B\n")
    assert [path for path, _value in part.objects()] == [(0,), (2,)]


def test_damage_is_told_with_its_line():
    with pytest.raises(RefusedError, match=r"at line [34]"):
        place(Target(document=0), "\n\na: [\n")
    with pytest.raises(RefusedError, match="several"):
        _ = documents_of("a: 1\n")[0].__class__(text="a: 1\n---\nb: 1\n", first_line=1).value
