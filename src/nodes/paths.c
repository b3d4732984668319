/* Path arithmetic on str, as pathlib would do it, without pathlib. */
#include "nodes/internal.h"

#include "base/text.h"

/* Length of the directory part of `text` in bytes, "/" itself included when it is the root. */
static PyObject *
slice(PyObject *path, Py_ssize_t start, Py_ssize_t end)
{
    return PyUnicode_Substring(path, start, end);
}

static Py_ssize_t
last_separator(PyObject *path)
{
    Py_ssize_t length = PyUnicode_GetLength(path);
    return PyUnicode_FindChar(path, '/', 0, length, -1);
}

PyObject *
path_directory(PyObject *path)
{
    Py_ssize_t position = last_separator(path);

    if (position < 0) {
        return PyUnicode_FromString(".");
    }
    return slice(path, 0, position ? position : 1);
}

PyObject *
path_name(PyObject *path)
{
    return slice(path, last_separator(path) + 1, PyUnicode_GetLength(path));
}

PyObject *
path_join(PyObject *directory, const char *name)
{
    const char *separator = last_separator(directory) == PyUnicode_GetLength(directory) - 1 ? "" : "/";
    return PyUnicode_FromFormat("%U%s%s", directory, separator, name);
}

PyObject *
path_relative(PyObject *path, PyObject *base)
{
    Py_ssize_t base_length = PyUnicode_GetLength(base);
    Py_ssize_t length = PyUnicode_GetLength(path);

    if (path == base || PyUnicode_Compare(path, base) == 0) {
        return PyUnicode_FromString(".");
    }
    if (base_length == 1 && PyUnicode_ReadChar(base, 0) == '/') {
        base_length = 0;
    } else if (length <= base_length || PyUnicode_Tailmatch(path, base, 0, base_length, -1) != 1) {
        return NULL;
    }
    if (PyUnicode_ReadChar(path, base_length) != '/') {
        return NULL;
    }
    return slice(path, base_length + 1, length);
}

/* Component-wise common prefix of two absolute paths, in characters of either. */
static Py_ssize_t
common_length(const char *left, const char *right)
{
    Py_ssize_t last = 0;
    Py_ssize_t i = 0;

    for (; left[i] && left[i] == right[i]; i++) {
        if (left[i] == '/') {
            last = i;
        }
    }
    if ((!left[i] && (right[i] == '/' || !right[i])) || (!right[i] && left[i] == '/')) {
        last = i;
    }
    return last;
}

static PyObject *
relative_with_parents(const char *directory, const char *path)
{
    struct text text = {0};
    Py_ssize_t common = common_length(directory, path);
    const char *rest = path + common;

    for (const char *level = directory + common; *level; level++) {
        if (level[0] == '/' && level[1]) {
            text_add_string(&text, text.length ? "/.." : "..");
        }
    }
    while (*rest == '/') {
        rest++;
    }
    if (*rest) {
        text_add_string(&text, text.length ? "/" : "");
        text_add_string(&text, rest);
    }
    PyObject *result = py_text_from(&text);
    text_release(&text);
    return result;
}

PyObject *
path_best_relative(struct engine *engine, PyObject *path)
{
    PyObject *borrowed_root = config_rootpath(engine);
    PyObject *relative = borrowed_root ? path_relative(path, borrowed_root) : NULL;

    if (relative || PyErr_Occurred()) {
        return relative;
    }
    const char *root = py_utf8(borrowed_root);
    const char *text = py_utf8(path);
    if (!root || !text) {
        PyErr_Clear(); /* surrogates: the absolute path is as good */
        return Py_NewRef(path);
    }
    if (text[0] != '/') {
        /* As os.path.abspath would make it. */
        PyObject *abspath = py_import_attr("os.path", "abspath");
        PyObject *absolute = abspath ? py_call1(abspath, path) : NULL;
        relative = absolute ? path_best_relative(engine, absolute) : NULL;
        Py_XDECREF(abspath);
        Py_XDECREF(absolute);
        return relative;
    }
    return relative_with_parents(root, text);
}
