/* Modules of _pytest that are there before their code runs: plugin objects, and what tools look for in sys.modules. */
#include <string.h>

#include "base/text.h"
#include "hooks/finder.h"
#include "os/file.h"

int
private_source(struct state *state, const char *name, PyObject **path_out, bool *is_package_out)
{
    struct text path = {0};
    const char *folder = py_utf8(hooks_room(state)->private_folder);
    bool is_package = false;
    int found = 0;

    *path_out = NULL;
    if (!folder) {
        return -1;
    }
    text_add_format(&path, "%s/%s", folder, name);
    for (char *dot = path.bytes + strlen(folder); *dot; dot++) {
        *dot = *dot == '.' ? '/' : *dot;
    }
    size_t length = path.length;
    text_add_string(&path, ".py");
    if (!file_exists(text_string(&path))) {
        path.bytes[path.length = length] = '\0';
        text_add_string(&path, "/__init__.py");
        is_package = true;
    }
    if (file_exists(text_string(&path))) {
        *path_out = PyUnicode_FromString(text_string(&path));
        found = *path_out ? 1 : -1;
    }
    if (is_package_out) {
        *is_package_out = is_package;
    }
    text_release(&path);
    return found;
}

PyObject *
lazy_module(struct state *state, const char *name)
{
    struct hooks_room *room = hooks_room(state);
    PyObject *module = NULL;
    PyObject *key = PyUnicode_InternFromString(name);

    if (!key || py_dict_find(room->lazy_modules, key, &module) != 0) {
        Py_XDECREF(key);
        return module;
    }
    module = py_call1((PyObject *)room->lazy_module, key);
    if (module && (PyDict_SetItem(room->lazy_modules, key, module) < 0 || PySet_Add(room->lazy_pending, key) < 0)) {
        Py_CLEAR(module);
    }
    Py_DECREF(key);
    return module;
}

/* ---- running the code ---- */

/* SourceFileLoader(name, path).get_code(name): from its .pyc when that holds. A new reference. */
static PyObject *
source_code(PyObject *name, PyObject *path, PyObject **loader_out)
{
    PyObject *type = py_import_attr("_frozen_importlib_external", "SourceFileLoader");
    PyObject *code = NULL;

    *loader_out = type ? py_call2(type, name, path) : NULL;
    if (*loader_out) {
        code = PyObject_CallMethod(*loader_out, "get_code", "O", name);
    }
    Py_XDECREF(type);
    return code;
}

/* The module-level names that an import sets, for a module that was in sys.modules from the start. */
static int
set_module_names(PyObject *dict, PyObject *path, PyObject *loader)
{
    PyObject *old = PyDict_GetItemString(dict, "__loader__");

    if (!PyDict_GetItemString(dict, "__file__") && PyDict_SetItemString(dict, "__file__", path) < 0) {
        return -1;
    }
    if ((!old || old == Py_None) && PyDict_SetItemString(dict, "__loader__", loader) < 0) {
        return -1;
    }
    PyObject *builtins = PyEval_GetBuiltins();
    return PyDict_GetItemString(dict, "__builtins__") ? 0 : PyDict_SetItemString(dict, "__builtins__", builtins);
}

static int
run_code(struct state *state, PyObject *module, PyObject *name)
{
    PyObject *dict = PyModule_GetDict(module);
    const char *text = py_utf8(name);
    PyObject *path = NULL;
    PyObject *loader = NULL;
    PyObject *code = NULL;
    PyObject *result = NULL;
    int found = text ? private_source(state, text, &path, NULL) : -1;

    if (found == 0) {
        PyErr_Format(PyExc_ModuleNotFoundError, "No module named %R", name);
    }
    if (found > 0) {
        code = source_code(name, path, &loader);
    }
    if (code && set_module_names(dict, path, loader) == 0) {
        result = PyEval_EvalCode(code, dict, dict);
    }
    Py_XDECREF(path);
    Py_XDECREF(loader);
    Py_XDECREF(code);
    return py_status_take(result);
}

/* Runs what was taken out of `from`; a failure makes the next touch try again. 0 or -1. */
static int
run_if_in(struct state *state, PyObject *module, PyObject *from)
{
    PyObject *name = Py_XNewRef(PyDict_GetItemString(PyModule_GetDict(module), "__name__"));
    int status = name ? PySet_Discard(from, name) : -1;

    if (status > 0) {
        status = run_code(state, module, name);
        if (status < 0) {
            PyObject *error = py_error_take();
            PySet_Add(hooks_room(state)->lazy_pending, name);
            py_error_restore_take(error);
        }
    }
    Py_XDECREF(name);
    return status < 0 ? -1 : 0;
}

