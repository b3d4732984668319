/* What warnings.catch_warnings(record=True) does, without its cost where nothing happens. */
#include "base/arena.h"
#include "plugins/warnings/internal.h"

static void
warnings_scope_release(struct warnings_scope *scope)
{
    Py_CLEAR(scope->outer.filters);
    Py_CLEAR(scope->outer.showwarning);
    Py_CLEAR(scope->outer.showwarnmsg_impl);
    Py_CLEAR(scope->filters);
    Py_CLEAR(scope->snapshot);
    Py_CLEAR(scope->log);
    Py_CLEAR(scope->append);
    scope->is_active = false;
}

static int
room_traverse(void *data, visitproc visit, void *arg)
{
    struct warnings_room *room = data;
    Py_VISIT(room->module);
    Py_VISIT(room->module_dict);
    Py_VISIT(room->prepared);
    Py_VISIT(room->prepared_on);
    Py_VISIT(room->scope.outer.filters);
    Py_VISIT(room->scope.outer.showwarning);
    Py_VISIT(room->scope.outer.showwarnmsg_impl);
    Py_VISIT(room->scope.filters);
    Py_VISIT(room->scope.snapshot);
    Py_VISIT(room->scope.log);
    Py_VISIT(room->scope.append);
    return 0;
}

static void
room_release(void *data)
{
    struct warnings_room *room = data;
    warnings_scope_release(&room->scope);
    Py_CLEAR(room->module);
    Py_CLEAR(room->module_dict);
    Py_CLEAR(room->prepared);
    Py_CLEAR(room->prepared_on);
    memory_free(room);
}

struct warnings_room *
warnings_room(struct engine *engine)
{
    struct engine_room *slot = &engine->rooms[ROOM_WARNINGS];

    if (!slot->data) {
        slot->data = memory_alloc_zeroed(sizeof(struct warnings_room));
        slot->traverse = room_traverse;
        slot->release = room_release;
    }
    struct warnings_room *room = slot->data;
    if (!room->module) {
        room->module = PyImport_ImportModule("warnings");
        room->module_dict = room->module ? Py_XNewRef(PyModule_GetDict(room->module)) : NULL;
    }
    return room->module_dict ? room : NULL;
}

/* Registries of "already shown" expire. */
static int
filters_mutated(struct warnings_room *room)
{
    /* 3.14 renamed it when it got a lock; both exist as functions of the module while needed. */
    static const char *const NAMES[] = {"_filters_mutated", "_filters_mutated_lock_held"};

    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        PyObject *borrowed_function = PyDict_GetItemString(room->module_dict, NAMES[i]);
        if (borrowed_function) {
            return py_status_take(py_call0(borrowed_function));
        }
    }
    return 0;
}

static int
read_state(struct warnings_room *room, struct warnings_module_state *state)
{
    py_replace(&state->filters, PyDict_GetItemString(room->module_dict, "filters"));
    py_replace(&state->showwarning, PyDict_GetItemString(room->module_dict, "showwarning"));
    py_replace(&state->showwarnmsg_impl, PyDict_GetItemString(room->module_dict, "_showwarnmsg_impl"));
    if (!state->filters || !PyList_Check(state->filters) || !state->showwarning || !state->showwarnmsg_impl) {
        PyErr_SetString(PyExc_RuntimeError, "the module 'warnings' is not the standard library's");
        return -1;
    }
    return 0;
}

static int
write_state(struct warnings_room *room, PyObject *filters, PyObject *showwarning, PyObject *showwarnmsg_impl)
{
    if (PyDict_SetItemString(room->module_dict, "filters", filters) < 0 ||
        PyDict_SetItemString(room->module_dict, "showwarning", showwarning) < 0 ||
        PyDict_SetItemString(room->module_dict, "_showwarnmsg_impl", showwarnmsg_impl) < 0) {
        return -1;
    }
    return filters_mutated(room);
}

/* Whether list and tuple hold the same objects: simplefilter() can reorder in place. */
static bool
has_same_elements(PyObject *list, PyObject *tuple)
{
    Py_ssize_t count = PyList_Size(list);

    if (count != PyTuple_Size(tuple)) {
        return false;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        if (PyList_GetItem(list, i) != PyTuple_GetItem(tuple, i)) {
            return false;
        }
    }
    return true;
}

/* Adds the configured filters to warnings.filters, which is a list of our own by now. */
static int
apply_configuration(struct engine *engine, struct warnings_room *room)
{
    PyObject *const categories[] = {PyExc_DeprecationWarning, PyExc_PendingDeprecationWarning};
    PyObject *borrowed_options = PySys_GetObject("warnoptions");
    int is_configured = borrowed_options ? PyObject_IsTrue(borrowed_options) : 0;

    /* Users who configure nothing see deprecations. */
    for (size_t i = 0; is_configured == 0 && i < COUNT_OF(categories); i++) {
        PyObject *done = PyObject_CallMethod(room->module, "simplefilter", "sO", "always", categories[i]);
        if (!done) {
            return -1;
        }
        Py_DECREF(done);
    }
    return is_configured < 0 ? -1 : config_apply_warning_filters(engine);
}

