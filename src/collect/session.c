/* Session: the root of the tree, the run's counters and its requests to stop. */
#include "collect/internal.h"

static struct engine *
session_engine(PyObject *op)
{
    struct engine *engine = ((Node *)op)->engine;

    if (!engine) {
        PyErr_SetString(PyExc_RuntimeError, "the session has not been initialised");
    }
    return engine;
}

/* ---- Construction ---- */

static const struct native_plugin SESSION_PLUGIN;

static void
release_items(struct engine *engine, void *Py_UNUSED(memory))
{
    PyObject *items = Py_XNewRef(collect_engine(engine)->items);

    if (items && PyList_CheckExact(items)) {
        py_release_untracked(items, collect_types(engine->state)->function);
    }
    Py_XDECREF(items);
}

static PyObject *
session_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"config", NULL};
    Node *self = (Node *)op;
    struct state *state = state_of((PyObject *)Py_TYPE(op));
    PyObject *config = NULL;
    PyObject *empty = NULL;
    int status = -1;

    if (py_unpack_tuple("Session.__init__", args, kwargs, NAMES, 1, 1, &config) < 0) {
        return NULL;
    }
    if (!PyType_IsSubtype(Py_TYPE(config), hooks_types(state)->config)) {
        return PyErr_Format(PyExc_TypeError, "config must be a Config, got %R", config);
    }
    struct engine *engine = engine_from_config(config);
    empty = PyUnicode_FromString("");
    struct node_arguments arguments = {
        .name = empty, .config = config, .session = op, .path = config_rootpath(engine), .nodeid = empty};
    if (!empty || !arguments.path || node_init(self, &arguments) < 0) {
        goto done;
    }
    /* A fresh session counts anew; the room is the engine's. */
    struct collect_engine *room = collect_engine(engine);
    room->tests_failed = room->tests_collected = 0;
    py_replace(&room->should_stop, NULL);
    py_replace(&room->should_fail, NULL);
    py_replace(&room->items, NULL);
    engine->session = op;
    status = plugin_register_native(engine, &SESSION_PLUGIN, op);
    if (status == 0 && engine->ends_with_process) {
        status = config_add_cleanup(engine, release_items, NULL);
    }
done:
    Py_XDECREF(empty);
    return py_none_or_error(status);
}

static PyObject *
session_from_config(PyObject *cls, PyObject *config)
{
    struct state *state = state_of(cls);
    PyObject *kwargs = PyDict_New();
    PyObject *session = NULL;

    if (kwargs && PyDict_SetItem(kwargs, state->names.config, config) == 0) {
        session = node_create((PyTypeObject *)cls, state->empty_tuple, kwargs);
    }
    Py_XDECREF(kwargs);
    return session;
}

PyObject *
session_new(struct engine *engine)
{
    return session_from_config((PyObject *)collect_types(engine->state)->session, engine->config);
}

static PyObject *
session_repr(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Node *self = (Node *)op;
    struct engine *engine = session_engine(op);
    struct collect_engine *room = engine ? collect_engine(engine) : NULL;
    PyObject *status = NULL;
    PyObject *name = NULL;
    PyObject *text = NULL;

    if (!room || py_find_attr(engine->state, op, engine->state->names.exitstatus, &status) < 0) {
        return NULL;
    }
    if (!status) {
        status = PyUnicode_FromString("<UNSET>");
    } else if (PyLong_CheckExact(status)) {
        PyObject *exit_code = py_import_attr("_pytest.config", "ExitCode");
        py_replace_take(&status, exit_code ? py_call1(exit_code, status) : NULL);
        Py_XDECREF(exit_code);
    }
    name = PyObject_GetAttrString((PyObject *)Py_TYPE(op), "__name__");
    if (status && name) {
        text = PyUnicode_FromFormat("<%U %S exitstatus=%R testsfailed=%ld testscollected=%ld>", name, self->name,
                                    status, room->tests_failed, room->tests_collected);
    }
    Py_XDECREF(status);
    Py_XDECREF(name);
    return text;
}

