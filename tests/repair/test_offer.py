from pathlib import Path

import pytest

from why503.causes import CATALOGUE
from why503.evidence.read import read_paths
from why503.evidence.reader import Options
from why503.repair.change import Put, Target
from why503.repair.offer import Wish, offered
from why503.repair.origin import Maker

RULE = """apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: web
  namespace: shop
spec:
  host: web # host
  trafficPolicy: {}
"""
TARGET = Target(kind="DestinationRule", name="web", namespace="shop")
POOL = ("spec", "trafficPolicy", "connectionPool", "http")
IDLE = Wish(changes=(Put(target=TARGET, path=(*POOL, "idleTimeout"), value="50s"),))
WRONG = Wish(changes=(Put(target=TARGET, path=(*POOL, "speed"), value="fast"),))
RULE_DATA = {
    "apiVersion": "networking.istio.io/v1",
    "kind": "DestinationRule",
    "metadata": {"name": "web", "namespace": "shop"},
}
SIDECAR = {
    "apiVersion": "networking.istio.io/v1beta1",
    "kind": "Sidecar",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"inboundConnectionPool": {"http": {"idleTimeout": "50s"}}},
}


@pytest.fixture
def offer(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def of(*wishes, **files):
        for name, text in files.items():
            Path(f"{name}.yaml").write_text(text, encoding="utf-8")
        bundle = read_paths(["."], Options())
        return offered(wishes, bundle, CATALOGUE, (1, 28))

    return of


def test_what_passes_is_offered(offer):
    made = offer(IDLE, web=RULE)
    (file,) = made.changes.files
    assert file.after.decode() == RULE.replace(
        "trafficPolicy: {}\n",
        "trafficPolicy:\n    connectionPool:\n      http:\n        idleTimeout: 50s\n",
    )
    assert (made.changes.refused, made.elsewhere, made.origins) == ((), (), ())


def test_a_wish_that_the_schema_refuses_spoils_no_other(offer):
    made = offer(IDLE, WRONG, web=RULE)
    (file,) = made.changes.files
    assert b"idleTimeout: 50s" in file.after
    assert b"speed" not in file.after
    (refused,) = made.changes.refused
    assert "schema/unknown-field" in refused.reason


def test_a_new_object_takes_the_users_conventions(offer):
    (file,) = offer(Wish(new=SIDECAR, beside=TARGET, comment="Why."), web=RULE).changes.files
    assert file.is_new
    assert file.path == "web-sidecar.yaml"
    assert file.after.startswith(b"# Why.\napiVersion: networking.istio.io/v1\nkind: Sidecar\n")


def test_what_was_piped_or_packed_is_not_edited(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("rule.yaml").write_text(RULE, encoding="utf-8")
    bundle = read_paths(["."], Options())
    for content in (None, b"\x1f\x8b\x08", b"rule.yaml\0\0"):
        made = offered([IDLE], bundle, CATALOGUE, read=lambda _path, kept=content: kept)
        assert "is no plain file" in made.changes.refused[0].reason


def test_a_new_object_beside_what_a_chart_made_belongs_into_the_chart(offer):
    made = offer(Wish(new=SIDECAR, beside=TARGET), web=f"---\n# Source: web/t/rule.yaml\n{RULE}")
    assert made.changes.files == ()
    (told,) = made.elsewhere
    assert told.new is not None
    assert told.new.data["kind"] == "Sidecar"


def test_a_template_names_the_value_that_it_reads(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("Chart.yaml").write_text("name: shop\n", encoding="utf-8")
    pool = 'trafficPolicy: {connectionPool: {http: {idleTimeout: "{{ .Values.pool.idle }}"}}}'
    Path("web.yaml").write_text(RULE.replace("trafficPolicy: {}", pool), encoding="utf-8")
    made = offered([IDLE], read_paths(["."], Options()), CATALOGUE)
    (told,) = made.elsewhere
    assert told.origin.maker is Maker.TEMPLATE
    assert told.values == {"pool.idle": "50s"}


def test_a_template_that_is_no_yaml_yet_is_told_as_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("Chart.yaml").write_text("name: shop\n", encoding="utf-8")
    broken = "---\nkind: DestinationRule\nspec: {{ .Values.web }}\n"
    Path("web.yaml").write_text(RULE + broken, encoding="utf-8")
    (told,) = offered([IDLE], read_paths(["."], Options()), CATALOGUE).elsewhere
    assert (told.origin.maker, told.operations) == (Maker.TEMPLATE, ())


def test_a_name_that_is_taken_is_not_given_again(offer):
    named = {**RULE_DATA, "spec": {"host": "other"}}
    made = offer(Wish(new=named), web=RULE)
    assert made.changes.files == ()
    assert "shop/web is there already" in made.changes.refused[0].reason


def test_what_a_chart_made_is_changed_elsewhere(offer):
    made = offer(IDLE, web=f"---\n# Source: web/templates/rule.yaml\n{RULE}")
    assert made.changes.files == ()
    (told,) = made.elsewhere
    assert (told.origin.maker, told.target) == (Maker.HELM, TARGET)
    assert told.operations == (
        {
            "op": "add",
            "path": "/spec/trafficPolicy/connectionPool",
            "value": {"http": {"idleTimeout": "50s"}},
        },
    )


def test_a_maker_that_blocks_nothing_is_told(offer):
    label = "  namespace: shop\n  labels: {argocd.argoproj.io/instance: app}\n"
    made = offer(IDLE, web=RULE.replace("  namespace: shop\n", label))
    assert len(made.changes.files) == 1
    assert [one.maker for one in made.origins] == [Maker.ARGO]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"web": RULE.replace("name: web", "name: other")}, "no DestinationRule shop/web"),
        ({"a": RULE, "b": RULE}, "stands in several files (a.yaml, b.yaml)"),
        ({"a": f"{RULE}---\n{RULE}"}, "stands 2 times in the file"),
        ({"a": RULE.replace("{}", "web")}, "is no mapping"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(offer, files, said):
    made = offer(IDLE, **files)
    assert made.changes.files == ()
    (refused,) = made.changes.refused
    assert said in refused.reason
    assert refused.reason.endswith(".")
