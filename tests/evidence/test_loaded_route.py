from why503.evidence.loaded_route import routes_of
from why503.facts import LoadedFault, Source


def routes(*parts, **host):
    virtual = {"name": "all", "domains": ["*"], "routes": list(parts), **host}
    config = {"name": "8080", "virtual_hosts": [virtual]}
    return list(routes_of(config, Source(path="dump.json"), "desk"))


def test_a_route_says_where_and_how_long():
    (route,) = routes({"match": {"prefix": "/"}, "route": {"cluster": "a", "timeout": "0s"}})
    assert (route.config, route.virtual_host, route.domains) == ("8080", "all", ("*",))
    assert (route.match, route.clusters, route.timeout) == ("prefix /", ("a",), 0.0)
    assert route.retry is None


def test_the_virtual_hosts_retries_hold_where_the_route_has_none():
    own = {"route": {"cluster": "a", "retryPolicy": {"retryOn": "5xx, reset"}}}
    first, last = routes(own, {"route": {"cluster": "a"}}, retry_policy={"num_retries": 4})
    assert first.retry is not None
    assert first.retry.retry_on == ("5xx", "reset")
    assert last.retry is not None
    assert last.retry.num_retries == 4


def test_routes_of_a_matcher_tree_are_found():
    kind = "type.googleapis.com/envoy.config.route.v3.Route"
    leaf = {"action": {"typed_config": {"@type": kind, "route": {"cluster": "deep"}}}}
    (route,) = routes(matcher={"matcher_tree": {"exact_match_map": {"map": {"x": leaf}}}})
    assert route.cluster == "deep"


def test_answers_of_the_proxy_itself_lead_nowhere():
    closed, moved = routes({"direct_response": {"status": 503}}, {"redirect": {"host": "x"}})
    assert (closed.direct_response, closed.clusters) == (503, ())
    assert moved.redirect


def test_secrets_in_a_match_are_masked():
    (route,) = routes({"match": {"safe_regex": {"regex": "/x?token=hunter2secret"}}})
    assert "hunter2secret" not in route.match


def test_the_faults_of_a_route_are_kept_in_percent():
    kind = "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault"
    fault = {
        "@type": kind,
        "abort": {"http_status": 503, "percentage": {"numerator": 5000, "denominator": "MILLION"}},
        "delay": {"fixed_delay": "2s", "percentage": {"numerator": 7}},
    }
    config = {"typed_per_filter_config": {"envoy.filters.http.fault": fault}}
    faulty, plain = routes({"route": {"cluster": "a"}, **config}, {"route": {"cluster": "a"}})
    assert faulty.fault == LoadedFault(status=503, abort_percent=0.5, delay=2.0, delay_percent=7.0)
    assert plain.fault is None


def test_what_headers_must_be_is_kept_with_secrets_masked():
    match = {
        "prefix": "/",
        "headers": [
            {"name": ":method", "string_match": {"exact": "GET"}},
            {"name": "x", "stringMatch": {"safeRegex": {"regex": "a.*"}}},
            {"name": "y", "present_match": True, "invert_match": True},
            {"name": "z", "prefixMatch": "b"},
            {"name": "authorization", "string_match": {"exact": "Bearer abcdefghijklmnop"}},
        ],
    }
    (route,) = routes({"match": match, "route": {"cluster": "a"}})
    assert route.headers[:4] == (
        (":method", "exact GET"),
        ("x", "regex a.*"),
        ("y", "not present"),
        ("z", "prefix b"),
    )
    assert "abcdefghijklmnop" not in route.headers[4][1]


def test_copies_redirects_queries_and_the_demand_for_tls_are_kept():
    share = {"default_value": {"numerator": 5, "denominator": "HUNDRED"}}
    copies = [{"cluster": "m", "runtimeFraction": share}, {"cluster": "n"}]
    first = {
        "match": {
            "prefix": "/",
            "query_parameters": [{"name": "q", "string_match": {"exact": "7"}}],
        },
        "route": {"cluster": "a", "requestMirrorPolicies": copies},
    }
    moved = {"redirect": {"host": "x", "response_code": "PERMANENT_REDIRECT"}}
    route, other, usual = routes(first, moved, {"redirect": {}}, require_tls="ALL")
    assert route.mirrors == (("m", 5.0), ("n", 100.0))
    assert route.query == (("q", "exact 7"),)
    assert (other.redirect_status, usual.redirect_status) == (308, 301)
    assert route.requires_tls
    assert not routes(first)[0].requires_tls
