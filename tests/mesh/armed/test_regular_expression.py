from tests.mesh.make import mesh_of, obj, odd
from why503.mesh.armed.regular_expression import invalid_expressions


def told(text):
    return [dict(one.values)["expression"] for one in invalid_expressions(mesh_of(text))]


def route(match, more=""):
    return obj("VirtualService", "web", f"{{http: [{{match: [{match}]{more}}}]}}")


def test_expressions_are_found_wherever_a_route_may_have_them():
    assert told(route("{uri: {regex: '(a'}}")) == ["(a"]
    assert told(route("{headers: {x: {regex: '*'}}, withoutHeaders: {y: {regex: '+'}}}")) == [
        "*",
        "+",
    ]
    assert told(route("{}", ", rewrite: {uriRegexRewrite: {match: '[', rewrite: '('}}")) == ["["]
    assert told(route("{}", ", corsPolicy: {allowOrigins: [{regex: '*.example.com'}]}")) == [
        "*.example.com"
    ]


def test_routes_of_the_gateway_api_say_by_their_type_that_it_is_one():
    path = "{{rules: [{{matches: [{{path: {{type: {}, value: '/(a'}}}}]}}]}}"
    assert told(obj("HTTPRoute", "web", path.format("RegularExpression"))) == ["/(a"]
    assert told(obj("HTTPRoute", "web", path.format("PathPrefix"))) == []


def test_a_header_with_such_a_name_and_other_fields_are_left_alone():
    assert told(route("{headers: {regex: {exact: '(a'}}, uri: {exact: '/(a'}}")) == []


def test_a_long_expression_is_cut_and_odd_objects_are_survived():
    (shown,) = told(route(f"{{uri: {{regex: '({'a' * 200}'}}}}"))
    assert len(shown) < 70
    assert list(invalid_expressions(odd("VirtualService", "{http: {regex: [7]}}"))) == []
