"""SetupState.stack as Python code sees it: a live mapping of node to (finalizers, exception)."""

from __future__ import annotations

from collections.abc import MutableMapping


class SetupStack(MutableMapping):
    """The nodes that are set up, outermost first."""

    __slots__ = ("_setupstate",)

    def __init__(self, setupstate):
        self._setupstate = setupstate

    def __getitem__(self, node):
        return self._setupstate._stack_get(node)

    def __setitem__(self, node, entry):
        finalizers, error = entry
        self._setupstate._stack_set(node, finalizers, error)

    def __delitem__(self, node):
        self._setupstate._stack_delete(node)

    def __contains__(self, node):
        return self._setupstate.is_node_active(node)

    def __iter__(self):
        return iter(self._setupstate._stack_nodes())

    def __reversed__(self):
        return reversed(self._setupstate._stack_nodes())

    def __len__(self):
        return len(self._setupstate._stack_nodes())

    def __repr__(self):
        return repr(dict(self))

    def popitem(self):
        """The innermost one, as dict.popitem()."""
        nodes = self._setupstate._stack_nodes()
        if not nodes:
            raise KeyError("popitem(): dictionary is empty")
        return nodes[-1], self.pop(nodes[-1])

    def replace(self, entries):
        entries = dict(entries)
        self.clear()
        self.update(entries)
