import json
from pathlib import Path

from tests.repair.alerts.oracle import accepted
from why503.causes import CATALOGUE
from why503.repair.alerts.dashboard import dashboard, expressions
from why503.repair.alerts.rule import watched

WATCHED = watched(CATALOGUE)
BOARD = dashboard(WATCHED)


def every(panels):
    for panel in panels:
        yield panel
        yield from every(panel.get("panels", ()))


def test_it_is_a_dashboard_that_grafana_imports() -> None:
    assert json.loads(json.dumps(BOARD)) == BOARD
    assert BOARD["schemaVersion"] == 39
    assert (BOARD["uid"], BOARD["title"][:6]) == ("why503", "why503")
    names = [variable["name"] for variable in BOARD["templating"]["list"]]
    assert names == ["datasource", "namespace"]
    ids = [panel["id"] for panel in every(BOARD["panels"])]
    assert len(ids) == len(set(ids))
    for panel in every(BOARD["panels"]):
        assert {"type", "title", "gridPos"} <= set(panel)
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for target in panel.get("targets", ()):
            assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


def test_every_alert_has_a_panel_that_leads_to_its_page() -> None:
    links = {
        panel["title"]: panel["links"][0]["url"]
        for panel in every(BOARD["panels"])
        if panel.get("links")
    }
    assert links == {one.cause.ID: one.runbook for one in WATCHED}


def test_promtool_takes_the_expression_of_every_panel(tmp_path: Path) -> None:
    filled = [
        text.replace("$__rate_interval", "5m").replace("$namespace", ".*")
        for text in expressions(BOARD)
    ]
    assert len(filled) == len(WATCHED) + 4
    assert f"{len(filled)} rules found" in accepted(filled, tmp_path)


def test_panels_do_not_lie_on_each_other() -> None:
    def overlap(one, other) -> bool:
        apart = any(
            a[side] + a[size] <= b[side]
            for side, size in (("x", "w"), ("y", "h"))
            for a, b in ((one, other), (other, one))
        )
        return not apart

    for panels in [BOARD["panels"], *(panel.get("panels", []) for panel in BOARD["panels"])]:
        places = [panel["gridPos"] for panel in panels]
        for number, one in enumerate(places):
            assert not any(overlap(one, other) for other in places[number + 1 :]), one


def test_it_asks_for_a_data_source_only_when_it_is_imported_by_hand() -> None:
    asked = [one["name"] for one in BOARD["__inputs"]]
    assert asked == ["DS_PROMETHEUS"]
    provisioned = dashboard(WATCHED, asks=False)
    assert "__inputs" not in provisioned
    assert "DS_PROMETHEUS" not in json.dumps(provisioned)
