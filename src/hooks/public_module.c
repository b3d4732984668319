/* The module `pytest`: every name is looked up when it is first used. */
#include <string.h>

#include "hooks/finder.h"

/* Where a name comes from when the extension itself has none of it. */
struct public_name {
    const char *name;
    const char *module;
    const char *attribute; /* NULL: `name` */
};

/* clang-format off */
static const struct public_name PUBLIC_NAMES[] = {
    {"HIDDEN_PARAM", "_pytest.mark", NULL},
    {"Approx", "_pytest.approx", NULL},
    {"Cache", "_pytest.cacheprovider", NULL},
    {"CallInfo", "_pytest.runner", NULL},
    {"CaptureFixture", "_pytest.capture", NULL},
    {"Class", "_pytest.python", NULL},
    {"CollectReport", "_pytest.reports", NULL},
    {"Collector", "_pytest.nodes", NULL},
    {"Config", "_pytest.config", NULL},
    {"Dir", "_pytest.main", NULL},
    {"Directory", "_pytest.nodes", NULL},
    {"DoctestItem", "_pytest.doctest", NULL},
    {"ExceptionInfo", "_pytest._code", NULL},
    {"ExitCode", "_pytest.config", NULL},
    {"File", "_pytest.nodes", NULL},
    {"FixtureDef", "_pytest.fixtures", NULL},
    {"FixtureLookupError", "_pytest.fixtures", NULL},
    {"FixtureRequest", "_pytest.fixtures", NULL},
    {"Function", "_pytest.python", NULL},
    {"HookRecorder", "_pytest.pytester", NULL},
    {"Item", "_pytest.nodes", NULL},
    {"LineMatcher", "_pytest.pytester", NULL},
    {"LogCaptureFixture", "_pytest.logging", NULL},
    {"Mark", "_pytest.mark", NULL},
    {"MarkDecorator", "_pytest.mark", NULL},
    {"MarkGenerator", "_pytest.mark", NULL},
    {"Metafunc", "_pytest.python", NULL},
    {"Module", "_pytest.python", NULL},
    {"MonkeyPatch", "_pytest.monkeypatch", NULL},
    {"OptionGroup", "_pytest.config.argparsing", NULL},
    {"Package", "_pytest.python", NULL},
    {"ParameterSet", "_pytest.mark", NULL},
    {"Parser", "_pytest.config.argparsing", NULL},
    {"PytestApproxDecimalToleranceWarning", "_pytest.warning_types", NULL},
    {"PytestAssertRewriteWarning", "_pytest.warning_types", NULL},
    {"PytestCacheWarning", "_pytest.warning_types", NULL},
    {"PytestCollectionWarning", "_pytest.warning_types", NULL},
    {"PytestConfigWarning", "_pytest.warning_types", NULL},
    {"PytestDeprecationWarning", "_pytest.warning_types", NULL},
    {"PytestExperimentalApiWarning", "_pytest.warning_types", NULL},
    {"PytestFDWarning", "_pytest.warning_types", NULL},
    {"PytestPluginManager", "_pytest.config", NULL},
    {"PytestRemovedIn10Warning", "_pytest.warning_types", NULL},
    {"PytestReturnNotNoneWarning", "_pytest.warning_types", NULL},
    {"PytestUnhandledThreadExceptionWarning", "_pytest.warning_types", NULL},
    {"PytestUnknownMarkWarning", "_pytest.warning_types", NULL},
    {"PytestUnraisableExceptionWarning", "_pytest.warning_types", NULL},
    {"PytestWarning", "_pytest.warning_types", NULL},
    {"Pytester", "_pytest.pytester", NULL},
    {"RaisesExc", "_pytest.raises", NULL},
    {"RaisesGroup", "_pytest.raises", NULL},
    {"RecordedHookCall", "_pytest.pytester", NULL},
    {"RunResult", "_pytest.pytester", NULL},
    {"ScopeName", "_pytest.scope", NULL},
    {"Session", "_pytest.main", NULL},
    {"Stash", "_pytest.stash", NULL},
    {"StashKey", "_pytest.stash", NULL},
    {"SubtestReport", "_pytest.subtests", NULL},
    {"Subtests", "_pytest.subtests", NULL},
    {"TempPathFactory", "_pytest.tmpdir", NULL},
    {"TempdirFactory", "_pytest.legacypath", NULL},
    {"TerminalReporter", "_pytest.terminal", NULL},
    {"TestReport", "_pytest.reports", NULL},
    {"TestShortLogReport", "_pytest.terminal", NULL},
    {"Testdir", "_pytest.legacypath", NULL},
    {"UsageError", "_pytest.config", NULL},
    {"WarningsRecorder", "_pytest.recwarn", NULL},
    {"__version__", "_pytest", NULL},
    {"approx", "_pytest.approx", NULL},
    {"cmdline", "_pytest.config", NULL},
    {"console_main", "_pytest.config", NULL},
    {"deprecated_call", "_pytest.recwarn", NULL},
    {"exit", "_pytest.outcomes", NULL},
    {"fail", "_pytest.outcomes", NULL},
    {"fixture", "_pytest.fixtures", NULL},
    {"freeze_includes", "_pytest.freeze_support", NULL},
    {"hookimpl", "_pytest.config", NULL},
    {"hookspec", "_pytest.config", NULL},
    {"importorskip", "_pytest.outcomes", NULL},
    {"main", "_pytest.config", NULL},
    {"mark", "_pytest.mark", "MARK_GEN"},
    {"param", "_pytest.mark", NULL},
    {"raises", "_pytest.raises", NULL},
    {"register_assert_rewrite", "_pytest.assertion", NULL},
    {"register_fixture", "_pytest.fixtures", NULL},
    {"set_trace", "_pytest.debugging", "pytestPDB.set_trace"},
    {"skip", "_pytest.outcomes", NULL},
    {"version_tuple", "_pytest", NULL},
    {"warns", "_pytest.recwarn", NULL},
    {"xfail", "_pytest.outcomes", NULL},
    {"yield_fixture", "_pytest.fixtures", NULL},
};
/* clang-format on */

