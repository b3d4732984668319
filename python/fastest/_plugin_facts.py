"""What plugins of others bring: asked once for each environment, and kept in the records for `fastest discover`."""
import inspect
import sys

from _pytest.compat import get_real_func, safe_getattr
from _pytest.fixtures import FixtureFunctionDefinition
from _pytest.mark.structures import ParameterSet
from _pytest.python import IdMaker

SCOPES = ("function", "class", "module", "package", "session")
IS_AUTOUSE, HAS_PARAMS, HAS_IDS, HAS_DYNAMIC_SCOPE = 1, 2, 4, 8
IS_ENTRY_POINT = 1


def _arguments(function, plugin):
    parameters = list(inspect.signature(get_real_func(function)).parameters.values())
    if not inspect.ismodule(plugin):
        parameters = parameters[1:]
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [p.name for p in parameters if p.kind in kinds and p.default is inspect.Parameter.empty]


def _ids(config, name, marker):
    """None: only a run can tell."""
    sets = [ParameterSet.extract_from(value, force_tuple=True) for value in marker.params]
    idfn, ids = (marker.ids, None) if callable(marker.ids) else (None, marker.ids)
    maker = IdMaker([name], sets, idfn, ids, config, None)
    try:
        made = maker.make_unique_parameterset_ids()
    except Exception:  # an `ids` function may raise anything; pytest shows it when a test needs the fixture
        return None
    return made if all(isinstance(one, str) for one in made) else None


def _fixture(config, plugin, attribute, definition):
    marker = definition._fixture_function_marker
    name = marker.name or attribute
    flags = IS_AUTOUSE if marker.autouse else 0
    scope = str(getattr(marker.scope, "value", marker.scope))
    if scope not in SCOPES:
        scope, flags = "session", flags | HAS_DYNAMIC_SCOPE
    ids = []
    if marker.params:
        flags |= HAS_PARAMS
        made = _ids(config, name, marker)
        if made is not None:
            ids, flags = made, flags | HAS_IDS
    arguments = _arguments(definition._get_wrapped_function(), plugin)
    return name, SCOPES.index(scope), flags, arguments, ids


def _fixtures(config, plugin):
    for attribute in dir(plugin):
        value = safe_getattr(plugin, attribute, None)
        if isinstance(value, FixtureFunctionDefinition):
            yield _fixture(config, plugin, attribute, value)


def _path(module_name):
    path = getattr(sys.modules.get(module_name), "__file__", None)
    return path if isinstance(path, str) and path.endswith(".py") else ""


def plugin_facts(config, plugins, hook_names):
    """[(name, module, distribution, path, hooks, flags, [(name, scope, flags, arguments, ids), ...]), ...]"""
    manager = config.pluginmanager
    distributions = {id(plugin): f"{dist.project_name} {dist.version}" for plugin, dist in manager.list_plugin_distinfo()}
    facts = []
    for name, plugin, module_name in plugins:
        callers = {caller.name for caller in manager.get_hookcallers(plugin) or ()}
        hooks = sum(1 << bit for bit, hook in enumerate(hook_names) if hook in callers)
        distribution = distributions.get(id(plugin), "")
        flags = IS_ENTRY_POINT if distribution else 0
        facts.append(
            (name, module_name, distribution, _path(module_name), hooks, flags, list(_fixtures(config, plugin)))
        )
    return facts
