/* repr() that cannot fail and does not grow without bound (`_pytest._io.saferepr`). */
#include "io/internal.h"

enum {
    DEFAULT_MAX_SIZE = 240,
    MAX_LEVEL = 6,
    MAX_ITEMS = 6,
    MAX_DICT_ITEMS = 4,
    MAX_ARRAY_ITEMS = 5,
    MAX_INT_DIGITS = 40,
    UNLIMITED_STRING = 1000000000,
};

/* What one call of saferepr() was given. */
struct limits {
    struct state *state;
    Py_ssize_t max_size; /* 0: none */
};

static PyObject *repr_any(const struct limits *limits, PyObject *object, int level);

/* ---- Errors inside repr() ---- */

/* An interrupt ends the run, whoever was asked for a representation. */
static bool
error_is_final(void)
{
    return PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) || PyErr_ExceptionMatches(PyExc_SystemExit);
}

static PyObject *
type_name(PyObject *object)
{
    return PyObject_GetAttrString((PyObject *)Py_TYPE(object), "__name__");
}

/* repr(object), or Type("str(object)"). */
static PyObject *
repr_or_str(PyObject *object)
{
    PyObject *result = PyObject_Repr(object);
    PyObject *name = NULL;

    if (result || error_is_final()) {
        return result;
    }
    PyErr_Clear();
    name = type_name(object);
    result = name ? PyUnicode_FromFormat("%U(\"%S\")", name, object) : NULL;
    Py_XDECREF(name);
    return result;
}

/* What stands for an object whose repr() raised; takes `error`. NULL only for what must end the run. */
static PyObject *
describe_failure_take(PyObject *error, PyObject *object)
{
    PyObject *text = repr_or_str(error);
    PyObject *inner = NULL;
    PyObject *name = NULL;
    PyObject *result = NULL;

    Py_DECREF(error);
    if (!text && !error_is_final()) {
        inner = py_error_take();
        PyObject *inner_text = repr_or_str(inner);
        text = inner_text ? PyUnicode_FromFormat("unpresentable exception (%U)", inner_text) : NULL;
        Py_XDECREF(inner_text);
        Py_DECREF(inner);
    }
    name = text ? type_name(object) : NULL;
    if (name) {
        char address[32];
        PyOS_snprintf(address, sizeof address, "%zx", (size_t)object);
        result = PyUnicode_FromFormat("<[%U raised in repr()] %U object at 0x%s>", text, name, address);
    }
    Py_XDECREF(text);
    Py_XDECREF(name);
    return result;
}

/* Turns the exception that is set into a description. */
static PyObject *
failure_text(PyObject *object)
{
    return error_is_final() ? NULL : describe_failure_take(py_error_take(), object);
}

/* ---- Cutting ---- */

static PyObject *
cut(PyObject *text, Py_ssize_t left, Py_ssize_t right)
{
    Py_ssize_t length = PyUnicode_GetLength(text);
    PyObject *start = PyUnicode_Substring(text, 0, left);
    PyObject *end = PyUnicode_Substring(text, length - right, length);
    PyObject *result = start && end ? PyUnicode_FromFormat("%U...%U", start, end) : NULL;

    Py_XDECREF(start);
    Py_XDECREF(end);
    return result;
}

static Py_ssize_t
left_part(Py_ssize_t max_size)
{
    return max_size > 3 ? (max_size - 3) / 2 : 0;
}

static Py_ssize_t
right_part(Py_ssize_t max_size)
{
    Py_ssize_t rest = max_size - 3 - left_part(max_size);
    return rest > 0 ? rest : 0;
}

/* The middle of a long text becomes "...". Takes `text`, which may be NULL. */
static PyObject *
ellipsize_take(PyObject *text, Py_ssize_t max_size)
{
    PyObject *result = NULL;

    if (!text || !max_size || PyUnicode_GetLength(text) <= max_size) {
        return text;
    }
    result = cut(text, left_part(max_size), right_part(max_size));
    Py_DECREF(text);
    return result;
}

/* ---- Kinds of objects ---- */

static PyObject *
repr_instance(const struct limits *limits, PyObject *object)
{
    PyObject *text = PyObject_Repr(object);

    if (!text) {
        text = failure_text(object);
    }
    return ellipsize_take(text, limits->max_size);
}

