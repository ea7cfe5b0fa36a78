"""What Istio's proxies have to count beside their default: `proxyStatsMatcher`.

The two forms say the same. One is for the mesh, the other for a workload; both are read when a
proxy starts. Istio adds its default to what stands there.
"""

from collections.abc import Sequence
from typing import Any

from why503.diagnosis.yaml_text import Form, block_rows
from why503.repair.alerts.rule import Watched


def matcher(those: Sequence[Watched]) -> dict[str, list[str]]:
    """The fields of `proxyStatsMatcher`; empty where the default is enough."""
    stats = sorted({stat for one in those for stat in one.alert.stats})
    found = {
        "inclusionPrefixes": [stat for stat in stats if stat.endswith(".")],
        "inclusionSuffixes": [stat for stat in stats if not stat.endswith(".")],
    }
    return {name: listed for name, listed in found.items() if listed}


def mesh_config(those: Sequence[Watched]) -> dict[str, Any]:
    """Values of istiod's chart, or the `spec` of an IstioOperator."""
    return {"meshConfig": {"defaultConfig": {"proxyStatsMatcher": matcher(those)}}}


def pod_annotation(those: Sequence[Watched]) -> dict[str, Any]:
    """A patch of a Deployment, or of anything else with a pod template."""
    rows = block_rows({"proxyStatsMatcher": matcher(those)}, 0, Form())
    config = "\n".join(rows) + "\n"
    return {"spec": {"template": {"metadata": {"annotations": {"proxy.istio.io/config": config}}}}}
