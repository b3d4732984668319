/* The built-in plugin "tmpdir": the fixtures tmp_path and tmp_path_factory, and what is kept of their folders. */
#include "plugins/tmpdir/internal.h"

#include <string.h>

#include "base/arena.h"
#include "fixtures/fixtures.h"
#include "nodes/nodes.h"
#include "os/file.h"
#include "os/temporary.h"
#include "run/run.h"

/* Of one engine. */
struct tmpdir_room {
    TempPathFactory *factory;
    bool keeps_failed_only; /* policy "failed": the outcomes of items are kept for the fixture */
};

static int
room_traverse(void *data, visitproc visit, void *arg)
{
    struct tmpdir_room *room = data;
    Py_VISIT((PyObject *)room->factory);
    return 0;
}

static void
room_release(void *data)
{
    struct tmpdir_room *room = data;
    Py_CLEAR(room->factory);
    memory_free(room);
}

/* ---- Fixtures ---- */

static PyObject *
config_factory(PyObject *config)
{
    return PyObject_GetAttrString(config, "_tmp_path_factory");
}

static PyObject *
setup_factory(struct engine *engine, PyObject *Py_UNUSED(request), PyObject *const *Py_UNUSED(args))
{
    return config_factory(engine->config);
}

enum { MAX_NAME = 30 };

/* re.sub(r"[\W]", "_", name)[:30]: a new reference. */
static PyObject *
folder_name(PyObject *name)
{
    PyObject *head = PyUnicode_Substring(name, 0, MAX_NAME);
    Py_UCS4 characters[MAX_NAME + 1];
    Py_ssize_t length = head ? PyUnicode_GetLength(head) : -1;
    struct text text = {0};
    PyObject *result = NULL;

    if (length < 0 || !PyUnicode_AsUCS4(head, characters, COUNT_OF(characters), 0)) {
        Py_XDECREF(head);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 character = characters[i];
        PyObject *one = character > 127 ? PyUnicode_Substring(head, i, i + 1) : NULL;
        PyObject *is_word = one ? PyObject_CallMethod(one, "isalnum", NULL) : NULL;
        if (is_word == Py_True) {
            py_text_add_str(&text, one);
        } else {
            bool is_plain = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
                            (character >= '0' && character <= '9');
            text_add_char(&text, is_plain ? (char)character : '_');
        }
        Py_XDECREF(is_word);
        Py_XDECREF(one);
    }
    result = PyErr_Occurred() ? NULL : py_text_from(&text);
    text_release(&text);
    Py_DECREF(head);
    return result;
}

static PyObject *
make_for_request(struct state *state, PyObject *request, PyObject *factory)
{
    PyObject *node = PyObject_GetAttrString(request, "node");
    PyObject *name = node ? PyObject_GetAttr(node, state->names.name) : NULL;
    PyObject *prefix = name ? folder_name(name) : NULL;
    PyObject *path = NULL;

    if (prefix) {
        path = Py_IS_TYPE(factory, tmpdir_types(state)->factory)
                   ? factory_make_counted((TempPathFactory *)factory, prefix)
                   : PyObject_CallMethod(factory, "mktemp", "OO", prefix, Py_True);
    }
    Py_XDECREF(prefix);
    Py_XDECREF(name);
    Py_XDECREF(node);
    return path;
}

static PyObject *
setup_tmp_path(struct engine *engine, PyObject *request, PyObject *const *args)
{
    return make_for_request(engine->state, request, args[1]);
}

static int
remove_tree_of(PyObject *path)
{
    PyObject *text = PyObject_Str(path);
    PyObject *bytes = text ? PyUnicode_EncodeFSDefault(text) : NULL;

    if (bytes) {
        tree_remove(PyBytes_AsString(bytes), NULL, NULL); /* what cannot be removed stays */
    }
    Py_XDECREF(bytes);
    Py_XDECREF(text);
    return bytes ? 0 : -1;
}

