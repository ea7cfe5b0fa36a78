from tests.mesh.make import mesh_of, obj
from why503.facts import Source
from why503.mesh.setting import Setting
from why503.mesh.written import as_written, behind


def setting(value, path):
    return Setting(value=value, source=Source(path=path, line=1), default=False, by=path)


def test_a_mesh_of_objects_is_itself():
    mesh = mesh_of(obj("Service", "a", "{}"))
    assert as_written(mesh) is mesh


def test_the_object_stands_behind_what_was_loaded_of_it():
    dump, rule = setting(5.0, "dump"), setting(5.0, "rule")
    assert behind(dump, rule) is rule
    assert behind(dump, setting(9.0, "rule")) is dump
    assert behind(dump, None) is dump
    assert behind(None, rule) is None
