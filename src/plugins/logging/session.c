/* The plugin "logging-plugin": spans of the session, phases of tests. Nothing happens before `logging` is imported. */
#include "base/arena.h"
#include "plugins/logging/internal.h"

static int
room_traverse(void *data, visitproc visit, void *arg)
{
    struct logging_room *room = data;
    Py_VISIT(room->plugin);
    Py_VISIT(room->caplog_handler);
    Py_VISIT(room->report_handler);
    Py_VISIT(room->loggers);
    Py_VISIT(room->watcher);
    return 0;
}

static void
room_release(void *data)
{
    struct logging_room *room = data;
    Py_CLEAR(room->plugin);
    Py_CLEAR(room->caplog_handler);
    Py_CLEAR(room->report_handler);
    Py_CLEAR(room->loggers);
    Py_CLEAR(room->watcher);
    memory_free(room);
}

struct logging_room *
logging_room(struct engine *engine)
{
    struct engine_room *slot = &engine->rooms[ROOM_LOGGING];
    if (!slot->data) {
        slot->data = memory_alloc_zeroed(sizeof(struct logging_room));
        slot->traverse = room_traverse;
        slot->release = room_release;
    }
    return slot->data;
}

/* ---- calls of the Python half ---- */

static int
call_plugin(struct logging_room *room, const char *method, const char *when)
{
    PyObject *done =
        when ? PyObject_CallMethod(room->plugin, method, "s", when) : PyObject_CallMethod(room->plugin, method, NULL);
    return py_status_take(done);
}

static int
call_phase(struct logging_room *room, const char *method)
{
    return py_status_take(PyObject_CallMethod(room->plugin, method, "Os", (PyObject *)room->item, room->phase));
}

static int
read_plugin(struct logging_room *room)
{
    PyObject *get_logger = py_import_attr("logging", "getLogger");
    PyObject *root = get_logger ? py_call0(get_logger) : NULL;
    PyObject *manager = root ? PyObject_GetAttrString(root, "manager") : NULL;
    PyObject *is_plain = PyObject_GetAttrString(room->plugin, "is_plain");

    room->caplog_handler = PyObject_GetAttrString(room->plugin, "caplog_handler");
    room->report_handler = PyObject_GetAttrString(room->plugin, "report_handler");
    room->loggers = manager ? PyObject_GetAttrString(manager, "loggerDict") : NULL;
    room->is_plain = is_plain == Py_True;
    Py_XDECREF(is_plain);
    Py_XDECREF(manager);
    Py_XDECREF(root);
    Py_XDECREF(get_logger);
    return room->caplog_handler && room->report_handler && room->loggers && !PyErr_Occurred() ? 0 : -1;
}

int
logging_start(struct engine *engine)
{
    struct logging_room *room = logging_room(engine);
    PyObject *type = NULL;

    if (room->plugin) {
        return 0;
    }
    if (logging_unwatch(engine) < 0) {
        return -1;
    }
    type = py_import_attr("_pytest.logging", "LoggingPlugin");
    room->plugin = type ? py_call1(type, engine->config) : NULL;
    Py_XDECREF(type);
    if (!room->plugin || read_plugin(room) < 0) {
        return -1;
    }
    if (room->span && call_plugin(room, "span_begin", room->span) < 0) {
        return -1;
    }
    if (room->phase) {
        room->is_attached = room->is_plain;
        return call_phase(room, "phase_begin");
    }
    return 0;
}

/* ---- spans ---- */

static int
begin_span(struct engine *engine, const char *span)
{
    struct logging_room *room = logging_room(engine);

    room->span = span;
    return room->plugin ? call_plugin(room, "span_begin", span) : 0;
}

static PyObject *
end_span(struct engine *engine, PyObject *result)
{
    struct logging_room *room = logging_room(engine);
    PyObject *exception = result ? NULL : py_error_take();
    int status = room->plugin ? call_plugin(room, "span_end", NULL) : 0;

    room->span = NULL;
    room->is_attached = false;
    return py_pass_on_take(result, exception, status);
}

static int
before_sessionstart(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args),
                    void **Py_UNUSED(memory))
{
    return begin_span(engine, "sessionstart");
}

static int
before_collection(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args),
                  void **Py_UNUSED(memory))
{
    return begin_span(engine, "collection");
}

static int
before_sessionfinish(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args),
                     void **Py_UNUSED(memory))
{
    return begin_span(engine, "sessionfinish");
}

static PyObject *
after_span(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args), void *Py_UNUSED(memory),
           PyObject *result)
{
    return end_span(engine, result);
}

static int
before_runtestloop(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args), void **memory)
{
    int only_collects = option_is_true(engine, "collectonly");

    if (only_collects) {
        *memory = engine; /* not entered: nothing to leave */
        return only_collects < 0 ? -1 : 0;
    }
    return begin_span(engine, "runtestloop");
}

static PyObject *
after_runtestloop(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args), void *memory,
                  PyObject *result)
{
    return memory ? result : end_span(engine, result);
}

/* ---- phases ---- */

