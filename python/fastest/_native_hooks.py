"""What HookImpl.function gives for an implementation in C that has no function of its own."""


def stand_in(plugin, name):
    """A function with the name and module that whoever lists implementations looks at."""

    def function(*args, **kwargs):
        raise TypeError(f"{name} of {function.__module__} is not a Python function: call the hook")

    function.__name__ = function.__qualname__ = name
    function.__module__ = getattr(plugin, "__name__", None) or type(plugin).__module__
    return function
