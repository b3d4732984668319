/* What the pretty printer knows of containers and their relatives. */
#include "io/pretty.h"

/* object.__class__.__name__: a new str. */
static PyObject *
class_name(PyObject *object)
{
    PyObject *type = PyObject_GetAttrString(object, "__class__");
    PyObject *name = type ? PyObject_GetAttrString(type, "__name__") : NULL;

    Py_XDECREF(type);
    return name;
}

/* "Name" and what follows it, as one piece. */
static int
emit_class_name(struct pretty *pretty, PyObject *object, const char *suffix)
{
    PyObject *name = class_name(object);
    PyObject *text = name ? PyUnicode_FromFormat("%U%s", name, suffix) : NULL;

    Py_XDECREF(name);
    return pretty_emit_take(pretty, text);
}

/* ---- Items ---- */

static int
emit_item(struct pretty *pretty, PyObject *item, long indent, long level)
{
    int status = pretty_emit_newline(pretty, indent);

    if (status == 0) {
        status = pretty_object(pretty, item, (struct place){indent, 1, level});
    }
    return status == 0 ? pretty_emit_string(pretty, ",") : status;
}

static int
pretty_items(struct pretty *pretty, PyObject *iterable, struct place place)
{
    PyObject *iterator = PyObject_GetIter(iterable);
    PyObject *item = NULL;
    bool is_empty = true;
    int status = iterator ? 0 : -1;

    while (status == 0 && (item = PyIter_Next(iterator))) {
        is_empty = false;
        status = emit_item(pretty, item, place.indent + pretty->indent_per_level, place.level);
        Py_DECREF(item);
    }
    Py_XDECREF(iterator);
    if (status == 0 && PyErr_Occurred()) {
        return -1;
    }
    return status == 0 && !is_empty ? pretty_emit_newline(pretty, place.indent) : status;
}

static int
emit_pair(struct pretty *pretty, PyObject *key, PyObject *value, long indent, long level)
{
    int status = pretty_emit_newline(pretty, indent);

    if (status == 0) {
        status = pretty_emit_repr(pretty, key, level);
    }
    if (status == 0) {
        status = pretty_emit_string(pretty, ": ");
    }
    if (status == 0) {
        status = pretty_object(pretty, value, (struct place){indent, 1, level});
    }
    return status == 0 ? pretty_emit_string(pretty, ",") : status;
}

/* `pairs`: iterable of (key, value). */
static int
emit_pairs(struct pretty *pretty, PyObject *pairs, struct place place)
{
    PyObject *iterator = PyObject_GetIter(pairs);
    PyObject *pair = NULL;
    bool is_empty = true;
    int status = iterator ? 0 : -1;

    while (status == 0 && (pair = PyIter_Next(iterator))) {
        PyObject *key = PySequence_GetItem(pair, 0);
        PyObject *value = key ? PySequence_GetItem(pair, 1) : NULL;
        is_empty = false;
        status = value ? emit_pair(pretty, key, value, place.indent + pretty->indent_per_level, place.level) : -1;
        Py_XDECREF(key);
        Py_XDECREF(value);
        Py_DECREF(pair);
    }
    Py_XDECREF(iterator);
    if (status == 0 && PyErr_Occurred()) {
        return -1;
    }
    return status == 0 && !is_empty ? pretty_emit_newline(pretty, place.indent) : status;
}

static int
emit_attribute(struct pretty *pretty, PyObject *name, PyObject *value, long indent, long level)
{
    long name_length = (long)PyUnicode_GetLength(name);
    int status = pretty_emit_newline(pretty, indent);

    if (status == 0) {
        status = pretty_emit_object(pretty, name);
    }
    if (status == 0) {
        status = pretty_emit_string(pretty, "=");
    }
    if (status == 0) {
        status = pretty_is_open(pretty, value)
                     ? pretty_emit_string(pretty, "...")
                     : pretty_object(pretty, value, (struct place){indent + name_length + 1, 1, level});
    }
    return status == 0 ? pretty_emit_string(pretty, ",") : status;
}

/* `names` and `values` belong together: lists. */
static int
emit_attributes(struct pretty *pretty, PyObject *names, PyObject *values, struct place place)
{
    Py_ssize_t count = PyList_Size(names);
    int status = 0;

    for (Py_ssize_t i = 0; status == 0 && i < count; i++) {
        PyObject *name = py_list_item(names, i);
        PyObject *value = py_list_item(values, i);
        status = emit_attribute(pretty, name, value, place.indent + pretty->indent_per_level, place.level);
        Py_DECREF(name);
        Py_DECREF(value);
    }
    return status == 0 && count ? pretty_emit_newline(pretty, place.indent) : status;
}

/* ---- Built-in containers ---- */

static int
emit_dict_pairs(struct pretty *pretty, PyObject *object, struct place place)
{
    PyObject *pairs = PyMapping_Items(object);
    int status = pairs ? emit_pairs(pretty, pairs, place) : -1;

    Py_XDECREF(pairs);
    return status;
}