static PyObject *
result_key(struct state *state)
{
    struct tmpdir_types *types = tmpdir_types(state);

    if (!types->result_key) {
        types->result_key = py_call0((PyObject *)hooks_types(state)->stash_key);
    }
    return types->result_key;
}

/* item.stash[tmppath_result_key] as a dict: a new reference; made when `makes`, else NULL without an exception. */
static PyObject *
results_of_item(struct state *state, PyObject *item, bool makes)
{
    PyObject *key = result_key(state);
    PyObject *stash = key ? PyObject_GetAttr(item, state->names.stash) : NULL;
    PyObject *results = stash ? PyObject_CallMethod(stash, "get", "OO", key, Py_None) : NULL;

    if (results == Py_None) {
        Py_CLEAR(results);
        if (makes) {
            results = PyDict_New();
            if (results && PyObject_SetItem(stash, key, results) < 0) {
                Py_CLEAR(results);
            }
        }
    }
    Py_XDECREF(stash);
    return results;
}

static int
teardown_tmp_path(struct engine *engine, PyObject *request, PyObject *path)
{
    struct tmpdir_room *room = engine_room(engine, ROOM_TMPDIR);
    PyObject *node = NULL;
    PyObject *results = NULL;
    int passed = 1;

    if (!room || !room->keeps_failed_only) {
        return 0;
    }
    node = PyObject_GetAttrString(request, "node");
    results = node ? results_of_item(engine->state, node, false) : NULL;
    if (results) {
        PyObject *borrowed_passed = PyDict_GetItemString(results, "call");
        passed = borrowed_passed ? PyObject_IsTrue(borrowed_passed) : 1;
    }
    Py_XDECREF(results);
    Py_XDECREF(node);
    if (passed < 0 || PyErr_Occurred()) {
        return -1;
    }
    return passed ? remove_tree_of(path) : 0;
}

static const struct native_fixture FIXTURES[] = {
    {
        .name = "tmp_path_factory",
        .scope = SCOPE_SESSION,
        .argnames = {"request"},
        .setup = setup_factory,
        .module = "_pytest.tmpdir",
        .doc = "Return a :class:`pytest.TempPathFactory` instance for the test session.",
        .line = 313,
    },
    {
        .name = "tmp_path",
        .scope = SCOPE_FUNCTION,
        .argnames = {"request", "tmp_path_factory"},
        .setup = setup_tmp_path,
        .teardown = teardown_tmp_path,
        .module = "_pytest.tmpdir",
        .doc = "Return a temporary directory (as :class:`pathlib.Path` object)\n"
               "which is unique to each test function invocation.\n"
               "The temporary directory is created as a subdirectory\n"
               "of the base temporary directory, with configurable retention,\n"
               "as discussed in :ref:`temporary directory location and retention`.",
        .line = 328,
    },
};

/* ---- Hooks ---- */

static PyObject *
tmpdir_configure(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    struct tmpdir_room *room = engine_room(engine, ROOM_TMPDIR);

    if (!room) {
        room = memory_alloc_zeroed(sizeof *room);
        engine->rooms[ROOM_TMPDIR] =
            (struct engine_room){.data = room, .traverse = room_traverse, .release = room_release};
    }
    PyObject *factory = factory_from_config(engine);
    py_replace((PyObject **)(void *)&room->factory, factory);
    Py_XDECREF(factory);
    if (!room->factory || PyObject_SetAttrString(args[0], "_tmp_path_factory", (PyObject *)room->factory) < 0) {
        return NULL;
    }
    room->keeps_failed_only = py_text_equals(room->factory->retention_policy, "failed");
    Py_RETURN_NONE;
}

static PyObject *
tmpdir_sessionstart(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    return py_none_or_error(fixtures_register_native(engine, FIXTURES, COUNT_OF(FIXTURES)));
}

