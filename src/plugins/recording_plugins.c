/* What the plugins of others implement and bring, as records keep it. */
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "os/file.h"
#include "plugins/recording.h"

enum { MAX_SOURCE_BYTES = 64 * 1024 * 1024 };

/* ---- Whether it is recorded already ---- */

static const struct recorded_plugin *
facts_find(const struct plugin_facts *facts, const char *name)
{
    const struct recorded_plugin *plugins = facts ? blob_at(facts, facts->plugins.first) : NULL;

    for (uint32_t i = 0; facts && i < facts->plugins.count; i++) {
        if (strcmp(blob_text(facts, plugins[i].name), name) == 0) {
            return &plugins[i];
        }
    }
    return NULL;
}

static bool
is_same_file(const struct plugin_facts *facts, const struct recorded_plugin *plugin)
{
    const char *path = blob_text(facts, plugin->path);
    struct recorded_source source = {.stamp = plugin->stamp};

    memcpy(source.hash, plugin->hash, sizeof source.hash);
    return !*path || SOURCE_CHECK_ON_DISK.is_same(&SOURCE_CHECK_ON_DISK, path, &source);
}

/* 1, 0 or -1. */
static int
is_recorded(const struct plugin_facts *facts, PyObject *foreign)
{
    for (Py_ssize_t i = 0; i < PyList_Size(foreign); i++) {
        PyObject *entry = PyList_GetItem(foreign, i);
        const char *name = py_utf8(PyTuple_GetItem(entry, 0));
        const char *module = name ? py_utf8(PyTuple_GetItem(entry, 2)) : NULL;
        if (!module) {
            return -1;
        }
        const struct recorded_plugin *plugin = facts_find(facts, name);
        if (!plugin || strcmp(blob_text(facts, plugin->module), module) != 0 || !is_same_file(facts, plugin)) {
            return 0;
        }
    }
    return 1;
}

/* ---- Writing ---- */

static blob_offset
add_text(struct blob *blob, PyObject *text)
{
    Py_ssize_t length = 0;
    const char *utf8 = py_utf8_sized(text, &length);

    return utf8 && length ? blob_add_text(blob, utf8, (size_t)length) : 0;
}

static struct blob_range
add_texts(struct blob *blob, PyObject *texts)
{
    Py_ssize_t count = PyList_Size(texts);
    struct blob_range range = {.count = count > 0 ? (uint32_t)count : 0};

    range.first = blob_reserve(blob, range.count * sizeof(blob_offset));
    for (uint32_t i = 0; i < range.count; i++) {
        blob_offset text = add_text(blob, PyList_GetItem(texts, i));
        ((blob_offset *)(blob->bytes + range.first))[i] = text;
    }
    return range;
}

/* A fixture of what Python said: (name, scope, flags, arguments, ids). */
static void
add_fixture(struct blob *blob, blob_offset at, PyObject *said)
{
    struct recorded_fixture fixture = {
        .scope = (uint32_t)PyLong_AsLong(PyTuple_GetItem(said, 1)),
        .flags = (uint32_t)PyLong_AsLong(PyTuple_GetItem(said, 2)),
    };

    fixture.name = add_text(blob, PyTuple_GetItem(said, 0));
    fixture.arguments = add_texts(blob, PyTuple_GetItem(said, 3));
    fixture.ids = add_texts(blob, PyTuple_GetItem(said, 4));
    memcpy(blob->bytes + at, &fixture, sizeof fixture);
}

static void
identify_file(const char *path, struct recorded_plugin *plugin)
{
    struct text text = {0};
    struct error error = ERROR_INIT;

    if (*path && file_stamp_read(path, &plugin->stamp) && file_read(path, MAX_SOURCE_BYTES, &text, &error)) {
        hash_128(text_string(&text), text.length, plugin->hash);
        if (!file_stamp_is_settled(&plugin->stamp)) {
            plugin->stamp = (struct file_stamp){0};
        }
    }
    text_release(&text);
}

/* (name, module, distribution, path, hooks, steady hooks, flags, fixtures) */
static void
add_plugin(struct blob *blob, blob_offset at, PyObject *said)
{
    PyObject *fixtures = PyTuple_GetItem(said, 7);
    const char *path = py_utf8(PyTuple_GetItem(said, 3));
    struct recorded_plugin plugin = {
        .hooks = (uint32_t)PyLong_AsLong(PyTuple_GetItem(said, 4)),
        .steady_hooks = (uint32_t)PyLong_AsLong(PyTuple_GetItem(said, 5)),
        .flags = (uint32_t)PyLong_AsLong(PyTuple_GetItem(said, 6)),
        .fixtures.count = (uint32_t)PyList_Size(fixtures),
    };

    plugin.name = add_text(blob, PyTuple_GetItem(said, 0));
    plugin.module = add_text(blob, PyTuple_GetItem(said, 1));
    plugin.distribution = add_text(blob, PyTuple_GetItem(said, 2));
    plugin.path = add_text(blob, PyTuple_GetItem(said, 3));
    identify_file(path ? path : "", &plugin);
    plugin.fixtures.first = blob_reserve(blob, plugin.fixtures.count * sizeof(struct recorded_fixture));
    for (uint32_t i = 0; i < plugin.fixtures.count; i++) {
        add_fixture(blob, plugin.fixtures.first + (blob_offset)(i * sizeof(struct recorded_fixture)),
                    PyList_GetItem(fixtures, i));
    }
    memcpy(blob->bytes + at, &plugin, sizeof plugin);
}

