import pytest

from why503.diagnosis.cause import Disposition, Remedy, RemedyKind
from why503.diagnosis.edit import New, Put, Target
from why503.repair.change import RefusedError
from why503.repair.offer import Wish
from why503.repair.wishes import joined, wishes_of

WEB, APP = Target(kind="Service", name="web"), Target(kind="Service", name="app")


def remedy(*edits):
    return Remedy(title="x", kind=RemedyKind.FIX, disposition=Disposition.SAFE, edits=edits)


def new(spec, namespace="shop", name="web"):
    metadata = {"name": name, "namespace": namespace}
    return {"kind": "Sidecar", "metadata": metadata, "spec": spec}


def test_edits_of_one_object_are_one_wish():
    one, two = Put(target=WEB, path=("a",), value=1), Put(target=WEB, path=("b",), value=2)
    other = Put(target=APP, path=("a",), value=1)
    found = wishes_of(remedy(one, other, two, New(data=new({}), comment="Why.")))
    assert [wish.changes for wish in found] == [(one, two), (other,), ()]
    assert found[2].comment == "Why."
    assert wishes_of(remedy()) == ()


def test_a_name_that_is_left_open_is_no_wish():
    with pytest.raises(RefusedError, match="does not tell `<namespace>`"):
        wishes_of(remedy(New(data=new({}, "<namespace>"))))


def test_a_namespace_is_left_out_where_the_object_beside_names_none():
    (wish,) = wishes_of(remedy(New(data=new({}, "<namespace>"), beside=WEB)))
    assert wish.new["metadata"] == {"name": "web"}


def test_parts_of_one_new_object_are_put_together_and_changes_made_once():
    put = Put(target=WEB, path=("a",), value=1)
    found = joined(
        [
            Wish(new=new({"a": {"b": 1}})),
            Wish(changes=(put,)),
            Wish(new=new({"a": {"c": 2}})),
            Wish(changes=(put,)),
            Wish(new=new({}, name="other")),
        ]
    )
    assert [wish.changes for wish in found] == [(put,), (), ()]
    assert found[1].new["spec"] == {"a": {"b": 1, "c": 2}}


def test_two_values_of_one_field_are_refused():
    with pytest.raises(RefusedError, match="different values of `b`"):
        joined([Wish(new=new({"b": 1})), Wish(new=new({"b": 2}))])