static int
pretty_dict(struct pretty *pretty, PyObject *object, struct place place)
{
    int status = pretty_emit_string(pretty, "{");

    if (status == 0) {
        status = emit_dict_pairs(pretty, object, place);
    }
    return status == 0 ? pretty_emit_string(pretty, "}") : status;
}

static int
between(struct pretty *pretty, PyObject *object, struct place place, const char *left, const char *right)
{
    int status = pretty_emit_string(pretty, left);

    if (status == 0) {
        status = pretty_items(pretty, object, place);
    }
    return status == 0 ? pretty_emit_string(pretty, right) : status;
}

static int
pretty_list(struct pretty *pretty, PyObject *object, struct place place)
{
    return between(pretty, object, place, "[", "]");
}

static int
pretty_tuple(struct pretty *pretty, PyObject *object, struct place place)
{
    return between(pretty, object, place, "(", ")");
}

/* sorted(object); where elements cannot be compared by the names of their types. */
static PyObject *
sorted_elements(PyObject *object)
{
    PyObject *list = PySequence_List(object);
    PyObject *function = NULL;

    if (!list || PyList_Sort(list) == 0) {
        return list;
    }
    Py_CLEAR(list);
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        function = py_import_attr("_pytest._io.pprint", "_sorted_by_type");
        list = function ? py_call1(function, object) : NULL;
        Py_XDECREF(function);
    }
    return list;
}

static int
pretty_set(struct pretty *pretty, PyObject *object, struct place place)
{
    PyObject *elements = NULL;
    Py_ssize_t count = PyObject_Size(object);
    bool is_plain = Py_TYPE(object) == &PySet_Type;
    int status = 0;

    if (count <= 0) {
        return count < 0 ? -1 : pretty_emit_take(pretty, PyObject_Repr(object));
    }
    status = is_plain ? pretty_emit_string(pretty, "{") : emit_class_name(pretty, object, "({");
    if (status == 0) {
        elements = sorted_elements(object);
        status = elements ? pretty_items(pretty, elements, place) : -1;
        Py_XDECREF(elements);
    }
    return status == 0 ? pretty_emit_string(pretty, is_plain ? "}" : "})") : status;
}

static int
pretty_mappingproxy(struct pretty *pretty, PyObject *object, struct place place)
{
    PyObject *copy = PyObject_CallMethod(object, "copy", NULL);
    int status = copy ? pretty_emit_string(pretty, "mappingproxy(") : -1;

    if (status == 0) {
        status = pretty_object(pretty, copy, place);
    }
    Py_XDECREF(copy);
    return status == 0 ? pretty_emit_string(pretty, ")") : status;
}

static int
pretty_namespace(struct pretty *pretty, PyObject *object, struct place place)
{
    PyObject *dict = PyObject_GetAttrString(object, "__dict__");
    PyObject *names = dict ? PyMapping_Keys(dict) : NULL;
    PyObject *values = names ? PyMapping_Values(dict) : NULL;
    PyObject *base = py_import_attr("types", "SimpleNamespace");
    int status = -1;

    if (values && base) {
        status = (PyObject *)Py_TYPE(object) == base ? pretty_emit_string(pretty, "namespace(")
                                                     : emit_class_name(pretty, object, "(");
    }
    if (status == 0) {
        status = emit_attributes(pretty, names, values, place);
    }
    Py_XDECREF(dict);
    Py_XDECREF(names);
    Py_XDECREF(values);
    Py_XDECREF(base);
    return status == 0 ? pretty_emit_string(pretty, ")") : status;
}

/* ---- collections ---- */

/* Name({...}) */
static int
pretty_dict_with_class(struct pretty *pretty, PyObject *object, struct place place)
{
    Py_ssize_t count = PyObject_Size(object);
    int status = 0;

    if (count <= 0) {
        return count < 0 ? -1 : pretty_emit_take(pretty, PyObject_Repr(object));
    }
    status = emit_class_name(pretty, object, "(");
    if (status == 0) {
        status = pretty_dict(pretty, object, place);
    }
    return status == 0 ? pretty_emit_string(pretty, ")") : status;
}

static int
pretty_defaultdict(struct pretty *pretty, PyObject *object, struct place place)
{
    PyObject *factory = PyObject_GetAttrString(object, "default_factory");
    PyObject *factory_text = factory ? pretty_repr(pretty, factory, place.level) : NULL;
    PyObject *name = factory_text ? class_name(object) : NULL;
    PyObject *start = name ? PyUnicode_FromFormat("%U(%U, ", name, factory_text) : NULL;
    int status = pretty_emit_take(pretty, start);

    Py_XDECREF(factory);
    Py_XDECREF(factory_text);
    Py_XDECREF(name);
    if (status == 0) {
        status = pretty_dict(pretty, object, place);
    }
    return status == 0 ? pretty_emit_string(pretty, ")") : status;
}

static int
emit_counts(struct pretty *pretty, PyObject *object, struct place place)
{
    PyObject *pairs = PyObject_CallMethod(object, "most_common", NULL);
    int status = pairs ? pretty_emit_string(pretty, "{") : -1;

    if (status == 0) {
        status = emit_pairs(pretty, pairs, place);
    }
    Py_XDECREF(pairs);
    return status == 0 ? pretty_emit_string(pretty, "}") : status;
}

