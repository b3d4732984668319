/* Which modules AssertionRewritingHook rewrites: by their names, by their files, and those that are marked. */
#include "hooks/rewrite_finder.h"

#include <string.h>

#include "base/glob.h"
#include "base/path.h"
#include "base/text.h"
#include "hooks/config_internal.h"

/* ---- by name and file ---- */

/* Whether a marked name is `name` or a package of it: 1, 0, -1. */
static int
is_marked(RewriteHook *self, PyObject *name)
{
    PyObject *borrowed_known = PyDict_GetItemWithError(self->marked_cache, name);
    PyObject *names = NULL;
    int found = 0;

    if (borrowed_known || PyErr_Occurred()) {
        return borrowed_known ? borrowed_known == Py_True : -1;
    }
    names = PySequence_List(self->must_rewrite);
    if (!names) {
        return -1;
    }
    for (Py_ssize_t i = 0; found == 0 && i < PyList_Size(names); i++) {
        PyObject *borrowed_mark = PyList_GetItem(names, i);
        Py_ssize_t length = PyUnicode_GetLength(borrowed_mark);
        if (PyUnicode_Tailmatch(name, borrowed_mark, 0, PY_SSIZE_T_MAX, -1) == 1) {
            found = PyUnicode_GetLength(name) == length || PyUnicode_ReadChar(name, length) == '.';
        }
    }
    Py_DECREF(names);
    return PyDict_SetItem(self->marked_cache, name, found ? Py_True : Py_False) < 0 ? -1 : found;
}

/* A new reference; of anything that only resembles a session, what pytest's sessions have. */
static PyObject *
initial_paths(RewriteHook *self)
{
    PyObject *paths = PyObject_GetAttrString(self->session, "_initial_path_texts");

    if (!paths && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        self->is_foreign_session = true;
        paths = PyObject_GetAttrString(self->session, "_initialpaths");
    }
    return paths;
}

/* Adds the stems of the files given on the command line. */
static int
add_session_names(RewriteHook *self)
{
    struct state *state = state_of((PyObject *)self);
    /* Texts: making pathlib.Path objects would import pathlib, and that comes here. */
    PyObject *paths = initial_paths(self);
    self->has_session_names = true;
    PyObject *list = paths ? PySequence_List(paths) : NULL;
    int status = list ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(list); i++) {
        PyObject *path = py_path_text(state, PyList_GetItem(list, i));
        PyObject *holder = NULL;
        const char *text = path ? py_fs_text(path, &holder) : NULL;
        if (!text) {
            Py_XDECREF(path);
            status = -1;
            break;
        }
        const char *base = path_name(text);
        const char *dot = strrchr(base, '.');
        PyObject *stem =
            PyUnicode_DecodeFSDefaultAndSize(base, dot && dot > base ? dot - base : (Py_ssize_t)strlen(base));
        status = stem ? PySet_Add(self->basenames, stem) : -1;
        Py_XDECREF(stem);
        Py_DECREF(holder);
        Py_DECREF(path);
    }
    Py_XDECREF(paths);
    Py_XDECREF(list);
    return status;
}

static int
has_known_basename(RewriteHook *self, const char *name)
{
    const char *dot = strrchr(name, '.');
    PyObject *last = PyUnicode_DecodeFSDefault(dot ? dot + 1 : name);
    int found = last ? PySet_Contains(self->basenames, last) : -1;

    Py_XDECREF(last);
    return found;
}

int
rewrite_hook_may_rewrite(RewriteHook *self, PyObject *name)
{
    struct text path = {0};
    PyObject *holder = NULL;
    const char *text = py_fs_text(name, &holder);
    int found = text ? 0 : -1;

    if (text && self->session && !self->has_session_names) {
        found = add_session_names(self);
    }
    if (found == 0) {
        found = has_known_basename(self, text);
    }
    if (found != 0) {
        Py_XDECREF(holder);
        return found;
    }
    text_add_format(&path, "%s.py", text);
    Py_DECREF(holder);
    for (size_t i = 0; i + 3 < path.length; i++) {
        path.bytes[i] = path.bytes[i] == '.' ? '/' : path.bytes[i];
    }
    for (Py_ssize_t i = 0; found == 0 && i < PyList_Size(self->patterns); i++) {
        const char *pattern = py_utf8(PyList_GetItem(self->patterns, i));
        found = !pattern ? -1 : strchr(pattern, '/') || glob_match_path(pattern, text_string(&path));
    }
    text_release(&path);
    return found != 0 ? found : is_marked(self, name);
}

