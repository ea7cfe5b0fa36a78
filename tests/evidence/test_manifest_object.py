from tests.evidence.fuzz import CONTEXT
from why503.evidence.manifest_object import manifest_of, read_text


def test_a_list_gives_its_items_with_their_own_lines():
    first_item = "- kind: Pod\n  metadata:\n    name: a\n"
    text = f"kind: PodList\nitems:\n{first_item}- kind: Pod\n  metadata: {{name: b}}\n"
    first, second = read_text(text, CONTEXT).facts
    assert (first.name, second.name) == ("a", "b")
    assert first.where("metadata", "name").line == 5
    assert second.source.line == 6


def test_the_mesh_config_in_a_config_map_is_an_object_with_the_right_lines():
    text = (
        "kind: ConfigMap\nmetadata:\n  name: istio\n  namespace: istio-system\ndata:\n"
        "  mesh: |-\n    defaultConfig:\n      drainDuration: 45s\n"
    )
    outer, mesh = read_text(text, CONTEXT).facts
    assert outer.kind == "ConfigMap"
    assert mesh.kind == "MeshConfig"
    assert mesh.get("defaultConfig", "drainDuration") == "45s"
    assert mesh.where("defaultConfig", "drainDuration").line == 8


def test_a_broken_document_is_unread_with_line_and_remedy():
    reading = read_text("kind: A\nx: {{ .Values.y }}\n---\nkind: B\n", CONTEXT)
    assert [fact.kind for fact in reading.facts] == ["B"]
    assert reading.unread[0].source.line == 2
    assert "kubectl get" in reading.unread[0].reason


def test_an_object_without_lines_points_to_its_line():
    found = manifest_of({"kind": "Pod", "metadata": {"name": "a"}}, CONTEXT, line=7)
    assert found.where("metadata", "name").line == 7


def test_an_object_with_fields_left_out_is_read_with_the_right_lines():
    reading = read_text("kind: Pod\nmetadata:\n  ...\n  name: a\nspec:\n  \u2026\n", CONTEXT)
    (found,) = reading.facts
    assert (found.name, found.where("metadata", "name").line) == ("a", 4)
    assert not reading.unread
