"""Prints the names that pytest defines, by module, as JSON: for the installed pytest."""

import importlib
import json
import pkgutil

import _pytest

LEFT_OUT = ("_pytest._py", "_pytest._version")
names = {}
for name in ["pytest", *(found.name for found in pkgutil.walk_packages(_pytest.__path__, "_pytest."))]:
    if not name.startswith(LEFT_OUT):
        module = importlib.import_module(name)
        # What a module imports from another is seen there.
        names[name] = sorted(
            attribute
            for attribute, value in vars(module).items()
            if name == "pytest" or getattr(value, "__module__", name) == name
        )
print(json.dumps(names))
