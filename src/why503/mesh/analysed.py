"""What `istioctl analyze` has found, asked for by the meaning of its messages."""

from why503.facts import Analysis
from why503.mesh.mesh import Mesh

SUBSET_LOST = ("IST0101", "subset")
"""Code and a word of the message: a route names a subset that no rule defines."""
HOST_LOST = ("IST0101", "host not found")
"""A route names a host that nobody has."""
GATEWAY_UNFIT = (
    ("IST0101", "gateway not found"),
    ("IST0101", "selector not found"),
    ("IST0104", ""),
    ("IST0132", ""),
    ("IST0145", ""),
)
"""A Gateway is not there, selects nobody, opens a port that its pods lack, or clashes."""
SECRET_LOST = ("IST0101", "credentialName")
"""A Gateway names a Secret that is not there."""
MODES_CLASH = (("CONFLICT", ""), ("IST0113", ""))
"""Server and caller want different TLS modes."""


def analysed(mesh: Mesh, *meanings: tuple[str, str]) -> tuple[Analysis, ...]:
    """Messages with one of these codes and words, in the order of the evidence."""
    return tuple(
        found
        for found in mesh.facts(Analysis)
        if any(found.code == code and word in found.text for code, word in meanings)
    )