static PyObject *
repr_int(PyObject *object)
{
    return ellipsize_take(PyObject_Repr(object), MAX_INT_DIGITS);
}

/* Never makes the representation of all of a long text. */
static PyObject *
repr_str(const struct limits *limits, PyObject *object)
{
    Py_ssize_t max = limits->max_size ? limits->max_size : UNLIMITED_STRING;
    Py_ssize_t length = PyObject_Size(object);
    PyObject *part = length < 0 ? NULL : PySequence_GetSlice(object, 0, max < length ? max : length);
    PyObject *text = part ? PyObject_Repr(part) : NULL;
    PyObject *ends[3] = {NULL, NULL, NULL};

    Py_XDECREF(part);
    if (!text || PyUnicode_GetLength(text) <= max) {
        return text;
    }
    Py_CLEAR(text);
    Py_ssize_t left = left_part(max);
    Py_ssize_t right = right_part(max);
    ends[0] = PySequence_GetSlice(object, 0, left < length ? left : length);
    ends[1] = PySequence_GetSlice(object, right < length ? length - right : 0, length);
    ends[2] = ends[0] && ends[1] ? PyNumber_Add(ends[0], ends[1]) : NULL;
    part = ends[2] ? PyObject_Repr(ends[2]) : NULL;
    if (part) {
        text = cut(part, left, right);
    }
    Py_XDECREF(part);
    for (int i = 0; i < 3; i++) {
        Py_XDECREF(ends[i]);
    }
    return text;
}

/* One more element behind what is there. */
static int
add_element(const struct limits *limits, struct text *out, PyObject *element, int level, bool is_first)
{
    PyObject *text = repr_any(limits, element, level);
    int status = -1;

    if (text) {
        text_add_string(out, is_first ? "" : ", ");
        status = py_text_add_str(out, text);
        Py_DECREF(text);
    }
    return status;
}

static int
add_elements(const struct limits *limits, struct text *out, PyObject *object, int level, Py_ssize_t max_count)
{
    PyObject *iterator = PyObject_GetIter(object);
    PyObject *element = NULL;
    int status = iterator ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < max_count; i++) {
        element = PyIter_Next(iterator);
        if (!element) {
            status = PyErr_Occurred() ? -1 : 0;
            break;
        }
        status = add_element(limits, out, element, level, i == 0);
        Py_DECREF(element);
    }
    Py_XDECREF(iterator);
    return status;
}

/* What is written around elements, and how many of them are. */
struct brackets {
    const char *left;
    const char *right;
    Py_ssize_t max_count;
    bool has_trailing_comma; /* behind a single element */
};

static PyObject *
repr_elements(const struct limits *limits, PyObject *object, int level, const struct brackets *brackets)
{
    Py_ssize_t count = PyObject_Size(object);
    struct text out = {0};
    PyObject *result = NULL;

    if (count < 0) {
        return NULL;
    }
    text_add_string(&out, brackets->left);
    if (level <= 0 && count) {
        text_add_string(&out, "...");
    } else {
        if (add_elements(limits, &out, object, level - 1, brackets->max_count) < 0) {
            goto done;
        }
        text_add_string(&out, count > brackets->max_count ? ", ..." : "");
        text_add_string(&out, count == 1 && brackets->has_trailing_comma ? "," : "");
    }
    text_add_string(&out, brackets->right);
    result = py_text_from(&out);
done:
    text_release(&out);
    return result;
}

/* sorted(object), or its own order where its elements cannot be sorted. */
static PyObject *
possibly_sorted(PyObject *object)
{
    PyObject *list = PySequence_List(object);

    if (list && PyList_Sort(list) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_Exception)) {
            Py_DECREF(list);
            return NULL;
        }
        PyErr_Clear();
        Py_DECREF(list);
        list = PySequence_List(object);
    }
    return list;
}

