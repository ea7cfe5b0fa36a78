import yaml

from why503.causes import CATALOGUE
from why503.repair.alerts.rule import watched
from why503.repair.alerts.stats_matcher import matcher, mesh_config, pod_annotation

WATCHED = watched(CATALOGUE)


def only(*ids: str):
    return [one for one in WATCHED if one.cause.ID in ids]


def test_alerts_on_what_istio_tells_by_default_ask_for_nothing() -> None:
    assert matcher(only("circuit-breaker", "keepalive-race", "config-rejected")) == {}


def test_each_alert_brings_what_it_needs() -> None:
    assert matcher(only("connect-timeout", "xds-stale")) == {
        "inclusionPrefixes": ["control_plane."],
        "inclusionSuffixes": ["upstream_cx_connect_timeout"],
    }


def test_mesh_and_pod_are_told_the_same() -> None:
    (annotation,) = pod_annotation(WATCHED)["spec"]["template"]["metadata"]["annotations"].items()
    assert annotation[0] == "proxy.istio.io/config"
    assert yaml.safe_load(annotation[1]) == mesh_config(WATCHED)["meshConfig"]["defaultConfig"]
    assert matcher(WATCHED)["inclusionSuffixes"] == sorted(
        set(matcher(WATCHED)["inclusionSuffixes"])
    )