/* ---- Counters and requests ---- */

enum counter { COUNTER_FAILED, COUNTER_COLLECTED };

static long *
counter_field(PyObject *op, void *closure)
{
    struct engine *engine = session_engine(op);

    if (!engine) {
        return NULL;
    }
    struct collect_engine *room = collect_engine(engine);
    return closure ? &room->tests_collected : &room->tests_failed;
}

static PyObject *
get_counter(PyObject *op, void *closure)
{
    long *field = counter_field(op, closure);
    return field ? PyLong_FromLong(*field) : NULL;
}

static int
set_counter(PyObject *op, PyObject *value, void *closure)
{
    long *field = counter_field(op, closure);
    long number = field && value ? PyLong_AsLong(value) : -1;

    if (!field || PyErr_Occurred()) {
        return -1;
    }
    *field = number;
    return 0;
}

static PyObject **
stop_field(PyObject *op, void *closure)
{
    struct engine *engine = session_engine(op);

    if (!engine) {
        return NULL;
    }
    struct collect_engine *room = collect_engine(engine);
    return closure ? &room->should_fail : &room->should_stop;
}

static PyObject *
get_stop(PyObject *op, void *closure)
{
    PyObject **field = stop_field(op, closure);
    return field ? Py_NewRef(*field ? *field : Py_False) : NULL;
}

static int
set_stop_plainly(PyObject *op, PyObject *value, void *closure)
{
    PyObject **field = stop_field(op, closure);
    int is_true = field && value ? PyObject_IsTrue(value) : -1;

    if (is_true >= 0) {
        py_replace(field, is_true ? value : NULL);
    }
    return is_true < 0 ? -1 : 0;
}

/* Once the session was told to stop, that cannot be taken back. */
static int
set_stop(PyObject *op, PyObject *value, void *closure)
{
    PyObject **field = stop_field(op, closure);

    if (field && *field && value == Py_False) {
        PyObject *category = py_import_attr("_pytest.warning_types", "PytestWarning");
        int status = category
                         ? PyErr_WarnFormat(category, 1, "session.%s cannot be unset after it has been set; ignoring.",
                                            closure ? "shouldfail" : "shouldstop")
                         : -1;
        Py_XDECREF(category);
        return status;
    }
    return set_stop_plainly(op, value, closure);
}

/* ---- Objects of the room ---- */

enum room_field { FIELD_ITEMS, FIELD_NOT_FOUND, FIELD_REPORTS };

static PyObject **
room_field(PyObject *op, void *closure)
{
    struct engine *engine = session_engine(op);

    if (!engine) {
        return NULL;
    }
    struct collect_engine *room = collect_engine(engine);
    switch ((enum room_field)(size_t)closure) {
    case FIELD_ITEMS:
        session_items(engine);
        return &room->items;
    case FIELD_NOT_FOUND:
        room->not_found = room->not_found ? room->not_found : PyList_New(0);
        return &room->not_found;
    case FIELD_REPORTS:
        room->reports = room->reports ? room->reports : PyDict_New();
        return &room->reports;
    }
    return NULL;
}

static PyObject *
get_room_field(PyObject *op, void *closure)
{
    PyObject **field = room_field(op, closure);
    return field ? Py_XNewRef(*field) : NULL;
}

static int
set_room_field(PyObject *op, PyObject *value, void *closure)
{
    PyObject **field = room_field(op, closure);

    if (!field) {
        return -1;
    }
    py_replace(field, value);
    return 0;
}

/* frozenset of Path objects, from the set of str. */
/* The same as texts: for the import hook, which must not import pathlib while it is asked about an import. */
static PyObject *
get_initial_path_texts(PyObject *op, void *Py_UNUSED(closure))
{
    struct engine *engine = session_engine(op);
    struct collect_engine *room = engine ? collect_engine(engine) : NULL;

    if (!room) {
        return NULL;
    }
    return room->initial_paths ? Py_NewRef(room->initial_paths) : PySet_New(NULL);
}

