/*
 * The plugin "cacheprovider". A plain run needs two things of it: failures remembered, and ids of tests. Both are done
 * here; what --lf, --ff, --nf and earlier failures ask for is Python (`_pytest.cacheprovider`).
 */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "os/file.h"
#include "plugins/cacheprovider/internal.h"

static int
room_traverse(void *data, visitproc visit, void *arg)
{
    struct cache_room *room = data;
    Py_VISIT(room->failed);
    return 0;
}

static void
room_release(void *data)
{
    struct cache_room *room = data;
    Py_CLEAR(room->directory);
    Py_CLEAR(room->failed);
    memory_free(room);
}

struct cache_room *
cache_room(struct engine *engine)
{
    struct engine_room *slot = &engine->rooms[ROOM_CACHE];
    if (!slot->data) {
        slot->data = memory_alloc_zeroed(sizeof(struct cache_room));
        slot->traverse = room_traverse;
        slot->release = room_release;
    }
    return slot->data;
}

/* Calls function(argument) of the Python half: a new reference. */
static PyObject *
call_python(const char *name, PyObject *argument)
{
    PyObject *function = py_import_attr("_pytest.cacheprovider", name);
    PyObject *result = function ? py_call1(function, argument) : NULL;
    Py_XDECREF(function);
    return result;
}

/* ---- configure ---- */

/* cache_dir, its variables expanded, below the root directory. */
static PyObject *
cache_directory(struct engine *engine)
{
    PyObject *configured = ini_get(engine, "cache_dir");
    PyObject *module = configured ? PyImport_ImportModule("os.path") : NULL;
    PyObject *text = NULL;
    PyObject *result = NULL;

    if (module && py_text_equals(configured, ".pytest_cache")) {
        result = PyUnicode_FromFormat("%U/.pytest_cache", config_rootpath(engine));
    } else if (module) {
        text = PyObject_CallMethod(module, "expanduser", "O", configured);
        py_replace_take(&text, text ? PyObject_CallMethod(module, "expandvars", "O", text) : NULL);
        result = text ? PyObject_CallMethod(module, "join", "OO", config_rootpath(engine), text) : NULL;
    }
    Py_XDECREF(text);
    Py_XDECREF(module);
    Py_XDECREF(configured);
    return result;
}

/* Whether an earlier run left failures behind. */
static int
has_failures(struct cache_room *room)
{
    PyObject *path = PyUnicode_FromFormat("%U/v/cache/lastfailed", room->directory);
    const char *utf8 = path ? py_utf8(path) : NULL;
    struct text content = {0};
    struct error error = ERROR_INIT;
    bool has = utf8 && file_read(utf8, 1024 * 1024, &content, &error) && strcmp(text_string(&content), "{}") != 0;

    if (utf8 && error.kind == ERROR_FORMAT) {
        has = true; /* larger than that */
    }
    text_release(&content);
    Py_XDECREF(path);
    return utf8 ? has : -1;
}

static int
needs_python(struct engine *engine)
{
    static const char *const OPTIONS[] = {"lf", "failedfirst", "newfirst", "cacheshow"};
    int needs = 0;

    for (size_t i = 0; needs == 0 && i < COUNT_OF(OPTIONS); i++) {
        needs = option_is_true(engine, OPTIONS[i]);
    }
    return needs == 0 ? has_failures(cache_room(engine)) : needs;
}

static int
clear_if_asked(struct engine *engine, PyObject *cache)
{
    int clears = option_is_true(engine, "cacheclear");
    PyObject *path = clears > 0 ? PyObject_GetAttrString(cache, "_cachedir") : NULL;
    PyObject *done = path ? call_python("clear_cache", path) : NULL;
    int status = clears < 0 || (clears > 0 && !done) ? -1 : 0;

    Py_XDECREF(done);
    Py_XDECREF(path);
    return status;
}

static PyObject *
on_configure(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    struct cache_room *room = cache_room(engine);
    PyObject *cache = NULL;
    int status = -1;

    py_replace_take(&room->directory, cache_directory(engine));
    engine->cache_folder = room->directory;
    cache = room->directory ? cache_new(engine, room->directory) : NULL;
    if (!cache || PyObject_SetAttrString(engine->config, "cache", cache) < 0 || clear_if_asked(engine, cache) < 0) {
        goto done;
    }
    status = needs_python(engine);
    room->is_python = status > 0;
    if (status > 0) {
        status = py_status_take(call_python("register_plugins", engine->config));
    }
done:
    Py_XDECREF(cache);
    return py_none_or_error(status);
}

