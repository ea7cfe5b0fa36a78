"""A dashboard for Grafana, in the classic model that every version imports.

Above stands how much fails, with which flags and where; below, closed until they are opened, a
panel for each cause that shows what its alert limits.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from why503.repair.alerts.rule import PREFIX, Watched
from why503.support.text import _

SCHEMA = 39
UID = "why503"
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_INPUT = "DS_PROMETHEUS"
_FAILED = 'response_code=~"0|5.."'
_SPACE = 'namespace=~"$namespace"'
_TOTAL = "istio_requests_total"
_WIDTH, _HEIGHT = 24, 8


def dashboard(those: Sequence[Watched], *, asks: bool = True) -> dict[str, Any]:
    """The dashboard; with ``asks`` it asks for its data source when it is imported by hand."""
    panels = [*_overview(), *_rows(those)]
    for number, panel in enumerate(_each(panels), 1):
        panel["id"] = number
    inputs = {"__inputs": [_input()]} if asks else {}
    return {
        **inputs,
        "uid": UID,
        "title": _("why503: failures by cause"),
        "description": _("What fails in the mesh, with which flags and where; a panel a cause."),
        "tags": ["istio", "envoy", "why503"],
        "schemaVersion": SCHEMA,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": [_datasource(asks=asks), _namespace()]},
        "annotations": {"list": []},
        "panels": panels,
    }


def expressions(board: Mapping[str, Any]) -> list[str]:
    """PromQL of all panels."""
    return [
        target["expr"] for panel in _each(board["panels"]) for target in panel.get("targets", ())
    ]


def _each(panels: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """All panels, those inside rows too."""
    found = []
    for panel in panels:
        found += [panel, *panel.get("panels", ())]
    return found


def _input() -> dict[str, Any]:
    return {
        "name": _INPUT,
        "label": "Prometheus",
        "description": "",
        "type": "datasource",
        "pluginId": "prometheus",
        "pluginName": "Prometheus",
    }


def _datasource(*, asks: bool) -> dict[str, Any]:
    chosen = {"current": {"text": _INPUT, "value": f"${{{_INPUT}}}"}} if asks else {}
    return {
        "name": "datasource",
        "label": _("Data source"),
        "type": "datasource",
        "query": "prometheus",
        "refresh": 1,
        **chosen,
    }


def _namespace() -> dict[str, Any]:
    query = f"label_values({_TOTAL}, namespace)"
    return {
        "name": "namespace",
        "label": _("Namespace"),
        "type": "query",
        "datasource": _SOURCE,
        "definition": query,
        "query": {"query": query, "refId": "namespace"},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def _overview() -> list[dict[str, Any]]:
    every = f"sum(rate({_TOTAL}{{{_SPACE}}}[$__rate_interval]))"
    failed = f"sum(rate({_TOTAL}{{{_SPACE}, {_FAILED}}}[$__rate_interval]))"
    by_flag = (
        f"sum by (response_flags, response_code, reporter) "
        f"(rate({_TOTAL}{{{_SPACE}, {_FAILED}}}[$__rate_interval]))"
    )
    worst = (
        f"topk(10, sum by (source_workload, destination_service) "
        f"(rate({_TOTAL}{{{_SPACE}, {_FAILED}}}[$__rate_interval])))"
    )
    firing = f'ALERTS{{alertname=~"{PREFIX}.+", alertstate="firing"}}'
    return [
        _panel(
            _("Share of requests that fail"), f"{failed} / ({every} > 0)", (0, 0), "percentunit"
        ),
        _panel(_("Failures by flag and code"), by_flag, (8, 0)),
        _panel(_("Where most requests fail"), worst, (16, 0)),
        {
            **_panel(
                _("Alerts that fire"), f"sum by (alertname, cause, severity) ({firing})", (0, 8)
            ),
            "type": "state-timeline",
            "gridPos": {"h": _HEIGHT, "w": _WIDTH, "x": 0, "y": _HEIGHT},
        },
    ]


def _rows(those: Sequence[Watched]) -> list[dict[str, Any]]:
    """A closed row for each thing that breaks."""
    rows = []
    for place, group in enumerate(dict.fromkeys(one.group for one in those)):
        top = 2 * _HEIGHT + place
        own = [one for one in those if one.group == group]
        rows.append(
            {
                "type": "row",
                "title": group.replace("_", " ").capitalize(),
                "collapsed": True,
                "gridPos": {"h": 1, "w": _WIDTH, "x": 0, "y": top},
                "panels": [_of_cause(one, place, top + 1) for place, one in enumerate(own)],
            }
        )
    return rows


def _of_cause(one: Watched, place: int, top: int) -> dict[str, Any]:
    at = (place % 3 * 8, top + place // 3 * _HEIGHT)
    link = {"title": _("What to do"), "url": one.runbook, "targetBlank": True}
    return {
        **_panel(one.cause.ID, one.alert.graph, at),
        "description": one.summary,
        "links": [link],
    }


def _panel(title: str, expression: str, at: tuple[int, int], unit: str = "reqps") -> dict[str, Any]:
    return {
        "type": "timeseries",
        "title": title,
        "datasource": _SOURCE,
        "gridPos": {"h": _HEIGHT, "w": 8, "x": at[0], "y": at[1]},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "options": {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "targets": [
            {
                "refId": "A",
                "datasource": _SOURCE,
                "expr": expression,
                "legendFormat": "__auto",
                "range": True,
            }
        ],
    }
