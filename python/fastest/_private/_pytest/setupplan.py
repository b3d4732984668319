"""--setup-plan: the options and hooks are in C (src/plugins/setuponly.c)."""


def __getattr__(name):
    from fastest._native_hooks import attribute

    return attribute(__name__, name)
