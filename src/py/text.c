/* Strings between Python and C. */
#include "py/text.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "py/py.h"

const char *
py_utf8(PyObject *string)
{
    return PyUnicode_AsUTF8AndSize(string, NULL);
}

const char *
py_utf8_sized(PyObject *string, Py_ssize_t *length_out)
{
    return PyUnicode_AsUTF8AndSize(string, length_out);
}

const char *
py_fs_text(PyObject *path, PyObject **holder)
{
    const char *text = py_utf8(path);

    if (text) {
        *holder = Py_NewRef(path);
        return text;
    }
    PyErr_Clear(); /* surrogates stand for bytes that are no UTF-8 */
    *holder = PyUnicode_EncodeFSDefault(path);
    return *holder ? PyBytes_AsString(*holder) : NULL;
}

/* The slot that holds `text`, found by its address, or the free one where it belongs. NULL: a free one only. */
static struct literal *
literal_slot(const struct literals *literals, const char *address, const char *text)
{
    size_t i = (uintptr_t)address ^ (uintptr_t)address >> 8;

    for (;; i++) {
        struct literal *slot = &literals->slots[i & (literals->capacity - 1)];
        /* The address alone would not do: a buffer may be used again. */
        if (!slot->string || (text && slot->address == address && strcmp(slot->text, text) == 0)) {
            return slot;
        }
    }
}

static void
literals_grow(struct literals *literals)
{
    struct literals larger = {.capacity = literals->capacity ? 2 * literals->capacity : 256, .count = literals->count};

    larger.slots = memory_alloc_zeroed(larger.capacity * sizeof *larger.slots);
    for (size_t i = 0; i < literals->capacity; i++) {
        if (literals->slots[i].string) {
            *literal_slot(&larger, literals->slots[i].address, NULL) = literals->slots[i];
        }
    }
    memory_free(literals->slots);
    *literals = larger;
}

PyObject *
py_literal(struct state *state, const char *text)
{
    struct literals *literals = &state->literals;

    if (2 * literals->count >= literals->capacity) {
        literals_grow(literals);
    }
    struct literal *slot = literal_slot(literals, text, text);
    if (!slot->string) {
        PyObject *string = PyUnicode_InternFromString(text);
        slot->text = string ? py_utf8(string) : NULL;
        if (!slot->text) {
            Py_XDECREF(string);
            return NULL;
        }
        slot->address = text;
        slot->string = string;
        literals->count++;
    }
    return slot->string;
}

bool
py_text_equals(PyObject *object, const char *literal)
{
    return object && PyUnicode_Check(object) && PyUnicode_CompareWithASCIIString(object, literal) == 0;
}

bool
py_text_starts_with(PyObject *object, const char *prefix)
{
    Py_ssize_t length = 0;

    if (!object || !PyUnicode_Check(object)) {
        return false;
    }
    const char *text = PyUnicode_AsUTF8AndSize(object, &length);
    if (!text) {
        PyErr_Clear();
        return false;
    }
    size_t wanted = strlen(prefix);
    return (size_t)length >= wanted && memcmp(text, prefix, wanted) == 0;
}

PyObject *
py_join(PyObject *first, const char *between, PyObject *second, const char *after)
{
    char buffer[512];
    Py_ssize_t first_length = 0;
    Py_ssize_t second_length = 0;
    size_t between_length = strlen(between);
    size_t after_length = strlen(after);
    const char *head = PyUnicode_AsUTF8AndSize(first, &first_length);
    const char *tail = head ? PyUnicode_AsUTF8AndSize(second, &second_length) : NULL;
    size_t length = (size_t)first_length + between_length + (size_t)second_length + after_length;

    if (!tail || length > sizeof buffer) {
        PyErr_Clear(); /* surrogates */
        return PyUnicode_FromFormat("%U%s%U%s", first, between, second, after);
    }
    memcpy(buffer, head, (size_t)first_length);
    memcpy(buffer + first_length, between, between_length);
    memcpy(buffer + (size_t)first_length + between_length, tail, (size_t)second_length);
    memcpy(buffer + length - after_length, after, after_length);
    return PyUnicode_FromStringAndSize(buffer, (Py_ssize_t)length);
}

PyObject *
py_text_join(const char *separator, PyObject *parts)
{
    PyObject *between = parts ? PyUnicode_FromString(separator) : NULL;
    PyObject *joined = between ? PyUnicode_Join(between, parts) : NULL;

    Py_XDECREF(between);
    return joined;
}

PyObject *
py_text_from(const struct text *text)
{
    return PyUnicode_DecodeUTF8(text_string(text), (Py_ssize_t)text->length, "surrogatepass");
}

static int
text_add_take(struct text *text, PyObject *string)
{
    Py_ssize_t length = 0;
    const char *bytes = NULL;
    PyObject *encoded = NULL;
    int status = -1;

    if (!string) {
        return -1;
    }
    bytes = PyUnicode_AsUTF8AndSize(string, &length);
    if (bytes) {
        text_add(text, bytes, (size_t)length);
        status = 0;
        goto done;
    }
    PyErr_Clear();
    encoded = PyUnicode_AsEncodedString(string, "utf-8", "surrogatepass");
    if (encoded) {
        text_add(text, PyBytes_AsString(encoded), (size_t)PyBytes_Size(encoded));
        status = 0;
    }
done:
    Py_XDECREF(encoded);
    Py_DECREF(string);
    return status;
}

int
py_text_add_str(struct text *text, PyObject *object)
{
    return text_add_take(text, PyObject_Str(object));
}

int
py_text_add_repr(struct text *text, PyObject *object)
{
    return text_add_take(text, PyObject_Repr(object));
}

PyObject *
py_path_text(struct state *state, PyObject *path)
{
    PyObject *fspath = NULL;
    PyObject *text = NULL;

    if (PyUnicode_Check(path)) {
        return Py_NewRef(path);
    }
    if (py_find_attr(state, path, state->names.__fspath__, &fspath) < 0) {
        return NULL;
    }
    if (!fspath) {
        return PyErr_Format(PyExc_TypeError, "expected str or os.PathLike object, not %R", Py_TYPE(path));
    }
    text = PyObject_CallNoArgs(fspath);
    Py_DECREF(fspath);
    return text;
}

PyObject *
py_path_object(struct state *state, PyObject *text)
{
    /* Kept, as modules keep what they import: somebody may have taken pathlib out of sys.modules for a while. */
    if (!state->path_type) {
        state->path_type = py_import_attr("pathlib", "Path");
    }
    return state->path_type ? py_call1(state->path_type, text) : NULL;
}
