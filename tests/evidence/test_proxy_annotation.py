from why503.evidence.manifest import read
from why503.evidence.reader import Context

POD = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata:
      annotations:
        proxy.istio.io/config: TEXT
"""


def configs(text):
    facts = read(POD.replace("TEXT", text), Context(path="a.yaml", teller="a")).facts
    return [fact for fact in facts if fact.kind == "proxy.istio.io/config"]


def test_a_block_is_an_object_with_the_place_of_each_field():
    (found,) = configs("|\n          drainDuration: 90s\n          concurrency: 2")
    assert (found.name, found.namespace, found.data["concurrency"]) == ("web", "shop", 2)
    assert (found.where("concurrency").line, found.where("concurrency").column) == (10, 11)


def test_json_on_one_line_is_read_too():
    assert configs('\'{"drainDuration": "90s"}\'')[0].get("drainDuration") == "90s"


def test_what_is_no_mapping_is_left_out():
    assert configs("hello") == configs("'{'") == []
