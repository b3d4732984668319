/* PrettyPrinter: dispatch, bounds, recursion (`_pytest._io.pprint`). */
#include <string.h>

#include "base/arena.h"
#include "io/pretty.h"

enum { DEFAULT_WIDTH = 80, DEFAULT_INDENT = 4 };

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    long indent_per_level;
    long width;
    long depth; /* 0: None */
} PrettyPrinter;

/* ---- Dispatch ---- */

/* {"module.Type".__repr__: PrettyPrinter._pprint_x} for the rows of one module. */
static int
dispatch_add_module(struct state *state, const char *module_name)
{
    PyObject *printer_type = (PyObject *)io_types(state)->pretty_printer;
    PyObject *module = PyImport_ImportModule(module_name ? module_name : "builtins");
    int status = module ? 0 : -1;

    for (size_t i = 0; status == 0 && i < PRETTY_TYPE_COUNT; i++) {
        const struct pretty_type *row = &PRETTY_TYPES[i];
        if (row->module != module_name && !(row->module && module_name && strcmp(row->module, module_name) == 0)) {
            continue;
        }
        PyObject *type = PyObject_GetAttrString(module, row->type);
        PyObject *repr = type ? PyObject_GetAttrString(type, "__repr__") : NULL;
        PyObject *method = repr ? PyObject_GetAttrString(printer_type, row->method) : NULL;
        status = method ? PyDict_SetItem(io_types(state)->pretty_dispatch, repr, method) : -1;
        Py_XDECREF(type);
        Py_XDECREF(repr);
        Py_XDECREF(method);
    }
    Py_XDECREF(module);
    return status;
}

/* Once per module. */
static int
dispatch_add_once(struct state *state, const char *module_name)
{
    PyObject *done = PyUnicode_FromString(module_name ? module_name : "builtins");
    int is_done = done ? PySet_Contains(io_types(state)->pretty_done, done) : -1;
    int status = is_done < 0 ? -1 : 0;

    if (is_done == 0) {
        status = dispatch_add_module(state, module_name);
        if (status == 0) {
            status = PySet_Add(io_types(state)->pretty_done, done);
        }
    }
    Py_XDECREF(done);
    return status;
}

