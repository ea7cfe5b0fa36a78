from tests.diagnosis.lint_world import rules
from why503.causes import CATALOGUE
from why503.diagnosis.lint import lint
from why503.evidence.read import read_paths
from why503.evidence.reader import Options

RULE = """apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web, namespace: shop}
spec: {trafficPolicy: {loadBalancer: {simple: RANDOM}}}
"""
HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"


def linted(folder, kustomization):
    (folder / "prod").mkdir(exist_ok=True)
    (folder / "prod" / "kustomization.yaml").write_text(HEAD + kustomization, encoding="utf-8")
    (folder / "prod" / "patch.yaml").write_text(RULE, encoding="utf-8")
    return rules(lint(read_paths([str(folder)], Options()), CATALOGUE))


def test_a_patch_lacks_fields_and_is_no_fault(tmp_path):
    assert linted(tmp_path, "patches: [{path: patch.yaml}]\n") == []
    assert linted(tmp_path, "patchesStrategicMerge: [./patch.yaml]\n") == []


def test_what_is_no_patch_must_be_whole(tmp_path):
    assert linted(tmp_path, "resources: [patch.yaml]\n") == ["schema/missing-field"]
    assert linted(tmp_path, "patches: 7\n") == ["schema/missing-field"]
