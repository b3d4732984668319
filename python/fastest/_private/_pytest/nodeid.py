"""NodeId: a node's address in parts."""

from __future__ import annotations

from fastest._fastest import NodeId


def coerce_node_id(nodeid):
    """A NodeId as it is, a string parsed."""
    return nodeid if isinstance(nodeid, NodeId) else NodeId.parse(nodeid)