/* The table is filled when first needed; types of modules that nobody has imported have no instances. */
static int
dispatch_fill(struct state *state, bool imports)
{
    static const char *const MODULES[] = {NULL, "types", "collections"};

    for (size_t i = 0; i < COUNT_OF(MODULES); i++) {
        PyObject *module = MODULES[i] && !imports ? py_find_module(MODULES[i]) : NULL;
        bool is_wanted = !MODULES[i] || imports || module;
        Py_XDECREF(module);
        if (is_wanted && dispatch_add_once(state, MODULES[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The native function behind an entry of the table; NULL: a plugin's own. */
static pretty_function
native_function(struct state *state, PyObject *entry)
{
    PyObject **natives = &io_types(state)->pretty_natives[0];

    for (size_t i = 0; i < PRETTY_TYPE_COUNT && i < COUNT_OF(io_types(state)->pretty_natives); i++) {
        if (natives[i] == entry) {
            return PRETTY_TYPES[i].print;
        }
    }
    return NULL;
}

/* The ids of what is being written, as pytest hands them on: a new set. */
static PyObject *
context_set(const struct pretty *pretty)
{
    PyObject *set = PySet_New(NULL);

    for (size_t i = 0; set && i < pretty->context_count; i++) {
        PyObject *id = PyLong_FromVoidPtr(pretty->context[i]);
        if (!id || PySet_Add(set, id) < 0) {
            Py_CLEAR(set);
        }
        Py_XDECREF(id);
    }
    return set;
}

/* A plugin's function: function(printer, object, indent, allowance, context, level) gives pieces. */
static int
emit_foreign(struct pretty *pretty, PyObject *function, PyObject *object, struct place place)
{
    PyObject *context = context_set(pretty);
    PyObject *printer =
        pretty->printer ? Py_NewRef(pretty->printer) : py_call0((PyObject *)io_types(pretty->state)->pretty_printer);
    PyObject *pieces = NULL;
    PyObject *iterator = NULL;
    PyObject *piece = NULL;
    int status = -1;

    if (context && printer) {
        pieces = PyObject_CallFunction(function, "OOllOl", printer, object, place.indent, place.allowance, context,
                                       place.level);
    }
    iterator = pieces ? PyObject_GetIter(pieces) : NULL;
    if (iterator) {
        status = 0;
        while (status == 0 && (piece = PyIter_Next(iterator))) {
            status = pretty_emit_take(pretty, piece);
        }
        status = PyErr_Occurred() ? -1 : status;
    }
    Py_XDECREF(context);
    Py_XDECREF(printer);
    Py_XDECREF(pieces);
    Py_XDECREF(iterator);
    return status;
}

/* 1: a data class with the repr() that was made for it; 0; -1. */
static int
is_shown_dataclass(PyObject *object)
{
    PyObject *params = NULL;
    PyObject *function = NULL;
    PyObject *result = NULL;
    int answer = 0;

    if (PyType_Check(object)) {
        return 0;
    }
    params = PyObject_GetAttrString((PyObject *)Py_TYPE(object), "__dataclass_fields__");
    if (!params) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
            return -1;
        }
        PyErr_Clear();
        return 0;
    }
    Py_DECREF(params);
    function = py_import_attr("_pytest._io.pprint", "_has_made_repr");
    result = function ? py_call1(function, object) : NULL;
    answer = result ? PyObject_IsTrue(result) : -1;
    Py_XDECREF(function);
    Py_XDECREF(result);
    return answer;
}

static int
emit_by_entry(struct pretty *pretty, PyObject *entry, PyObject *object, struct place place)
{
    pretty_function print = native_function(pretty->state, entry);
    struct place inside = {place.indent, place.allowance, place.level + 1};
    int status = 0;

    pretty_open(pretty, object);
    status = print ? print(pretty, object, inside) : emit_foreign(pretty, entry, object, inside);
    pretty_close(pretty);
    return status;
}

static int
emit_without_entry(struct pretty *pretty, PyObject *object, struct place place)
{
    int is_dataclass = is_shown_dataclass(object);
    int status = 0;

    if (is_dataclass <= 0) {
        return is_dataclass < 0 ? -1 : pretty_emit_repr(pretty, object, place.level);
    }
    pretty_open(pretty, object);
    status = pretty_dataclass(pretty, object, (struct place){place.indent, place.allowance, place.level + 1});
    pretty_close(pretty);
    return status;
}

int
pretty_object(struct pretty *pretty, PyObject *object, struct place place)
{
    PyObject *repr = NULL;
    PyObject *entry = NULL;
    int status = -1;

    if (pretty_is_open(pretty, object)) {
        return pretty_emit_take(pretty, pretty_recursion_text(object));
    }
    if (Py_EnterRecursiveCall(" while pretty-printing")) {
        return -1;
    }
    repr = PyObject_GetAttr((PyObject *)Py_TYPE(object), pretty->state->names.__repr__);
    if (repr && py_dict_find(io_types(pretty->state)->pretty_dispatch, repr, &entry) >= 0) {
        status = entry ? emit_by_entry(pretty, entry, object, place) : emit_without_entry(pretty, object, place);
    }
    Py_XDECREF(repr);
    Py_XDECREF(entry);
    Py_LeaveRecursiveCall();
    return status;
}

/* ---- Interface ---- */

static struct pretty
pretty_start(struct state *state, PyObject *printer)
{
    PrettyPrinter *self = (PrettyPrinter *)printer;
    return (struct pretty){.state = state,
                           .printer = printer,
                           .width = self ? self->width : DEFAULT_WIDTH,
                           .indent_per_level = self ? self->indent_per_level : DEFAULT_INDENT,
                           .depth = self ? self->depth : 0,
                           .max_lines = -1,
                           .max_chars = -1};
}

/* The text so far: a new str; ends the run. */
static PyObject *
pretty_finish(struct pretty *pretty, int status)
{
    PyObject *result = status < 0 ? NULL : py_text_from(&pretty->out);

    text_release(&pretty->out);
    memory_free(pretty->context);
    return result;
}

static PyObject *
format_whole(struct state *state, PyObject *printer, PyObject *object)
{
    struct pretty pretty = pretty_start(state, printer);
    int status = dispatch_fill(state, false);

    if (status == 0) {
        status = pretty_object(&pretty, object, (struct place){0, 0, 0});
    }
    return pretty_finish(&pretty, status);
}

static PyObject *
format_lines(struct state *state, PyObject *printer, PyObject *object, Py_ssize_t max_lines, Py_ssize_t max_chars)
{
    struct pretty pretty = pretty_start(state, printer);
    PyObject *text = NULL;
    PyObject *lines = NULL;
    int status = dispatch_fill(state, false);

    pretty.max_lines = max_lines;
    pretty.max_chars = max_chars;
    if (status == 0) {
        status = pretty_object(&pretty, object, (struct place){0, 0, 0});
    }
    text = pretty_finish(&pretty, status);
    lines = text ? PyUnicode_Splitlines(text, 0) : NULL;
    Py_XDECREF(text);
    return lines;
}

PyObject *
pretty_format_lines(struct state *state, PyObject *object, Py_ssize_t max_lines, Py_ssize_t max_chars)
{
    return format_lines(state, NULL, object, max_lines, max_chars);
}

static PyObject *
method_pformat(PyObject *op, PyObject *object)
{
    return format_whole(state_of(op), op, object);
}

/* An int or None, as a bound. -2 with an exception. */
static Py_ssize_t
bound_of(PyObject *value)
{
    Py_ssize_t bound = value && value != Py_None ? PyLong_AsSsize_t(value) : -1;
    return bound == -1 && PyErr_Occurred() ? -2 : bound;
}

static PyObject *
method_pformat_lines(PyObject *op, PyObject *const *args, Py_ssize_t given, PyObject *kwnames)
{
    static const char *const NAMES[] = {"object", "max_lines", "max_chars", NULL};
    PyObject *values[3];
    Py_ssize_t max_lines = -1;
    Py_ssize_t max_chars = -1;

    if (py_unpack_arguments("pformat_lines", args, given, kwnames, NAMES, 1, 1, values) < 0) {
        return NULL;
    }
    max_lines = bound_of(values[1]);
    max_chars = max_lines == -2 ? -2 : bound_of(values[2]);
    return max_chars == -2 ? NULL : format_lines(state_of(op), op, values[0], max_lines, max_chars);
}

/* ---- For plugins' functions in the dispatch table ---- */

static int
context_read(struct pretty *pretty, PyObject *set)
{
    PyObject *iterator = PyObject_GetIter(set);
    PyObject *id = NULL;

    while (iterator && (id = PyIter_Next(iterator))) {
        pretty_open(pretty, PyLong_AsVoidPtr(id));
        Py_DECREF(id);
    }
    Py_XDECREF(iterator);
    return PyErr_Occurred() ? -1 : 0;
}

/* Arguments (object, indent, allowance, context, level): an iterator over the one piece that `print` makes. */
static PyObject *
print_piece(PyObject *op, PyObject *args, pretty_function print)
{
    struct pretty pretty = pretty_start(state_of(op), op);
    struct place place = {0, 0, 0};
    PyObject *object = NULL;
    PyObject *context = NULL;
    PyObject *text = NULL;
    PyObject *list = NULL;
    PyObject *iterator = NULL;
    int status = -1;

    if (PyArg_ParseTuple(args, "OllOl:_format", &object, &place.indent, &place.allowance, &context, &place.level) &&
        dispatch_fill(pretty.state, false) == 0 && context_read(&pretty, context) == 0) {
        status = print(&pretty, object, place);
    }
    text = pretty_finish(&pretty, status);
    list = text ? Py_BuildValue("[O]", text) : NULL;
    iterator = list ? PyObject_GetIter(list) : NULL;
    Py_XDECREF(text);
    Py_XDECREF(list);
    return iterator;
}

static PyObject *
method_format(PyObject *op, PyObject *args)
{
    return print_piece(op, args, pretty_object);
}

static PyObject *
method_repr(PyObject *op, PyObject *args)
{
    struct pretty pretty = pretty_start(state_of(op), op);
    PyObject *object = NULL;
    PyObject *context = NULL;
    PyObject *result = NULL;
    long level = 0;

    if (PyArg_ParseTuple(args, "OOl:_repr", &object, &context, &level) && context_read(&pretty, context) == 0) {
        result = pretty_repr(&pretty, object, level);
    }
    memory_free(pretty.context);
    return result;
}

#define PIECE_METHOD(name, row)                                                                                        \
    static PyObject *name(PyObject *op, PyObject *args)                                                                \
    {                                                                                                                  \
        return print_piece(op, args, PRETTY_TYPES[row].print);                                                         \
    }

PIECE_METHOD(method_dict, 0)
PIECE_METHOD(method_list, 1)
PIECE_METHOD(method_tuple, 2)
PIECE_METHOD(method_set, 3)
PIECE_METHOD(method_str, 5)
PIECE_METHOD(method_bytes, 6)
PIECE_METHOD(method_bytearray, 7)
PIECE_METHOD(method_mappingproxy, 8)
PIECE_METHOD(method_simplenamespace, 9)
PIECE_METHOD(method_dict_with_cls, 10)
PIECE_METHOD(method_default_dict, 11)
PIECE_METHOD(method_counter, 12)
PIECE_METHOD(method_chain_map, 13)
PIECE_METHOD(method_deque, 14)
PIECE_METHOD(method_user_dict, 15)
PIECE_METHOD(method_user_list, 16)
PIECE_METHOD(method_user_string, 17)

static PyMethodDef METHODS[] = {
    {"pformat", method_pformat, METH_O, "pformat($self, object)\n--\n\n"},
    {"pformat_lines", PY_FAST_WITH_KEYWORDS(method_pformat_lines),
     "pformat_lines($self, object, *, max_lines=None, max_chars=None)\n--\n\n"
     "Pretty-print ``object`` and return its lines."},
    {"_format", method_format, METH_VARARGS, "_format($self, object, indent, allowance, context, level, /)\n--\n\n"},
    {"_repr", method_repr, METH_VARARGS, NULL},
    {"_pprint_dict", method_dict, METH_VARARGS, NULL},
    {"_pprint_list", method_list, METH_VARARGS, NULL},
    {"_pprint_tuple", method_tuple, METH_VARARGS, NULL},
    {"_pprint_set", method_set, METH_VARARGS, NULL},
    {"_pprint_str", method_str, METH_VARARGS, NULL},
    {"_pprint_bytes", method_bytes, METH_VARARGS, NULL},
    {"_pprint_bytearray", method_bytearray, METH_VARARGS, NULL},
    {"_pprint_mappingproxy", method_mappingproxy, METH_VARARGS, NULL},
    {"_pprint_simplenamespace", method_simplenamespace, METH_VARARGS, NULL},
    {"_pprint_dict_with_cls", method_dict_with_cls, METH_VARARGS, NULL},
    {"_pprint_default_dict", method_default_dict, METH_VARARGS, NULL},
    {"_pprint_counter", method_counter, METH_VARARGS, NULL},
    {"_pprint_chain_map", method_chain_map, METH_VARARGS, NULL},
    {"_pprint_deque", method_deque, METH_VARARGS, NULL},
    {"_pprint_user_dict", method_user_dict, METH_VARARGS, NULL},
    {"_pprint_user_list", method_user_list, METH_VARARGS, NULL},
    {"_pprint_user_string", method_user_string, METH_VARARGS, NULL},
    PY_END_METHOD,
};

/* ---- The type ---- */

static PyObject *
printer_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    PrettyPrinter *self = (PrettyPrinter *)py_new_instance(type);

    if (self) {
        self->indent_per_level = DEFAULT_INDENT;
        self->width = DEFAULT_WIDTH;
    }
    return (PyObject *)self;
}

static int
read_number(PyObject *value, long *number_out)
{
    if (value && value != Py_None) {
        *number_out = PyLong_AsLong(value);
    }
    return PyErr_Occurred() ? -1 : 0;
}

static int
printer_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"indent", "width", "depth", NULL};
    PrettyPrinter *self = (PrettyPrinter *)op;
    PyObject *values[3];
    const char *problem = NULL;

    if (py_unpack_tuple("PrettyPrinter", args, kwargs, NAMES, 3, 0, values) < 0 ||
        read_number(values[0], &self->indent_per_level) < 0 || read_number(values[1], &self->width) < 0 ||
        read_number(values[2], &self->depth) < 0) {
        return -1;
    }
    if (self->indent_per_level < 0) {
        problem = "indent must be >= 0";
    } else if (values[2] && values[2] != Py_None && self->depth <= 0) {
        problem = "depth must be > 0";
    } else if (!self->width) {
        problem = "width must be != 0";
    }
    if (problem) {
        PyErr_SetString(PyExc_ValueError, problem);
    }
    return problem ? -1 : 0;
}

