/*
 * Exceptions that Python could only print, of finalizers and of threads: kept by hooks of the interpreter and turned
 * into warnings after each phase. A phase without any costs one look at an empty list.
 */
#include "plugins/ignored_exceptions.h"

#include "base/arena.h"
#include "nodes/nodes.h"

/* ROOM_EXCEPTIONS of the engine. */
struct ignored_room {
    PyObject *unraisable; /* list of Meta or exceptions, while configured */
    PyObject *previous_unraisable_hook;
    PyObject *thread;
    PyObject *previous_thread_hook; /* NULL until threading is imported */
};

static int
room_traverse(void *data, visitproc visit, void *arg)
{
    struct ignored_room *room = data;
    Py_VISIT(room->unraisable);
    Py_VISIT(room->previous_unraisable_hook);
    Py_VISIT(room->thread);
    Py_VISIT(room->previous_thread_hook);
    return 0;
}

static void
room_release(void *data)
{
    struct ignored_room *room = data;
    Py_CLEAR(room->unraisable);
    Py_CLEAR(room->previous_unraisable_hook);
    Py_CLEAR(room->thread);
    Py_CLEAR(room->previous_thread_hook);
    memory_free(room);
}

static struct ignored_room *
ignored_room(struct engine *engine)
{
    struct engine_room *slot = &engine->rooms[ROOM_EXCEPTIONS];
    if (!slot->data) {
        slot->data = memory_alloc_zeroed(sizeof(struct ignored_room));
        slot->traverse = room_traverse;
        slot->release = room_release;
    }
    return slot->data;
}

/* ---- the interpreter's hooks: bound to the list that they fill ---- */