static PyObject *
all_names(void)
{
    PyObject *names = PyList_New(0);

    for (size_t i = 0; names && i < COUNT_OF(PUBLIC_NAMES); i++) {
        if (py_list_append_take(names, PyUnicode_FromString(PUBLIC_NAMES[i].name)) < 0) {
            Py_CLEAR(names);
        }
    }
    return names;
}

static const struct public_name *
find_public(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(PUBLIC_NAMES); i++) {
        if (strcmp(PUBLIC_NAMES[i].name, name) == 0) {
            return &PUBLIC_NAMES[i];
        }
    }
    return NULL;
}

/* From the extension when it has it, else from the module of _pytest: a new reference. */
static PyObject *
resolve(struct state *state, const struct public_name *public)
{
    const char *attribute = public->attribute ? public->attribute : public->name;
    PyObject *borrowed_value = PyDict_GetItemString(PyModule_GetDict(state->module), attribute);

    if (borrowed_value && *public->name != '_') {
        return Py_NewRef(borrowed_value);
    }
    const char *dot = strchr(attribute, '.');
    if (!dot) {
        return py_import_attr(public->module, attribute);
    }
    char holder[32] = {0};
    memcpy(holder, attribute, (size_t)(dot - attribute));
    PyObject *object = py_import_attr(public->module, holder);
    PyObject *value = object ? PyObject_GetAttrString(object, dot + 1) : NULL;
    Py_XDECREF(object);
    return value;
}

static PyObject *
public_getattro(PyObject *op, PyObject *name)
{
    getattrofunc generic = (getattrofunc)PyType_GetSlot(&PyModule_Type, Py_tp_getattro);
    PyObject *borrowed_dict = PyModule_GetDict(op);
    const struct public_name *public = NULL;
    PyObject *value = NULL;
    const char *text = NULL;

    if (PyDict_GetItemWithError(borrowed_dict, name)) {
        return generic(op, name);
    }
    text = py_utf8(name);
    if (!text) {
        return NULL;
    }
    public = find_public(text);
    if (public) {
        value = resolve(state_of(op), public);
    } else if (strcmp(text, "__all__") == 0) {
        value = all_names();
    } else {
        return generic(op, name);
    }
    if (value && PyDict_SetItem(borrowed_dict, name, value) < 0) {
        Py_CLEAR(value);
    }
    return value;
}

/* dir(pytest): also what nobody has used yet. */
static PyObject *
public_dir(PyObject *op, PyObject *Py_UNUSED(none))
{
    PyObject *names = all_names();
    PyObject *set = names ? PySet_New(names) : NULL;
    PyObject *keys = set ? PyDict_Keys(PyModule_GetDict(op)) : NULL;
    PyObject *updated = keys ? PyObject_CallMethod(set, "update", "O", keys) : NULL;
    PyObject *list = updated ? PySequence_List(set) : NULL;

    Py_XDECREF(names);
    Py_XDECREF(set);
    Py_XDECREF(keys);
    Py_XDECREF(updated);
    return list;
}

static PyMethodDef PUBLIC_METHODS[] = {
    {"__dir__", public_dir, METH_NOARGS, "__dir__($self)\n--\n\n"},
    PY_END_METHOD,
};

static PyType_Slot PUBLIC_SLOTS[] = {
    PY_SLOT(tp_getattro, public_getattro),
    PY_SLOT(tp_methods, PUBLIC_METHODS),
    PY_END_SLOT,
};

static PyType_Spec PUBLIC_SPEC = {
    .name = "fastest._fastest.PublicModule",
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = PUBLIC_SLOTS,
};

PyObject *
public_module_new(struct state *state)
{
    return PyObject_CallFunction((PyObject *)hooks_room(state)->public_module, "ss", "pytest",
                                 "pytest: unit and functional testing with Python.");
}

int
public_module_add_type(PyObject *module, struct state *state)
{
    hooks_room(state)->public_module = py_type_add(module, &PUBLIC_SPEC, (PyObject *)&PyModule_Type);
    return hooks_room(state)->public_module ? 0 : -1;
}
