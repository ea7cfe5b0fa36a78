"""Envoy tells the metrics of the alerts under the names that the alerts have for them."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.envoy.conftest import BINARIES, certificate, free_ports, get, get_any, until
from why503.causes import CATALOGUE
from why503.proof import bootstrap
from why503.repair.alerts.rule import watched
from why503.repair.alerts.stats_matcher import matcher

CONFIG = Path(__file__).with_name("alerts.yaml")
WATCHED = watched(CATALOGUE)
METRIC = re.compile(r"(?<![\w\"])envoy_\w+")
ERAS = {
    "1.23": ("", r"^cluster\.((.+?(\..+?\.svc\.cluster\.local)?)\.)"),
    "1.24": (";", r"^cluster(\.(.+);)"),
}
"""What ends the stat name of a cluster, and the regular expression that finds its label."""


def patterns(*, ours: bool) -> list[dict[str, str]]:
    """Istio's own list, and with ``ours`` what the alerts need."""
    wanted = matcher(WATCHED) if ours else {}
    prefixes = [*bootstrap._PREFIXES, *wanted.get("inclusionPrefixes", ())]
    suffixes = [*bootstrap._SUFFIXES, *wanted.get("inclusionSuffixes", ())]
    return [{"prefix": text} for text in prefixes] + [{"suffix": text} for text in suffixes]


def stats_config(label: str, *, ours: bool) -> dict[str, object]:
    listener = r"^listener\.(((?:[_.[:digit:]]*|[_\[\]aAbBcCdDeEfF[:digit:]]*))\.)"
    prefix = r"^http\.(((?:[_.[:digit:]\w]*|[_\[\]aAbBcCdDeEfF[:digit:]\w\:]*));\.)"
    tags = {
        "cluster_name": label,
        "http_conn_manager_prefix": prefix,
        "listener_address": listener,
        "authz_enforce_result": r"rbac(\.(allowed|denied))",
    }
    return {
        "use_all_default_tags": False,
        "stats_tags": [{"tag_name": name, "regex": regex} for name, regex in tags.items()],
        "stats_matcher": {"inclusion_list": {"patterns": patterns(ours=ours)}},
    }


def told(folder: Path, era: str, *, ours: bool) -> Iterator[str]:
    """`/stats/prometheus` of an Envoy that has denied a request and failed to ask about another."""
    delimiter, label = ERAS[era]
    certificate(folder)
    admin, listener, other = free_ports(3)
    text = CONFIG.read_text(encoding="utf-8")
    for name, value in {
        "ADMIN_PORT": admin,
        "LISTENER_PORT": listener,
        "OTHER_PORT": other,
        "FOLDER": folder,
        "DELIMITER": delimiter,
    }.items():
        text = text.replace(name, str(value))
    config = yaml.safe_load(text) | {"stats_config": stats_config(label, ours=ours)}
    (folder / "envoy.json").write_text(json.dumps(config), encoding="utf-8")
    command = [str(BINARIES["newest"]), "-c", "envoy.json", "--concurrency", "1"]
    command += ["--use-dynamic-base-id", "--log-level", "off"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: get(admin, "/ready").startswith(b"LIVE"), process)
            until(lambda: get_any(listener, "/denied") == 403, process)
            until(lambda: get_any(listener, "/asked") == 403, process)
            yield get(admin, "/stats/prometheus").decode()
        finally:
            process.kill()


@pytest.fixture(scope="module", params=sorted(ERAS))
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from told(tmp_path_factory.mktemp("envoy"), request.param, ours=True)


@pytest.fixture(scope="module")
def page_by_default(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from told(tmp_path_factory.mktemp("envoy"), "1.24", ours=False)


def names(page: str) -> set[str]:
    return {line.partition("{")[0] for line in page.splitlines() if not line.startswith("#")}


def asked(expression: str) -> set[str]:
    return set(METRIC.findall(expression))


def test_every_metric_of_envoy_that_an_alert_asks_for_is_told(page: str) -> None:
    wanted = {name for one in WATCHED for name in asked(one.alert.expression)}
    assert len(wanted) > 10
    assert wanted - names(page) == set()


def test_metrics_that_are_chosen_by_a_pattern_are_told(page: str) -> None:
    wanted = [
        found
        for one in WATCHED
        for found in re.findall(r'__name__=~?"([^"]+)"', one.alert.expression)
    ]
    assert len(wanted) == 3
    for pattern in wanted:
        assert [name for name in names(page) if re.fullmatch(pattern, name)], pattern
    assert re.search(
        r'^envoy_http_\w*rbac\{.*authz_enforce_result="denied".*\} 1$', page, re.MULTILINE
    )
    assert re.search(
        r'^envoy_cluster_ext_authz_error\{cluster_name="inbound\|8080\|\|"\} \d', page, re.MULTILINE
    )


def test_the_label_of_a_cluster_is_its_name_as_istio_writes_it(page: str) -> None:
    found = set(re.findall(r'upstream_cx_none_healthy\{cluster_name="([^"]+)"\}', page))
    assert "outbound|80|v1|quay.shop.svc.cluster.local" in found


def test_by_default_istio_tells_exactly_those_that_need_no_matcher(page_by_default: str) -> None:
    default = names(page_by_default)
    for one in WATCHED:
        known = asked(one.alert.expression) & default
        assert known == (set() if one.alert.stats else asked(one.alert.expression)), one.cause.ID
