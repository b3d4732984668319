/* v/cache/nodeids: every test id ever seen, a sorted JSON list as json.dumps(indent=2) writes it. */
#include <stdio.h>
#include <string.h>

#include "base/table.h"
#include "base/text.h"
#include "discover/discover.h"
#include "os/file.h"
#include "os/source_file.h"
#include "plugins/cacheprovider/internal.h"

enum { MAX_FILE_BYTES = 256 * 1024 * 1024 };

/* The next string of a list of strings without escapes: 1, 0 at the end, -1 for a file that is not of our writing. */
static int
next_id(const char **at, const char **id, size_t *length)
{
    const char *start = strchr(*at, '"');

    if (!start) {
        return 0;
    }
    *id = start + 1;
    *length = strcspn(*id, "\"\\");
    *at = *id + *length + 1;
    return (*id)[*length] == '"' ? 1 : -1;
}

/* The string that begins at or behind `at`; false when there is none of our format. */
static bool
string_at(const struct text *file, size_t at, const char **id, size_t *length)
{
    const char *end = file->bytes + file->length;
    const char *line = memchr(file->bytes + at, '\n', file->length - at);
    const char *quote = line && end - line > 4 && memcmp(line, "\n  \"", 4) == 0 ? line + 4 : NULL;
    const char *close = quote ? memchr(quote, '"', (size_t)(end - quote)) : NULL;

    *id = quote;
    *length = close ? (size_t)(close - quote) : 0;
    return close;
}

/* Whether the sorted list of our own writing holds the id: halving the file, as few ids are asked for. */
static bool
holds_sorted(const struct text *file, const char *id, size_t length)
{
    size_t low = 0;
    size_t high = file->length;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *found = NULL;
        size_t found_length = 0;
        if (!string_at(file, middle, &found, &found_length)) {
            high = middle;
            continue;
        }
        int order = memcmp(id, found, length < found_length ? length : found_length);
        order = order ? order : (length > found_length) - (length < found_length);
        if (order == 0) {
            return true;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = (size_t)(found - file->bytes) + found_length;
        }
    }
    return false;
}

enum { FEW_ITEMS = 100 };

/* The same question for few items, where the list is as we write it; false: not known. */
static bool
holds_few(const struct text *file, PyObject *items)
{
    if (PyList_Size(items) > FEW_ITEMS) {
        return false;
    }
    for (Py_ssize_t i = 0; i < PyList_Size(items); i++) {
        Py_ssize_t size = 0;
        PyObject *borrowed_id = node_nodeid((Node *)PyList_GetItem(items, i));
        const char *utf8 = borrowed_id ? py_utf8_sized(borrowed_id, &size) : NULL;
        if (!utf8) {
            PyErr_Clear(); /* whoever looks closer says so */
            return 0;
        }
        if (memchr(utf8, '"', (size_t)size) || memchr(utf8, '\\', (size_t)size) ||
            !holds_sorted(file, utf8, (size_t)size)) {
            return false;
        }
    }
    return true;
}

/* Whether the file, of our own writing, holds the ids of all items: the usual case, found without making an object. */
static int
holds_all(const struct text *file, PyObject *items)
{
    struct table known = {0};
    const char *at = text_string(file);
    const char *id = NULL;
    size_t length = 0;
    int found = 0;
    int answer = 1;

    if (holds_few(file, items)) {
        return 1;
    }
    while ((found = next_id(&at, &id, &length)) > 0) {
        table_set(&known, id, length, &known);
    }
    for (Py_ssize_t i = 0; found == 0 && answer == 1 && i < PyList_Size(items); i++) {
        Py_ssize_t size = 0;
        PyObject *borrowed_id = node_nodeid((Node *)PyList_GetItem(items, i));
        const char *utf8 = borrowed_id ? py_utf8_sized(borrowed_id, &size) : NULL;
        if (!borrowed_id) {
            answer = -1;
        } else if (!utf8) {
            PyErr_Clear(); /* surrogates: the json module decides */
            answer = 0;
        } else {
            answer = table_find(&known, utf8, (size_t)size) != NULL;
        }
    }
    table_release(&known);
    return found < 0 ? 0 : answer;
}

/* Adds the strings of our own format to the set; 1, or 0 for a file that somebody else wrote (it is replaced). */
static int
add_known(PyObject *known, const struct text *file)
{
    const char *at = text_string(file);
    const char *start = NULL;
    size_t length = 0;
    int found = 0;

    while ((found = next_id(&at, &start, &length)) > 0) {
        PyObject *id = PyUnicode_DecodeUTF8(start, (Py_ssize_t)length, NULL);
        int status = id ? PySet_Add(known, id) : -1;
        Py_XDECREF(id);
        if (status < 0) {
            return -1;
        }
    }
    return found == 0;
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

/* The folder of the file, within a whole cache folder. False: Python says why. */
static bool
make_folders(struct engine *engine, const char *path)
{
    const char *directory = py_utf8(cache_room(engine)->directory);
    struct text folder = {0};
    bool is_made = directory && cache_folder_make(directory);

    if (is_made) {
        text_add(&folder, path, (size_t)(strrchr(path, '/') - path));
        is_made = folder_make(folder.bytes);
    }
    text_release(&folder);
    return is_made;
}

/* Writes the ids of the file and of the items, which are not all in it. */
static int
write_merged(struct engine *engine, const char *path, const struct text *before, bool is_there, PyObject *items)
{
    PyObject *known = PySet_New(NULL);
    PyObject *sorted = NULL;
    struct text after = {0};
    int status = -1;

    if (!known) {
        goto done;
    }
    int is_ours = is_there ? add_known(known, before) : !file_exists(path) && make_folders(engine, path);
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
    status = is_formatted && write_file(path, &after) ? 0 : save_in_python(engine, known);
done:
    text_release(&after);
    Py_XDECREF(sorted);
    Py_XDECREF(known);
    return status;
}

int
node_ids_save(struct engine *engine, PyObject *items)
{
    PyObject *path_text = PyUnicode_FromFormat("%U/v/cache/nodeids", cache_room(engine)->directory);
    const char *path = path_text ? py_utf8(path_text) : NULL;
    struct text before = {0};
    struct error error = ERROR_INIT;
    int status = -1;

    if (path) {
        bool is_there = file_read(path, MAX_FILE_BYTES, &before, &error);
        int is_known = is_there && before.length ? holds_all(&before, items) : 0;
        status = is_known ? (is_known < 0 ? -1 : 0) : write_merged(engine, path, &before, is_there, items);
    }
    text_release(&before);
    Py_XDECREF(path_text);
    return status;
}
