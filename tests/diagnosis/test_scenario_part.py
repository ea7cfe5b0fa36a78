import yaml

from why503.diagnosis.scenario import Act, Answer, Knob, Listening, Side, Times
from why503.diagnosis.scenario_part import (
    beta_to_subset,
    caller_given,
    destination_rule,
    http_options,
    idle_timeout,
    requests_per_connection,
    route_to,
    secret_from_server,
    secret_server,
    silent_server,
    slow_half,
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


def test_beta_goes_to_the_subset_and_all_else_to_the_whole_service():
    told = yaml.safe_load(beta_to_subset().replace("{", "").replace("}", ""))
    beta, rest = told["spec"]["http"]
    assert beta["match"] == [{"uri": {"prefix": "path/beta"}}]
    assert beta["route"] == [{"destination": {"host": "host", "subset": "v2"}}]
    assert rest == {"route": [{"destination": {"host": "host"}}]}


def test_every_other_request_is_answered_too_slowly():
    limit = Knob(name="limit", low=0.2, high=0.4, seconds=True)
    parts = slow_half("report", limit, 2, others=Answer(delay=0.01), timeout=limit)
    ((slow, others),) = (server.answers for server in parts["servers"])
    assert (slow.path, slow.delay) == ("{path}/report", Times(of=limit, factor=2))
    assert others == Answer(delay=0.01)
    assert [call.path for call in parts["load"].calls][1:] == ["{path}/report"]
    assert parts["load"].timeout is limit


def test_options_of_http_stand_where_envoy_has_them():
    (options,) = idle_timeout("1s")["typed_extension_protocol_options"].values()
    assert options == {"common_http_protocol_options": {"idle_timeout": "1s"}}
    assert http_options(a=1) == {
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {"a": 1}
        }
    }
    (limited,) = requests_per_connection(5)["typed_extension_protocol_options"].values()
    assert limited == {"common_http_protocol_options": {"max_requests_per_connection": 5}}


def test_a_step_hands_the_caller_another_configuration():
    step = caller_given(0.5, endpoints=[])
    assert (step.at, step.act, step.side) == (0.5, Act.CHANGE, Side.CALLER)
    assert step.overlay == {"endpoints": []}


def test_a_route_leads_a_path_to_a_cluster():
    assert route_to("old", "/old", "c") == {
        "name": "old",
        "match": {"prefix": "/old"},
        "route": {"cluster": "c", "timeout": "0s"},
    }


def test_a_silent_server_is_waited_for_and_cured():
    parts = silent_server(Knob(name="limit", low=1, high=2))
    assert parts["servers"][0].listening is Listening.SILENT
    assert parts["cure"].servers[0].listening is Listening.YES


def test_a_secret_is_asked_of_the_server_that_does_not_answer():
    (served,) = secret_server()["bootstrap"]["static_resources"]["clusters"]
    asked = secret_from_server("kubernetes://x")["sds_config"]["api_config_source"]
    assert asked["grpc_services"] == [{"envoy_grpc": {"cluster_name": served["name"]}}]
    assert "endpoints" not in served["load_assignment"]
