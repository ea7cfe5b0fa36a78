from tests.mesh.build import inbound, log
from tests.mesh.make import mesh_of, obj
from why503.diagnosis.age_edit import ages_dropped

TEXT = obj(
    "EnvoyFilter", "age", "{configPatches: [{patch: {value: {max_stream_duration: 60s}}}]}"
) + obj(
    "DestinationRule",
    "orders",
    "{host: orders, trafficPolicy: {connectionPool: {tcp: {maxConnectionDuration: 9s}}}}",
)


def test_limits_of_age_are_taken_away_wherever_they_stand():
    mesh = mesh_of(TEXT, log(inbound(503, "UC")))
    found = ages_dropped(mesh, mesh.hops[0], ("max_stream_duration",))
    assert [drop.path[-1] for drop in found] == ["max_stream_duration", "maxConnectionDuration"]
