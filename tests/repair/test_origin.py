import pytest

from why503.repair.origin import Maker, origins_of, values_on

PLAIN = "kind: DestinationRule\nmetadata: {name: a}\n"
FILES = {
    "charts/web/Chart.yaml": "name: web-chart\nversion: 1.2.3\n",
    "base/kustomization.yaml": "resources:\n- rule.yaml\n- sub\n",
    "base/kustomization.yml": "resources: [other.yaml]\n",
    "odd/kustomization.yaml": "resources: [\n",
}


def asked(path="k8s/a.yaml", text=PLAIN, labels=None, annotations=None, **metadata):
    found = {"name": "a", "labels": labels, "annotations": annotations, **metadata}
    data = {"kind": "DestinationRule", "metadata": found}
    return origins_of(path, text, data, FILES.get)


def test_a_file_that_people_write_has_no_maker():
    assert asked() == ()
    assert origins_of("a.yaml", PLAIN, {"metadata": []}, FILES.get) == ()


def test_a_template_is_told_with_its_chart():
    text = "spec:\n  idle: {{ .Values.pool.idle | quote }}\n  b: {{ .Values.b. }}\n"
    (found,) = asked("charts/web/templates/deep/rule.yaml", text)
    assert (found.maker, found.what, found.blocks) == (Maker.TEMPLATE, "web-chart", True)
    assert "values.yaml" in found.advice
    assert values_on(text, 2) == ("pool.idle",)
    assert values_on(text, 3) == ("b",)
    assert values_on(text, 1) == values_on(text, 99) == ()


def test_a_template_without_a_chart_is_told_as_one():
    (found,) = asked("rule.yaml.tmpl", "a: {{- .Values.x }}\n")
    assert found.blocks
    assert "with `{{`" in found.advice


def test_braces_in_an_alert_make_no_template():
    assert asked(text="summary: '{{ $labels.pod }} of {{ .Labels.app }}'\n") == ()


def test_the_output_of_helm_is_told_by_its_comment():
    (found,) = asked(text=f"---\r\n# Source: web/templates/rule.yaml\r\n{PLAIN}")
    assert (found.maker, found.what, found.blocks) == (Maker.HELM, "web", True)
    assert "`templates/rule.yaml`" in found.advice


@pytest.mark.parametrize(
    ("labels", "annotations", "what"),
    [
        ({"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": "r"}, {}, "r"),
        ({"helm.sh/chart": "web-1.2.3"}, {}, "web-1.2.3"),
        ({}, {"meta.helm.sh/release-name": "rel"}, "rel"),
    ],
)
def test_what_belongs_to_a_release_is_set_by_its_values(labels, annotations, what):
    (found,) = asked(labels=labels, annotations=annotations)
    assert (found.maker, found.what, found.blocks) == (Maker.HELM, what, True)


@pytest.mark.parametrize(
    ("labels", "annotations", "maker", "blocks"),
    [
        ({"argocd.argoproj.io/instance": "app"}, {}, Maker.ARGO, False),
        ({}, {"argocd.argoproj.io/tracking-id": "app:x/Y:z/a"}, Maker.ARGO, False),
        ({"kustomize.toolkit.fluxcd.io/name": "app"}, {}, Maker.FLUX, False),
        ({"helm.toolkit.fluxcd.io/name": "app"}, {}, Maker.FLUX, True),
    ],
)
def test_what_a_controller_applies_is_changed_at_its_source(labels, annotations, maker, blocks):
    (found,) = asked(labels=labels, annotations=annotations)
    assert (found.maker, found.what, found.blocks) == (maker, "app", blocks)


def test_the_output_of_kustomize_names_its_file():
    (found,) = asked(annotations={"config.kubernetes.io/origin": "path: base/rule.yaml\n"})
    assert (found.maker, found.what, found.blocks) == (Maker.KUSTOMIZE, "base/rule.yaml", True)


def test_an_export_of_the_cluster_is_no_source():
    (found,) = asked(uid="1", resourceVersion="2")
    assert (found.maker, found.blocks) == (Maker.CLUSTER, False)
    assert asked(uid="1") == ()


def test_a_file_that_a_kustomization_takes_in_may_be_patched_instead():
    for path in ("base/rule.yaml", "base/sub/b.yaml"):
        (found,) = asked(path)
        assert (found.maker, found.what) == (Maker.KUSTOMIZE, "base/kustomization.yaml")
        assert not found.blocks
    assert asked("base/unlisted.yaml") == ()
    assert asked("odd/a.yaml") == ()