/* Keeps a description, or the exception that describing it raised (and raises that, for Python to print). */
static PyObject *
keep(PyObject *list, const char *describe, PyObject *args)
{
    PyObject *function = py_import_attr("_pytest._ignored_exceptions", describe);
    PyObject *meta = function ? py_call1(function, args) : NULL;
    int status = 0;

    Py_XDECREF(function);
    if (meta) {
        status = py_list_append_take(list, meta);
    } else {
        PyObject *error = py_error_take();
        PyList_Append(list, error);
        py_error_restore_take(error);
        status = -1;
    }
    if (status < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
keep_unraisable(PyObject *list, PyObject *unraisable)
{
    return keep(list, "describe_unraisable", unraisable);
}

static PyObject *
keep_thread_exception(PyObject *list, PyObject *args)
{
    return keep(list, "describe_thread", args);
}

static PyMethodDef KEEP_UNRAISABLE = {"unraisable_hook", keep_unraisable, METH_O, NULL};
static PyMethodDef KEEP_THREAD_EXCEPTION = {"thread_exception_hook", keep_thread_exception, METH_O, NULL};

/* ---- warnings ---- */

static int
issue(PyObject *list, const char *category, const char *what)
{
    PyObject *function = NULL;
    PyObject *done = NULL;

    if (!list || PyList_Size(list) == 0) {
        return 0;
    }
    function = py_import_attr("_pytest._ignored_exceptions", "issue");
    done = function ? PyObject_CallFunction(function, "Oss", list, category, what) : NULL;
    Py_XDECREF(function);
    return py_status_take(done);
}

static int
issue_unraisable(struct engine *engine)
{
    return issue(ignored_room(engine)->unraisable, "PytestUnraisableExceptionWarning", "unraisable exception");
}

static int
issue_thread(struct engine *engine)
{
    return issue(ignored_room(engine)->thread, "PytestUnhandledThreadExceptionWarning", "thread exception");
}

/* ---- unraisableexception ---- */

static int
collect_garbage(struct engine *engine)
{
    PyObject *function = py_import_attr("_pytest.unraisableexception", "collect_garbage");
    PyObject *done = function ? py_call1(function, engine->config) : NULL;
    Py_XDECREF(function);
    return py_status_take(done);
}

/* At the very end, after every pytest_unconfigure: what they left is collected, too. */
static void
clean_up_unraisable(struct engine *engine, void *Py_UNUSED(memory))
{
    struct ignored_room *room = ignored_room(engine);
    /* Only code of ours ran since pytest_unconfigure collected: it leaves no garbage with finalizers. */
    bool needs_collection = !hook_is_native(engine->relay, HOOK_unconfigure);
    int status = needs_collection ? collect_garbage(engine) : 0;

    if (status == 0) {
        status = issue_unraisable(engine);
    }
    PyObject *error = status < 0 ? py_error_take() : NULL;
    if (room->previous_unraisable_hook && PySys_SetObject("unraisablehook", room->previous_unraisable_hook) < 0) {
        PyErr_WriteUnraisable(engine->config);
    }
    Py_CLEAR(room->previous_unraisable_hook);
    Py_CLEAR(room->unraisable);
    if (error) {
        py_error_restore_take(error); /* the run ends with it, as with that of any cleanup */
    }
}

static PyObject *
configure_unraisable(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    struct ignored_room *room = ignored_room(engine);
    PyObject *hook = NULL;
    int status = -1;

    py_replace(&room->previous_unraisable_hook, PySys_GetObject("unraisablehook"));
    py_replace_take(&room->unraisable, PyList_New(0));
    hook = room->unraisable ? PyCFunction_New(&KEEP_UNRAISABLE, room->unraisable) : NULL;
    if (hook && PySys_SetObject("unraisablehook", hook) == 0) {
        status = config_add_cleanup(engine, clean_up_unraisable, NULL);
    }
    Py_XDECREF(hook);
    return py_none_or_error(status);
}

static PyObject *
unconfigure_unraisable(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    if (!ignored_room(engine)->unraisable) {
        Py_RETURN_NONE;
    }
    return py_none_or_error(collect_garbage(engine) < 0 ? -1 : issue_unraisable(engine));
}

static PyObject *
after_phase_unraisable(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    return py_none_or_error(issue_unraisable(engine));
}

static const struct native_hook UNRAISABLE_HOOKS[] = {
    {.id = HOOK_configure, .call = configure_unraisable},
    {.id = HOOK_unconfigure, .call = unconfigure_unraisable},
    {.id = HOOK_runtest_setup, .flags = NATIVE_TRYLAST, .call = after_phase_unraisable},
    {.id = HOOK_runtest_call, .flags = NATIVE_TRYLAST, .call = after_phase_unraisable},
    {.id = HOOK_runtest_teardown, .flags = NATIVE_TRYLAST, .call = after_phase_unraisable},
};

const struct native_plugin UNRAISABLE_PLUGIN = {
    .name = "unraisableexception",
    .module = "_pytest.unraisableexception",
    .hooks = UNRAISABLE_HOOKS,
    .hook_count = COUNT_OF(UNRAISABLE_HOOKS),
};

/* ---- threadexception ---- */

/* Takes threading.excepthook over, once there is one. */
static int
take_thread_hook(struct engine *engine)
{
    struct ignored_room *room = ignored_room(engine);
    PyObject *borrowed_threading = NULL;
    PyObject *hook = NULL;
    int status = -1;

    if (!room->thread || room->previous_thread_hook) {
        return 0;
    }
    borrowed_threading = PyDict_GetItem(PyImport_GetModuleDict(), engine->state->names.threading);
    if (!borrowed_threading) {
        return 0;
    }
    if (py_find_attr(engine->state, borrowed_threading, engine->state->names.excepthook, &room->previous_thread_hook) <
        0) {
        return -1;
    }
    if (!room->previous_thread_hook) {
        return 0; /* still being imported */
    }
    hook = PyCFunction_New(&KEEP_THREAD_EXCEPTION, room->thread);
    if (hook) {
        status = PyObject_SetAttr(borrowed_threading, engine->state->names.excepthook, hook);
        Py_DECREF(hook);
    }
    return status;
}

static void
clean_up_thread(struct engine *engine, void *Py_UNUSED(memory))
{
    struct ignored_room *room = ignored_room(engine);
    PyObject *error = issue_thread(engine) < 0 ? py_error_take() : NULL;
    PyObject *threading = room->previous_thread_hook ? py_find_module("threading") : NULL;

    if (threading && PyObject_SetAttr(threading, engine->state->names.excepthook, room->previous_thread_hook) < 0) {
        PyErr_WriteUnraisable(threading);
    }
    Py_XDECREF(threading);
    Py_CLEAR(room->previous_thread_hook);
    Py_CLEAR(room->thread);
    if (error) {
        py_error_restore_take(error); /* the run ends with it, as with that of any cleanup */
    }
}

static PyObject *
configure_thread(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    struct ignored_room *room = ignored_room(engine);

    py_replace_take(&room->thread, PyList_New(0));
    if (!room->thread || take_thread_hook(engine) < 0) {
        return NULL;
    }
    return py_none_or_error(config_add_cleanup(engine, clean_up_thread, NULL));
}

static PyObject *
after_phase_thread(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    return py_none_or_error(take_thread_hook(engine) < 0 ? -1 : issue_thread(engine));
}

static PyObject *
before_loop_thread(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    return py_none_or_error(take_thread_hook(engine));
}

static const struct native_hook THREAD_HOOKS[] = {
    {.id = HOOK_configure, .call = configure_thread},
    {.id = HOOK_collection_finish, .call = before_loop_thread},
    {.id = HOOK_runtest_setup, .flags = NATIVE_TRYLAST, .call = after_phase_thread},
    {.id = HOOK_runtest_call, .flags = NATIVE_TRYLAST, .call = after_phase_thread},
    {.id = HOOK_runtest_teardown, .flags = NATIVE_TRYLAST, .call = after_phase_thread},
};

const struct native_plugin THREAD_EXCEPTION_PLUGIN = {
    .name = "threadexception",
    .module = "_pytest.threadexception",
    .hooks = THREAD_HOOKS,
    .hook_count = COUNT_OF(THREAD_HOOKS),
};
