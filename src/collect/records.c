/* Whether this run keeps and uses records of collections, and under which key. */
#include "collect/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "config/config.h"
#include "os/file.h"
#include "os/source_file.h"

enum { MAX_CONFIG_BYTES = 16 * 1024 * 1024 };

/* ---- Whether ---- */

/* `index = false` in [tool.fastest] of the project's pyproject.toml. */
static bool
is_switched_off_in(const struct text *toml)
{
    struct arena arena = {0};
    struct error error = ERROR_INIT;
    struct toml_value *root = NULL;
    bool is_off = false;

    if (toml_parse(toml->bytes, toml->length, &arena, &root, &error)) {
        const struct toml_value *tool = toml_find(root, "tool");
        const struct toml_value *own = tool ? toml_find(tool, "fastest") : NULL;
        const struct toml_value *index = own ? toml_find(own, "index") : NULL;
        is_off = index && index->kind == TOML_BOOLEAN && !index->truth;
    }
    arena_release(&arena);
    return is_off;
}

static bool
is_switched_off(struct engine *engine)
{
    PyObject *path_text = path_join(config_rootpath(engine), "pyproject.toml");
    PyObject *holder = NULL;
    const char *path = path_text ? py_fs_text(path_text, &holder) : NULL;
    struct text toml = {0};
    struct error error = ERROR_INIT;
    bool is_off = path && file_read(path, MAX_CONFIG_BYTES, &toml, &error) && toml.length &&
                  memmem(toml.bytes, toml.length, "tool", 4) && memmem(toml.bytes, toml.length, "fastest", 7) &&
                  is_switched_off_in(&toml);

    PyErr_Clear(); /* a path that cannot be named holds no settings */
    text_release(&toml);
    Py_XDECREF(holder);
    Py_XDECREF(path_text);
    return is_off;
}

static bool
is_wanted(struct engine *engine)
{
    PyObject *verifies = NULL;
    int is_off = 0;

    if (!engine->ends_with_process || !engine->cache_folder) {
        return false;
    }
    is_off = option_is_true(engine, "no_index");
    verifies = is_off == 0 ? plugin_find(engine, "fastest._recorder") : NULL;
    bool is_wanted = is_off == 0 && !verifies && !PyErr_Occurred() && !is_switched_off(engine);
    Py_XDECREF(verifies);
    return is_wanted;
}

struct records *
collect_records(struct engine *engine)
{
    struct collect_engine *room = collect_engine(engine);
    PyObject *holder = NULL;
    const char *cache = NULL;

    if (room->has_asked_for_records) {
        return room->records;
    }
    room->has_asked_for_records = true;
    cache = is_wanted(engine) ? py_fs_text(engine->cache_folder, &holder) : NULL;
    if (cache) {
        struct text folder = {0};
        text_add_format(&folder, "%s/d/fastest", cache);
        room->records = records_open(folder.bytes);
        text_release(&folder);
    }
    Py_XDECREF(holder);
    return room->records;
}

/* ---- The key ---- */

/* What decides how a module is imported and what its tests are, beside the sources. */
static const char *const KEY_OPTIONS[] = {
    "pythonwarnings",
    "plugins",
    "override_ini",
    "inifilename",
    "strict",
    "strict_markers",
    "strict_config",
    "importmode",
    "assertmode",
    "confcutdir",
    "noconftest",
    "pyargs",
    "doctestmodules",
    "doctestglob",
    "doctestcontinue",
    "pythonpath",
    "disable_plugin_autoload",
};
static const char *const KEY_VARIABLES[] = {
    "PYTHONPATH", "PYTHONWARNINGS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTHONDEVMODE",
};
static const char *const KEY_SYSTEM[] = {"version", "prefix", "flags", "warnoptions"};