static PyObject *
repr_set(const struct limits *limits, PyObject *object, int level, bool is_frozen)
{
    int has_elements = PyObject_IsTrue(object);
    PyObject *sorted = NULL;
    PyObject *result = NULL;
    const struct brackets brackets = {is_frozen ? "frozenset({" : "{", is_frozen ? "})" : "}", MAX_ITEMS, false};

    if (has_elements <= 0) {
        return has_elements < 0 ? NULL : PyUnicode_FromString(is_frozen ? "frozenset()" : "set()");
    }
    sorted = possibly_sorted(object);
    if (sorted) {
        result = repr_elements(limits, sorted, level, &brackets);
        Py_DECREF(sorted);
    }
    return result;
}

static int
add_pair(const struct limits *limits, struct text *out, PyObject *dict, PyObject *key, int level)
{
    PyObject *key_text = repr_any(limits, key, level);
    PyObject *value = key_text ? PyObject_GetItem(dict, key) : NULL;
    PyObject *value_text = value ? repr_any(limits, value, level) : NULL;
    int status = -1;

    if (value_text && py_text_add_str(out, key_text) == 0) {
        text_add_string(out, ": ");
        status = py_text_add_str(out, value_text);
    }
    Py_XDECREF(key_text);
    Py_XDECREF(value);
    Py_XDECREF(value_text);
    return status;
}

/* In its own order. */
static PyObject *
repr_dict(const struct limits *limits, PyObject *object, int level)
{
    Py_ssize_t count = PyObject_Size(object);
    PyObject *iterator = NULL;
    PyObject *key = NULL;
    struct text out = {0};
    PyObject *result = NULL;

    if (count <= 0 || level <= 0) {
        return count < 0 ? NULL : PyUnicode_FromString(count ? "{...}" : "{}");
    }
    iterator = PyObject_GetIter(object);
    text_add_char(&out, '{');
    for (int i = 0; iterator && i < MAX_DICT_ITEMS && (key = PyIter_Next(iterator)); i++) {
        text_add_string(&out, i ? ", " : "");
        int status = add_pair(limits, &out, object, key, level - 1);
        Py_DECREF(key);
        if (status < 0) {
            Py_CLEAR(iterator);
        }
    }
    if (iterator && !PyErr_Occurred()) {
        text_add_string(&out, count > MAX_DICT_ITEMS ? ", ...}" : "}");
        result = py_text_from(&out);
    }
    Py_XDECREF(iterator);
    text_release(&out);
    return result;
}

static PyObject *
repr_array(const struct limits *limits, PyObject *object, int level)
{
    PyObject *typecode = PyObject_GetAttrString(object, "typecode");
    int has_elements = typecode ? PyObject_IsTrue(object) : -1;
    struct text left = {0};
    PyObject *result = NULL;

    text_add_string(&left, "array('");
    if (has_elements >= 0 && py_text_add_str(&left, typecode) == 0) {
        text_add_string(&left, has_elements ? "', [" : "')");
        result = has_elements ? repr_elements(limits, object, level,
                                              &(struct brackets){left.bytes, "])", MAX_ARRAY_ITEMS, false})
                              : py_text_from(&left);
    }
    text_release(&left);
    Py_XDECREF(typecode);
    return result;
}

static const struct brackets TUPLE = {"(", ")", MAX_ITEMS, true};
static const struct brackets LIST = {"[", "]", MAX_ITEMS, false};
static const struct brackets DEQUE = {"deque([", "])", MAX_ITEMS, false};

/* reprlib goes by the name of the type. */
static PyObject *
repr_by_name(const struct limits *limits, PyObject *object, int level)
{
    PyObject *name = type_name(object);
    PyObject *result = NULL;

    if (!name) {
        return NULL;
    }
    if (py_text_equals(name, "tuple")) {
        result = repr_elements(limits, object, level, &TUPLE);
    } else if (py_text_equals(name, "list")) {
        result = repr_elements(limits, object, level, &LIST);
    } else if (py_text_equals(name, "deque")) {
        result = repr_elements(limits, object, level, &DEQUE);
    } else if (py_text_equals(name, "array")) {
        result = repr_array(limits, object, level);
    } else if (py_text_equals(name, "set") || py_text_equals(name, "frozenset")) {
        result = repr_set(limits, object, level, py_text_equals(name, "frozenset"));
    } else if (py_text_equals(name, "dict")) {
        result = repr_dict(limits, object, level);
    } else if (py_text_equals(name, "str")) {
        result = repr_str(limits, object);
    } else if (py_text_equals(name, "int")) {
        result = repr_int(object);
    } else {
        result = repr_instance(limits, object);
    }
    Py_DECREF(name);
    return result;
}