static int
pretty_counter(struct pretty *pretty, PyObject *object, struct place place)
{
    int has_items = PyObject_IsTrue(object);
    int status = has_items < 0 ? -1 : emit_class_name(pretty, object, "(");

    if (status == 0 && has_items) {
        status = emit_counts(pretty, object, place);
    }
    return status == 0 ? pretty_emit_string(pretty, ")") : status;
}

/* A chain of nothing is shown on one line. */
static int
chain_is_empty(PyObject *maps)
{
    Py_ssize_t count = PyObject_Size(maps);
    Py_ssize_t first_count = 0;
    PyObject *first = NULL;

    if (count != 1) {
        return count < 0 ? -1 : count == 0;
    }
    first = PySequence_GetItem(maps, 0);
    first_count = first ? PyObject_Size(first) : -1;
    Py_XDECREF(first);
    return first_count < 0 ? -1 : first_count == 0;
}

static int
pretty_chain_map(struct pretty *pretty, PyObject *object, struct place place)
{
    PyObject *maps = PyObject_GetAttrString(object, "maps");
    int is_empty = maps ? chain_is_empty(maps) : -1;
    int status = is_empty < 0 ? -1 : 0;

    if (is_empty > 0) {
        status = pretty_emit_take(pretty, PyObject_Repr(object));
    } else if (is_empty == 0) {
        status = emit_class_name(pretty, object, "(");
        if (status == 0) {
            status = pretty_items(pretty, maps, place);
        }
        if (status == 0) {
            status = pretty_emit_string(pretty, ")");
        }
    }
    Py_XDECREF(maps);
    return status;
}

static int
pretty_deque(struct pretty *pretty, PyObject *object, struct place place)
{
    PyObject *max_length = PyObject_GetAttrString(object, "maxlen");
    int status = max_length ? emit_class_name(pretty, object, "(") : -1;

    if (status == 0 && max_length != Py_None) {
        status = pretty_emit_take(pretty, PyUnicode_FromFormat("maxlen=%S, ", max_length));
    }
    Py_XDECREF(max_length);
    place.allowance++;
    return status == 0 ? between(pretty, object, place, "[", "])") : status;
}

/* UserDict and the like are shown as what they hold. */
static int
pretty_user_data(struct pretty *pretty, PyObject *object, struct place place)
{
    PyObject *data = PyObject_GetAttrString(object, "data");
    int status = -1;

    if (data) {
        place.level--;
        status = pretty_object(pretty, data, place);
        Py_DECREF(data);
    }
    return status;
}

/* ---- Data classes ---- */

int
pretty_dataclass(struct pretty *pretty, PyObject *object, struct place place)
{
    PyObject *function = py_import_attr("_pytest._io.pprint", "_shown_fields");
    PyObject *fields = function ? py_call1(function, object) : NULL;
    PyObject *names = fields ? PySequence_GetItem(fields, 0) : NULL;
    PyObject *values = names ? PySequence_GetItem(fields, 1) : NULL;
    int status = values ? emit_class_name(pretty, object, "(") : -1;

    if (status == 0) {
        status = emit_attributes(pretty, names, values, place);
    }
    Py_XDECREF(function);
    Py_XDECREF(fields);
    Py_XDECREF(names);
    Py_XDECREF(values);
    return status == 0 ? pretty_emit_string(pretty, ")") : status;
}

/* The built-ins first: these rows need no import. */
const struct pretty_type PRETTY_TYPES[] = {
    {"_pprint_dict", pretty_dict, NULL, "dict"},
    {"_pprint_list", pretty_list, NULL, "list"},
    {"_pprint_tuple", pretty_tuple, NULL, "tuple"},
    {"_pprint_set", pretty_set, NULL, "set"},
    {"_pprint_set", pretty_set, NULL, "frozenset"},
    {"_pprint_str", pretty_str, NULL, "str"},
    {"_pprint_bytes", pretty_bytes, NULL, "bytes"},
    {"_pprint_bytearray", pretty_bytearray, NULL, "bytearray"},
    {"_pprint_mappingproxy", pretty_mappingproxy, "types", "MappingProxyType"},
    {"_pprint_simplenamespace", pretty_namespace, "types", "SimpleNamespace"},
    {"_pprint_dict_with_cls", pretty_dict_with_class, "collections", "OrderedDict"},
    {"_pprint_default_dict", pretty_defaultdict, "collections", "defaultdict"},
    {"_pprint_counter", pretty_counter, "collections", "Counter"},
    {"_pprint_chain_map", pretty_chain_map, "collections", "ChainMap"},
    {"_pprint_deque", pretty_deque, "collections", "deque"},
    {"_pprint_user_dict", pretty_user_data, "collections", "UserDict"},
    {"_pprint_user_list", pretty_user_data, "collections", "UserList"},
    {"_pprint_user_string", pretty_user_data, "collections", "UserString"},
};
const size_t PRETTY_TYPE_COUNT = COUNT_OF(PRETTY_TYPES);
