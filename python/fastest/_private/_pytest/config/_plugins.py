"""What is required of pytest and of plugins, and which modules belong to plugins."""

from fastest._fastest import UsageError

PYTEST_VERSION = "9.2.0"


def checkversion(config):
    check_minversion(config, config.getini("minversion"))


def check_minversion(config, minversion):
    if minversion and _is_newer(minversion):
        raise UsageError(
            f"{config.inipath}: 'minversion' requires pytest-{minversion}, actual pytest-{PYTEST_VERSION}'"
        )


def _is_newer(minversion):
    try:
        from packaging.version import Version
    except ImportError:
        # An environment without pytest need not have it.
        return _numbers(minversion) > _numbers(PYTEST_VERSION)
    return Version(minversion) > Version(PYTEST_VERSION)


def _numbers(version):
    import re

    return [int(digits) for digits in re.findall(r"\d+", version)]


def validate_plugins(config):
    check_required_plugins(config, config.getini("required_plugins"))


def check_required_plugins(config, required):
    if not required:
        return
    installed = {dist.project_name: dist.version for _, dist in config.pluginmanager.list_plugin_distinfo()}
    try:
        from packaging.requirements import InvalidRequirement
        from packaging.requirements import Requirement
        from packaging.version import Version
    except ImportError:
        _check_required_names(installed, required)
        return

    def is_missing(text):
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            return True
        version = installed.get(requirement.name)
        return version is None or not requirement.specifier.contains(Version(version), prereleases=True)

    missing = [text for text in sorted(required) if is_missing(text)]
    if missing:
        raise UsageError("Missing required plugins: {}".format(", ".join(missing)))


def _check_required_names(installed, required):
    """Without the library that reads requirements: exact names count, versions cannot be judged."""
    import re

    missing = [text for text in sorted(required) if re.split(r"[^\w.-]", text)[0] not in installed]
    if missing:
        raise UsageError("Missing required plugins: {}".format(", ".join(missing)))


def get_plugin_specs_as_list(specs):
    import types
    from collections.abc import Sequence

    if specs is None or isinstance(specs, types.ModuleType):
        return []
    if isinstance(specs, str):
        return specs.split(",") if specs else []
    if isinstance(specs, Sequence):
        return list(specs)
    raise UsageError(
        f"Plugins may be specified as a sequence or a ','-separated string of plugin names. Got: {specs!r}"
    )


def is_missing_module(error, name):
    """Whether a ModuleNotFoundError means this module, or a package of it: not something that it imports."""
    return error.name is not None and (error.name == name or name.startswith(f"{error.name}."))


def import_without_config(path, mode):
    """The module of a conftest file, for a plugin manager without a Config."""
    from pathlib import Path

    from _pytest.pathlib import import_path

    return import_path(Path(path), mode=mode, root=Path(path).parent, consider_namespace_packages=False)


def mark_plugins_for_rewrite(config, hook, disable_autoload):
    """Tells an import hook which modules belong to installed plugins."""
    config.pluginmanager.rewrite_hook = hook
    if not disable_autoload:
        from fastest._distributions import rewrite_names

        for name in rewrite_names():
            hook.mark_rewrite(name)


def plugin_rewrite_name(module):
    """The outermost package around a plugin's module that is no namespace package; imports nothing."""
    from importlib.machinery import PathFinder

    path = None
    name = ""
    for part in module.split("."):
        name = f"{name}.{part}".lstrip(".")
        spec = PathFinder.find_spec(part, path)
        if spec is None:
            return None
        if spec.origin is not None or spec.submodule_search_locations is None:
            return name
        path = list(spec.submodule_search_locations)
    return None


def iter_rewritable_modules(package_files):
    """The modules and packages among a distribution's files, also one folder down (src/...)."""
    files = list(package_files)
    found = False
    for name in files:
        if name.endswith(".py") and "/" not in name:
            module = name[: -len(".py")]
            if module != "setup" and not module.startswith("__editable__"):
                found = True
                yield module
        elif name.count("/") == 1 and name.endswith("__init__.py"):
            found = True
            yield name.partition("/")[0]
    if not found:
        deeper = [rest for rest in (name.partition("/")[2] for name in files) if rest]
        if deeper:
            yield from iter_rewritable_modules(deeper)


def is_editable_install(dist):
    """Whether a distribution was installed for editing (PEP 660): then its files are listed nowhere."""
    import json

    read_text = getattr(dist, "read_text", None)
    text = read_text("direct_url.json") if read_text is not None else None
    if not text:
        return False
    try:
        return bool(json.loads(text).get("dir_info", {}).get("editable"))
    except ValueError:
        return False