static PyObject *
tmpdir_sessionfinish(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    struct tmpdir_room *room = engine_room(engine, ROOM_TMPDIR);
    TempPathFactory *factory = room ? room->factory : NULL;
    PyObject *bytes = NULL;

    if (!factory || !factory->basetemp_text) {
        Py_RETURN_NONE; /* no test asked for a folder */
    }
    bytes = PyUnicode_EncodeFSDefault(factory->basetemp_text);
    if (!bytes) {
        return NULL;
    }
    const char *path = PyBytes_AsString(bytes);
    PyObject *success = PyLong_FromLong(0);
    int is_success = success ? PyObject_RichCompareBool(args[1], success, Py_EQ) : -1;
    Py_XDECREF(success);
    if (is_success > 0 && room->keeps_failed_only && factory->given_basetemp == Py_None) {
        tree_remove(path, NULL, NULL);
    }
    if (is_success >= 0 && file_is_folder(path)) {
        remove_dead_links(path);
    }
    Py_DECREF(bytes);
    return is_success < 0 || factory_close(factory) < 0 ? NULL : Py_NewRef(Py_None);
}

static int
tmpdir_before_report(struct engine *Py_UNUSED(engine), PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args),
                     void **Py_UNUSED(memory))
{
    return 0;
}

static PyObject *
tmpdir_after_report(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args, void *Py_UNUSED(memory),
                    PyObject *report)
{
    struct tmpdir_room *room = engine_room(engine, ROOM_TMPDIR);
    struct state *state = engine->state;
    PyObject *results = NULL;
    PyObject *when = NULL;
    PyObject *passed = NULL;
    int status = -1;

    if (!report || !room || !room->keeps_failed_only) {
        return report;
    }
    results = results_of_item(state, args[0], true);
    when = results ? PyObject_GetAttr(report, state->names.when) : NULL;
    passed = when ? PyObject_GetAttr(report, state->names.passed) : NULL;
    if (passed) {
        status = PyDict_SetItem(results, when, passed);
    }
    Py_XDECREF(passed);
    Py_XDECREF(when);
    Py_XDECREF(results);
    if (status < 0) {
        Py_CLEAR(report);
    }
    return report;
}

static const struct native_hook HOOK_TABLE[] = {
    {.id = HOOK_configure, .call = tmpdir_configure},
    {.id = HOOK_sessionstart, .call = tmpdir_sessionstart},
    {.id = HOOK_sessionfinish, .call = tmpdir_sessionfinish},
    {
        .id = HOOK_runtest_makereport,
        .flags = NATIVE_WRAPPER | NATIVE_TRYFIRST,
        .before = tmpdir_before_report,
        .after = tmpdir_after_report,
    },
};

static const struct ini_spec INIS[] = {
    {
        .name = "tmp_path_retention_count",
        .type = "int | string",
        .default_text = "3",
        .help = "How many sessions should we keep the `tmp_path` directories, according to "
                "`tmp_path_retention_policy`.",
    },
    {
        .name = "tmp_path_retention_policy",
        .type = "'all' | 'failed' | 'none'",
        .default_text = "'all'",
        .help = "Controls which directories created by the `tmp_path` fixture are kept around, based on test outcome.",
    },
};

const struct native_plugin TMPDIR_PLUGIN = {
    .name = "tmpdir",
    .module = "_pytest.tmpdir",
    .hooks = HOOK_TABLE,
    .hook_count = COUNT_OF(HOOK_TABLE),
    .inis = INIS,
    .ini_count = COUNT_OF(INIS),
};

static PyObject *
result_key_function(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    return Py_XNewRef(result_key(state_from_module(module)));
}

static PyMethodDef FUNCTIONS[] = {
    {"_tmppath_result_key", result_key_function, METH_NOARGS, "_tmppath_result_key($module)\n--\n\n"},
    PY_END_METHOD,
};

int
tmpdir_add(PyObject *module, struct state *state)
{
    STATE_ROOM_ADD(state, ROOM_TMPDIR, struct tmpdir_types);
    return factory_add_type(module, state) < 0 ? -1 : PyModule_AddFunctions(module, FUNCTIONS);
}
