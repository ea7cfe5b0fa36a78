import json
import re
import shlex
from pathlib import Path

import pytest
import yaml

from why503.causes.catalogue import CATALOGUE
from why503.diagnosis.diagnose import diagnose
from why503.diagnosis.finding import Finding
from why503.evidence.read import read_paths
from why503.evidence.reader import Options

HEAD = '[2026-04-17T10:00:00.000Z] "GET /a HTTP/1.1" '
TAIL = ' "-" "curl/8" "9f000000-0000-4000-8000-000000000001" '
FULL = '"tea.bar.svc.cluster.local" "10.30.3.7:8080" '
REFUSED = (
    f"{HEAD}503 UF upstream_reset_before_response_started"
    "{remote_connection_failure,delayed_connect_error:_111} - "
    f'"delayed_connect_error:_111" 0 152 1 -{TAIL}{FULL}inbound|8080|| - 10.30.3.7:8080 '
    "10.30.1.2:51234 outbound_.80_._.tea.bar.svc.cluster.local default\n"
)
BEHIND = (
    f'{HEAD}503 - via_upstream - "-" 0 95 2 1{TAIL}{FULL}outbound|80||tea.bar.svc.cluster.local '
    "10.30.1.2:41000 10.96.9.9:80 10.30.1.2:51234 - default\n"
)
OVERFLOW = (
    f'{HEAD}503 UO upstream_reset_before_response_started{{overflow}} - "-" 0 81 0 -{TAIL}'
    '"tea.bar.svc.cluster.local" "-" outbound|80||tea.bar.svc.cluster.local - 10.96.9.9:80 '
    "10.30.1.2:51234 - default\n"
)
LIMITS = """apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: tea, namespace: bar}
spec:
  host: tea
  trafficPolicy:
    connectionPool: {http: {http1MaxPendingRequests: 1}, tcp: {maxConnections: 2}}
"""


def first(folder: Path, **files: str) -> Finding:
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return diagnose(read_paths([str(folder)], Options()), CATALOGUE).findings[0]


def patches(finding: Finding) -> list[str]:
    return [patch.yaml for remedy in finding.remedies for patch in remedy.patches]


def test_the_sidecar_takes_the_port_that_is_dialled_inside_the_pod(tmp_path: Path) -> None:
    finding = first(tmp_path, a_log=REFUSED)
    (sidecar,) = [yaml.safe_load(text) for text in patches(finding)]
    (ingress,) = sidecar["spec"]["ingress"]
    assert ingress["port"]["number"] == 8080
    assert ingress["defaultEndpoint"] == "127.0.0.1:8080"


def test_a_json_patch_with_a_placeholder_is_json(tmp_path: Path) -> None:
    finding = first(tmp_path, a_log=REFUSED)
    (command,) = [c for r in finding.remedies for c in r.commands if "--type json" in c]
    (step,) = json.loads(shlex.split(command)[-1])
    assert step["value"] == "<port the application listens on>"


def test_no_number_stands_in_for_an_unknown_keep_alive(tmp_path: Path) -> None:
    finding = first(tmp_path, a_log=BEHIND)
    assert finding.cause == "keepalive-race"
    fix = next(r for r in finding.remedies if r.patches and "idleTimeout" in r.patches[0].yaml)
    assert not re.search(r"\d", fix.title)
    assert "idleTimeout: <below the server's keep-alive timeout>" in fix.patches[0].yaml
    assert not any("503 UC" in clue.text for clue in finding.clues)


def test_every_limit_that_an_overflow_met_is_named_the_queue_first(tmp_path: Path) -> None:
    finding = first(tmp_path, a_log=OVERFLOW, rule_yaml=LIMITS)
    told = " ".join(clue.text for clue in finding.clues)
    assert 0 < told.index("http1MaxPendingRequests") < told.index("maxConnections")


@pytest.mark.parametrize("name", ["access", "a", "istio-proxy", "app"])
def test_a_file_named_after_its_contents_is_no_caller(tmp_path: Path, name: str) -> None:
    assert first(tmp_path, **{f"{name}_log": BEHIND}).hop.downstream == ""


