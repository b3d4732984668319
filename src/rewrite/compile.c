/* From source bytes to marshalled code, rewritten or as it is. */
#include <string.h>

#include "base/text.h"
#include "rewrite/internal.h"
#include "rewrite/patch.h"
#include "syntax/syntax.h"

static PyObject *
compile_text(struct state *state, PyObject *source, PyObject *path_text)
{
    /* compile(source, path, "exec", flags=0, dont_inherit=True) */
    struct rewrite_room *room = rewrite_room(state);
    PyObject *args = Py_BuildValue("(OOsii)", source, path_text, "exec", 0, 1);
    PyObject *code = NULL;

    if (args) {
        code = PyObject_Call(room->compile, args, NULL);
        Py_DECREF(args);
    }
    return code;
}

/* The source as UTF-8 without a byte order mark: a new str, or NULL with the decoder's exception. */
static PyObject *
source_decode(const char *bytes, Py_ssize_t length)
{
    struct source_encoding encoding = source_encoding_find(bytes, (size_t)length);

    bytes += encoding.mark_bytes;
    length -= (Py_ssize_t)encoding.mark_bytes;
    if (encoding.is_utf8) {
        return PyUnicode_DecodeUTF8(bytes, length, NULL);
    }
    return PyUnicode_Decode(bytes, length, encoding.name, NULL);
}

static int
warn_about_tuple(PyObject *path_text, uint32_t line)
{
    PyObject *warn = py_import_attr("warnings", "warn_explicit");
    PyObject *category = py_import_attr("_pytest.warning_types", "PytestAssertRewriteWarning");
    PyObject *warning = NULL;
    PyObject *result = NULL;

    if (warn && category) {
        warning = PyObject_CallFunction(category, "s", "assertion is always true, perhaps remove parentheses?");
    }
    if (warning) {
        result = PyObject_CallFunction(warn, "OOOI", warning, Py_None, path_text, (unsigned)line);
    }
    Py_XDECREF(warn);
    Py_XDECREF(category);
    Py_XDECREF(warning);
    return py_status_take(result);
}

static int
warn_about_tuples(const struct rewritten *rewritten, PyObject *path_text)
{
    for (uint32_t i = 0; i < rewritten->place_count; i++) {
        if (rewritten->places[i].is_tuple && warn_about_tuple(path_text, rewritten->places[i].line) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Final names and positions: a new reference to bytes; NULL without an exception when the bytes are not understood. */
static PyObject *
patch_marshalled(struct state *state, const struct rewritten *rewritten, PyObject *marshalled)
{
    struct text out = {0};
    PyObject *patched = NULL;

    if (code_patch(rewritten, python_minor_of(state), python_minor_of(state) >= 11,
                   (const unsigned char *)PyBytes_AsString(marshalled), (size_t)PyBytes_Size(marshalled), &out)) {
        patched = PyBytes_FromStringAndSize(out.bytes, (Py_ssize_t)out.length);
    }
    text_release(&out);
    return patched;
}

/* For tests: how often a source that has assertions could not be rewritten. */
static int
count_fallback(struct state *state)
{
    struct rewrite_room *room = rewrite_room(state);
    PyObject *one = PyLong_FromLong(1);
    PyObject *count = one && room->fallback_count ? PyNumber_Add(room->fallback_count, one) : Py_XNewRef(one);

    Py_XDECREF(one);
    if (!count) {
        return -1;
    }
    py_replace_take(&room->fallback_count, count);
    return 0;
}

/*
 * 1 and marshalled code; 0 without an exception when the source has to be compiled as it is (because nothing is to
 * be rewritten, or because it is not Python: the compiler then says why); -1 with an exception.
 */
static int
compile_rewritten(struct state *state, PyObject *decoded, PyObject *path_text, const struct emit_options *options,
                  PyObject **marshalled_out)
{
    struct rewritten rewritten = {0};
    Py_ssize_t length = 0;
    const char *text = py_utf8_sized(decoded, &length);
    PyObject *source = NULL;
    PyObject *code = NULL;
    PyObject *marshalled = NULL;
    int status = -1;

    if (!text) {
        PyErr_Clear(); /* lone surrogates: no source */
        return 0;
    }
    if (!rewritten_build(&rewritten, text, (size_t)length, options)) {
        status = count_fallback(state);
        goto done;
    }
    if (rewritten.is_disabled || !rewritten.place_count) {
        status = 0;
        goto done;
    }
    if (warn_about_tuples(&rewritten, path_text) < 0) {
        goto done;
    }
    source = py_text_from(&rewritten.source);
    if (!source) {
        goto done;
    }
    code = compile_text(state, source, path_text);
    if (!code) {
        if (PyErr_ExceptionMatches(PyExc_SyntaxError) || PyErr_ExceptionMatches(PyExc_ValueError)) {
            PyErr_Clear();
            status = count_fallback(state);
        }
        goto done;
    }
    marshalled = py_call1(rewrite_room(state)->marshal_dumps, code);
    if (!marshalled) {
        goto done;
    }
    *marshalled_out = patch_marshalled(state, &rewritten, marshalled);
    status = *marshalled_out ? 1 : PyErr_Occurred() ? -1 : count_fallback(state);
done:
    Py_XDECREF(source);
    Py_XDECREF(code);
    Py_XDECREF(marshalled);
    rewritten_release(&rewritten);
    return status;
}

PyObject *
source_compile(struct state *state, PyObject *source, PyObject *path_text, const struct emit_options *options)
{
    char *bytes = NULL;
    Py_ssize_t length = 0;
    PyObject *decoded = NULL;
    PyObject *code = NULL;
    PyObject *marshalled = NULL;
    int status = 0;

    if (PyBytes_AsStringAndSize(source, &bytes, &length) < 0) {
        return NULL;
    }
    if (options && memmem(bytes, (size_t)length, "assert", 6)) {
        decoded = source_decode(bytes, length);
        if (decoded) {
            status = compile_rewritten(state, decoded, path_text, options, &marshalled);
        } else {
            PyErr_Clear(); /* compile() words it */
        }
    }
    if (status == 0) {
        code = compile_text(state, source, path_text);
        if (code) {
            marshalled = py_call1(rewrite_room(state)->marshal_dumps, code);
        }
    }
    Py_XDECREF(decoded);
    Py_XDECREF(code);
    return marshalled;
}
