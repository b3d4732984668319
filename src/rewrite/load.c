/* upcalls.load_code: a source file's code, from the cache or compiled. */
#include <string.h>

#include "base/arena.h"
#include "base/table.h"
#include "base/text.h"
#include "hooks/hooks.h"
#include "rewrite/cache.h"

enum cache_mode { MODE_REWRITES = 1, MODE_PASS_HOOK = 2, MODE_OPTIMIZED = 4, MODE_NO_DOCSTRINGS = 8 };

int
python_minor_of(struct state *state)
{
    return (int)(state->python_version >> 16 & 0xff);
}

/* sys.flags.optimize: 0, 1, 2; -1 with an exception. */
long
optimization_level(void)
{
    PyObject *flags = PySys_GetObject("flags"); /* borrowed */
    PyObject *level = flags ? PyObject_GetAttrString(flags, "optimize") : NULL;
    long value = level ? PyLong_AsLong(level) : -1;

    Py_XDECREF(level);
    if (value < 0 && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_RuntimeError, "lost sys.flags");
    }
    return value;
}

static int
writes_bytecode(void)
{
    PyObject *flag = PySys_GetObject("dont_write_bytecode"); /* borrowed */
    int forbids = flag ? PyObject_IsTrue(flag) : 0;
    return forbids < 0 ? -1 : !forbids;
}

/* marshal.loads, and the file's present name in every code object. */
static PyObject *
code_open(struct state *state, PyObject *marshalled, PyObject *path_text)
{
    struct rewrite_room *room = rewrite_room(state);
    PyObject *code = py_call1(room->marshal_loads, marshalled);
    PyObject *name = code ? PyObject_GetAttr(code, state->names.co_filename) : NULL;
    int is_same = name ? PyObject_RichCompareBool(name, path_text, Py_EQ) : -1;

    if (is_same == 0) {
        PyObject *fixed = py_call2(room->fix_co_filename, code, path_text);
        is_same = fixed ? 1 : -1;
        Py_XDECREF(fixed);
    }
    Py_XDECREF(name);
    if (is_same < 0) {
        Py_CLEAR(code);
    }
    return code;
}

/* Cached bytes that marshal refuses are as good as none. */
static PyObject *
code_open_cached(struct state *state, PyObject *marshalled, PyObject *path_text)
{
    PyObject *code = code_open(state, marshalled, path_text);

    if (!code && (PyErr_ExceptionMatches(PyExc_ValueError) || PyErr_ExceptionMatches(PyExc_TypeError) ||
                  PyErr_ExceptionMatches(PyExc_EOFError) || PyErr_ExceptionMatches(PyExc_AttributeError))) {
        PyErr_Clear();
    }
    return code;
}

static PyObject *
load(struct state *state, PyObject *path_text, const char *path, const struct cache_key *key,
     const struct emit_options *options, struct loaded_source *loaded)
{
    struct text cache = {0};
    PyObject *marshalled = NULL;
    PyObject *source = NULL;
    PyObject *code = NULL;
    int may_write = writes_bytecode();

    if (may_write < 0 || cache_path(state, path, &cache) < 0) {
        goto done;
    }
    int found = cache_load(path, cache.bytes, key, may_write, &marshalled, loaded);
    if (found > 0) {
        code = code_open_cached(state, marshalled, path_text);
        Py_CLEAR(marshalled);
    }
    if (found < 0 || code || PyErr_Occurred()) {
        goto done;
    }
    source = source_read_bytes(path_text, path);
    if (!source) {
        goto done;
    }
    marshalled = source_compile(state, source, path_text, options);
    if (!marshalled) {
        goto done;
    }
    loaded_source_identify(path, source, loaded);
    if (may_write) {
        cache_save(state, cache.bytes, key, loaded, marshalled);
    }
    code = code_open(state, marshalled, path_text);
done:
    text_release(&cache);
    Py_XDECREF(marshalled);
    Py_XDECREF(source);
    return code;
}

PyObject *
code_load(struct state *state, PyObject *path_text, bool rewrites, bool has_pass_hook, struct loaded_source *loaded_out)
{
    struct loaded_source loaded = {0};
    struct rewrite_room *room = rewrite_room(state);
    struct cache_key key = {.mode = rewrites ? MODE_REWRITES : 0};
    struct emit_options options = {.has_pass_hook = has_pass_hook, .has_columns = python_minor_of(state) >= 11};
    PyObject *encoded = NULL;
    PyObject *code = NULL;
    long level = optimization_level();

    if (level < 0) {
        return NULL;
    }
    options.is_optimized = level > 0;
    key.mode |=
        (has_pass_hook ? MODE_PASS_HOOK : 0) | (level > 0 ? MODE_OPTIMIZED : 0) | (level > 1 ? MODE_NO_DOCSTRINGS : 0);
    memcpy(key.magic, PyBytes_AsString(room->magic), sizeof key.magic);
    encoded = PyUnicode_EncodeFSDefault(path_text);
    if (encoded) {
        code = load(state, path_text, PyBytes_AsString(encoded), &key, rewrites ? &options : NULL, &loaded);
        Py_DECREF(encoded);
    }
    if (loaded_out) {
        *loaded_out = loaded;
    }
    return code;
}

/* ---- What a run loaded: ROOM_REWRITE of the engine ---- */

struct loaded_sources {
    struct arena arena;
    struct table by_path; /* -> struct loaded_source */
};

static void
loaded_sources_release(void *data)
{
    struct loaded_sources *sources = data;

    table_release(&sources->by_path);
    arena_release(&sources->arena);
    memory_free(sources);
}

static int
loaded_sources_add(struct engine *engine, PyObject *path_text, const struct loaded_source *loaded)
{
    struct engine_room *slot = &engine->rooms[ROOM_REWRITE];
    PyObject *holder = NULL;
    const char *path = py_fs_text(path_text, &holder);

    if (!path) {
        return -1;
    }
    if (!slot->data) {
        slot->data = memory_alloc_zeroed(sizeof(struct loaded_sources));
        slot->release = loaded_sources_release;
    }
    struct loaded_sources *sources = slot->data;
    struct loaded_source *kept = arena_alloc(&sources->arena, sizeof *kept);
    *kept = *loaded;
    table_set(&sources->by_path, arena_copy_string(&sources->arena, path), strlen(path), kept);
    Py_XDECREF(holder);
    return 0;
}

const struct loaded_source *
source_find_loaded(struct engine *engine, const char *path)
{
    const struct loaded_sources *sources = engine_room(engine, ROOM_REWRITE);
    return sources ? table_find(&sources->by_path, path, strlen(path)) : NULL;
}

PyObject *
load_code_upcall(struct engine *engine, PyObject *path_text, bool rewrites)
{
    int has_pass_hook = rewrites ? ini_is_true(engine, "enable_assertion_pass_hook") : 0;

    if (has_pass_hook < 0) {
        return NULL;
    }
    struct loaded_source loaded;
    PyObject *code = code_load(engine->state, path_text, rewrites, has_pass_hook, &loaded);
    if (code && loaded_sources_add(engine, path_text, &loaded) < 0) {
        Py_CLEAR(code);
    }
    return code;
}
