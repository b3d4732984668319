/* Config: what happens around a run: configure, unconfigure, cleanups, and the Config's own hooks. */
#include "base/arena.h"
#include "hooks/config_internal.h"

/* A cleanup in C, in a capsule. */
struct cleanup {
    void (*run)(struct engine *engine, void *memory);
    void *memory;
};

static const char CLEANUP_NAME[] = "fastest.cleanup";

static void
cleanup_free(PyObject *capsule)
{
    memory_free(PyCapsule_GetPointer(capsule, CLEANUP_NAME));
}

int
config_add_cleanup(struct engine *engine, void (*run)(struct engine *engine, void *memory), void *memory)
{
    struct cleanup *cleanup = memory_alloc(sizeof *cleanup);

    *cleanup = (struct cleanup){run, memory};
    PyObject *capsule = PyCapsule_New(cleanup, CLEANUP_NAME, cleanup_free);
    if (!capsule) {
        memory_free(cleanup);
        return -1;
    }
    return py_list_append_take(config_of(engine)->cleanups, capsule);
}

static void
run_cleanup(Config *config, PyObject *callable)
{
    if (PyCapsule_IsValid(callable, CLEANUP_NAME)) {
        struct cleanup *cleanup = PyCapsule_GetPointer(callable, CLEANUP_NAME);
        cleanup->run(config->engine, cleanup->memory);
        return;
    }
    Py_XDECREF(py_call0(callable));
}

/* As contextlib.ExitStack: all run, last added first; the last exception stays. */
static void
run_cleanups(Config *config)
{
    Py_ssize_t count = 0;

    while ((count = PyList_Size(config->cleanups)) > 0) {
        PyObject *earlier = py_error_take();
        PyObject *callable = py_list_item(config->cleanups, count - 1);
        if (!callable || PyList_SetSlice(config->cleanups, count - 1, count, NULL) < 0) {
            Py_XDECREF(callable);
            Py_XDECREF(earlier);
            return;
        }
        run_cleanup(config, callable);
        Py_DECREF(callable);
        PyObject *later = py_error_take();
        if (later && earlier) {
            PyException_SetContext(later, earlier);
        } else if (!later) {
            later = earlier;
        }
        if (later) {
            py_error_restore_take(later);
        }
    }
}

int
config_do_configure(Config *config)
{
    PyObject *const args[] = {(PyObject *)config};

    if (config->is_configured) {
        PyErr_SetNone(PyExc_AssertionError);
        return -1;
    }
    config->is_configured = true;
    if (config_warnings_enter_run(config) < 0) {
        return -1;
    }
    return hook_notify(config->hook, HOOK_configure, args);
}

int
config_ensure_unconfigure(Config *config)
{
    PyObject *const args[] = {(PyObject *)config};

    if (config->is_configured) {
        PyObject *pending = py_error_take();
        config->is_configured = false;
        int status = hook_notify(config->hook, HOOK_unconfigure, args);
        hook_forget_history(config->hook, HOOK_configure);
        if (pending && status == 0) {
            py_error_restore_take(pending);
        } else {
            Py_XDECREF(pending);
        }
    }
    run_cleanups(config);
    return PyErr_Occurred() ? -1 : 0;
}

/* ---- The Config as a plugin: "pytestconfig" ---- */

static PyObject *
hook_cmdline_parse(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    Config *config = config_of(engine);

    if (config_parse(config, args[1], true) == 0) {
        return Py_NewRef((PyObject *)config);
    }
    if (PyErr_ExceptionMatches(hooks_types(engine->state)->usage_error)) {
        /* --help and --version still say what they can. */
        PyObject *exception = py_error_take();
        PyObject *done = config_call_python("_help_after_usage_error", (PyObject *)config, args[1], NULL);
        return py_pass_on_take(NULL, exception, py_status_take(done));
    }
    return NULL;
}

/* A new reference to an option as it is known before conftests; None when there is none of that name. */
static PyObject *
known_option(Config *config, const char *name)
{
    PyObject *borrowed = PyDict_GetItemString(namespace_dict(config->known_args_namespace), name);
    return Py_NewRef(borrowed ? borrowed : Py_None);
}

static PyObject *
hook_load_initial_conftests(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    Config *config = config_of(engine);
    PyObject *namespace = config->known_args_namespace;
    enum args_source source = ARGS_FROM_ARGS;
    PyObject *given = PyDict_GetItemString(namespace_dict(namespace), "file_or_dir");
    PyObject *paths = config_decide_args(config, given, namespace, false, &source);
    PyObject *kwargs = NULL;
    PyObject *method = NULL;
    PyObject *result = NULL;

    if (!paths) {
        goto done;
    }
    kwargs = Py_BuildValue("{sO sN sN sO sN sO sN sN}", "args", paths, "pyargs", known_option(config, "pyargs"),
                           "noconftest", known_option(config, "noconftest"), "rootpath", config->rootpath, "confcutdir",
                           known_option(config, "confcutdir"), "invocation_dir", config->invocation_dir, "importmode",
                           known_option(config, "importmode"), "consider_namespace_packages",
                           ini_get(engine, "consider_namespace_packages"));
    if (!kwargs) {
        goto done;
    }
    method = PyObject_GetAttrString(config->pluginmanager, "_set_initial_conftests");
    result = method ? py_call(engine->state, method, NULL, kwargs) : NULL;
done:
    Py_XDECREF(paths);
    Py_XDECREF(kwargs);
    Py_XDECREF(method);
    return result;
}

static int
before_collection(struct engine *Py_UNUSED(engine), PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args),
                  void **Py_UNUSED(memory))
{
    return 0;
}

/* Unknown settings are told after collection, when late conftests have declared theirs. */
static bool
has_unknown_settings(Config *config)
{
    Parser *parser = (Parser *)config->parser;
    PyObject *borrowed_name = NULL;
    PyObject *borrowed_value = NULL;
    Py_ssize_t position = 0;

    while (PyDict_Next(config->inicfg, &position, &borrowed_name, &borrowed_value)) {
        if (!PyDict_GetItem(parser->inidict, borrowed_name) && !PyDict_GetItem(parser->ini_aliases, borrowed_name)) {
            return true;
        }
    }
    return false;
}

static PyObject *
after_collection(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args),
                 void *Py_UNUSED(memory), PyObject *result)
{
    PyObject *pending = result ? NULL : py_error_take();
    int status = 0;

    if (has_unknown_settings(config_of(engine))) {
        status = py_status_take(config_call_python("_report_unknown_settings", engine->config, NULL, NULL));
    }
    return py_pass_on_take(result, pending, status);
}

static const struct native_hook CONFIG_HOOKS[] = {
    {.id = HOOK_cmdline_parse, .call = hook_cmdline_parse},
    {.id = HOOK_load_initial_conftests, .flags = NATIVE_TRYLAST, .call = hook_load_initial_conftests},
    {.id = HOOK_collection, .flags = NATIVE_WRAPPER, .before = before_collection, .after = after_collection},
};

const struct native_plugin CONFIG_PLUGIN = {
    .name = "pytestconfig",
    .module = "_pytest.config",
    .hooks = CONFIG_HOOKS,
    .hook_count = COUNT_OF(CONFIG_HOOKS),
};
