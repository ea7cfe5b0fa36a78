"""Lint takes what a user has: a folder, an archive, the dump of one proxy."""

import json
import zipfile
from pathlib import Path

import pytest

from why503.causes import CATALOGUE
from why503.diagnosis.lint import lint
from why503.evidence.read import read_paths
from why503.evidence.reader import Options

ADMIN = "type.googleapis.com/envoy.admin.v3."
MILL = "mill.works.svc.cluster.local"
OBJECTS = """apiVersion: v1
kind: Service
metadata: {name: mill, namespace: works}
spec:
  selector: {app: mill}
  ports: [{name: http, port: 80, targetPort: 8080}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: mill, namespace: works}
spec:
  selector: {matchLabels: {app: mill}}
  template:
    metadata: {labels: {app: mill}}
    spec:
      containers:
      - name: mill
        image: registry.example/mill:3
        args:
        - --http-keep-alive-timeout=5s
        ports: [{name: http, containerPort: 8080}]
"""
NODE = {
    "id": "sidecar~10.4.0.9~mill-7d9c5b6f4-x2x4z.works~works.svc.cluster.local",
    "metadata": {"NAME": "mill-7d9c5b6f4-x2x4z", "NAMESPACE": "works", "LABELS": {"app": "mill"}},
}
OF_SERVER = {"name": "inbound|8080||", "type": "ORIGINAL_DST", "connect_timeout": "10s"}
OF_CALLER = {
    "name": f"outbound|80||{MILL}",
    "type": "EDS",
    "circuit_breakers": {"thresholds": [{"max_pending_requests": 3}]},
}
FAULTY = {
    "name": "80",
    "virtual_hosts": [
        {
            "name": f"{MILL}:80",
            "domains": ["*"],
            "routes": [
                {
                    "match": {"prefix": "/"},
                    "route": {"cluster": f"outbound|80||{MILL}"},
                    "typed_per_filter_config": {
                        "envoy.filters.http.fault": {
                            "@type": "type.googleapis.com/envoy.extensions.filters.http.fault."
                            "v3.HTTPFault",
                            "abort": {
                                "http_status": 503,
                                "percentage": {"numerator": 100, "denominator": "HUNDRED"},
                            },
                        }
                    },
                }
            ],
        }
    ],
}


def dump(cluster, *routes, node=None) -> str:
    configs = [
        {"@type": ADMIN + "ClustersConfigDump", "dynamic_active_clusters": [{"cluster": cluster}]},
        {
            "@type": ADMIN + "RoutesConfigDump",
            "dynamic_route_configs": [{"route_config": route} for route in routes],
        },
    ]
    if node is not None:
        configs.insert(0, {"@type": ADMIN + "BootstrapConfigDump", "bootstrap": {"node": node}})
    return json.dumps({"configs": configs}, indent=1)


FILES = {
    "works/k8s/mill.yaml": OBJECTS,
    "works/mill-7d9c5b6f4-x2x4z/config_dump.json": dump(OF_SERVER, node=NODE),
    "works/saw-5f6d8c7b9-abcde/config_dump.json": dump(OF_CALLER, FAULTY),
}


def in_folder(folder: Path) -> str:
    for name, text in FILES.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return str(folder / "works")


def in_archive(folder: Path) -> str:
    with zipfile.ZipFile(folder / "works.zip", "w") as archive:
        for name, text in FILES.items():
            archive.writestr(name, text)
    return str(folder / "works.zip")


def met(path: str) -> list[tuple[str, str, str]]:
    """Rule, file and the text at the line of every finding that is a warning or worse."""
    report = lint(read_paths([path], Options()), CATALOGUE)
    found = []
    for one in report.findings:
        name = next((name for name in FILES if one.source.path.endswith(name)), "")
        line = FILES[name].splitlines()[one.source.line - 1].strip() if one.source.line else ""
        found.append((one.rule, name, line))
    return sorted(found)


@pytest.mark.parametrize("give", [in_folder, in_archive], ids=["folder", "archive"])
def test_what_proxies_have_loaded_is_held_against_the_objects_with_its_line(tmp_path, give):
    objects, server, caller = FILES
    assert objects
    assert met(give(tmp_path)) == [
        ("circuit-breaker/small-limit", caller, f'"name": "outbound|80||{MILL}",'),
        ("fault-injection/fault-rule", caller, '"name": "80",'),
        ("keepalive-race/proxy-idle-above-server", server, '"name": "inbound|8080||",'),
    ]


def test_the_dump_of_one_proxy_is_enough_for_what_stands_in_it(tmp_path):
    in_folder(tmp_path)
    caller = list(FILES)[2]
    assert [rule for rule, _file, _line in met(str(tmp_path / caller))] == [
        "circuit-breaker/small-limit",
        "fault-injection/fault-rule",
    ]
