import yaml

from why503.diagnosis.graceful_stop import graceful_stop


def test_the_pause_fits_into_the_grace_period_and_the_proxy_waits():
    patch = yaml.safe_load(graceful_stop("web", "shop", "app"))
    assert patch["metadata"] == {"name": "web", "namespace": "shop"}
    template = patch["spec"]["template"]
    container = template["spec"]["containers"][0]
    pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert container["name"] == "app"
    assert pause < template["spec"]["terminationGracePeriodSeconds"]
    config = yaml.safe_load(template["metadata"]["annotations"]["proxy.istio.io/config"])
    assert config["proxyMetadata"]["EXIT_ON_ZERO_ACTIVE_CONNECTIONS"] == "true"