def line(middle: str, tail: str, *, first: str = '"GET /a HTTP/1.1" ') -> str:
    return f"[2026-04-17T10:00:00.000Z] {first}{middle}{TAIL}{tail}\n"


OUT = "outbound|80||tea.bar.svc.cluster.local - 10.96.9.9:80 10.30.1.2:51234 - default"


def commands(finding: Finding) -> str:
    return "\n".join(command for remedy in finding.remedies for command in remedy.commands)


def titles(finding: Finding) -> str:
    return "\n".join(remedy.title for remedy in finding.remedies)


def test_a_deny_rule_that_matched_is_narrowed_and_never_extended(tmp_path: Path) -> None:
    details = "rbac_access_denied_matched_policy[ns[bar]-policy[shut]-rule[2]]"
    told = line(f'403 - {details} - "-" 0 19 0 -', f"{FULL}inbound|8080|| - 10.30.3.7:8080 - - -")
    finding = first(tmp_path, a_log=told)
    assert "narrow rule 2 of the DENY policy bar/shut" in titles(finding)
    assert "extend" not in titles(finding)
    assert "kubectl -n bar edit authorizationpolicy shut" in commands(finding)


def test_a_denial_without_a_rule_asks_for_an_allow_policy(tmp_path: Path) -> None:
    details = "rbac_access_denied_matched_policy[none]"
    told = line(f'403 - {details} - "-" 0 19 0 -', f"{FULL}inbound|8080|| - 10.30.3.7:8080 - - -")
    assert "extend an ALLOW policy" in titles(first(tmp_path, a_log=told))


@pytest.mark.parametrize(("details", "taken"), [("ext_authz_denied", 0), ("ext_authz_error", 1)])
def test_a_policy_is_taken_away_only_where_its_service_failed(
    tmp_path: Path, details: str, taken: int
) -> None:
    told = line(f'403 UAEX {details} - "-" 0 12 4 -', f'"tea.bar.svc.cluster.local" "-" {OUT}')
    finding = first(tmp_path, a_log=told)
    assert commands(finding).count("delete authorizationpolicy") == taken
    assert "kubectl -n bar " not in commands(finding)


def test_an_empty_subset_is_not_defined_a_second_time(tmp_path: Path) -> None:
    told = line(
        '503 UH no_healthy_upstream - "-" 0 19 0 -',
        f'"tea.bar.svc.cluster.local" "-" {OUT.replace("|80||", "|80|mint|")}',
    )
    finding = first(tmp_path, a_log=told)
    assert finding.cause == "missing-subset"
    assert "Deploy mint of" in titles(finding)
    assert patches(finding) == []


def test_a_timeout_that_nobody_shows_is_looked_for_and_not_set_anew(tmp_path: Path) -> None:
    told = line('504 UT response_timeout - "-" 0 24 7000 -', FULL + OUT)
    finding = first(tmp_path, a_log=told)
    assert patches(finding) == []
    assert "proxy-config routes" in commands(finding)


def test_a_limit_is_raised_in_the_rule_that_sets_it(tmp_path: Path) -> None:
    finding = first(tmp_path, a_log=OVERFLOW, b_yaml=LIMITS.replace("name: tea", "name: caps"))
    assert "edit destinationrule caps" in commands(finding)
    (tmp_path / "b.yaml").unlink()
    assert "edit destinationrule <destinationrule>" in commands(first(tmp_path, a_log=OVERFLOW))


def test_a_filter_for_the_callers_proxy_does_not_go_to_the_server(tmp_path: Path) -> None:
    told = line('408 SI stream_idle_timeout - "-" 0 95 300000 -', FULL + OUT)
    (patch,) = patches(first(tmp_path, a_log=told))
    assert yaml.safe_load(patch)["metadata"]["namespace"] == "<client-namespace>"


def test_a_caller_that_leaves_at_once_did_not_wait_too_short(tmp_path: Path) -> None:
    told = line('0 DC downstream_remote_disconnect - "-" 0 0 21 -', FULL + OUT)
    finding = first(tmp_path, a_log=told)
    assert finding.cause == "client-disconnect"
    assert "longer than the caller waits" not in titles(finding)
