from pathlib import Path

import pytest

from why503.causes import CATALOGUE
from why503.evidence.read import read_paths
from why503.evidence.reader import Options
from why503.facts import Manifest
from why503.repair.change import Drop, Put, RefusedError, Target
from why503.repair.diff import diff
from why503.repair.disk import revert, write
from why503.repair.draft import Draft, read_file
from why503.repair.gate import Gate
from why503.repair.place import Place, conventional, place_of

SERVICE = """\
# vminsert takes remote write
apiVersion: v1
kind: Service
metadata:
  name: vminsert
  namespace: monitoring
spec:
  ports:
  - name: http   # plain
    port: 8480
  selector: {app: vminsert}
"""
RULE = """\
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: vminsert   # the host
  namespace: monitoring
spec:
  host: vminsert.monitoring.svc.cluster.local
  trafficPolicy:
    # one connection a second
    connectionPool:
      tcp: {maxConnections: 100}
"""
POOL = ("spec", "trafficPolicy", "connectionPool", "http")
TARGET = Target(kind="DestinationRule", name="vminsert", namespace="monitoring")
SIDECAR = {
    "apiVersion": "networking.istio.io/v1",
    "kind": "Sidecar",
    "metadata": {"name": "vminsert", "namespace": "monitoring"},
    "spec": {
        "workloadSelector": {"labels": {"app": "vminsert"}},
        "inboundConnectionPool": {"http": {"idleTimeout": "50s"}},
    },
}


def draft_of(**files):
    """A draft of files that are named without their ending."""
    held = {f"{name}.yaml": text.encode() for name, text in files.items()}
    return Draft(held.get)


def test_several_changes_of_a_file_go_together_or_not_at_all():
    draft = draft_of(rule=RULE)
    good = Put(target=TARGET, path=(*POOL, "idleTimeout"), value="50s")
    bad = Drop(target=TARGET, path=("spec", "host", "deep"))
    assert not draft.change("rule.yaml", [good, bad])
    assert draft.done().files == ()
    assert [one.path for one in draft.done().refused] == ["rule.yaml"]
    assert draft.change("rule.yaml", [good])
    (file,) = draft.done().files
    assert file.after.decode() == RULE + "      http:\n        idleTimeout: 50s\n"


def test_what_stands_there_already_changes_no_file():
    draft = draft_of(rule=RULE)
    assert draft.change("rule.yaml", [Drop(target=TARGET, path=("spec", "absent"))])
    assert draft.done().files == ()


def test_changes_follow_each_other_in_one_file():
    draft = draft_of(rule=RULE)
    draft.change("rule.yaml", [Put(target=TARGET, path=("spec", "a"), value=1)])
    draft.change("rule.yaml", [Put(target=TARGET, path=("spec", "b"), value=2)])
    draft.add(Place(path="rule.yaml"), SIDECAR, comment="Below the server's.")
    (file,) = draft.done().files
    text = file.after.decode()
    assert text.startswith(RULE + "  a: 1\n  b: 2\n---\n# Below the server's.\napiVersion:")
    assert file.before == RULE.encode()


def test_a_new_file_is_named_in_its_kustomization():
    draft = draft_of(kustomization="resources:\n  - rule.yaml # mine\n", rule=RULE)
    place = Place(path="sidecar.yaml", like="rule.yaml", listed_in="kustomization.yaml")
    assert draft.add(place, SIDECAR)
    listing, sidecar = draft.done().files
    assert listing.after == b"resources:\n  - rule.yaml # mine\n  - sidecar.yaml\n"
    assert sidecar.is_new


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfea", "is not UTF-8"),
        (None, "There is no file `x.yaml`"),
        (b"a: [", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_edited_is_told(content, said):
    draft = Draft(lambda _path: content)
    assert not draft.change("x.yaml", [Drop(target=Target(document=0), path=("a",))])
    assert said in draft.done().refused[0].reason


def test_files_are_read_from_disk(tmp_path):
    (tmp_path / "a").write_bytes(b"x\r\n")
    assert read_file(str(tmp_path / "a")) == b"x\r\n"
    assert read_file(str(tmp_path / "b")) is None
    with pytest.raises(RefusedError, match="Cannot read"):
        read_file(str(tmp_path))


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "k8s").mkdir()
    Path("k8s/vminsert-service.yaml").write_text(SERVICE, encoding="utf-8")
    Path("k8s/vminsert-destination-rule.yaml").write_text(RULE, encoding="utf-8")
    return read_paths(["k8s"], Options())


def test_the_idle_timeout_of_vminsert_is_mended_from_end_to_end(shop, tmp_path):
    """The worked example: a field in a rule that is there, and a Sidecar that is not."""
    manifests = [fact for fact in shop.facts if isinstance(fact, Manifest)]
    draft = Draft()
    rule = next(one for one in manifests if one.kind == "DestinationRule")
    path = (*POOL, "idleTimeout")
    assert draft.change(rule.source.path, [Put(target=TARGET, path=path, value="50s")])
    sidecar = conventional(SIDECAR, manifests)
    place = place_of(sidecar, manifests, beside=rule.source.path)
    assert draft.add(place, sidecar, comment="Below the 60 s after which vminsert closes.")
    changes = draft.done()
    assert changes.refused == ()
    assert Gate(shop, CATALOGUE, (1, 28)).objections(changes.texts) == ()
    assert (
        diff(changes)
        == """\
--- a/k8s/vminsert-destination-rule.yaml
+++ b/k8s/vminsert-destination-rule.yaml
@@ -9,3 +9,5 @@
     # one connection a second
     connectionPool:
       tcp: {maxConnections: 100}
+      http:
+        idleTimeout: 50s
--- /dev/null
+++ b/k8s/vminsert-sidecar.yaml
@@ -0,0 +1,13 @@
+# Below the 60 s after which vminsert closes.
+apiVersion: networking.istio.io/v1
+kind: Sidecar
+metadata:
+  name: vminsert
+  namespace: monitoring
+spec:
+  workloadSelector:
+    labels:
+      app: vminsert
+  inboundConnectionPool:
+    http:
+      idleTimeout: 50s
"""
    )
    home = tmp_path / "state"
    assert write(changes, home) is not None
    assert "idleTimeout: 50s" in Path("k8s/vminsert-sidecar.yaml").read_text(encoding="utf-8")
    revert(home)
    assert sorted(one.name for one in Path("k8s").iterdir()) == [
        "vminsert-destination-rule.yaml",
        "vminsert-service.yaml",
    ]
    assert Path("k8s/vminsert-destination-rule.yaml").read_text(encoding="utf-8") == RULE


def test_a_rule_that_is_not_there_yet_is_proposed_whole(shop):
    manifests = [one for one in shop.facts if isinstance(one, Manifest) and one.kind == "Service"]
    new = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": {"name": "vmselect", "namespace": "monitoring"},
        "spec": {"host": "vmselect", "trafficPolicy": {"connectionPool": {"http": {"a": 1}}}},
    }
    place = place_of(new, manifests, beside="k8s/vminsert-service.yaml")
    assert place.path == "k8s/vmselect-destinationrule.yaml"
    draft = Draft()
    draft.add(place, new)
    texts = draft.done().texts
    found = Gate(shop, CATALOGUE, (1, 28)).objections(texts)
    assert [one.rule for one in found if one.rule.startswith("schema/")] == ["schema/unknown-field"]