static PyObject *
texts_to_python(const struct plugin_facts *facts, struct blob_range range)
{
    const blob_offset *texts = blob_at(facts, range.first);
    PyObject *list = PyList_New(0);

    for (uint32_t i = 0; list && i < range.count; i++) {
        if (py_list_append_take(list, PyUnicode_FromString(blob_text(facts, texts[i]))) < 0) {
            Py_CLEAR(list);
        }
    }
    return list;
}

/* What an earlier run said of a plugin that this one did not load, as Python would say it: a new tuple. */
static PyObject *
plugin_to_python(const struct plugin_facts *facts, const struct recorded_plugin *plugin)
{
    const struct recorded_fixture *fixtures = blob_at(facts, plugin->fixtures.first);
    PyObject *list = PyList_New(0);

    for (uint32_t i = 0; list && i < plugin->fixtures.count; i++) {
        PyObject *said =
            Py_BuildValue("(sIINN)", blob_text(facts, fixtures[i].name), fixtures[i].scope, fixtures[i].flags,
                          texts_to_python(facts, fixtures[i].arguments), texts_to_python(facts, fixtures[i].ids));
        if (py_list_append_take(list, said) < 0) {
            Py_CLEAR(list);
        }
    }
    return list ? Py_BuildValue("(ssssIIIN)", blob_text(facts, plugin->name), blob_text(facts, plugin->module),
                                blob_text(facts, plugin->distribution), blob_text(facts, plugin->path), plugin->hooks,
                                plugin->steady_hooks, plugin->flags, list)
                : NULL;
}

/* Adds the plugins that only earlier runs had: other options load other ones. 0 or -1. */
static int
add_earlier(const struct plugin_facts *facts, PyObject *said)
{
    const struct recorded_plugin *plugins = facts ? blob_at(facts, facts->plugins.first) : NULL;
    Py_ssize_t said_count = PyList_Size(said);

    for (uint32_t i = 0; facts && i < facts->plugins.count; i++) {
        bool is_there = false;
        for (Py_ssize_t j = 0; j < said_count && !is_there; j++) {
            is_there = py_text_equals(PyTuple_GetItem(PyList_GetItem(said, j), 0), blob_text(facts, plugins[i].name));
        }
        if (!is_there && py_list_append_take(said, plugin_to_python(facts, &plugins[i])) < 0) {
            return -1;
        }
    }
    return 0;
}

PyObject *
recorded_hook_names(void)
{
    PyObject *names = PyList_New(0);

    for (size_t i = 0; names && i < RECORDED_HOOK_COUNT; i++) {
        if (py_list_append_take(names, PyUnicode_FromString(RECORDED_HOOK_NAMES[i])) < 0) {
            Py_CLEAR(names);
        }
    }
    return names;
}

/* What Python says of the plugins: a new list. */
static PyObject *
ask_python(struct engine *engine, PyObject *foreign)
{
    PyObject *names = recorded_hook_names();
    PyObject *function = names ? py_import_attr("fastest._plugin_facts", "plugin_facts") : NULL;
    PyObject *said = function ? py_call3(function, engine->config, foreign, names) : NULL;

    Py_XDECREF(function);
    Py_XDECREF(names);
    return said;
}

static void
add_all(struct records *records, const unsigned char key[16], PyObject *said)
{
    struct blob blob = {0};
    blob_offset header = blob_reserve(&blob, sizeof(struct plugin_facts));
    struct blob_range range = {.count = (uint32_t)PyList_Size(said)};

    range.first = blob_reserve(&blob, range.count * sizeof(struct recorded_plugin));
    for (uint32_t i = 0; i < range.count; i++) {
        add_plugin(&blob, range.first + (blob_offset)(i * sizeof(struct recorded_plugin)), PyList_GetItem(said, i));
    }
    ((struct plugin_facts *)(blob.bytes + header))->plugins = range;
    if (!PyErr_Occurred()) {
        records_add_plugins(records, key, &blob);
    }
    blob_release(&blob);
}

int
recording_keep_plugins(struct engine *engine, struct records *records)
{
    unsigned char key[16];
    PyObject *foreign = plugins_list_foreign(engine);
    PyObject *said = NULL;
    int status = foreign ? plugins_environment_key(engine, key, NULL) : -1;

    if (status == 0 && PyList_Size(foreign) > 0) {
        const struct plugin_facts *facts = records_find_plugins(records, key);
        int recorded = is_recorded(facts, foreign);
        status = recorded < 0 ? -1 : 0;
        if (recorded == 0) {
            said = ask_python(engine, foreign);
            status = said && add_earlier(facts, said) == 0 ? 0 : -1;
            if (status == 0) {
                add_all(records, key, said);
                status = PyErr_Occurred() ? -1 : 0;
            }
        }
    }
    Py_XDECREF(foreign);
    Py_XDECREF(said);
    return status;
}