static PyObject *
repr_any(const struct limits *limits, PyObject *object, int level)
{
    if (PyUnicode_CheckExact(object)) {
        return repr_str(limits, object);
    }
    if (PyLong_CheckExact(object)) {
        return repr_int(object);
    }
    if (PyDict_CheckExact(object)) {
        return repr_dict(limits, object, level);
    }
    return repr_by_name(limits, object, level);
}

/* ---- The interface ---- */

PyObject *
safe_repr(struct state *state, PyObject *object, Py_ssize_t max_size, bool uses_ascii)
{
    const struct limits limits = {state, max_size};
    PyObject *text = uses_ascii ? PyObject_ASCII(object) : repr_any(&limits, object, MAX_LEVEL);

    if (!text) {
        text = failure_text(object);
    }
    return ellipsize_take(text, max_size);
}

PyObject *
safe_repr_unlimited(struct state *Py_UNUSED(state), PyObject *object, bool uses_ascii)
{
    PyObject *text = uses_ascii ? PyObject_ASCII(object) : PyObject_Repr(object);

    if (!text && PyErr_ExceptionMatches(PyExc_Exception)) {
        text = describe_failure_take(py_error_take(), object);
    }
    return text;
}

static int
truth(PyObject *value, bool otherwise)
{
    return value ? PyObject_IsTrue(value) : otherwise;
}

static PyObject *
function_saferepr(PyObject *module, PyObject *const *args, Py_ssize_t given, PyObject *kwnames)
{
    static const char *const NAMES[] = {"obj", "maxsize", "use_ascii", NULL};
    PyObject *values[3];
    Py_ssize_t max_size = DEFAULT_MAX_SIZE;
    int uses_ascii = 0;

    if (py_unpack_arguments("saferepr", args, given, kwnames, NAMES, 3, 1, values) < 0) {
        return NULL;
    }
    uses_ascii = truth(values[2], false);
    if (values[1]) {
        max_size = values[1] == Py_None ? 0 : PyLong_AsSsize_t(values[1]);
    }
    if (uses_ascii < 0 || (max_size == -1 && PyErr_Occurred())) {
        return NULL;
    }
    return safe_repr(state_from_module(module), values[0], max_size, uses_ascii);
}

static PyObject *
function_saferepr_unlimited(PyObject *module, PyObject *const *args, Py_ssize_t given, PyObject *kwnames)
{
    static const char *const NAMES[] = {"obj", "use_ascii", NULL};
    PyObject *values[2];
    int uses_ascii = 0;

    if (py_unpack_arguments("saferepr_unlimited", args, given, kwnames, NAMES, 2, 1, values) < 0) {
        return NULL;
    }
    uses_ascii = truth(values[1], true);
    return uses_ascii < 0 ? NULL : safe_repr_unlimited(state_from_module(module), values[0], uses_ascii);
}

static PyObject *
function_format_repr_exception(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *error = NULL;
    PyObject *object = NULL;

    if (!PyArg_ParseTuple(args, "OO:_format_repr_exception", &error, &object)) {
        return NULL;
    }
    return describe_failure_take(Py_NewRef(error), object);
}

static PyMethodDef FUNCTIONS[] = {
    {"saferepr", PY_FAST_WITH_KEYWORDS(function_saferepr),
     "saferepr($module, obj, maxsize=240, use_ascii=False)\n--\n\n"
     "Return a size-limited safe repr-string for the given object."},
    {"saferepr_unlimited", PY_FAST_WITH_KEYWORDS(function_saferepr_unlimited),
     "saferepr_unlimited($module, obj, use_ascii=True)\n--\n\n"
     "Return an unlimited-size safe repr-string for the given object."},
    {"_format_repr_exception", function_format_repr_exception, METH_VARARGS, NULL},
    PY_END_METHOD,
};

int
safe_repr_add(PyObject *module, struct state *Py_UNUSED(state))
{
    return PyModule_AddFunctions(module, FUNCTIONS);
}
