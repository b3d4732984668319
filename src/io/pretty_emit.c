/* What the pretty printer writes, within its bounds, and which objects it is inside of. */
#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "io/pretty.h"

static Py_ssize_t
count_lines(const char *utf8, size_t length)
{
    Py_ssize_t count = 0;
    for (size_t i = 0; i < length; i++) {
        count += utf8[i] == '\n';
    }
    return count;
}

/* Each piece is written whole, and the bounds looked at after it. */
static int
pretty_emit(struct pretty *pretty, const char *utf8, size_t length)
{
    text_add(&pretty->out, utf8, length);
    if (pretty->max_chars >= 0) {
        pretty->char_count += (Py_ssize_t)utf8_length(utf8, length);
    }
    if (pretty->max_lines >= 0) {
        pretty->line_count += count_lines(utf8, length);
    }
    return (pretty->max_lines >= 0 && pretty->line_count >= pretty->max_lines) ||
           (pretty->max_chars >= 0 && pretty->char_count >= pretty->max_chars);
}

int
pretty_emit_string(struct pretty *pretty, const char *string)
{
    return pretty_emit(pretty, string, strlen(string));
}

int
pretty_emit_object(struct pretty *pretty, PyObject *string)
{
    struct text text = {0};
    Py_ssize_t length = 0;
    const char *utf8 = PyUnicode_AsUTF8AndSize(string, &length);
    int status = -1;

    if (utf8) {
        return pretty_emit(pretty, utf8, (size_t)length);
    }
    if (PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) {
        PyErr_Clear();
        if (py_text_add_str(&text, string) == 0) {
            status = pretty_emit(pretty, text.bytes, text.length);
        }
    }
    text_release(&text);
    return status;
}

int
pretty_emit_take(struct pretty *pretty, PyObject *string)
{
    int status = string ? pretty_emit_object(pretty, string) : -1;
    Py_XDECREF(string);
    return status;
}

int
pretty_emit_newline(struct pretty *pretty, long indent)
{
    struct text text = {0};
    int status = 0;

    text_add_char(&text, '\n');
    text_add_repeated(&text, ' ', indent > 0 ? (size_t)indent : 0);
    status = pretty_emit(pretty, text.bytes, text.length);
    text_release(&text);
    return status;
}

/* ---- Objects that are being written ---- */

bool
pretty_is_open(const struct pretty *pretty, PyObject *object)
{
    for (size_t i = 0; i < pretty->context_count; i++) {
        if (pretty->context[i] == object) {
            return true;
        }
    }
    return false;
}

void
pretty_open(struct pretty *pretty, PyObject *object)
{
    if (pretty->context_count == pretty->context_capacity) {
        pretty->context_capacity = pretty->context_capacity ? pretty->context_capacity * 2 : 16;
        pretty->context = memory_resize(pretty->context, pretty->context_capacity * sizeof *pretty->context);
    }
    pretty->context[pretty->context_count++] = object;
}

PyObject *
pretty_recursion_text(PyObject *object)
{
    PyObject *name = PyObject_GetAttrString((PyObject *)Py_TYPE(object), "__name__");
    PyObject *id = name ? PyLong_FromVoidPtr(object) : NULL;
    PyObject *text = id ? PyUnicode_FromFormat("<Recursion on %U with id=%S>", name, id) : NULL;

    Py_XDECREF(name);
    Py_XDECREF(id);
    return text;
}
