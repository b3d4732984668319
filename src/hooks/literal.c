/* The few Python literals that rows of options and ini values use for defaults. */
#include <stdlib.h>
#include <string.h>

#include "hooks/config_internal.h"

static const char *
skip_spaces(const char *text)
{
    while (*text == ' ') {
        text++;
    }
    return text;
}

static PyObject *parse_literal(const char **text_io);

static PyObject *
parse_string(const char **text_io)
{
    char quote = **text_io;
    const char *start = *text_io + 1;
    const char *end = strchr(start, quote);

    if (!end) {
        return PyErr_Format(PyExc_SystemError, "not a literal: %s", *text_io);
    }
    *text_io = end + 1;
    return PyUnicode_DecodeUTF8(start, end - start, NULL);
}

static PyObject *
parse_number(const char **text_io)
{
    size_t length = strspn(*text_io, "+-0123456789.e");
    const char *start = *text_io;
    char *end = NULL;

    *text_io += length;
    if (memchr(start, '.', length)) {
        return PyFloat_FromDouble(strtod(start, &end));
    }
    return PyLong_FromLong(strtol(start, &end, 10));
}

/* [a, b] as a list; (a, b) as a tuple. */
static PyObject *
parse_sequence(const char **text_io, char closing)
{
    PyObject *list = PyList_New(0);
    const char *text = skip_spaces(*text_io + 1);

    while (list && *text != closing) {
        if (py_list_append_take(list, parse_literal(&text)) < 0) {
            Py_CLEAR(list);
            break;
        }
        text = skip_spaces(text);
        if (*text == ',') {
            text = skip_spaces(text + 1);
        }
    }
    *text_io = list ? text + 1 : text;
    if (list && closing == ')') {
        PyObject *tuple = PyList_AsTuple(list);
        Py_DECREF(list);
        return tuple;
    }
    return list;
}

static PyObject *
parse_literal(const char **text_io)
{
    static const char *const WORDS[] = {"None", "True", "False"};
    PyObject *const values[] = {Py_None, Py_True, Py_False};
    const char *text = skip_spaces(*text_io);

    *text_io = text;
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (strncmp(text, WORDS[i], strlen(WORDS[i])) == 0) {
            *text_io += strlen(WORDS[i]);
            return Py_NewRef(values[i]);
        }
    }
    if (*text == '\'' || *text == '"') {
        return parse_string(text_io);
    }
    if (*text == '[' || *text == '(') {
        return parse_sequence(text_io, *text == '[' ? ']' : ')');
    }
    if (*text == '+' || *text == '-' || (*text >= '0' && *text <= '9')) {
        return parse_number(text_io);
    }
    return PyErr_Format(PyExc_SystemError, "not a literal: %s", text);
}

PyObject *
literal_value(const char *text)
{
    return parse_literal(&text);
}