static PyObject *
get_initial_paths(PyObject *op, void *closure)
{
    struct engine *engine = session_engine(op);
    struct collect_engine *room = engine ? collect_engine(engine) : NULL;
    PyObject *texts = room ? (closure ? room->initial_paths_with_parents : room->initial_paths) : NULL;
    PyObject *paths = room ? PyList_New(0) : NULL;
    PyObject *iterator = paths && texts ? PyObject_GetIter(texts) : NULL;
    PyObject *text = NULL;
    PyObject *result = NULL;

    while (iterator && (text = PyIter_Next(iterator))) {
        int status = py_list_append_take(paths, py_path_object(engine->state, text));
        Py_DECREF(text);
        if (status < 0) {
            break;
        }
    }
    if (paths && !PyErr_Occurred()) {
        result = PyFrozenSet_New(paths);
    }
    Py_XDECREF(paths);
    Py_XDECREF(iterator);
    return result;
}

static PyObject *
get_startpath(PyObject *op, void *Py_UNUSED(closure))
{
    struct engine *engine = session_engine(op);
    return engine ? py_path_object(engine->state, config_invocation_dir(engine)) : NULL;
}

/* config.trace.root.get("collection") */
static PyObject *
get_trace(PyObject *op, void *Py_UNUSED(closure))
{
    struct engine *engine = session_engine(op);
    struct collect_engine *room = engine ? collect_engine(engine) : NULL;

    if (room && !room->trace) {
        PyObject *trace = PyObject_GetAttrString(engine->config, "trace");
        PyObject *root = trace ? PyObject_GetAttrString(trace, "root") : NULL;
        room->trace = root ? PyObject_CallMethod(root, "get", "s", "collection") : NULL;
        Py_XDECREF(trace);
        Py_XDECREF(root);
    }
    return room ? Py_XNewRef(room->trace) : NULL;
}

/* ---- Methods ---- */

static PyObject *
session_location_to_relpath(PyObject *op, PyObject *path)
{
    struct engine *engine = session_engine(op);
    PyObject *text = engine ? py_path_text(engine->state, path) : NULL;
    PyObject *relative = text ? path_best_relative(engine, text) : NULL;
    Py_XDECREF(text);
    return relative;
}

static PyObject *
session_isinitpath(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"path", "with_parents", NULL};
    struct engine *engine = session_engine(op);
    PyObject *values[2];

    if (!engine || py_unpack_tuple("isinitpath", args, kwargs, NAMES, 1, 1, values) < 0) {
        return NULL;
    }
    int with_parents = values[1] ? PyObject_IsTrue(values[1]) : 0;
    PyObject *text = with_parents < 0 ? NULL : py_path_text(engine->state, values[0]);
    if (!text) {
        return NULL;
    }
    bool is_initial = session_is_initial(engine, text, with_parents == 1);
    Py_DECREF(text);
    return PyBool_FromLong(is_initial);
}

static PyObject *
session_gethookproxy(PyObject *op, PyObject *path)
{
    struct engine *engine = session_engine(op);
    PyObject *text = engine ? py_path_text(engine->state, path) : NULL;
    PyObject *relay = text ? relay_for_path(engine, text) : NULL;
    Py_XDECREF(text);
    return Py_XNewRef(relay);
}

/* ---- The session's own hooks ---- */

static PyObject *
session_collectstart(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    struct collect_engine *room = collect_engine(engine);
    struct collect_types *types = collect_types(engine->state);

    if (room->should_fail) {
        PyErr_SetObject(types->session_failed, room->should_fail);
        return NULL;
    }
    if (room->should_stop) {
        PyErr_SetObject(types->session_interrupted, room->should_stop);
        return NULL;
    }
    Py_RETURN_NONE;
}

