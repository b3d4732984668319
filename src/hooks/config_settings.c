/* Config: the settings that act before plugins are loaded: minversion, required_plugins, pythonpath. */
#include <string.h>

#include "base/text.h"
#include "hooks/config_internal.h"

/* ---- minversion ---- */

/* "7", "7.2", "7.2.1": compares with the version whose behaviour this is. 1 newer, 0 not, -1 not so plain. */
static int
is_newer_version(const char *text)
{
    static const long OURS[] = {9, 2, 0};
    int order = 0;

    for (size_t i = 0; i < COUNT_OF(OURS); i++) {
        size_t digits = strspn(text, "0123456789");
        long number = 0;
        if (!digits || digits > 6) {
            return -1;
        }
        for (size_t j = 0; j < digits; j++) {
            number = number * 10 + (text[j] - '0');
        }
        order = order ? order : (number > OURS[i]) - (number < OURS[i]);
        text += digits;
        if (!*text) {
            return order > 0;
        }
        if (*text++ != '.') {
            return -1;
        }
    }
    return -1;
}

int
config_check_minversion(Config *config)
{
    PyObject *minversion = ini_get(config->engine, "minversion");
    int truth = minversion ? PyObject_IsTrue(minversion) : -1;
    const char *text = truth > 0 && PyUnicode_Check(minversion) ? py_utf8(minversion) : NULL;
    PyObject *done = NULL;

    if (truth > 0 && !(text && is_newer_version(text) == 0)) {
        PyErr_Clear();
        done = config_call_python("_check_minversion", (PyObject *)config, minversion, NULL);
        truth = done ? 1 : -1;
    }
    Py_XDECREF(minversion);
    Py_XDECREF(done);
    return truth < 0 ? -1 : 0;
}

int
config_check_required_plugins(Config *config)
{
    PyObject *required = ini_get(config->engine, "required_plugins");
    int truth = required ? PyObject_IsTrue(required) : -1;
    PyObject *done = NULL;

    if (truth > 0) {
        done = config_call_python("_check_required_plugins", (PyObject *)config, required, NULL);
        truth = done ? 1 : -1;
    }
    Py_XDECREF(required);
    Py_XDECREF(done);
    return truth < 0 ? -1 : 0;
}

/* ---- pythonpath ---- */

/* str(Path(folder) / word): no empty parts, no "." */
static PyObject *
join_path(PyObject *folder, PyObject *word)
{
    struct text joined = {0};
    struct text clean = {0};
    PyObject *result = NULL;

    if (!py_text_starts_with(word, "/")) {
        if (py_text_add_str(&joined, folder) < 0) {
            goto done;
        }
        text_add_char(&joined, '/');
    }
    if (py_text_add_str(&joined, word) < 0) {
        goto done;
    }
    for (const char *at = text_string(&joined); *at;) {
        at += strspn(at, "/");
        size_t length = strcspn(at, "/");
        if (length && !(length == 1 && *at == '.')) {
            text_add_char(&clean, '/');
            text_add(&clean, at, length);
        }
        at += length;
    }
    if (!clean.length) {
        text_add_char(&clean, '/');
    }
    result = py_text_from(&clean);
done:
    text_release(&joined);
    text_release(&clean);
    return result;
}

/* The folders of `pythonpath` as a list of str. What is wrong, getini() says; else no pathlib.Path is made. */
static PyObject *
python_paths(Config *config)
{
    PyObject *words = config_ini_words(config, "pythonpath");
    PyObject *folder = NULL;
    PyObject *list = NULL;

    if (!words || PyList_Size(words) == 0) {
        return words;
    }
    folder = config_folder_of_settings(config);
    list = folder ? PyList_New(0) : NULL;
    for (Py_ssize_t i = 0; list && i < PyList_Size(words); i++) {
        if (py_list_append_take(list, join_path(folder, PyList_GetItem(words, i))) < 0) {
            Py_CLEAR(list);
        }
    }
    Py_DECREF(words);
    Py_XDECREF(folder);
    return list;
}

/* Takes each folder out of sys.path once, wherever it stands by now. */
static void
shorten_python_path(struct engine *Py_UNUSED(engine), void *memory)
{
    PyObject *paths = memory;
    PyObject *pending = py_error_take();
    PyObject *borrowed_sys_path = PySys_GetObject("path");

    for (Py_ssize_t i = 0; borrowed_sys_path && PyList_Check(borrowed_sys_path) && i < PyList_Size(paths); i++) {
        Py_ssize_t position = PySequence_Index(borrowed_sys_path, PyList_GetItem(paths, i));
        if (position < 0 || PySequence_DelItem(borrowed_sys_path, position) < 0) {
            PyErr_Clear(); /* somebody removed it before */
        }
    }
    Py_DECREF(paths);
    if (pending) {
        py_error_restore_take(pending);
    }
}

int
config_extend_python_path(Config *config)
{
    PyObject *paths = python_paths(config);
    PyObject *borrowed_sys_path = PySys_GetObject("path");
    int status = paths ? 0 : -1;

    if (!paths || PyList_Size(paths) == 0 || !borrowed_sys_path || !PyList_Check(borrowed_sys_path)) {
        Py_XDECREF(paths);
        return status;
    }
    for (Py_ssize_t i = PyList_Size(paths) - 1; status == 0 && i >= 0; i--) {
        status = PyList_Insert(borrowed_sys_path, 0, PyList_GetItem(paths, i));
    }
    if (status < 0 || config_add_cleanup(config->engine, shorten_python_path, paths) < 0) {
        Py_DECREF(paths);
        return -1;
    }
    return 0;
}
