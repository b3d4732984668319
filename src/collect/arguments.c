/* Arguments of the command line: "path::names[params]" to what collection looks for. */
#include "collect/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "os/folder.h"

/* ---- Paths ---- */

/* Adds the components of `path`, resolving "." and ".." against what `text` holds ("/a/b" or ""). */
static void
add_components(struct text *text, const char *path)
{
    while (*path) {
        const char *end = strchr(path, '/');
        size_t length = end ? (size_t)(end - path) : strlen(path);
        if (length == 2 && path[0] == '.' && path[1] == '.') {
            while (text->length && text->bytes[text->length - 1] != '/') {
                text->length--;
            }
            text->length -= text->length ? 1 : 0;
        } else if (length && !(length == 1 && path[0] == '.')) {
            text_add_char(text, '/');
            text_add(text, path, length);
        }
        path += length + (end ? 1 : 0);
    }
}

PyObject *
path_absolute(PyObject *directory, PyObject *path)
{
    struct text text = {0};
    const char *directory_text = py_utf8(directory);
    const char *path_text = directory_text ? py_utf8(path) : NULL;
    PyObject *result = NULL;

    if (!path_text) {
        /* Surrogates: the slow way knows them. */
        PyErr_Clear();
        PyObject *os_path = PyImport_ImportModule("os.path");
        PyObject *joined = os_path ? PyObject_CallMethod(os_path, "join", "OO", directory, path) : NULL;
        result = joined ? PyObject_CallMethod(os_path, "abspath", "O", joined) : NULL;
        Py_XDECREF(os_path);
        Py_XDECREF(joined);
        return result;
    }
    if (path_text[0] != '/') {
        add_components(&text, directory_text);
    }
    add_components(&text, path_text);
    if (text.length == 0) {
        text_add_char(&text, '/');
    }
    result = py_text_from(&text);
    text_release(&text);
    return result;
}

/* ---- Resolving ---- */

static PyObject *
search_module(struct engine *engine, PyObject *name)
{
    PyObject *search = py_import_attr("_pytest.main", "search_pypath");
    int considers_namespaces = search ? ini_is_true(engine, "consider_namespace_packages") : -1;
    PyObject *args = considers_namespaces >= 0 ? PyTuple_Pack(1, name) : NULL;
    PyObject *kwargs =
        args ? Py_BuildValue("{s:O}", "consider_namespace_packages", considers_namespaces ? Py_True : Py_False) : NULL;
    return py_call_take(search, args, kwargs);
}

/* Splits "base[params]" and "path::names": fills names and params, and stores the path part. */
static int
split_argument(struct engine *engine, struct argument *argument, PyObject **path_out)
{
    Py_ssize_t length = PyUnicode_GetLength(argument->text);
    Py_ssize_t bracket = PyUnicode_FindChar(argument->text, '[', 0, length, 1);
    PyObject *separator = PyUnicode_FromString("::");
    PyObject *base = PyUnicode_Substring(argument->text, 0, bracket < 0 ? length : bracket);
    PyObject *parts = separator && base ? PyUnicode_Split(base, separator, -1) : NULL;
    int status = -1;

    if (!parts) {
        goto done;
    }
    argument->names = PyList_GetSlice(parts, 1, PyList_Size(parts));
    if (!argument->names) {
        goto done;
    }
    if (bracket >= 0) {
        if (PyList_Size(argument->names) == 0) {
            usage_error(engine->state, "path cannot contain [] parametrization: %U", argument->text);
            goto done;
        }
        argument->params = PyUnicode_Substring(argument->text, bracket, length);
        if (!argument->params) {
            goto done;
        }
    }
    *path_out = py_list_item(parts, 0);
    status = 0;
done:
    Py_XDECREF(separator);
    Py_XDECREF(base);
    Py_XDECREF(parts);
    return status;
}

static int
resolve_argument(struct engine *engine, struct argument *argument, bool is_module)
{
    PyObject *path = NULL;
    int status = -1;

    if (split_argument(engine, argument, &path) < 0) {
        return -1;
    }
    if (is_module) {
        PyObject *found = search_module(engine, path);
        if (!found) {
            goto done;
        }
        if (found != Py_None) {
            argument->module_name = path;
            path = found;
        } else {
            Py_DECREF(found);
        }
    }
    argument->path = path_absolute(config_invocation_dir(engine), path);
    if (!argument->path) {
        goto done;
    }
    enum file_kind kind = path_kind(argument->path);
    if (kind == FILE_MISSING) {
        usage_error(engine->state,
                    is_module ? "module or package not found: %U (missing __init__.py?)"
                              : "file or directory not found: %U",
                    argument->text);
    } else if (kind == FILE_FOLDER && PyList_Size(argument->names) > 0) {
        usage_error(engine->state,
                    is_module ? "package argument cannot contain :: selection parts: %U"
                              : "directory argument cannot contain :: selection parts: %U",
                    argument->text);
    } else {
        status = 0;
    }
done:
    Py_XDECREF(path);
    return status;
}