static int
is_initial_path(RewriteHook *self, PyObject *path)
{
    PyObject *answer = NULL;
    int truth = 0;

    if (!self->session) {
        return 0;
    }
    PyObject *object = self->is_foreign_session ? py_path_object(state_of((PyObject *)self), path) : Py_NewRef(path);
    answer = object ? PyObject_CallMethod(self->session, "isinitpath", "O", object) : NULL;
    Py_XDECREF(object);
    truth = answer ? PyObject_IsTrue(answer) : -1;
    Py_XDECREF(answer);
    return truth;
}

int
rewrite_hook_should_rewrite(RewriteHook *self, PyObject *name, PyObject *path)
{
    PyObject *holder = NULL;
    const char *text = py_fs_text(path, &holder);
    int found = text ? strcmp(path_name(text), "conftest.py") == 0 : -1;

    if (found == 0) {
        found = is_initial_path(self, path);
    }
    for (Py_ssize_t i = 0; found == 0 && i < PyList_Size(self->patterns); i++) {
        const char *pattern = py_utf8(PyList_GetItem(self->patterns, i));
        found = pattern ? glob_match_path(pattern, text) : -1;
    }
    Py_XDECREF(holder);
    return found != 0 ? found : is_marked(self, name);
}

/* ---- marking ---- */

/* Whether the module says that it does not want to be rewritten: 1, 0, -1. */
static int
is_disabled(struct state *state, PyObject *module)
{
    PyObject *doc = NULL;
    PyObject *word = NULL;
    int found = py_find_attr(state, module, state->names.__doc__, &doc);

    if (found > 0 && PyUnicode_Check(doc)) {
        word = PyUnicode_FromString("PYTEST_DONT_REWRITE");
        found = word ? PyUnicode_Contains(doc, word) : -1;
    } else if (found > 0) {
        found = 0;
    }
    Py_XDECREF(doc);
    Py_XDECREF(word);
    return found;
}

/* Whether such a hook has loaded the module: 1, 0, -1. */
static int
is_loaded_by_hook(RewriteHook *self, PyObject *module)
{
    PyObject *loader = PyObject_GetAttrString(module, "__loader__");
    int is_hook = loader ? PyObject_TypeCheck(loader, Py_TYPE(self)) : -1;

    Py_XDECREF(loader);
    return is_hook;
}

/* Whether the module is imported already, was not rewritten, and does not forbid it: 1, 0, -1. */
static int
is_too_late(RewriteHook *self, PyObject *name)
{
    struct state *state = state_of((PyObject *)self);
    PyObject *module = PyDict_GetItemWithError(PyImport_GetModuleDict(), name);

    if (!module || module == Py_None || PyErr_Occurred()) {
        return PyErr_Occurred() ? -1 : 0;
    }
    int is_known = PyDict_Contains(self->rewritten_names, name);
    /* Modules that the engine itself imported have the names that rewritten code refers to. */
    if (is_known == 0 && PyModule_Check(module)) {
        is_known = PyDict_GetItemString(PyModule_GetDict(module), "@pytest_ar") != NULL;
    }
    if (is_known == 0) {
        is_known = is_disabled(state, module);
    }
    if (is_known == 0) {
        is_known = is_loaded_by_hook(self, module);
    }
    return is_known < 0 ? -1 : !is_known;
}

int
rewrite_hook_mark(RewriteHook *self, PyObject *name, bool is_asked)
{
    int status = is_too_late(self, name);

    if (status > 0 && is_asked) {
        status = py_status_take(PyObject_CallMethod((PyObject *)self, "_warn_already_imported", "O", name));
    } else if (status > 0) {
        status = config_warn(engine_from_config(self->config), "PytestAssertRewriteWarning",
                             "Module already imported so cannot be rewritten; %U", name);
    }
    if (status < 0) {
        return -1;
    }
    PyDict_Clear(self->marked_cache);
    return PySet_Add(self->must_rewrite, name);
}
