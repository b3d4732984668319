/* The plugin "warnings": a recording scope around collection, each test, and the ends of the session. */
#include "base/arena.h"
#include "nodes/nodes.h"
#include "plugins/warnings/internal.h"

/* ---- tests ---- */

/* Filters of the marks of the item, on top: 1 when there were any, 0, -1. */
static int
apply_marks(struct engine *engine, Node *item)
{
    if (!node_has_markers(item)) {
        return 0;
    }
    PyObject *marks = node_markers(item, engine->state->names.filterwarnings);
    if (!marks || PyList_Size(marks) == 0) {
        return py_status_take(marks);
    }
    PyObject *function = py_import_attr("_pytest.warnings", "apply_marks");
    PyObject *done = function ? py_call1(function, marks) : NULL;
    Py_XDECREF(function);
    Py_XDECREF(done);
    Py_DECREF(marks);
    return done ? 1 : -1;
}

static int
before_protocol(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args, void **Py_UNUSED(memory))
{
    struct warnings_room *room = warnings_room(engine);

    if (!room || warnings_scope_renew(engine, &room->scope) < 0) {
        return -1;
    }
    if (apply_marks(engine, (Node *)args[0]) < 0) {
        warnings_scope_leave(engine, &room->scope);
        return -1;
    }
    return 0;
}

static PyObject *
after_protocol(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args, void *Py_UNUSED(memory),
               PyObject *result)
{
    struct warnings_scope *scope = &warnings_room(engine)->scope;
    Node *item = (Node *)args[0];

    if (scope->log && PyList_Size(scope->log) > 0) {
        PyObject *exception = result ? NULL : py_error_take();
        PyObject *relay = Py_XNewRef(node_relay(item));
        PyObject *borrowed_nodeid = relay ? node_nodeid(item) : NULL;
        int status = borrowed_nodeid ? warnings_scope_report(engine, scope, relay, "runtest", borrowed_nodeid) : -1;
        Py_XDECREF(relay);
        result = py_pass_on_take(result, exception, status);
    }
    /* The next test's `before` puts right what this one changed; a run that ends now has no next one. */
    if (!result && warnings_scope_leave(engine, scope) < 0) {
        return NULL;
    }
    return result;
}

/* ---- everything else: a scope of its own ---- */

static int
enter_new(struct engine *engine, void **memory)
{
    struct warnings_room *room = warnings_room(engine);
    struct warnings_scope *scope = memory_alloc_zeroed(sizeof *scope);

    /* The tests are over, or have not begun. */
    if (!room || warnings_scope_leave(engine, &room->scope) < 0 || warnings_scope_enter(engine, scope) < 0) {
        memory_free(scope);
        return -1;
    }
    *memory = scope;
    return 0;
}

static PyObject *
leave_and_report(struct engine *engine, struct warnings_scope *scope, const char *when, PyObject *result)
{
    PyObject *nothing = PyUnicode_FromString("");
    int status = nothing ? warnings_scope_report(engine, scope, engine->relay, when, nothing) : -1;

    if (warnings_scope_leave(engine, scope) < 0) {
        status = -1;
    }
    memory_free(scope);
    Py_XDECREF(nothing);
    if (status < 0) {
        Py_CLEAR(result);
    }
    return result;
}

static int
before_collection(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args), void **memory)
{
    if (enter_new(engine, memory) < 0) {
        return -1;
    }
    engine->collection_warnings = ((struct warnings_scope *)*memory)->log;
    return 0;
}

static int
before_config_part(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args), void **memory)
{
    return enter_new(engine, memory);
}

static PyObject *
after_collection(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args), void *memory,
                 PyObject *result)
{
    engine->collection_warnings = NULL;
    return leave_and_report(engine, memory, "collect", result);
}

static PyObject *
after_config_part(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args), void *memory,
                  PyObject *result)
{
    return leave_and_report(engine, memory, "config", result);
}

static PyObject *
register_marker(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    return PyObject_CallMethod(
        engine->config, "addinivalue_line", "ss", "markers",
        "filterwarnings(warning): add a warning filter to the given test. "
        "see https://docs.pytest.org/en/stable/how-to/capture-warnings.html#pytest-mark-filterwarnings ");
}

static const struct native_hook WARNINGS_HOOKS[] = {
    {.id = HOOK_runtest_protocol,
     .flags = NATIVE_WRAPPER | NATIVE_TRYFIRST,
     .before = before_protocol,
     .after = after_protocol},
    {.id = HOOK_collection,
     .flags = NATIVE_WRAPPER | NATIVE_TRYFIRST,
     .before = before_collection,
     .after = after_collection},
    {.id = HOOK_terminal_summary, .flags = NATIVE_WRAPPER, .before = before_config_part, .after = after_config_part},
    {.id = HOOK_sessionfinish, .flags = NATIVE_WRAPPER, .before = before_config_part, .after = after_config_part},
    {.id = HOOK_load_initial_conftests,
     .flags = NATIVE_WRAPPER,
     .before = before_config_part,
     .after = after_config_part},
    {.id = HOOK_configure, .call = register_marker},
};

const struct native_plugin WARNINGS_PLUGIN = {
    .name = "warnings",
    .module = "_pytest.warnings",
    .hooks = WARNINGS_HOOKS,
    .hook_count = COUNT_OF(WARNINGS_HOOKS),
};