int
arguments_resolve(struct engine *engine, PyObject *args, struct arguments *arguments)
{
    Py_ssize_t count = PySequence_Size(args);
    int is_module = count < 0 ? -1 : option_is_true(engine, "pyargs");

    arguments_release(arguments);
    if (is_module < 0) {
        return -1;
    }
    arguments->items = memory_alloc_zeroed(((size_t)count + 1) * sizeof *arguments->items);
    for (Py_ssize_t i = 0; i < count; i++) {
        struct argument *argument = &arguments->items[arguments->count++];
        PyObject *text = PySequence_GetItem(args, i);
        argument->index = (size_t)i;
        argument->text = text ? PyObject_Str(text) : NULL;
        Py_XDECREF(text);
        if (!argument->text || resolve_argument(engine, argument, is_module == 1) < 0) {
            arguments_release(arguments);
            return -1;
        }
    }
    return 0;
}

static void
argument_release(struct argument *argument)
{
    Py_XDECREF(argument->text);
    Py_XDECREF(argument->path);
    Py_XDECREF(argument->names);
    Py_XDECREF(argument->params);
    Py_XDECREF(argument->module_name);
}

void
arguments_release(struct arguments *arguments)
{
    for (size_t i = 0; i < arguments->count; i++) {
        argument_release(&arguments->items[i]);
    }
    memory_free(arguments->items);
    *arguments = (struct arguments){0};
}

/* ---- Normalising ---- */

/* Paths compare by their components, as pathlib's do: '/' sorts before every other character. */
static int
compare_paths(PyObject *left, PyObject *right)
{
    Py_ssize_t left_length = PyUnicode_GetLength(left);
    Py_ssize_t right_length = PyUnicode_GetLength(right);

    for (Py_ssize_t i = 0; i < left_length && i < right_length; i++) {
        Py_UCS4 a = PyUnicode_ReadChar(left, i);
        Py_UCS4 b = PyUnicode_ReadChar(right, i);
        if (a != b) {
            a = a == '/' ? 0 : a;
            b = b == '/' ? 0 : b;
            return a < b ? -1 : 1;
        }
    }
    return left_length < right_length ? -1 : left_length > right_length;
}

static int
compare_names(PyObject *left, PyObject *right)
{
    Py_ssize_t left_size = PyList_Size(left);
    Py_ssize_t right_size = PyList_Size(right);

    for (Py_ssize_t i = 0; i < left_size && i < right_size; i++) {
        int order = PyUnicode_Compare(PyList_GetItem(left, i), PyList_GetItem(right, i));
        if (order != 0) {
            return order;
        }
    }
    return left_size < right_size ? -1 : left_size > right_size;
}

static int
compare_params(PyObject *left, PyObject *right)
{
    if (!left || !right) {
        return left ? 1 : right ? -1 : 0;
    }
    return PyUnicode_Compare(left, right);
}

static int
compare_arguments(const void *left, const void *right)
{
    const struct argument *a = left;
    const struct argument *b = right;
    int order = compare_paths(a->path, b->path);

    order = order ? order : compare_names(a->names, b->names);
    order = order ? order : compare_params(a->params, b->params);
    return order ? order : a->index < b->index ? -1 : 1; /* stable */
}

static int
compare_indices(const void *left, const void *right)
{
    const struct argument *a = left;
    const struct argument *b = right;
    return a->index < b->index ? -1 : a->index > b->index;
}

static bool
argument_contains(const struct argument *outer, const struct argument *inner)
{
    if (compare_paths(outer->path, inner->path) != 0) {
        PyObject *relative = PyList_Size(outer->names) == 0 ? path_relative(inner->path, outer->path) : NULL;
        Py_XDECREF(relative);
        return relative != NULL;
    }
    Py_ssize_t count = PyList_Size(outer->names);
    if (count > PyList_Size(inner->names)) {
        return false;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        if (PyUnicode_Compare(PyList_GetItem(outer->names, i), PyList_GetItem(inner->names, i)) != 0) {
            return false;
        }
    }
    return !outer->params || (inner->params && PyUnicode_Compare(outer->params, inner->params) == 0);
}

void
arguments_normalize(struct arguments *arguments)
{
    struct argument *items = arguments->items;
    size_t kept = 0;

    if (arguments->count < 2) {
        return;
    }
    qsort(items, arguments->count, sizeof *items, compare_arguments);
    for (size_t i = 0; i < arguments->count; i++) {
        if (kept && argument_contains(&items[kept - 1], &items[i])) {
            argument_release(&items[i]);
        } else {
            items[kept++] = items[i];
        }
    }
    arguments->count = kept;
    qsort(items, kept, sizeof *items, compare_indices);
}
