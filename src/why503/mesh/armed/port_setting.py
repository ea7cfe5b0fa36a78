"""Settings for a port that the host does not have."""

from collections.abc import Iterator

from why503.facts import Manifest
from why503.facts.manifest import Path
from why503.mesh.armed.inventory import Inventory, inventory
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.endpoint import ports_of
from why503.mesh.mesh import Mesh
from why503.mesh.selection import full_host
from why503.mesh.setting import mapping_of, whole_number, word_of


def settings_for_no_port(mesh: Mesh) -> Iterator[Spotted]:
    """Entries of `portLevelSettings` for a port that the host lacks: they hold nowhere.

    Values: `rule`, `host`, `port`, `ports`.
    """
    known = inventory(mesh)
    for rule in mesh.manifests("DestinationRule"):
        host = word_of(rule.get("spec", "host"))
        ports = _ports(known, host, rule.namespace) if host and "*" not in host else set()
        for path in _policies(rule) if ports else ():
            for index, _level in rule.items(*path, "portLevelSettings"):
                place = (*path, "portLevelSettings", index, "port", "number")
                port = whole_number(rule.get(*place))
                if port is not None and port not in ports:
                    yield spotted(
                        rule.where(*place),
                        rule=rule.full_name,
                        host=full_host(host, rule.namespace),
                        port=port,
                        ports=", ".join(map(str, sorted(ports))),
                    )


def _policies(rule: Manifest) -> Iterator[Path]:
    """Paths of the traffic policies of a rule: its own, then those of its subsets."""
    yield ("spec", "trafficPolicy")
    for index, _subset in rule.items("spec", "subsets"):
        yield ("spec", "subsets", index, "trafficPolicy")


def _ports(known: Inventory, host: str, namespace: str) -> set[int]:
    """Ports of a host; empty where the evidence does not show them whole."""
    service, entries = known.service(host, namespace), known.entries(host, namespace)
    if (service is not None and service.partial) or any(entry.partial for entry in entries):
        return set()
    found = {entry.port for entry in ports_of(service)} if service is not None else set()
    for entry in entries:
        for _index, fields in entry.items("spec", "ports"):
            number = whole_number(mapping_of(fields).get("number"))
            found |= {number} if number is not None else set()
    return found