static PyObject *
on_cmdline_main(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    int shows = option_is_true(engine, "cacheshow");
    int helps = shows > 0 ? option_is_true(engine, "help") : 0;

    if (shows < 0 || helps < 0) {
        return NULL;
    }
    return shows && !helps ? call_python("show", engine->config) : Py_NewRef(Py_None);
}

/* ---- the run ---- */

static int
remember_failure(struct engine *engine, PyObject *report)
{
    struct cache_room *room = cache_room(engine);
    PyObject *nodeid = PyObject_GetAttr(report, engine->state->names.nodeid);
    int status = -1;

    if (!room->failed) {
        room->failed = PyDict_New();
    }
    if (nodeid && room->failed) {
        status = PyDict_SetItem(room->failed, nodeid, Py_True);
    }
    Py_XDECREF(nodeid);
    return status;
}

/* A test that failed and then, run again, passed or was skipped. */
static int
forget_failure(struct engine *engine, PyObject *report)
{
    struct cache_room *room = cache_room(engine);
    PyObject *nodeid = PyObject_GetAttr(report, engine->state->names.nodeid);
    int found = nodeid ? PyDict_Contains(room->failed, nodeid) : -1;

    if (found > 0) {
        found = PyDict_DelItem(room->failed, nodeid);
    }
    Py_XDECREF(nodeid);
    return found;
}

static PyObject *
on_logreport(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    struct cache_room *room = cache_room(engine);
    Report *report = (Report *)args[0];
    bool is_ours = PyObject_TypeCheck(args[0], run_types(engine->state)->base_report) && !report->outcome_text;

    if (room->is_python || !is_ours) {
        Py_RETURN_NONE;
    }
    if (report->outcome == REPORT_FAILED) {
        return py_none_or_error(remember_failure(engine, args[0]));
    }
    bool is_good = report->outcome == REPORT_SKIPPED || report->phase == PHASE_CALL;
    return py_none_or_error(room->failed && is_good ? forget_failure(engine, args[0]) : 0);
}

static PyObject *
on_collectreport(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    int failed = py_attr_is_true(engine->state, args[0], engine->state->names.failed);

    if (failed > 0 && !cache_room(engine)->is_python) {
        failed = remember_failure(engine, args[0]);
    }
    return py_none_or_error(failed);
}

static int
save_failures(struct engine *engine)
{
    struct cache_room *room = cache_room(engine);
    PyObject *cache = NULL;
    PyObject *done = NULL;

    if (!room->failed || PyDict_Size(room->failed) == 0) {
        return 0; /* there were none before, and there are none now */
    }
    cache = PyObject_GetAttrString(engine->config, "cache");
    done = cache ? PyObject_CallMethod(cache, "set", "sO", "cache/lastfailed", room->failed) : NULL;
    Py_XDECREF(done);
    Py_XDECREF(cache);
    return done ? 0 : -1;
}

static PyObject *
on_sessionfinish(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    PyObject *workerinput = NULL;
    int is_worker = 0;
    int only_collects = 0;

    if (cache_room(engine)->is_python || !cache_room(engine)->directory) {
        Py_RETURN_NONE;
    }
    is_worker = py_find_attr(engine->state, engine->config, engine->state->names.workerinput, &workerinput);
    Py_XDECREF(workerinput);
    if (is_worker) {
        return py_none_or_error(is_worker < 0 ? -1 : 0);
    }
    if (save_failures(engine) < 0) {
        return NULL;
    }
    only_collects = option_is_true(engine, "collectonly");
    if (only_collects) {
        return py_none_or_error(only_collects < 0 ? -1 : 0);
    }
    PyObject *items = PyObject_GetAttrString(args[0], "items");
    int status = items && PyList_Check(items) ? node_ids_save(engine, items) : PyErr_Occurred() ? -1 : 0;
    Py_XDECREF(items);
    return py_none_or_error(status);
}

static PyObject *
on_report_header(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    PyObject *configured = ini_get(engine, "cache_dir");
    bool is_default = py_text_equals(configured, ".pytest_cache");
    PyObject *directory = cache_room(engine)->directory;
    PyObject *prefix = NULL;
    PyObject *line = NULL;

    Py_XDECREF(configured);
    if (!configured) {
        return NULL;
    }
    if (!directory || (is_default && option_int(engine, "verbose", 0) <= 0)) {
        Py_RETURN_NONE;
    }
    prefix = PyUnicode_FromFormat("%U/", config_rootpath(engine));
    if (prefix && PyUnicode_Tailmatch(directory, prefix, 0, PY_SSIZE_T_MAX, -1) == 1) {
        PyObject *relative =
            PyUnicode_Substring(directory, PyUnicode_GetLength(prefix), PyUnicode_GetLength(directory));
        line = relative ? PyUnicode_FromFormat("cachedir: %U", relative) : NULL;
        Py_XDECREF(relative);
    } else if (prefix) {
        line = PyUnicode_FromFormat("cachedir: %U", directory);
    }
    Py_XDECREF(prefix);
    return line;
}

