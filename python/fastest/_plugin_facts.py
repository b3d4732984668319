"""What plugins of others bring: asked once for each environment, and kept in the records for `fastest discover`."""
import inspect
import sys
import types

from _pytest.compat import get_real_func, safe_getattr
from _pytest.fixtures import FixtureFunctionDefinition
from _pytest.mark.structures import ParameterSet
from _pytest.python import IdMaker

SCOPES = ("function", "class", "module", "package", "session")
IS_AUTOUSE, HAS_PARAMS, HAS_IDS, HAS_DYNAMIC_SCOPE = 1, 2, 4, 8
IS_ENTRY_POINT, SHUFFLES = 1, 2


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


# Who uses these may do something else the next time, though nothing that is watched has changed.
UNSTEADY_MODULES = {"datetime", "random", "secrets", "socket", "sqlite3", "subprocess", "tempfile", "time", "uuid"}
UNSTEADY_NAMES = UNSTEADY_MODULES | {
    *("cache", "environ", "getenv", "glob", "iglob", "iterdir", "listdir", "open", "popen", "Popen"),
    *("read_bytes", "read_text", "scandir", "stat", "urandom", "urlopen", "walk", "workerinput"),
    # What was selected or asked for this time.
    *("-k", "-m", "file_or_dir", "invocation_params", "keyword", "markexpr"),
}
UNSTEADY_PARTS = ("random", "seed", "shuffle")


def _codes(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _words(code):
    """The names that it uses, and its strings, but for sentences."""
    return {*code.co_names, *(text for text in code.co_consts if isinstance(text, str) and " " not in text)}


def _functions(value, belongs):
    """The functions that may be called when the value is, of modules that belong to it."""
    members = [value]
    if isinstance(value, type) and belongs(value.__module__):
        members = list(vars(value).values())
    for member in members:
        if isinstance(member, property):
            member = member.fget
        elif isinstance(member, (types.MethodType, staticmethod, classmethod)):
            member = member.__func__
        while isinstance(member, types.FunctionType):
            if belongs(member.__module__):
                yield member
            member = member.__dict__.get("__wrapped__")


def _module_names(value):
    yield type(value).__module__
    if isinstance(value, types.ModuleType):
        yield value.__name__
    elif isinstance(value, (type, types.FunctionType, types.MethodType, types.BuiltinFunctionType)):
        yield value.__module__ or ""


def _globals(function, code, belongs):
    """What the names in the code may stand for, in the function's module and in modules that belong to it."""
    own = [function.__globals__[name] for name in code.co_names if name in function.__globals__]
    modules = [value for value in own if isinstance(value, types.ModuleType) and belongs(value.__name__)]
    return own + [vars(module)[name] for module in modules for name in code.co_names if name in vars(module)]


def _called(function, belongs):
    """The function and all that it may call of the modules that belong to it."""
    called = list(_functions(function, belongs))
    for one in called:
        for code in _codes(one.__code__):
            for value in _globals(one, code, belongs):
                called += [each for each in _functions(value, belongs) if each not in called]
    return called


def _all_words(functions):
    """What the functions use: their names, their strings, the unsteady modules that their globals come from."""
    found = set()
    for function in functions:
        for code in _codes(function.__code__):
            found |= _words(code)
            for value in [function.__globals__[name] for name in code.co_names if name in function.__globals__]:
                modules = {name.partition(".")[0] for name in _module_names(value) if isinstance(name, str)}
                found |= modules & UNSTEADY_MODULES
    return found


def _shuffles(words):
    return any(part in word for word in words for part in UNSTEADY_PARTS)


def _is_steady(functions):
    """Whether what they do depends on their arguments alone, as far as their code tells."""
    words = _all_words(functions)
    return bool(functions) and not words & UNSTEADY_NAMES and not _shuffles(words)


def _called_in_package(function):
    package = (getattr(function, "__module__", None) or "").partition(".")[0]
    return _called(function, lambda module: (module or "").partition(".")[0] == package)


def _steadiness(callers, plugin, hook_names):
    """The bits of the steady hooks, and SHUFFLES or 0."""
    steady = shuffles = 0
    for bit, hook in enumerate(hook_names):
        impls = callers[hook].get_hookimpls() if hook in callers else ()
        called = [_called_in_package(impl.function) for impl in impls if impl.plugin is plugin]
        steady |= (bool(called) and all(map(_is_steady, called))) << bit
        shuffles |= SHUFFLES * any(_shuffles(_all_words(functions)) for functions in called)
    return steady, shuffles


def _is_of_the_project(module_name):
    path = getattr(sys.modules.get(module_name), "__file__", None) or ""
    return bool(path) and not any(part in path for part in ("/site-packages/", "/dist-packages/", "/lib/python3"))


def steady_conftests(modules, hook_names):
    """Of each conftest whether its hooks are steady, and nothing but its own code."""
    verdicts = []
    for module in modules:
        names = vars(module)
        called = [_called(names[hook], _is_of_the_project) for hook in hook_names if hook in names]
        is_own = all(function.__globals__ is names for functions in called for function in functions)
        verdicts.append(is_own and all(map(_is_steady, called)))
    return verdicts


def plugin_facts(config, plugins, hook_names):
    """[(name, module, distribution, path, hooks, steady, flags, [(name, scope, flags, arguments, ids), ...]), ...]"""
    manager = config.pluginmanager
    distributions = {id(plugin): f"{dist.project_name} {dist.version}" for plugin, dist in manager.list_plugin_distinfo()}
    facts = []
    for name, plugin, module_name in plugins:
        callers = {caller.name: caller for caller in manager.get_hookcallers(plugin) or ()}
        hooks = sum(1 << bit for bit, hook in enumerate(hook_names) if hook in callers)
        distribution = distributions.get(id(plugin), "")
        flags = IS_ENTRY_POINT if distribution else 0
        steady, shuffles = _steadiness(callers, plugin, hook_names)
        fixtures = list(_fixtures(config, plugin))
        facts.append((name, module_name, distribution, _path(module_name), hooks, steady, flags | shuffles, fixtures))
    return facts
