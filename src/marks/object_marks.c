/* Marks on Python objects: `pytestmark` of functions, classes and modules, read and written. */
#include "marks/internal.h"

/* Appends what a `pytestmark` holds, a mark or a list of them, normalised. */
static int
append_normalized(struct state *state, PyObject *list, PyObject *value)
{
    if (!PyList_Check(value)) {
        return py_list_append_take(list, mark_normalize(state, value));
    }
    for (Py_ssize_t i = 0; i < PyList_Size(value); i++) {
        PyObject *item = py_list_item(value, i);
        int status = py_list_append_take(list, mark_normalize(state, item));
        Py_DECREF(item);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

static int
append_class_own(struct state *state, PyObject *list, PyObject *cls)
{
    PyObject *dict = PyObject_GetAttr(cls, state->names.__dict__);
    PyObject *value =
        dict ? PyObject_CallMethodObjArgs(dict, state->names.get, state->names.pytestmark, state->missing, NULL) : NULL;
    int status = !value ? -1 : value == state->missing ? 0 : append_normalized(state, list, value);

    Py_XDECREF(value);
    Py_XDECREF(dict);
    return status;
}

static int
append_class_all(struct state *state, PyObject *list, PyObject *cls)
{
    PyObject *mro = PyObject_GetAttr(cls, state->names.__mro__);
    int status = mro ? 0 : -1;

    for (Py_ssize_t i = mro ? PyTuple_Size(mro) - 1 : -1; i >= 0 && status == 0; i--) {
        status = append_class_own(state, list, PyTuple_GetItem(mro, i));
    }
    Py_XDECREF(mro);
    return status;
}

static int
append_marks(struct state *state, PyObject *list, PyObject *object, bool consider_mro, PyObject *value)
{
    if (PyType_Check(object)) {
        return consider_mro ? append_class_all(state, list, object) : append_class_own(state, list, object);
    }
    if (value == Py_None) {
        return py_warn("PytestCollectionWarning", 1,
                       "Module defines a `__getattr__` which returns None for 'pytestmark' instead of raising "
                       "AttributeError. Make sure `__getattr__` raises AttributeError for attributes it does not "
                       "provide. See https://github.com/pytest-dev/pytest/issues/8265");
    }
    return append_normalized(state, list, value);
}

int
marks_of_object(struct state *state, PyObject *object, bool consider_mro, PyObject **list_out)
{
    PyObject *value = NULL;
    PyObject *list = NULL;
    int found = py_find_attr(state, object, state->names.pytestmark, &value);

    *list_out = NULL;
    if (found <= 0) {
        return found;
    }
    list = PyList_New(0);
    if (!list || append_marks(state, list, object, consider_mro, value) < 0) {
        Py_CLEAR(list);
    }
    Py_DECREF(value);
    if (!list) {
        return -1;
    }
    if (PyList_Size(list) == 0) {
        Py_DECREF(list);
        return 0;
    }
    *list_out = list;
    return 1;
}

int
marks_store(struct state *state, PyObject *object, PyObject *mark)
{
    PyObject *list = NULL;
    int status = -1;

    if (state->upcalls.is_fixture && state->upcalls.is_fixture(state, object)) {
        outcome_fail(state, true,
                     "Marks cannot be applied to fixtures.\n"
                     "See docs: https://docs.pytest.org/en/stable/deprecations.html"
                     "#applying-a-mark-to-a-fixture-function");
        return -1;
    }
    /* Always a new list: the one there may be inherited, or shared with a wrapped function. */
    if (marks_of_object(state, object, false, &list) < 0) {
        return -1;
    }
    if (!list) {
        list = PyList_New(0);
    }
    if (list && PyList_Append(list, mark) == 0) {
        status = PyObject_SetAttr(object, state->names.pytestmark, list);
    }
    Py_XDECREF(list);
    return status;
}

static PyObject *
get_unpacked_marks(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"obj", "consider_mro", NULL};
    PyObject *values[2];
    PyObject *list = NULL;
    int mro = 1;

    if (py_unpack_tuple("get_unpacked_marks", args, kwargs, NAMES, 1, 1, values) < 0) {
        return NULL;
    }
    mro = values[1] ? PyObject_IsTrue(values[1]) : 1;
    if (mro < 0 || marks_of_object(state_from_module(module), values[0], mro > 0, &list) < 0) {
        return NULL;
    }
    return list ? list : PyList_New(0);
}

static PyObject *
normalize_mark_list(PyObject *module, PyObject *marks)
{
    struct state *state = state_from_module(module);
    PyObject *list = PyList_New(0);
    PyObject *iterator = list ? PyObject_GetIter(marks) : NULL;
    PyObject *item = NULL;

    while (iterator && (item = PyIter_Next(iterator))) {
        int status = py_list_append_take(list, mark_normalize(state, item));
        Py_DECREF(item);
        if (status < 0) {
            break;
        }
    }
    Py_XDECREF(iterator);
    if (PyErr_Occurred()) {
        Py_CLEAR(list);
    }
    return list;
}

static PyObject *
store_mark(PyObject *module, PyObject *args)
{
    struct state *state = state_from_module(module);
    PyObject *object = NULL;
    PyObject *mark = NULL;

    if (!PyArg_UnpackTuple(args, "store_mark", 2, 2, &object, &mark)) {
        return NULL;
    }
    if (!mark_check(state, mark)) {
        PyErr_SetObject(PyExc_AssertionError, mark);
        return NULL;
    }
    if (marks_store(state, object, mark) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PY_NAMED_ONE(normalize_mark_list_named, normalize_mark_list, "normalize_mark_list", "mark_list")
static PyMethodDef FUNCTIONS[] = {
    {"get_unpacked_marks", PY_WITH_KEYWORDS(get_unpacked_marks),
     "get_unpacked_marks($module, obj, *, consider_mro=True)\n--\n\n"
     "Obtain the unpacked marks that are stored on an object."},
    {"normalize_mark_list", PY_FAST_WITH_KEYWORDS(normalize_mark_list_named),
     "normalize_mark_list($module, mark_list)\n--\n\n"
     "The Mark behind each mark or decorator, as a list."},
    {"store_mark", store_mark, METH_VARARGS,
     "store_mark($module, obj, mark, /)\n--\n\n"
     "Store a Mark on an object."},
    PY_END_METHOD,
};

int
object_marks_add_functions(PyObject *module)
{
    return PyModule_AddFunctions(module, FUNCTIONS);
}
