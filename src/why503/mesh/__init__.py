"""How Istio and Envoy decide: hop, listener, route, cluster, endpoint, policy, selection.

A rule of the mesh is written here once, so no cause has to know it. Answers questions; holds only
what a cause, a trace or a hazard asks.
"""

from why503.mesh.ending import Ending, Outcome, outcome_of
from why503.mesh.failure import Failure, Family
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh

__all__ = ["Ending", "Failure", "Family", "Hop", "Mesh", "Outcome", "Place", "outcome_of"]