/* Fills scope->filters (already warnings.filters, a copy of the outer ones) with the configured filters. */
static int
fill_filters(struct engine *engine, struct warnings_room *room, struct warnings_scope *scope)
{
    if (room->prepared && has_same_elements(scope->outer.filters, room->prepared_on)) {
        return PyList_SetSlice(scope->filters, 0, PyList_Size(scope->filters), room->prepared);
    }
    if (apply_configuration(engine, room) < 0) {
        return -1;
    }
    py_replace_take(&room->prepared, PyList_AsTuple(scope->filters));
    py_replace_take(&room->prepared_on, PyList_AsTuple(scope->outer.filters));
    return room->prepared && room->prepared_on ? 0 : -1;
}

int
warnings_scope_enter(struct engine *engine, struct warnings_scope *scope)
{
    struct warnings_room *room = warnings_room(engine);
    PyObject *borrowed_original = NULL;

    if (!room || read_state(room, &scope->outer) < 0) {
        return -1;
    }
    borrowed_original = PyDict_GetItemString(room->module_dict, "_showwarning_orig");
    py_replace_take(&scope->log, PyList_New(0));
    py_replace_take(&scope->append, scope->log ? PyObject_GetAttr(scope->log, engine->state->names.append) : NULL);
    py_replace_take(&scope->filters, PyList_GetSlice(scope->outer.filters, 0, PY_SSIZE_T_MAX));
    if (!scope->append || !scope->filters ||
        write_state(room, scope->filters, borrowed_original ? borrowed_original : scope->outer.showwarning,
                    scope->append) < 0) {
        return -1;
    }
    scope->is_active = true;
    if (fill_filters(engine, room, scope) < 0) {
        warnings_scope_leave(engine, scope);
        return -1;
    }
    py_replace_take(&scope->snapshot, PyList_AsTuple(scope->filters));
    return scope->snapshot ? 0 : -1;
}

int
warnings_scope_leave(struct engine *engine, struct warnings_scope *scope)
{
    struct warnings_room *room = warnings_room(engine);
    PyObject *exception = py_error_take();
    int status = 0;

    if (scope->is_active) {
        status = write_state(room, scope->outer.filters, scope->outer.showwarning, scope->outer.showwarnmsg_impl);
        warnings_scope_release(scope);
    }
    if (exception) {
        if (status < 0) {
            PyErr_Clear(); /* the first error is the one to report */
        }
        py_error_restore_take(exception);
    }
    return status;
}

int
warnings_scope_renew(struct engine *engine, struct warnings_scope *scope)
{
    struct warnings_room *room = warnings_room(engine);

    if (!scope->is_active) {
        return warnings_scope_enter(engine, scope);
    }
    const struct names *names = &engine->state->names;
    PyObject *dict = room->module_dict;
    bool is_untouched = PyDict_GetItem(dict, names->filters) == scope->filters &&
                        PyDict_GetItem(dict, names->_showwarnmsg_impl) == scope->append &&
                        PyDict_GetItem(dict, names->showwarning) == PyDict_GetItem(dict, names->_showwarning_orig) &&
                        has_same_elements(scope->filters, scope->snapshot);
    if (is_untouched) {
        return 0;
    }
    if (warnings_scope_leave(engine, scope) < 0) {
        return -1;
    }
    return warnings_scope_enter(engine, scope);
}

static int
tell(PyObject *relay, PyObject *message, const char *when, PyObject *nodeid)
{
    PyObject *when_text = PyUnicode_FromString(when);
    PyObject *args[] = {message, when_text, nodeid, Py_None};
    int status = when_text ? hook_notify(relay, HOOK_warning_recorded, args) : -1;
    Py_XDECREF(when_text);
    return status;
}

int
warnings_scope_report(struct engine *engine, struct warnings_scope *scope, PyObject *relay, const char *when,
                      PyObject *nodeid)
{
    Py_ssize_t count = scope->log ? PyList_Size(scope->log) : 0;

    if (count == 0) {
        return 0;
    }
    PyObject *exception = py_error_take();
    int status = 0;
    for (Py_ssize_t i = 0; status == 0 && i < count; i++) {
        PyObject *message = py_list_item(scope->log, i);
        status = tell(relay, message, when, nodeid);
        Py_DECREF(message);
    }
    if (status == 0) {
        status = PyList_SetSlice(scope->log, 0, count, NULL);
    }
    if (status == 0) {
        /* Each test shows its warnings anew, also those of action "default". */
        status = filters_mutated(warnings_room(engine));
    }
    if (exception) {
        if (status < 0) {
            PyErr_Clear(); /* the first error is the one to report */
        }
        py_error_restore_take(exception);
    }
    return status;
}
