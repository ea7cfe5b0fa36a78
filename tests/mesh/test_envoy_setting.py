from tests.mesh.make import line_of, mesh_of, odd
from why503.mesh.envoy_setting import DEEPEST, envoy_settings, http_filters

FILTER = """
kind: EnvoyFilter
metadata: {name: limit, namespace: shop}
spec:
  configPatches:
  - applyTo: HTTP_FILTER
    patch:
      operation: INSERT_BEFORE
      value:
        name: envoy.filters.http.local_ratelimit
        typed_config:
          stream_idle_timeout: 30s
"""


def test_a_field_is_found_at_any_depth_with_its_line():
    (found,) = envoy_settings(mesh_of(FILTER), "stream_idle_timeout")
    assert (found.value, found.by) == ("30s", "EnvoyFilter shop/limit")
    assert found.source is not None
    assert found.source.line == line_of(FILTER, "stream_idle_timeout")


def test_plain_envoy_yaml_is_looked_into_as_well():
    (found,) = envoy_settings(mesh_of("route: {max_stream_duration: 5s}\n"), "max_stream_duration")
    assert found.value == "5s"


def test_a_filter_is_found_by_a_word_of_its_name():
    assert [found.value for found in http_filters(mesh_of(FILTER), "ratelimit")] == [
        "envoy.filters.http.local_ratelimit"
    ]
    assert http_filters(mesh_of(FILTER), "wasm") == ()


def test_the_name_of_the_object_itself_is_no_filter():
    named = "kind: EnvoyFilter\nmetadata: {name: wasm-ratelimit}\nspec: {}\n"
    assert http_filters(mesh_of(named), "wasm") == ()


def test_other_kinds_and_odd_types_hold_no_setting():
    assert envoy_settings(mesh_of(FILTER.replace("EnvoyFilter", "Sidecar")), "operation") == ()
    assert envoy_settings(odd("EnvoyFilter"), "stream_idle_timeout") == ()


def test_endless_nesting_is_not_followed():
    deep = "a: " + "{a: " * (DEEPEST + 5) + "{late: 1}" + "}" * (DEEPEST + 5) + "\n"
    assert envoy_settings(mesh_of(deep), "late") == ()
