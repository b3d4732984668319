/* Registers the types of src/collect, and runs the items' methods for src/run. */
#include "collect/internal.h"

int
item_runtest(Node *item)
{
    PyObject *argument = (PyObject *)item;

    if (item->kind & NODE_FUNCTION && !(item->kind & NODE_UNITTEST_FUNCTION) &&
        !node_overrides(item, OVERRIDE_RUNTEST)) {
        PyObject *relay = node_relay(item);
        return relay ? hook_notify(relay, HOOK_pyfunc_call, &argument) : -1;
    }
    return py_status_take(PyObject_CallMethod((PyObject *)item, "runtest", NULL));
}

/* ---- Functions for `_pytest.runner` ---- */

static PyObject *
py_collect_one_node(PyObject *module, PyObject *collector)
{
    if (!node_check(state_from_module(module), collector)) {
        return PyErr_Format(PyExc_TypeError, "not a collector: %R", collector);
    }
    return collect_one_node((Node *)collector);
}

static PyObject *
py_call_with_optional_argument(PyObject *module, PyObject *args)
{
    PyObject *function = NULL;
    PyObject *argument = NULL;

    if (!PyArg_ParseTuple(args, "OO", &function, &argument)) {
        return NULL;
    }
    int status = call_with_optional_argument(state_from_module(module), function, argument);
    return py_none_or_error(status);
}

static PyObject *
py_get_real_func(PyObject *module, PyObject *object)
{
    return real_function(state_from_module(module), object);
}

static PyObject *
py_importtestmodule(PyObject *module, PyObject *args)
{
    PyObject *path = NULL;
    PyObject *config = NULL;

    if (!PyArg_ParseTuple(args, "OO!", &path, hooks_types(state_from_module(module))->config, &config)) {
        return NULL;
    }
    PyObject *text = py_path_text(state_from_module(module), path);
    PyObject *result = text ? import_test_module(engine_from_config(config), text) : NULL;
    Py_XDECREF(text);
    return result;
}

PY_NAMED_ONE(py_collect_one_node_named, py_collect_one_node, "collect_one_node", "collector")
PY_NAMED_ONE(py_get_real_func_named, py_get_real_func, "get_real_func", "obj")
static PyMethodDef FUNCTIONS[] = {
    {"collect_one_node", PY_FAST_WITH_KEYWORDS(py_collect_one_node_named),
     "collect_one_node($module, collector)\n--\n\n"},
    {"_call_with_optional_argument", py_call_with_optional_argument, METH_VARARGS,
     "Call the function with the argument if it accepts one, otherwise without arguments."},
    {"get_real_func", PY_FAST_WITH_KEYWORDS(py_get_real_func_named),
     "get_real_func($module, obj)\n--\n\n"
     "Get the real function object of the (possibly) wrapped object by functools.wraps, or functools.partial."},
    {"importtestmodule", py_importtestmodule, METH_VARARGS, "importtestmodule($module, path, config, /)\n--\n\n"},
    PY_END_METHOD,
};

/* ---- Registration ---- */

/* Names that modules (rewritten ones in a mode that pytest has not, too), classes and instances have anyway: no hook is
 * called for them. */
static PyObject *
ignored_attributes(void)
{
    static const char *const MORE[] = {"__builtins__",
                                       "__file__",
                                       "__cached__",
                                       "__loader__",
                                       "__name__",
                                       "__package__",
                                       "__spec__",
                                       "__dict__",
                                       "__module__",
                                       "__weakref__",
                                       "__doc__",
                                       "__firstlineno__",
                                       "__static_attributes__",
                                       "@pytest_ap"};
    PyObject *names = PyObject_Dir((PyObject *)&PyBaseObject_Type);
    PyObject *set = NULL;

    for (size_t i = 0; names && i < COUNT_OF(MORE); i++) {
        if (py_list_append_take(names, PyUnicode_InternFromString(MORE[i])) < 0) {
            Py_CLEAR(names);
        }
    }
    set = names ? PyFrozenSet_New(names) : NULL;
    Py_XDECREF(names);
    return set;
}

static int
fill_room(PyObject *module, struct state *state)
{
    struct collect_room *room = collect_room(state);

    room->object_init = PyObject_GetAttr((PyObject *)&PyBaseObject_Type, state->names.__init__);
    room->object_new = PyObject_GetAttr((PyObject *)&PyBaseObject_Type, state->names.__new__);
    room->ignored_attributes = ignored_attributes();
    room->import_mismatch = PyErr_NewExceptionWithDoc("_pytest.pathlib.ImportPathMismatchError",
                                                      "Raised on import_path() if there is a mismatch of __file__'s.",
                                                      PyExc_ImportError, NULL);
    if (!room->object_init || !room->object_new || !room->ignored_attributes || !room->import_mismatch) {
        return -1;
    }
    if (PyModule_AddObjectRef(module, "IGNORED_ATTRIBUTES", room->ignored_attributes) < 0) {
        return -1;
    }
    return PyModule_AddObjectRef(module, "ImportPathMismatchError", room->import_mismatch);
}

int
collect_add(PyObject *module, struct state *state)
{
    static int (*const ADD[])(PyObject *, struct state *) = {
        fill_room,          session_add,          directory_classes_add, python_classes_add,
        class_add,          function_classes_add, unittest_classes_add,  xunit_add,
        hook_functions_add,
    };

    STATE_ROOM_ADD(state, ROOM_COLLECT, struct collect_room);
    state->upcalls.import_path = module_import_path;
    for (size_t i = 0; i < COUNT_OF(ADD); i++) {
        if (ADD[i](module, state) < 0) {
            return -1;
        }
    }
    return PyModule_AddFunctions(module, FUNCTIONS);
}
