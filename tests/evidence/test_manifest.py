import json

from tests.evidence.fuzz import CONTEXT, assert_never_raises
from why503.evidence import manifest

RULE = """\
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: catalog
  namespace: books
spec:
  host: catalog.books.svc.cluster.local
  trafficPolicy:
    connectionPool:
      http:
        idleTimeout: 30s
"""


def test_an_object_comes_through_whole_with_line_numbers():
    assert manifest.bid(RULE) >= 0.9
    (found,) = manifest.read(RULE, CONTEXT).facts
    assert found.full_name == "DestinationRule books/catalog"
    assert found.api_version == "networking.istio.io/v1"
    assert found.get("spec", "trafficPolicy", "connectionPool", "http", "idleTimeout") == "30s"
    assert found.where("spec", "trafficPolicy", "connectionPool", "http", "idleTimeout").line == 11
    assert not found.partial


def test_json_as_kubectl_prints_it_has_lines_too():
    pods = {"kind": "List", "items": [{"kind": "Pod", "metadata": {"name": n}} for n in "ab"]}
    text = json.dumps(pods, indent=2)
    assert manifest.bid(text) >= 0.9
    first, second = manifest.read(text, CONTEXT).facts
    assert (first.name, second.name) == ("a", "b")
    assert second.where("metadata", "name").line > first.where("metadata", "name").line > 0


def test_json_that_yaml_cannot_read_is_still_read():
    (found,) = manifest.read('{"kind": "Pod", "metadata": {"name": "a\\/b"}}', CONTEXT).facts
    assert found.name == "a/b"


def test_long_json_is_read_without_lines():
    filler = "x" * (manifest.JSON_WITH_LINES + 1)
    (found,) = manifest.read(
        json.dumps({"kind": "ConfigMap", "data": {"a": filler}}), CONTEXT
    ).facts
    assert found.kind == "ConfigMap"
    assert not found.lines


def test_a_nested_fragment_without_a_kind_is_an_object_without_one():
    text = "extensionProviders:\n- name: auth\n  envoyExtAuthzHttp:\n    port: 80\n"
    assert manifest.bid(text) >= 0.9
    (found,) = manifest.read(text, CONTEXT).facts
    assert found.kind == ""
    assert found.get("extensionProviders", 0, "envoyExtAuthzHttp", "port") == 80


def test_other_text_is_not_wanted():
    assert manifest.bid("cluster.a.rq_total: 5\ncluster.b.rq_total: 6\n") == 0
    assert manifest.bid("Name:         web-0\nNamespace:    shop\nContainers:\n  web:\n") == 0
    assert manifest.bid('{"code": 503}\n{"code": 200}\n') == 0
    assert manifest.bid("") == 0


def test_yaml_below_a_prompt_is_left_to_the_block_reader():
    assert manifest.bid("$ kubectl get dr catalog -o yaml\n" + RULE + "and then it failed\n") < 0.9


def test_never_raises():
    assert_never_raises(
        manifest, RULE + '{"kind": "List", "items": [ {"kind": "Pod"} ] }\n&a *a <<: *b'
    )
