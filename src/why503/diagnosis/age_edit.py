"""Edits that take limits of age away: of a DestinationRule's connections, of EnvoyFilters."""

from collections.abc import Sequence

from why503.diagnosis.edit import Drop, target_of
from why503.diagnosis.field_edit import dropped_at
from why503.mesh.envoy_setting import envoy_settings
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.traffic_policy import policy_block

_OF_RULE = ("tcp", "maxConnectionDuration")


def ages_dropped(mesh: Mesh, hop: Hop, names: Sequence[str]) -> tuple[Drop, ...]:
    """Every field of EnvoyFilters with one of ``names``, and the host's own limit, taken away."""
    found: dict[Drop, None] = {}
    for name in names:
        places = [setting.source for setting in envoy_settings(mesh, name)]
        found.update(dict.fromkeys(dropped_at(mesh, places, ("EnvoyFilter",), name)))
    block = policy_block(mesh, hop.host, hop.port, "connectionPool") if hop.host else None
    if block is not None and block.get(*_OF_RULE) is not None and not block.manifest.partial:
        found[Drop(target=target_of(block.manifest), path=(*block.path, *_OF_RULE))] = None
    return tuple(found)
