/* Strings: str to C and back. */
#ifndef PY_TEXT_H
#define PY_TEXT_H

#include <Python.h>
#include <stdbool.h>

struct text;  /* base/text.h */
struct state; /* py/state.h */

/* UTF-8 of a str, borrowed as long as the str lives; NULL with an exception for surrogates and for what is no str. */
const char *py_utf8(PyObject *string);
const char *py_utf8_sized(PyObject *string, Py_ssize_t *length_out);

/* A path in the file system's encoding: `holder` owns the bytes. NULL with an exception. */
const char *py_fs_text(PyObject *path, PyObject **holder);

/*
 * The interned str of a C string: a borrowed reference, NULL with an exception. Remembered by the address of the text,
 * so that asking again costs a comparison: for names that are not worth a place in py/names.h.
 */
PyObject *py_literal(struct state *state, const char *text);

/* string == literal, without an exception whatever `object` is. */
bool py_text_equals(PyObject *object, const char *literal);
bool py_text_starts_with(PyObject *object, const char *prefix);

/* first + between + second + after, of str: a new reference. A fifth of what PyUnicode_FromFormat() takes. */
PyObject *py_join(PyObject *first, const char *between, PyObject *second, const char *after);

/* separator.join(parts): a new reference. NULL with an exception, also for parts that are NULL. */
PyObject *py_text_join(const char *separator, PyObject *parts);

PyObject *py_text_from(const struct text *text);

/* str(object) or repr(object) appended; -1 with an exception. Lone surrogates are kept (surrogatepass). */
int py_text_add_str(struct text *text, PyObject *object);
int py_text_add_repr(struct text *text, PyObject *object);

/*
 * A path argument (str or os.PathLike) as str: a new reference. Native code passes paths around as str and makes a
 * pathlib.Path (expensive: it imports pathlib) only for Python code that asks.
 */
PyObject *py_path_text(struct state *state, PyObject *path);

/* pathlib.Path(text): a new reference. Imports pathlib on first use. */
PyObject *py_path_object(struct state *state, PyObject *text);

#endif
