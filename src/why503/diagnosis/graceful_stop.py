"""A patch for pods that stop too soon: a pause before the stop, a sidecar that waits for it."""


def graceful_stop(deployment: str, namespace: str, container: str) -> str:
    """YAML of a Deployment's strategic merge patch."""
    return (
        "apiVersion: apps/v1\n"
        "kind: Deployment\n"
        "metadata:\n"
        f"  name: {deployment}\n"
        f"  namespace: {namespace}\n"
        "spec:\n"
        "  template:\n"
        "    metadata:\n"
        "      annotations:\n"
        "        proxy.istio.io/config: |\n"
        "          proxyMetadata:\n"
        '            EXIT_ON_ZERO_ACTIVE_CONNECTIONS: "true"\n'
        "    spec:\n"
        "      terminationGracePeriodSeconds: 45\n"
        "      containers:\n"
        f"      - name: {container}\n"
        "        lifecycle:\n"
        "          preStop:\n"
        "            sleep:\n"
        "              seconds: 10\n"
    )
