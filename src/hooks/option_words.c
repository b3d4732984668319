/* What each word of a command line is, before it is known which words are values of options. */
#include "hooks/option_words.h"

#include <string.h>

#include "base/text.h"
#include "os/file.h"

enum { MAX_ARGUMENT_FILE_BYTES = 16 * 1024 * 1024, MAX_ARGUMENT_FILE_DEPTH = 20 };

/* argparse's pattern for words that look like options and are numbers. */
static bool
is_negative_number(const char *text)
{
    const char *digits = text + 1;
    size_t whole = strspn(digits, "0123456789");

    if (!digits[whole]) {
        return whole > 0;
    }
    if (digits[whole] != '.') {
        return false;
    }
    size_t fraction = strspn(digits + whole + 1, "0123456789");
    return fraction > 0 && !digits[whole + 1 + fraction];
}

static struct word
read_option_word(Parser *parser, const char *text, size_t length)
{
    struct word word = {.kind = WORD_OPTION, .is_long = text[1] == '-'};
    const char *equals = NULL;

    word.argument = parser_find_named(parser, text, length);
    if (word.argument) {
        return word;
    }
    equals = memchr(text, '=', length);
    word.argument = equals ? parser_find_named(parser, text, (size_t)(equals - text)) : NULL;
    if (word.argument) {
        word.joined = equals + 1;
        word.has_equals = true;
        return word;
    }
    if (!word.is_long) {
        if (parser->has_odd_names) {
            word.kind = WORD_ODD;
            return word;
        }
        word.argument = parser_find_named(parser, text, 2);
        if (word.argument) {
            word.joined = text + 2;
            return word;
        }
    }
    if (is_negative_number(text)) {
        word.kind = parser->has_odd_names ? WORD_ODD : WORD_POSITIONAL;
    } else {
        word.kind = memchr(text, ' ', length) ? WORD_POSITIONAL : WORD_UNKNOWN;
    }
    return word;
}

static struct word
read_word(Parser *parser, PyObject *arg)
{
    Py_ssize_t length = 0;
    const char *text = py_utf8_sized(arg, &length);

    if (!text) {
        PyErr_Clear(); /* surrogates: a file name in another encoding */
        bool is_dash = PyUnicode_ReadChar(arg, 0) == '-';
        return (struct word){.kind = is_dash ? WORD_ODD : WORD_POSITIONAL};
    }
    if (text[0] != '-' || !text[1]) {
        return (struct word){.kind = WORD_POSITIONAL};
    }
    return read_option_word(parser, text, (size_t)length);
}

bool
option_words_read(Parser *parser, PyObject *args, struct word *words)
{
    Py_ssize_t count = PyList_Size(args);
    bool is_after_dashes = false;

    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *borrowed_arg = PyList_GetItem(args, i);
        if (!PyUnicode_Check(borrowed_arg)) {
            return false;
        }
        if (is_after_dashes) {
            bool is_dash = py_text_starts_with(borrowed_arg, "-");
            words[i] = (struct word){.kind = is_dash ? WORD_ODD : WORD_POSITIONAL};
        } else if (py_text_equals(borrowed_arg, "--")) {
            /* Only a first "--" with plain words behind it is the same in every argparse. */
            is_after_dashes = true;
            words[i] = (struct word){.kind = WORD_OPTION};
        } else {
            words[i] = read_word(parser, borrowed_arg);
        }
        if (words[i].kind == WORD_ODD) {
            return false;
        }
    }
    return true;
}

static bool expand_into(PyObject *list, PyObject *args, unsigned depth);

/* The lines of the file behind "@", which may name files themselves. */
static bool
expand_file(PyObject *list, PyObject *arg, unsigned depth)
{
    struct text bytes = {0};
    struct error error = ERROR_INIT;
    PyObject *name = PyUnicode_EncodeFSDefault(arg);
    PyObject *content = NULL;
    PyObject *lines = NULL;
    bool is_expanded = false;

    if (name && file_read(PyBytes_AsString(name) + 1, MAX_ARGUMENT_FILE_BYTES, &bytes, &error)) {
        content = PyUnicode_DecodeFSDefaultAndSize(text_string(&bytes), (Py_ssize_t)bytes.length);
        lines = content ? PyUnicode_Splitlines(content, 0) : NULL;
        is_expanded = lines && expand_into(list, lines, depth + 1);
    }
    PyErr_Clear(); /* argparse will say what is wrong */
    text_release(&bytes);
    Py_XDECREF(name);
    Py_XDECREF(content);
    Py_XDECREF(lines);
    return is_expanded;
}

static bool
expand_into(PyObject *list, PyObject *args, unsigned depth)
{
    for (Py_ssize_t i = 0; i < PyList_Size(args); i++) {
        PyObject *borrowed_arg = PyList_GetItem(args, i);
        if (py_text_starts_with(borrowed_arg, "@")) {
            if (depth > MAX_ARGUMENT_FILE_DEPTH || !expand_file(list, borrowed_arg, depth)) {
                return false;
            }
        } else if (PyList_Append(list, borrowed_arg) < 0) {
            return false;
        }
    }
    return true;
}

PyObject *
option_words_expand(PyObject *args)
{
    PyObject *list = NULL;
    bool has_file = false;

    for (Py_ssize_t i = 0; i < PyList_Size(args) && !has_file; i++) {
        has_file = py_text_starts_with(PyList_GetItem(args, i), "@");
    }
    if (!has_file) {
        return Py_NewRef(args);
    }
    list = PyList_New(0);
    if (list && !expand_into(list, args, 0)) {
        Py_CLEAR(list);
    }
    return list;
}
