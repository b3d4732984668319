/* The plugin "capture": its options, and the manager that it starts before the first conftest is loaded. */
#include "plugins/capture/capture.h"

#include "plugins/capture/internal.h"

static void
stop_capturing(struct engine *Py_UNUSED(engine), void *memory)
{
    PyObject *manager = memory;

    if (capture_manager_stop_global(manager) < 0) {
        PyErr_WriteUnraisable(manager);
    }
    Py_DECREF(manager);
}

/* Makes the manager, registers it and starts capturing: conftests may print. */
static int
before_initial_conftests(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args),
                         void **memory)
{
    PyObject *known_options = PyObject_GetAttrString(engine->config, "known_args_namespace");
    PyObject *method = known_options ? PyObject_GetAttrString(known_options, "capture") : NULL;
    PyObject *manager = method ? capture_manager_new(engine, method) : NULL;
    int status = -1;

    Py_XDECREF(known_options);
    Py_XDECREF(method);
    if (!manager) {
        return -1;
    }
    if (plugin_register_native(engine, &CAPTURE_MANAGER_PLUGIN, manager) == 0 &&
        config_add_cleanup(engine, stop_capturing, Py_NewRef(manager)) == 0 &&
        capture_manager_start_global(manager) == 0) {
        status = 0;
    }
    /* The cleanup keeps the manager alive for `after`. */
    *memory = manager;
    Py_DECREF(manager);
    return status;
}

/* What was captured goes where it would have gone: a conftest failed to load. */
static int
write_out(PyObject *manager)
{
    PyObject *out = NULL;
    PyObject *err = NULL;
    PyObject *done = NULL;

    if (capture_manager_read_global(manager, &out, &err) < 0) {
        return -1;
    }
    done = PyObject_CallMethod(PySys_GetObject("stdout"), "write", "O", out);
    if (done) {
        py_replace_take(&done, PyObject_CallMethod(PySys_GetObject("stderr"), "write", "O", err));
    }
    Py_DECREF(out);
    Py_DECREF(err);
    return py_status_take(done);
}

static PyObject *
after_initial_conftests(struct engine *Py_UNUSED(engine), PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args),
                        void *memory, PyObject *result)
{
    PyObject *manager = memory;
    PyObject *exception = result ? NULL : py_error_take();
    int status = capture_manager_suspend_global(manager, false);

    if (status == 0 && exception) {
        status = write_out(manager);
    }
    if (result) {
        py_replace(&result, Py_None); /* pytest's wrapper forgets to pass the results on */
    }
    return py_pass_on_take(result, exception, status);
}

static PyObject *
register_fixtures(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    if (fixtures_register_native(engine, CAPTURE_FIXTURES, CAPTURE_FIXTURE_COUNT) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static const struct native_hook CAPTURE_HOOKS[] = {
    {.id = HOOK_load_initial_conftests,
     .flags = NATIVE_WRAPPER,
     .before = before_initial_conftests,
     .after = after_initial_conftests},
    {.id = HOOK_sessionstart, .call = register_fixtures},
};

static const struct option_spec CAPTURE_OPTIONS[] = {
    {.group = "general",
     .names = {"--capture"},
     .dest = "capture",
     .default_text = "'fd'",
     .metavar = "method",
     .help = "Per-test capturing method: one of fd|sys|no|tee-sys",
     .choices = {"fd", "sys", "no", "tee-sys"}},
    {.group = "general",
     .names = {"-s"},
     .dest = "capture",
     .action = OPTION_STORE_CONST,
     .const_text = "'no'",
     .help = "Shortcut for --capture=no"},
};

const struct native_plugin CAPTURE_PLUGIN = {
    .name = "capture",
    .module = "_pytest.capture",
    .hooks = CAPTURE_HOOKS,
    .hook_count = COUNT_OF(CAPTURE_HOOKS),
    .options = CAPTURE_OPTIONS,
    .option_count = COUNT_OF(CAPTURE_OPTIONS),
};

int
capture_add(PyObject *module, struct state *state)
{
    STATE_ROOM_ADD(state, ROOM_CAPTURE, struct capture_types);
    if (streams_add(module, state) < 0 || stream_capture_add(module, state) < 0 ||
        multi_capture_add(module, state) < 0 || capture_manager_add(module, state) < 0) {
        return -1;
    }
    return capture_fixture_add(module, state);
}