/* ---- the fixture ---- */

static PyObject *
setup_cache(struct engine *engine, PyObject *Py_UNUSED(request), PyObject *const *Py_UNUSED(args))
{
    return PyObject_GetAttrString(engine->config, "cache");
}

static const struct native_fixture CACHE_FIXTURES[] = {
    {.name = "cache",
     .scope = SCOPE_FUNCTION,
     .argnames = {"request"},
     .setup = setup_cache,
     .module = "_pytest.cacheprovider",
     .doc = "Return a cache object that can persist state between testing sessions.\n\n"
            "    cache.get(key, default)\n    cache.set(key, value)\n\n"
            "    Keys must be ``/`` separated strings, where the first part is usually the\n"
            "    name of your plugin or application to avoid clashes with other cache users.\n\n"
            "    Values can be any object handled by the json stdlib module.\n    ",
     .line = 577},
};

static PyObject *
on_sessionstart(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    return py_none_or_error(fixtures_register_native(engine, CACHE_FIXTURES, COUNT_OF(CACHE_FIXTURES)));
}

static const struct native_hook CACHE_HOOKS[] = {
    {.id = HOOK_configure, .flags = NATIVE_TRYFIRST, .call = on_configure},
    {.id = HOOK_cmdline_main, .call = on_cmdline_main},
    {.id = HOOK_sessionstart, .call = on_sessionstart},
    {.id = HOOK_runtest_logreport, .call = on_logreport},
    {.id = HOOK_collectreport, .call = on_collectreport},
    {.id = HOOK_sessionfinish, .call = on_sessionfinish},
    {.id = HOOK_report_header, .call = on_report_header},
};

static const struct option_spec CACHE_OPTIONS[] = {
    {.group = "general",
     .names = {"--lf", "--last-failed"},
     .dest = "lf",
     .action = OPTION_STORE_TRUE,
     .help = "Rerun only the tests that failed at the last run (or all if none failed)"},
    {.group = "general",
     .names = {"--ff", "--failed-first"},
     .dest = "failedfirst",
     .action = OPTION_STORE_TRUE,
     .help = "Run all tests, but run the last failures first. This may re-order tests and thus lead to repeated "
             "fixture setup/teardown."},
    {.group = "general",
     .names = {"--nf", "--new-first"},
     .dest = "newfirst",
     .action = OPTION_STORE_TRUE,
     .help = "Run tests from new files first, then the rest of the tests sorted by file mtime"},
    {.group = "general",
     .names = {"--cache-show"},
     .dest = "cacheshow",
     .action = OPTION_APPEND,
     .nargs = "?",
     .help = "Show cache contents, don't perform collection or tests. Optional argument: glob (default: '*')."},
    {.group = "general",
     .names = {"--cache-clear"},
     .dest = "cacheclear",
     .action = OPTION_STORE_TRUE,
     .help = "Remove all cache contents at start of test run"},
    {.group = "general",
     .names = {"--lfnf", "--last-failed-no-failures"},
     .dest = "last_failed_no_failures",
     .default_text = "'all'",
     .choices = {"all", "none"},
     .help = "With ``--lf``, determines whether to execute tests when there are no previously (known) failures or when "
             "no cached ``lastfailed`` data was found. ``all`` (the default) runs the full test suite again. ``none`` "
             "just emits a message about no known failures and exits successfully."},
};

static const struct ini_spec CACHE_INIS[] = {
    {.name = "cache_dir",
     .default_text = "'.pytest_cache'",
     .help = "Cache directory path",
     .folder_variable = "TOX_ENV_DIR"},
};

const struct native_plugin CACHEPROVIDER_PLUGIN = {
    .name = "cacheprovider",
    .module = "_pytest.cacheprovider",
    .hooks = CACHE_HOOKS,
    .hook_count = COUNT_OF(CACHE_HOOKS),
    .options = CACHE_OPTIONS,
    .option_count = COUNT_OF(CACHE_OPTIONS),
    .inis = CACHE_INIS,
    .ini_count = COUNT_OF(CACHE_INIS),
};

int
cacheprovider_add(PyObject *module, struct state *state)
{
    STATE_ROOM_ADD(state, ROOM_CACHE, struct cache_types);
    return cache_add_type(module, state);
}