static Py_ssize_t
record_count(PyObject *handler)
{
    PyObject *records = PyObject_GetAttrString(handler, "records");
    Py_ssize_t count = records ? PyObject_Size(records) : -1;
    Py_XDECREF(records);
    return count;
}

static int
reset_if_used(PyObject *handler)
{
    Py_ssize_t count = record_count(handler);
    PyObject *done = NULL;

    if (count <= 0) {
        return count < 0 ? -1 : 0;
    }
    done = PyObject_CallMethod(handler, "reset", NULL);
    return py_status_take(done);
}

/* Whether the item's stash is in use: then caplog may be, and its records have to be put there. */
static bool
may_use_caplog(Node *item)
{
    return item->stash != NULL;
}

static int
begin_phase(struct engine *engine, Node *item, const char *phase)
{
    struct logging_room *room = logging_room(engine);

    room->item = item;
    room->phase = phase;
    if (!room->plugin) {
        return 0;
    }
    Py_ssize_t logger_count = PyDict_Size(room->loggers);
    bool has_new_loggers = logger_count != room->logger_count;
    room->logger_count = logger_count;
    if (!room->is_plain || !room->is_attached || has_new_loggers || may_use_caplog(item)) {
        room->is_attached = room->is_plain;
        return call_phase(room, "phase_begin");
    }
    return reset_if_used(room->caplog_handler) < 0 ? -1 : reset_if_used(room->report_handler);
}

static PyObject *
end_phase(struct engine *engine, PyObject *result)
{
    struct logging_room *room = logging_room(engine);
    int status = 0;

    if (room->plugin) {
        PyObject *exception = result ? NULL : py_error_take();
        Py_ssize_t count = record_count(room->report_handler);
        status = count < 0 ? -1 : 0;
        if (status == 0 && (count > 0 || !room->is_plain || may_use_caplog(room->item))) {
            status = call_phase(room, "phase_end");
        }
        result = py_pass_on_take(result, exception, status);
    }
    room->phase = NULL;
    room->item = NULL;
    return result;
}

static int
before_setup(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args, void **Py_UNUSED(memory))
{
    return begin_phase(engine, (Node *)args[0], "setup");
}

static int
before_call(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args, void **Py_UNUSED(memory))
{
    return begin_phase(engine, (Node *)args[0], "call");
}

static int
before_teardown(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args, void **Py_UNUSED(memory))
{
    return begin_phase(engine, (Node *)args[0], "teardown");
}

static PyObject *
after_phase(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args), void *Py_UNUSED(memory),
            PyObject *result)
{
    PyObject *ended = end_phase(engine, result);

    Py_XDECREF(ended);
    return ended ? Py_NewRef(Py_None) : NULL; /* pytest's wrapper does not pass the results on */
}

/* ---- the live log's headings ---- */

static PyObject *
tell_when(struct engine *engine, const char *when)
{
    struct logging_room *room = logging_room(engine);

    if (room->plugin && !room->is_plain && call_plugin(room, "set_when", when) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
on_logstart(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    return tell_when(engine, "start");
}

static PyObject *
on_logreport(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    return tell_when(engine, "logreport");
}

static PyObject *
on_logfinish(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    return tell_when(engine, "finish");
}

static PyObject *
on_unconfigure(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    struct logging_room *room = logging_room(engine);

    if (logging_unwatch(engine) < 0 || (room->plugin && call_plugin(room, "close", NULL) < 0)) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static const struct native_hook SESSION_HOOKS[] = {
    {.id = HOOK_sessionstart,
     .flags = NATIVE_WRAPPER | NATIVE_TRYFIRST,
     .before = before_sessionstart,
     .after = after_span},
    {.id = HOOK_collection,
     .flags = NATIVE_WRAPPER | NATIVE_TRYFIRST,
     .before = before_collection,
     .after = after_span},
    {.id = HOOK_runtestloop, .flags = NATIVE_WRAPPER, .before = before_runtestloop, .after = after_runtestloop},
    {.id = HOOK_sessionfinish,
     .flags = NATIVE_WRAPPER | NATIVE_TRYFIRST,
     .before = before_sessionfinish,
     .after = after_span},
    {.id = HOOK_runtest_setup, .flags = NATIVE_WRAPPER, .before = before_setup, .after = after_phase},
    {.id = HOOK_runtest_call, .flags = NATIVE_WRAPPER, .before = before_call, .after = after_phase},
    {.id = HOOK_runtest_teardown, .flags = NATIVE_WRAPPER, .before = before_teardown, .after = after_phase},
    {.id = HOOK_runtest_logstart, .call = on_logstart},
    {.id = HOOK_runtest_logreport, .call = on_logreport},
    {.id = HOOK_runtest_logfinish, .call = on_logfinish},
    {.id = HOOK_unconfigure, .call = on_unconfigure},
};

const struct native_plugin LOGGING_SESSION_PLUGIN = {
    .name = "logging-plugin",
    .module = "_pytest.logging",
    .hooks = SESSION_HOOKS,
    .hook_count = COUNT_OF(SESSION_HOOKS),
};