int
lazy_module_start(struct state *state, PyObject *module)
{
    struct hooks_room *room = hooks_room(state);
    PyObject *name = PyDict_GetItemString(PyModule_GetDict(module), "__name__");
    int was_pending = name ? PySet_Discard(room->lazy_pending, name) : -1;

    if (was_pending > 0) {
        return PySet_Add(room->lazy_importing, name);
    }
    return was_pending;
}

int
lazy_module_finish(struct state *state, PyObject *module)
{
    return run_if_in(state, module, hooks_room(state)->lazy_importing);
}

/* Touched before it ran: as an import of it, or in place when it is in sys.modules already. */
static int
import_self(struct state *state, PyObject *module, PyObject *name)
{
    PyObject *borrowed_present = PyDict_GetItemWithError(PyImport_GetModuleDict(), name);
    PyObject *imported = NULL;

    if (borrowed_present == module) {
        return run_if_in(state, module, hooks_room(state)->lazy_pending);
    }
    imported = PyImport_Import(name);
    return py_status_take(imported);
}

/* ---- the type ---- */

/* What import machinery, repr() and isinstance() look at does not run the code. */
static bool
is_harmless(PyObject *name)
{
    static const char *const NAMES[] = {"__name__",   "__class__", "__spec__",   "__package__",
                                        "__loader__", "__path__",  "__cached__", "__file__"};

    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (py_text_equals(name, NAMES[i])) {
            return true;
        }
    }
    return false;
}

/* __file__ of a module whose code has not run. 0 or -1. */
static int
tell_file(struct state *state, PyObject *module, PyObject *module_name)
{
    PyObject *dict = PyModule_GetDict(module);
    PyObject *path = NULL;
    const char *text = PyDict_GetItemString(dict, "__file__") ? NULL : py_utf8(module_name);
    int status = text ? private_source(state, text, &path, NULL) : 0;

    if (status > 0) {
        status = PyDict_SetItemString(dict, "__file__", path);
    }
    Py_XDECREF(path);
    return status < 0 || PyErr_Occurred() ? -1 : 0;
}

static PyObject *
lazy_getattro(PyObject *op, PyObject *name)
{
    getattrofunc generic = (getattrofunc)PyType_GetSlot(&PyModule_Type, Py_tp_getattro);
    struct state *state = state_of(op);
    PyObject *pending = hooks_room(state)->lazy_pending;

    if (pending && PySet_Size(pending) > 0) {
        PyObject *borrowed_own = PyDict_GetItemString(PyModule_GetDict(op), "__name__");
        int is_pending = borrowed_own ? PySet_Contains(pending, borrowed_own) : 0;
        bool is_there =
            is_pending > 0 &&
            (is_harmless(name) || (!py_text_starts_with(name, "__") && PyDict_GetItem(PyModule_GetDict(op), name)));
        if (is_pending > 0 && py_text_equals(name, "__file__") && tell_file(state, op, borrowed_own) < 0) {
            return NULL;
        }
        if (is_pending > 0 && !is_there) {
            PyObject *own = Py_NewRef(borrowed_own);
            int status = import_self(state, op, own);
            Py_DECREF(own);
            if (status < 0) {
                return NULL;
            }
        }
    }
    return generic(op, name);
}

/* As importlib words it, also before the code has run. */
static PyObject *
lazy_repr(PyObject *op)
{
    struct state *state = state_of(op);
    PyObject *dict = PyModule_GetDict(op);
    PyObject *name = PyDict_GetItemString(dict, "__name__");
    PyObject *path = Py_XNewRef(PyDict_GetItemString(dict, "__file__"));
    PyObject *text = NULL;
    const char *name_text = name && PyUnicode_Check(name) ? py_utf8(name) : NULL;

    if (!path && name_text && private_source(state, name_text, &path, NULL) < 0) {
        return NULL;
    }
    text = path ? PyUnicode_FromFormat("<module %R from %R>", name, path) : PyUnicode_FromFormat("<module %R>", name);
    Py_XDECREF(path);
    return text;
}

static PyType_Slot LAZY_SLOTS[] = {
    PY_SLOT(tp_repr, lazy_repr),
    PY_SLOT(tp_getattro, lazy_getattro),
    PY_END_SLOT,
};

static PyType_Spec LAZY_SPEC = {
    .name = "fastest._fastest.LazyModule",
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = LAZY_SLOTS,
};

int
lazy_module_add_type(PyObject *module, struct state *state)
{
    struct hooks_room *room = hooks_room(state);

    room->lazy_module = py_type_add(module, &LAZY_SPEC, (PyObject *)&PyModule_Type);
    room->lazy_modules = PyDict_New();
    room->lazy_pending = PySet_New(NULL);
    room->lazy_importing = PySet_New(NULL);
    return room->lazy_module && room->lazy_modules && room->lazy_pending && room->lazy_importing ? 0 : -1;
}
