"""A config dump of 50 MB: why503's reading next to `python -m json.tool`, and a trace through it.

Wall and CPU seconds (user and system, which other work on the machine changes little) and the
ratio; three runs of each, in turn. Promises nothing and fails only when a command fails.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 3
SIZE = 50_000_000
READ = (
    "import sys\n"
    "from why503.evidence import read_paths\n"
    "from why503.evidence.reader import Options\n"
    "print(len(read_paths([sys.argv[1]], Options()).facts))\n"
)
TYPE = "type.googleapis.com/envoy."
HOST = "svc-0.ns-0.svc.cluster.local"
ASKED = [f"http://{HOST}:8080/", "--from", "deploy/web", "-n", "shop"]


def sds(name: str) -> dict[str, object]:
    """A secret that the agent in the pod delivers."""
    service = {"envoy_grpc": {"cluster_name": "sds-grpc"}}
    source = {
        "api_config_source": {
            "api_type": "GRPC",
            "grpc_services": [service],
            "set_node_on_first_message_only": True,
            "transport_api_version": "V3",
        },
        "initial_fetch_timeout": "0s",
        "resource_api_version": "V3",
    }
    return {"name": name, "sds_config": source}


def tls_context(host: str, number: int) -> dict[str, object]:
    """Mutual TLS towards one service, in Istio's shape."""
    name = f"spiffe://cluster.local/ns/ns-{number % 40}/sa/svc-{number}"
    validation = {
        "default_validation_context": {"match_subject_alt_names": [{"exact": name}]},
        "validation_context_sds_secret_config": sds("ROOTCA"),
    }
    return {
        "@type": f"{TYPE}extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        "common_tls_context": {
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
            "tls_certificate_sds_secret_configs": [sds("default")],
            "combined_validation_context": validation,
            "alpn_protocols": ["istio-peer-exchange", "istio"],
        },
        "sni": f"outbound_.8080_._.{host}",
    }


def cluster(number: int) -> dict[str, object]:
    """One dynamic cluster in the shape that istiod writes."""
    host = f"svc-{number}.ns-{number % 40}.svc.cluster.local"
    most = 4294967295
    threshold = {
        "max_connections": most,
        "max_pending_requests": most,
        "max_requests": most,
        "max_retries": most,
        "track_remaining": True,
    }
    socket = {
        "name": "tlsMode-istio",
        "match": {"tlsMode": "istio"},
        "transport_socket": {
            "name": "envoy.transport_sockets.tls",
            "typed_config": tls_context(host, number),
        },
    }
    service = {"host": host, "name": f"svc-{number}", "namespace": f"ns-{number % 40}"}
    return {
        "version_info": "2026-01-05T03:00:00Z/1",
        "last_updated": "2026-01-05T03:00:01.000Z",
        "cluster": {
            "@type": f"{TYPE}config.cluster.v3.Cluster",
            "name": f"outbound|8080||{host}",
            "type": "EDS",
            "eds_cluster_config": {
                "eds_config": {"ads": {}, "initial_fetch_timeout": "0s"},
                "service_name": f"outbound|8080||{host}",
            },
            "connect_timeout": "10s",
            "lb_policy": "LEAST_REQUEST",
            "circuit_breakers": {"thresholds": [threshold]},
            "common_lb_config": {"locality_weighted_lb_config": {}},
            "transport_socket_matches": [socket],
            "metadata": {"filter_metadata": {"istio": {"services": [service]}}},
        },
    }


def caller() -> dict[str, object]:
    """Whose dump it is."""
    metadata = {"NAME": "web-7d9f8b6c5-abcde", "NAMESPACE": "shop", "WORKLOAD_NAME": "web"}
    node = {"id": "sidecar~10.1.0.5~web-7d9f8b6c5-abcde.shop~shop.svc.cluster.local"}
    bootstrap = {"node": {**node, "metadata": metadata}}
    return {"@type": f"{TYPE}admin.v3.BootstrapConfigDump", "bootstrap": bootstrap}


def listener() -> dict[str, object]:
    """The listener of port 8080."""
    kind = f"{TYPE}extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
    http = {"@type": kind, "rds": {"route_config_name": "8080"}}
    found = {
        "name": "0.0.0.0_8080",
        "address": {"socket_address": {"address": "0.0.0.0", "port_value": 8080}},
        "filter_chains": [{"filters": [{"name": "http", "typed_config": http}]}],
        "traffic_direction": "OUTBOUND",
    }
    entry = {"name": found["name"], "active_state": {"listener": found}}
    return {"@type": f"{TYPE}admin.v3.ListenersConfigDump", "dynamic_listeners": [entry]}


def routes() -> dict[str, object]:
    """The route that is followed."""
    route = {"match": {"prefix": "/"}, "route": {"cluster": f"outbound|8080||{HOST}"}}
    host = {"name": f"{HOST}:8080", "domains": [HOST], "routes": [route]}
    entry = {"route_config": {"name": "8080", "virtual_hosts": [host]}}
    return {"@type": f"{TYPE}admin.v3.RoutesConfigDump", "dynamic_route_configs": [entry]}


def dump() -> str:
    """A dump of about `SIZE` characters."""
    each = len(json.dumps([[[[cluster(0)]]]], indent=1))
    clusters = [cluster(number) for number in range(SIZE // each)]
    part = {"@type": f"{TYPE}admin.v3.ClustersConfigDump", "dynamic_active_clusters": clusters}
    return json.dumps({"configs": [caller(), part, listener(), routes()]}, indent=1)


def cpu() -> float:
    """CPU seconds of all commands so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def times(command: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds that one run of ``command`` took."""
    start, before = time.perf_counter(), cpu()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    return time.perf_counter() - start, cpu() - before


def main() -> None:
    """Make the dump, measure, print."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "config_dump.json")
        path.write_text(dump(), encoding="utf-8")
        commands = {
            "why503": [sys.executable, "-c", READ, str(path)],
            "json.tool": [sys.executable, "-m", "json.tool", str(path)],
            "trace": [sys.executable, "-m", "why503", "trace", *ASKED, "-f", str(path)],
        }
        took: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(RUNS):
            for name, command in commands.items():
                took[name].append(times(command))
        size = path.stat().st_size / 1e6
    told = {
        name: [statistics.median(part) for part in zip(*took[name], strict=True)]
        for name in commands
    }
    parts = [f"{name} {wall:.2f} s ({used:.2f} s CPU)" for name, (wall, used) in told.items()]
    ratio = told["why503"][0] / told["json.tool"][0]
    sys.stdout.write(f"config dump of {size:.0f} MB: {', '.join(parts)}; ratio {ratio:.2f}\n")


if __name__ == "__main__":
    main()
