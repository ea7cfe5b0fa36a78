from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import manifest_block

PASTE = """\
We get 503 since we applied this:

```yaml
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata:
  name: slim
spec:
  egress:
  - hosts:
    - "./*"
---
apiVersion: v1
kind: Service
metadata:
  name: web
```
Any idea? error: none
> kind: Pod
> metadata:
>   name: quoted
The end.
"""


def test_blocks_are_found_between_prose_and_claim_only_their_lines():
    reading, claimed = read_lines(manifest_block, PASTE)
    assert [fact.full_name for fact in reading.facts] == [
        "Sidecar slim",
        "Service web",
        "Pod quoted",
    ]
    sidecar, service, pod = reading.facts
    assert sidecar.where("spec", "egress", 0, "hosts").line == 10
    assert service.where("metadata", "name").line == 16
    assert (pod.where("metadata", "name").line, pod.where("metadata", "name").column) == (21, 5)
    assert not {1, 18, 22} & set(claimed)


def test_an_indented_block_is_dedented():
    text = "see\n    kind: Pod\n    metadata:\n      name: a\n  done\n"
    reading, claimed = read_lines(manifest_block, text)
    assert reading.facts[0].name == "a"
    assert claimed == [2, 3, 4]


def test_a_known_fragment_is_read_without_a_kind():
    text = "our settings\n  outlierDetection:\n    consecutive5xxErrors: 1\nthat is all\n"
    reading, claimed = read_lines(manifest_block, text)
    assert reading.facts[0].get("outlierDetection", "consecutive5xxErrors") == 1
    assert claimed == [2, 3]


def test_json_is_read_below_the_command_that_asked_for_it():
    text = '$ kubectl get pod a -o json\n{\n "kind": "Pod",\n "metadata": {"name": "a"}\n}\n$ ls\n'
    reading, claimed = read_lines(manifest_block, text)
    assert reading.facts[0].full_name == "Pod a"
    assert claimed == [2, 3, 4, 5]


def test_a_damaged_block_is_named():
    reading, _claimed = read_lines(manifest_block, "kind: Pod\nspec:\n  a: [1\nfine words\n")
    assert reading.unread[0].source.line >= 3


def test_never_raises():
    assert_never_raises(manifest_block, PASTE)
