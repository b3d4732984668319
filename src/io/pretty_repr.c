/* An object on one line, as the pretty printer shows what fits: like repr(), within its depth. */
#include "io/pretty.h"

static int add_repr(struct pretty *pretty, struct text *out, PyObject *object, long level);

static bool
is_scalar(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    return type == &PyUnicode_Type || type == &PyLong_Type || type == &PyFloat_Type || object == Py_None ||
           type == &PyBool_Type || type == &PyBytes_Type || type == &PyByteArray_Type || type == &PyComplex_Type;
}

/* Whether the object is of that built-in type and shown by its own repr(). 1, 0, -1. */
static int
has_repr_of(PyObject *object, PyTypeObject *type)
{
    PyObject *own = NULL;
    PyObject *builtin = NULL;
    int is_same = 0;

    if (Py_TYPE(object) == type) {
        return 1;
    }
    if (!PyType_IsSubtype(Py_TYPE(object), type)) {
        return 0;
    }
    own = PyObject_GetAttrString((PyObject *)Py_TYPE(object), "__repr__");
    builtin = own ? PyObject_GetAttrString((PyObject *)type, "__repr__") : NULL;
    is_same = builtin ? own == builtin : -1;
    Py_XDECREF(own);
    Py_XDECREF(builtin);
    return is_same;
}

static int
add_list_repr(struct pretty *pretty, struct text *out, PyObject *list, long level)
{
    PyObject *items = PySequence_List(list);
    int status = items ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(items); i++) {
        text_add_string(out, i ? ", " : "");
        status = add_repr(pretty, out, PyList_GetItem(items, i), level);
    }
    Py_XDECREF(items);
    return status;
}

static int
add_dict_repr(struct pretty *pretty, struct text *out, PyObject *dict, long level)
{
    PyObject *pairs = PyMapping_Items(dict);
    int status = pairs ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(pairs); i++) {
        PyObject *borrowed_pair = PyList_GetItem(pairs, i);
        text_add_string(out, i ? ", " : "");
        status = add_repr(pretty, out, PyTuple_GetItem(borrowed_pair, 0), level);
        if (status == 0) {
            text_add_string(out, ": ");
            status = add_repr(pretty, out, PyTuple_GetItem(borrowed_pair, 1), level);
        }
    }
    Py_XDECREF(pairs);
    return status;
}

static int
add_text_take(struct text *out, PyObject *text)
{
    int status = text ? py_text_add_str(out, text) : -1;
    Py_XDECREF(text);
    return status;
}

/* The kinds that may hold themselves. */
enum one_line_kind { KIND_DICT, KIND_LIST, KIND_TUPLE };

static int
add_container_repr(struct pretty *pretty, struct text *out, PyObject *object, long level, enum one_line_kind kind)
{
    static const char *const LEFT[] = {"{", "[", "("};
    static const char *const RIGHT[] = {"}", "]", ")"};
    Py_ssize_t size = PyObject_Size(object);
    bool is_single = kind == KIND_TUPLE && size == 1;
    int status = 0;

    if (size < 0) {
        return -1;
    }
    if (size && (!pretty->depth || level < pretty->depth) && pretty_is_open(pretty, object)) {
        return add_text_take(out, pretty_recursion_text(object));
    }
    text_add_string(out, LEFT[kind]);
    if (size && pretty->depth && level >= pretty->depth) {
        text_add_string(out, "...");
    } else if (size) {
        pretty_open(pretty, object);
        status = kind == KIND_DICT ? add_dict_repr(pretty, out, object, level + 1)
                                   : add_list_repr(pretty, out, object, level + 1);
        pretty_close(pretty);
    }
    text_add_string(out, is_single ? "," : "");
    text_add_string(out, RIGHT[kind]);
    return status;
}

static int
add_repr(struct pretty *pretty, struct text *out, PyObject *object, long level)
{
    static PyTypeObject *const TYPES[] = {&PyDict_Type, &PyList_Type, &PyTuple_Type};
    int status = -1;

    for (int kind = KIND_DICT; !is_scalar(object) && kind <= KIND_TUPLE; kind++) {
        int is_it = has_repr_of(object, TYPES[kind]);
        if (is_it < 0) {
            return -1;
        }
        if (is_it) {
            if (Py_EnterRecursiveCall(" while pretty-printing")) {
                return -1;
            }
            status = add_container_repr(pretty, out, object, level, (enum one_line_kind)kind);
            Py_LeaveRecursiveCall();
            return status;
        }
    }
    return add_text_take(out, PyObject_Repr(object));
}

PyObject *
pretty_repr(struct pretty *pretty, PyObject *object, long level)
{
    struct text text = {0};
    PyObject *result = add_repr(pretty, &text, object, level) < 0 ? NULL : py_text_from(&text);

    text_release(&text);
    return result;
}

int
pretty_emit_repr(struct pretty *pretty, PyObject *object, long level)
{
    return pretty_emit_take(pretty, pretty_repr(pretty, object, level));
}