static int
printer_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((PrettyPrinter *)op)->dict);
    return 0;
}

static int
printer_clear(PyObject *op)
{
    Py_CLEAR(((PrettyPrinter *)op)->dict);
    return 0;
}

static void
printer_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((PrettyPrinter *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    printer_clear(op);
    py_free_instance(op);
}

static PyMemberDef MEMBERS[] = {
    PY_DICT_MEMBER(PrettyPrinter),
    PY_WEAKREF_MEMBER(PrettyPrinter),
    {"_indent_per_level", T_LONG, offsetof(PrettyPrinter, indent_per_level), 0, NULL},
    {"_width", T_LONG, offsetof(PrettyPrinter, width), 0, NULL},
    PY_END_MEMBER,
};

static PyGetSetDef GETSETS[] = {
    PY_DICT_GETSET,
    PY_END_GETSET,
};

static PyType_Slot SLOTS[] = {
    PY_SLOT(tp_new, printer_new),
    PY_SLOT(tp_init, printer_init),
    PY_SLOT(tp_traverse, printer_traverse),
    PY_SLOT(tp_clear, printer_clear),
    PY_SLOT(tp_dealloc, printer_dealloc),
    PY_SLOT(tp_methods, METHODS),
    PY_SLOT(tp_members, MEMBERS),
    PY_SLOT(tp_getset, GETSETS),
    PY_SLOT(tp_doc, "PrettyPrinter(indent=4, width=80, depth=None)\n--\n\n"),
    PY_END_SLOT,
};

static PyType_Spec SPEC = {
    .name = "_pytest._io.pprint.PrettyPrinter",
    .basicsize = sizeof(PrettyPrinter),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = SLOTS,
};

/* For `_pytest._io.pprint`: whoever imports it may look into the table. */
static PyObject *
function_fill_dispatch(PyObject *module, PyObject *Py_UNUSED(unused))
{
    return py_none_or_error(dispatch_fill(state_from_module(module), true));
}

static PyMethodDef FUNCTIONS[] = {
    {"_fill_pretty_dispatch", function_fill_dispatch, METH_NOARGS, "_fill_pretty_dispatch($module)\n--\n\n"},
    PY_END_METHOD,
};

/* The methods by which entries of the table are known as ours. */
static int
keep_natives(struct io_types *types)
{
    for (size_t i = 0; i < PRETTY_TYPE_COUNT && i < COUNT_OF(types->pretty_natives); i++) {
        types->pretty_natives[i] = PyObject_GetAttrString((PyObject *)types->pretty_printer, PRETTY_TYPES[i].method);
        if (!types->pretty_natives[i]) {
            return -1;
        }
    }
    return 0;
}

int
pretty_printer_add_type(PyObject *module, struct state *state)
{
    struct io_types *types = io_types(state);

    types->pretty_dispatch = PyDict_New();
    types->pretty_done = PySet_New(NULL);
    types->pretty_printer = py_type_add(module, &SPEC, NULL);
    if (!types->pretty_dispatch || !types->pretty_done || !types->pretty_printer || keep_natives(types) < 0 ||
        PyObject_SetAttrString((PyObject *)types->pretty_printer, "_dispatch", types->pretty_dispatch) < 0) {
        return -1;
    }
    return PyModule_AddFunctions(module, FUNCTIONS);
}
