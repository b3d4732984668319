"""Categories of warnings."""


class PluggyWarning(UserWarning):
    """Base class for all warnings emitted by pluggy."""

    __module__ = "pluggy"


class PluggyTeardownRaisedWarning(PluggyWarning):
    """An old-style hook wrapper raised after its yield."""

    __module__ = "pluggy"