static int
count_failure(struct engine *engine)
{
    struct collect_engine *room = collect_engine(engine);
    PyObject *option = option_get(engine, "maxfail");
    int has_maximum = option ? PyObject_IsTrue(option) : -1;

    room->tests_failed++;
    if (has_maximum > 0) {
        long maximum = PyLong_AsLong(option);
        if (maximum == -1 && PyErr_Occurred()) {
            has_maximum = -1;
        } else if (room->tests_failed >= maximum) {
            py_replace_take(&room->should_fail,
                            PyUnicode_FromFormat("stopping after %ld failures", room->tests_failed));
            has_maximum = room->should_fail ? 0 : -1;
        }
    }
    Py_XDECREF(option);
    return has_maximum < 0 ? -1 : 0;
}

static PyObject *
session_logreport(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    struct state *state = engine->state;
    PyObject *wasxfail = NULL;
    int failed = py_attr_is_true(state, args[0], state->names.failed);

    if (failed > 0) {
        int was_expected = py_find_attr(state, args[0], state->names.wasxfail, &wasxfail);
        Py_XDECREF(wasxfail);
        failed = was_expected ? (was_expected < 0 ? -1 : 0) : count_failure(engine);
    }
    return py_none_or_error(failed);
}

static const struct native_hook SESSION_HOOKS[] = {
    {.id = HOOK_collectstart, .flags = NATIVE_TRYFIRST, .call = session_collectstart},
    {.id = HOOK_runtest_logreport, .flags = NATIVE_TRYFIRST, .call = session_logreport},
    {.id = HOOK_collectreport, .flags = NATIVE_TRYFIRST, .call = session_logreport},
};

static const struct native_plugin SESSION_PLUGIN = {
    .name = "session", .module = "_pytest.main", .hooks = SESSION_HOOKS, .hook_count = COUNT_OF(SESSION_HOOKS)};

/* The same for those who call session.pytest_...() themselves. */
static PyObject *
session_method_collectstart(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    struct engine *engine = session_engine(op);
    return engine ? session_collectstart(engine, op, NULL) : NULL;
}

static PyObject *
session_method_logreport(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"report", NULL};
    struct engine *engine = session_engine(op);
    PyObject *report = NULL;

    if (!engine || py_unpack_tuple("pytest_runtest_logreport", args, kwargs, NAMES, 1, 1, &report) < 0) {
        return NULL;
    }
    return session_logreport(engine, op, &report);
}

static int
set_fixture_manager(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    return fixtures_set_manager(((Node *)op)->engine, value);
}

static PyObject *
get_fixture_manager(PyObject *op, void *Py_UNUSED(closure))
{
    struct engine *engine = session_engine(op);
    return engine ? Py_XNewRef(fixtures_manager(engine)) : NULL;
}

static PyObject *
get_setup_state(PyObject *op, void *Py_UNUSED(closure))
{
    struct engine *engine = session_engine(op);
    return engine ? Py_XNewRef(fixtures_setup_state(engine)) : NULL;
}

PY_NAMED_ONE(session_from_config_named, session_from_config, "from_config", "config")
PY_NAMED_ONE(session_gethookproxy_named, session_gethookproxy, "gethookproxy", "fspath")

static PyMethodDef METHODS[] = {
    {"__init__", PY_WITH_KEYWORDS(session_init), "__init__($self, /, config)\n--\n\n"},
    {"from_config", (PyCFunction)(void (*)(void))session_from_config_named, METH_FASTCALL | METH_KEYWORDS | METH_CLASS,
     NULL},
    {"_node_location_to_relpath", session_location_to_relpath, METH_O, NULL},
    {"isinitpath", PY_WITH_KEYWORDS(session_isinitpath),
     "isinitpath($self, path, *, with_parents=False)\n--\n\n"
     "Is path an initial path?"},
    {"gethookproxy", PY_FAST_WITH_KEYWORDS(session_gethookproxy_named), "gethookproxy($self, fspath)\n--\n\n"},
    {"pytest_collectstart", session_method_collectstart, METH_NOARGS, "pytest_collectstart($self)\n--\n\n"},
    {"pytest_runtest_logreport", PY_WITH_KEYWORDS(session_method_logreport),
     "pytest_runtest_logreport($self, report)\n--\n\n"},
    {"pytest_collectreport", PY_WITH_KEYWORDS(session_method_logreport), "pytest_collectreport($self, report)\n--\n\n"},
    {"__repr__", session_repr, METH_NOARGS, "__repr__($self)\n--\n\n"},
    PY_END_METHOD,
};

