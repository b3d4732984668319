/* v/cache/nodeids: every test id ever seen, a sorted JSON list as json.dumps(indent=2) writes it. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "os/file.h"
#include "plugins/cacheprovider/internal.h"

enum { MAX_FILE_BYTES = 256 * 1024 * 1024 };

/* Adds the strings of our own format to the set; 1, or 0 for a file that somebody else wrote (it is replaced). */
static int
add_known(PyObject *known, const struct text *file)
{
    const char *at = text_string(file);

    while ((at = strchr(at, '"'))) {
        const char *start = ++at;
        bool is_plain = true;
        while (*at && *at != '"') {
            is_plain = is_plain && *at != '\\';
            at += *at == '\\' && at[1] ? 2 : 1;
        }
        if (!*at) {
            return 0;
        }
        if (!is_plain) {
            return 0; /* escapes: the json module reads them */
        }
        PyObject *id = PyUnicode_DecodeUTF8(start, at - start, NULL);
        int status = id ? PySet_Add(known, id) : -1;
        Py_XDECREF(id);
        if (status < 0) {
            return -1;
        }
        at++;
    }
    return 1;
}

static int
add_items(PyObject *known, PyObject *items)
{
    for (Py_ssize_t i = 0; i < PyList_Size(items); i++) {
        PyObject *borrowed_id = node_nodeid((Node *)PyList_GetItem(items, i));
        if (!borrowed_id || PySet_Add(known, borrowed_id) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The sorted list as JSON; 0 when an id needs an escape, -1. */
static int
format_ids(PyObject *sorted, struct text *json)
{
    text_add_string(json, PyList_Size(sorted) ? "[" : "[]");
    for (Py_ssize_t i = 0; i < PyList_Size(sorted); i++) {
        Py_ssize_t length = 0;
        const char *id = py_utf8_sized(PyList_GetItem(sorted, i), &length);
        if (!id) {
            PyErr_Clear(); /* surrogates: the json module decides */
            return 0;
        }
        for (Py_ssize_t j = 0; j < length; j++) {
            if (id[j] == '"' || id[j] == '\\' || (unsigned char)id[j] < ' ') {
                return 0;
            }
        }
        text_add_string(json, i ? ",\n  \"" : "\n  \"");
        text_add(json, id, (size_t)length);
        text_add_char(json, '"');
    }
    if (PyList_Size(sorted)) {
        text_add_string(json, "\n]");
    }
    return 1;
}

static bool
write_file(const char *path, const struct text *text)
{
    FILE *file = fopen(path, "wb");
    bool is_written = file && fwrite(text_string(text), 1, text->length, file) == text->length;

    return file && fclose(file) == 0 && is_written;
}

/* Through config.cache.set(): makes the folder, escapes, warns where it cannot write. */
static int
save_in_python(struct engine *engine, PyObject *known)
{
    PyObject *cache = PyObject_GetAttrString(engine->config, "cache");
    PyObject *before = cache ? PyObject_CallMethod(cache, "get", "s[]", "cache/nodeids") : NULL;
    PyObject *merged = before ? PyObject_CallMethod(known, "union", "(O)", before) : NULL;
    PyObject *list = merged ? PySequence_List(merged) : NULL;
    PyObject *done =
        list && PyList_Sort(list) == 0 ? PyObject_CallMethod(cache, "set", "sO", "cache/nodeids", list) : NULL;
    Py_XDECREF(list);
    Py_XDECREF(merged);
    Py_XDECREF(before);
    Py_XDECREF(cache);
    return py_status_take(done);
}

int
node_ids_save(struct engine *engine, PyObject *items)
{
    PyObject *path_text = PyUnicode_FromFormat("%U/v/cache/nodeids", cache_room(engine)->directory);
    const char *path = path_text ? py_utf8(path_text) : NULL;
    PyObject *known = path ? PySet_New(NULL) : NULL;
    PyObject *sorted = NULL;
    struct text before = {0};
    struct text after = {0};
    struct error error = ERROR_INIT;
    int status = -1;

    if (!known) {
        goto done;
    }
    bool is_there = file_read(path, MAX_FILE_BYTES, &before, &error);
    int is_ours = is_there ? add_known(known, &before) : 0;
    if (is_ours < 0 || add_items(known, items) < 0) {
        goto done;
    }
    sorted = PySequence_List(known);
    if (!sorted || PyList_Sort(sorted) < 0) {
        goto done;
    }
    int is_formatted = is_ours ? format_ids(sorted, &after) : 0;
    if (is_formatted < 0) {
        goto done;
    }
    bool is_same =
        before.length == after.length && memcmp(text_string(&before), text_string(&after), after.length) == 0;
    if (is_formatted && (is_same || write_file(path, &after))) {
        status = 0;
    } else {
        status = save_in_python(engine, known);
    }
done:
    text_release(&before);
    text_release(&after);
    Py_XDECREF(sorted);
    Py_XDECREF(known);
    Py_XDECREF(path_text);
    return status;
}
