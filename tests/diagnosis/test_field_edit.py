from tests.mesh.make import manifests, mesh_of, obj
from why503.diagnosis.field_edit import dropped_at, field_at, put_at

TEXT = obj("VirtualService", "web", "{http: [{timeout: 5s, fault: {delay: {fixedDelay: 1s}}}]}")
KINDS = ("HTTPRoute", "VirtualService")


def source(*path):
    (one,) = manifests(TEXT)
    return one.where(*path)


def test_the_field_that_a_setting_was_read_from_is_found_again():
    mesh, place = mesh_of(TEXT), source("spec", "http", 0, "timeout")
    found = field_at(mesh, place, KINDS, "timeout")
    assert found is not None
    assert (found[0].name, found[1]) == ("web", ("spec", "http", 0, "timeout"))
    (put,) = put_at(mesh, place, KINDS, "timeout", "9s")
    assert (put.target.name, put.path, put.value) == ("web", found[1], "9s")


def test_another_kind_name_or_place_is_no_such_field():
    mesh, place = mesh_of(TEXT), source("spec", "http", 0, "timeout")
    assert put_at(mesh, place, ("Sidecar",), "timeout", "9s") == ()
    assert put_at(mesh, place, KINDS, "idleTimeout", "9s") == ()
    assert put_at(mesh, None, KINDS, "timeout", "9s") == ()
    assert put_at(mesh_of(), place, KINDS, "timeout", "9s") == ()


def test_several_fields_are_taken_away():
    places = [source("spec", "http", 0, "fault"), None]
    (drop,) = dropped_at(mesh_of(TEXT), places, KINDS, "fault")
    assert drop.path == ("spec", "http", 0, "fault")