static int
add_options(struct engine *engine, struct text *text)
{
    for (size_t i = 0; i < COUNT_OF(KEY_OPTIONS); i++) {
        PyObject *value = option_get(engine, KEY_OPTIONS[i]);
        int status = value ? py_text_add_repr(text, value) : -1;
        text_add_char(text, '\n');
        Py_XDECREF(value);
        if (status < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < COUNT_OF(KEY_SYSTEM); i++) {
        PyObject *borrowed_value = PySys_GetObject(KEY_SYSTEM[i]);
        if (borrowed_value && py_text_add_repr(text, borrowed_value) < 0) {
            return -1;
        }
        text_add_char(text, '\n');
    }
    for (size_t i = 0; i < COUNT_OF(KEY_VARIABLES); i++) {
        const char *value = getenv(KEY_VARIABLES[i]);
        text_add_format(text, "%s=%s\n", KEY_VARIABLES[i], value ? value : "");
    }
    return 0;
}

/* Installing and removing packages changes the folder that holds them. */
static void
add_packages(struct text *text)
{
    PyObject *borrowed_path = PySys_GetObject("path");

    for (Py_ssize_t i = 0; borrowed_path && PyList_Check(borrowed_path) && i < PyList_Size(borrowed_path); i++) {
        PyObject *borrowed_folder = PyList_GetItem(borrowed_path, i);
        PyObject *holder = NULL;
        const char *folder = PyUnicode_Check(borrowed_folder) ? py_fs_text(borrowed_folder, &holder) : NULL;
        struct file_stamp stamp = {0};
        if (folder && (strstr(folder, "/site-packages") || strstr(folder, "/dist-packages")) &&
            file_stamp_read(folder, &stamp)) {
            text_add_string(text, folder);
            text_add(text, (const char *)&stamp.modified_ns, sizeof stamp.modified_ns);
        }
        PyErr_Clear(); /* a name that cannot be encoded is no folder's */
        Py_XDECREF(holder);
    }
}

/* The names of the plugins of others; the content of the configuration. */
static int
add_surroundings(struct engine *engine, struct text *text)
{
    PyObject *plugins = plugins_list_foreign(engine);
    PyObject *inipath = config_inipath(engine); /* borrowed */
    PyObject *holder = NULL;
    struct error error = ERROR_INIT;
    unsigned char key[16];
    int status = plugins ? plugins_environment_key(engine, key, NULL) : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(plugins); i++) {
        PyObject *plugin = PyList_GetItem(plugins, i);
        status = py_text_add_str(text, PyTuple_GetItem(plugin, 0)) < 0 ||
                         py_text_add_str(text, PyTuple_GetItem(plugin, 2)) < 0
                     ? -1
                     : 0;
        text_add_char(text, '\n');
    }
    if (status == 0) {
        text_add(text, (const char *)key, sizeof key);
        add_packages(text);
        text_add(text, (const char *)&engine->variables_hash, sizeof engine->variables_hash);
        status = py_text_add_str(text, config_rootpath(engine)) < 0 ||
                         py_text_add_str(text, config_invocation_dir(engine)) < 0
                     ? -1
                     : 0;
    }
    if (status == 0 && inipath != Py_None) {
        PyObject *path_text = py_path_text(engine->state, inipath);
        const char *path = path_text ? py_fs_text(path_text, &holder) : NULL;
        status = path ? 0 : -1;
        if (path) {
            (void)!file_read(path, MAX_CONFIG_BYTES, text, &error);
        }
        Py_XDECREF(path_text);
        Py_XDECREF(holder);
    }
    Py_XDECREF(plugins);
    return status;
}

int
collect_key(struct engine *engine, unsigned char key_out[16])
{
    struct text text = {0};
    int status = add_options(engine, &text);

    if (status == 0) {
        status = add_surroundings(engine, &text);
    }
    hash_128(text_string(&text), text.length, key_out);
    text_release(&text);
    return status;
}

static int
minor_version(void)
{
    PyObject *borrowed_version = PySys_GetObject("version_info");
    PyObject *minor = borrowed_version ? PySequence_GetItem(borrowed_version, 1) : NULL;
    long number = minor ? PyLong_AsLong(minor) : -1;

    Py_XDECREF(minor);
    return (int)number;
}

int
collect_hooks_key(struct engine *engine, unsigned char key_out[16])
{
    struct discover_question question = {0};
    struct arena arena = {0};
    unsigned char plugin_key[16];
    unsigned char steering_key[16];
    int minor = minor_version();
    int status = minor < 0 ? -1 : plugins_environment_key(engine, plugin_key, steering_key);

    if (status == 0 && question_fill(engine, &arena, &question) == 0) {
        status = discover_hooks_key(&question, steering_key, minor, key_out);
    } else if (PyErr_Occurred()) {
        status = -1;
    }
    arena_release(&arena);
    return status;
}
