import pytest

from why503.evidence.other_yaml import is_other_yaml


def asked(folder, text, name="values.yaml"):
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return is_other_yaml(str(folder / name))


@pytest.mark.parametrize(
    "text", ["# nothing\n", "", "---\n---\n", "replicas: 1\nimage: {a: b}\n", "- a\n- b: 1\n"]
)
def test_sound_yaml_without_an_object_is_other_yaml(tmp_path, text):
    assert asked(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        "kind: Service\n",
        "a: 1\n---\napiVersion: v1\n",
        "a: [1\n",
        "a: {{ .Values.b }}\n  {{- end }}\n",
        "some words\n",
        b"a: \xff\n",
    ],
)
def test_objects_broken_yaml_and_prose_are_not(tmp_path, text):
    assert not asked(tmp_path, text)


def test_the_name_of_the_file_must_say_yaml(tmp_path):
    assert not asked(tmp_path, "a: 1\n", "access.log")
    assert not is_other_yaml(str(tmp_path / "absent.yaml"))
    (tmp_path / "folder.yaml").mkdir()
    assert not is_other_yaml(str(tmp_path / "folder.yaml"))