static PyGetSetDef GETSET[] = {
    {"testsfailed", get_counter, set_counter, NULL, (void *)0},
    {"testscollected", get_counter, set_counter, NULL, (void *)1},
    {"shouldstop", get_stop, set_stop, NULL, (void *)0},
    {"shouldfail", get_stop, set_stop, NULL, (void *)1},
    {"_shouldstop", get_stop, set_stop_plainly, NULL, (void *)0},
    {"_shouldfail", get_stop, set_stop_plainly, NULL, (void *)1},
    {"items", get_room_field, set_room_field, NULL, (void *)FIELD_ITEMS},
    {"_notfound", get_room_field, set_room_field, NULL, (void *)FIELD_NOT_FOUND},
    {"_collection_cache", get_room_field, set_room_field, NULL, (void *)FIELD_REPORTS},
    {"_initial_path_texts", get_initial_path_texts, NULL, NULL, NULL},
    {"_initialpaths", get_initial_paths, NULL, NULL, (void *)0},
    {"_initialpaths_with_parents", get_initial_paths, NULL, NULL, (void *)1},
    {"startpath", get_startpath, NULL, "The path from which pytest was invoked.", NULL},
    {"trace", get_trace, NULL, NULL, NULL},
    {"_fixturemanager", get_fixture_manager, set_fixture_manager, NULL, NULL},
    {"_setupstate", get_setup_state, NULL, NULL, NULL},
    PY_END_GETSET,
};

/* Exceptions that end a session, also as attributes of the class. */
static int
add_exceptions(PyObject *module, struct state *state)
{
    struct collect_types *types = collect_types(state);
    PyObject *session = (PyObject *)types->session;

    types->session_failed =
        PyErr_NewExceptionWithDoc("_pytest.main.Failed", "Signals a stop as failed test run.", NULL, NULL);
    types->session_interrupted = PyErr_NewExceptionWithDoc(
        "builtins.Interrupted", "Signals that the test run was interrupted.", PyExc_KeyboardInterrupt, NULL);
    if (!types->session_failed || !types->session_interrupted ||
        PyObject_SetAttrString(session, "Failed", types->session_failed) < 0 ||
        PyObject_SetAttrString(session, "Interrupted", types->session_interrupted) < 0 ||
        PyModule_AddObjectRef(module, "SessionFailed", types->session_failed) < 0) {
        return -1;
    }
    return PyModule_AddObjectRef(module, "SessionInterrupted", types->session_interrupted);
}

int
session_add(PyObject *module, struct state *state)
{
    struct collect_types *types = collect_types(state);
    PyObject *abstract = NULL;

    types->session = node_class_new(module, "_pytest.main.Session", (PyObject *)nodes_types(state)->collector,
                                    NODE_SESSION, METHODS, GETSET,
                                    "The root of the collection tree.\n\n``Session`` collects the initial paths given "
                                    "as arguments to pytest.");
    if (!types->session || class_add_methods(state, types->session, SESSION_COLLECT_METHODS) < 0) {
        return -1;
    }
    abstract = PyFrozenSet_New(NULL);
    int status = abstract ? PyObject_SetAttrString((PyObject *)types->session, "__abstractmethods__", abstract) : -1;
    Py_XDECREF(abstract);
    return status < 0 ? -1 : add_exceptions(module, state);
}
