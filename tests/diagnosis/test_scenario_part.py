import yaml

from why503.diagnosis.scenario_part import (
    destination_rule,
    http_options,
    idle_timeout,
    virtual_service,
)


def test_a_destination_rule_holds_the_policy():
    told = yaml.safe_load(
        destination_rule("tls:\n  mode: DISABLE").replace("{", "").replace("}", "")
    )
    assert told["spec"] == {"host": "host", "trafficPolicy": {"tls": {"mode": "DISABLE"}}}


def test_a_virtual_service_holds_the_rules():
    text = virtual_service(
        """
        - timeout: 1s
          route: []
        """
    )
    told = yaml.safe_load(text.replace("{", "").replace("}", ""))
    assert told["spec"]["http"] == [{"timeout": "1s", "route": []}]
    assert told["metadata"] == {"name": "service", "namespace": "namespace"}


def test_options_of_http_stand_where_envoy_has_them():
    (options,) = idle_timeout("1s")["typed_extension_protocol_options"].values()
    assert options == {"common_http_protocol_options": {"idle_timeout": "1s"}}
    assert http_options(a=1) == {
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {"a": 1}
        }
    }
