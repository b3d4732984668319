/* Function and FunctionDefinition: the items of Python test functions. */
#include "collect/internal.h"

#include "code/code.h"

/* ---- The object ---- */

PyObject *
function_instance(Node *function)
{
    struct state *state = function->engine->state;

    if (function->instance) {
        return Py_NewRef(function->instance);
    }
    if (!function->parent || !(function->parent->kind & NODE_CLASS)) {
        Py_RETURN_NONE;
    }
    if (function->kind & NODE_UNITTEST_FUNCTION || node_overrides(function, OVERRIDE_GETINSTANCE)) {
        function->instance = py_method0((PyObject *)function, state->names._getinstance);
    } else {
        function->instance = class_new_instance(function->parent);
    }
    return Py_XNewRef(function->instance);
}

PyObject *
function_object(Node *function)
{
    return node_object(function);
}

/* What the test function is, without making an instance of its class: a new reference. */
PyObject *
function_raw_object(Node *function)
{
    struct state *state = function->engine->state;
    PyObject *holder = NULL;
    PyObject *object = NULL;

    if (function->obj || function->instance || node_overrides(function, OVERRIDE_GETOBJ)) {
        return node_object(function);
    }
    if (!function->parent || !(function->parent->kind & NODE_PYOBJ)) {
        return node_object(function);
    }
    holder = node_object(function->parent);
    if (!holder) {
        return NULL;
    }
    int found = py_find_attr(state, holder, function->originalname ? function->originalname : function->name, &object);
    Py_DECREF(holder);
    return found == 0 ? node_object(function) : object;
}

/* ---- Construction ---- */

/* Marks of the function and of its parameters, and what is known of its code. */
static int
take_marks(Node *self, PyObject *object)
{
    struct state *state = self->engine->state;
    PyObject *marks = NULL;

    if (marks_of_object(state, object, true, &marks) < 0) {
        return -1;
    }
    if (marks) {
        if (self->own_markers) {
            Py_ssize_t size = PyList_Size(self->own_markers);
            int status = PyList_SetSlice(self->own_markers, size, size, marks);
            Py_DECREF(marks);
            return status;
        }
        self->own_markers = marks;
    }
    return 0;
}

int
function_take_callspec(Node *self, PyObject *callspec)
{
    if (!callspec_check(self->engine->state, callspec)) {
        return -1;
    }
    PyObject *marks = callspec_marks(callspec);

    py_replace(&self->callspec, callspec);
    if (marks && PySequence_Size(marks) > 0) {
        PyObject *own = node_own_markers(self);
        return own ? PyList_SetSlice(own, PyList_Size(own), PyList_Size(own), marks) : -1;
    }
    return 0;
}

/*
 * Remembers that the function is a plain one and no coroutine function. One that is merely marked as such is found
 * out by what it returns.
 */
static int
check_plain(Node *self, PyObject *object)
{
    struct state *state = self->engine->state;

    if (!is_plain_function(state, object)) {
        return 0;
    }
    long flags = function_code_flags(state, object);
    if (flags >= 0 && !code_flags_are_async(flags)) {
        self->kind |= FUNCTION_IS_PLAIN;
    }
    return flags < 0 ? -1 : 0;
}

/* Items of other classes may hold anything. */
static void
untrack_if_ours(Node *function)
{
    struct engine *engine = function->engine;

    if (engine->ends_with_process && Py_TYPE(function) == collect_types(engine->state)->function) {
        PyObject_GC_UnTrack((PyObject *)function);
    }
}

Node *
function_new_named(PyTypeObject *cls, Node *parent, PyObject *name, PyObject *original_name, PyObject *object)
{
    struct node_arguments arguments = {.name = name, .parent = (PyObject *)parent};
    Node *self = node_alloc(cls);

    if (!self) {
        return NULL;
    }
    if (node_init(self, &arguments) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    self->originalname = Py_NewRef(original_name);
    /* A method is bound to an instance that is made when the test runs. */
    if (!(parent->kind & NODE_CLASS)) {
        self->obj = Py_NewRef(object);
    }
    if (take_marks(self, object) < 0 || check_plain(self, object) < 0) {
        Py_CLEAR(self);
        return NULL;
    }
    untrack_if_ours(self);
    return self;
}

Node *
function_new_like(Node *model, PyObject *name)
{
    struct node_arguments arguments = {.name = name, .parent = (PyObject *)model->parent};
    Node *self = node_alloc(Py_TYPE(model));

    if (!self) {
        return NULL;
    }
    if (node_init(self, &arguments) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    self->originalname = Py_NewRef(model->originalname);
    self->obj = Py_XNewRef(model->obj);
    self->kind |= model->kind & FUNCTION_IS_PLAIN;
    if (model->own_markers) {
        self->own_markers = PySequence_List(model->own_markers);
        if (!self->own_markers) {
            Py_CLEAR(self);
            return NULL;
        }
    }
    untrack_if_ours(self);
    return self;
}

Node *
function_new(Node *parent, PyObject *name, PyObject *raw_object)
{
    return function_new_named(collect_types(parent->engine->state)->function, parent, name, name, raw_object);
}

Node *
function_new_of(PyTypeObject *cls, Node *parent, PyObject *name, PyObject *raw_object)
{
    return function_new_named(cls, parent, name, name, raw_object);
}

PyObject *
function_parametrized_name(struct state *state, PyObject *name, PyObject *callspec)
{
    PyObject *id = NULL;
    PyObject *result = NULL;

    if (!callspec_check(state, callspec)) {
        return NULL;
    }
    if (!callspec_has_id(callspec)) {
        return Py_NewRef(name);
    }
    id = callspec_id(callspec);
    result = id ? py_join(name, "[", id, "]") : NULL;
    Py_XDECREF(id);
    return result;
}

/* ---- __init__, for those who call from_parent() ---- */

static int
init_nodeid(struct state *state, PyObject **values, PyObject **nodeid_out)
{
    PyObject *original = values[8] && PyObject_IsTrue(values[8]) == 1 ? values[8] : values[0];
    PyObject *callspec = values[3] == Py_None ? NULL : values[3];
    PyObject *parent_id = node_check(state, values[1]) ? Py_XNewRef(node_nodeid((Node *)values[1])) : NULL;
    PyObject *name = NULL;

    if (!parent_id) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_TypeError, "parent must be a node, got %R", values[1]);
        }
        return -1;
    }
    name = callspec ? function_parametrized_name(state, original, callspec) : Py_NewRef(original);
    *nodeid_out = name ? PyUnicode_FromFormat("%U::%S", parent_id, name) : NULL;
    Py_XDECREF(name);
    Py_DECREF(parent_id);
    return *nodeid_out ? 0 : -1;
}

static int
init_super(struct state *state, Node *self, PyObject **values, PyObject *nodeid)
{
    PyObject *args = PyTuple_Pack(2, values[0], values[1]);
    PyObject *kwargs = Py_BuildValue("{s:O,s:O,s:O}", "config", values[2] ? values[2] : Py_None, "session",
                                     values[6] ? values[6] : Py_None, "nodeid", nodeid);
    int status = args && kwargs ? node_super_init(state, collect_types(state)->function, self, args, kwargs) : -1;
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
    return status;
}

/* The object given, or found by name; its marks, and those of the parameters. */
static int
init_object(Node *self, PyObject *callobj, PyObject *callspec)
{
    struct state *state = self->engine->state;
    PyObject *object = NULL;

    if (callobj && callobj != marks_types(state)->notset) {
        py_replace(&self->obj, callobj);
        Py_CLEAR(self->instance);
        if (py_find_attr(state, callobj, state->names.__self__, &self->instance) < 0) {
            return -1;
        }
        if (!self->instance) {
            self->instance = Py_NewRef(Py_None);
        }
    }
    object = PyObject_GetAttr((PyObject *)self, state->names.obj);
    int status = object ? take_marks(self, object) : -1;
    Py_XDECREF(object);
    if (status == 0 && callspec && callspec != Py_None) {
        status = function_take_callspec(self, callspec);
    }
    return status;
}

static int
init_keywords(Node *self, PyObject *keywords)
{
    int is_given = keywords ? PyObject_IsTrue(keywords) : 0;

    if (is_given <= 0) {
        return is_given;
    }
    PyObject *own = node_keywords(self);
    return py_status_take(own ? PyObject_CallMethod(own, "update", "O", keywords) : NULL);
}

static int
init_fixtureinfo(Node *self, PyObject *info)
{
    struct state *state = self->engine->state;

    if (info && info != Py_None) {
        py_replace(&self->fixtureinfo, info);
        return 0;
    }
    PyObject *manager = PyObject_GetAttrString((PyObject *)node_session(self), "_fixturemanager");
    PyObject *object = manager ? PyObject_GetAttr((PyObject *)self, state->names.obj) : NULL;
    PyObject *cls = object ? PyObject_GetAttr((PyObject *)self, state->names.cls) : NULL;
    PyObject *made = cls ? PyObject_CallMethod(manager, "getfixtureinfo", "OOO", self, object, cls) : NULL;
    py_replace_take(&self->fixtureinfo, made);
    Py_XDECREF(manager);
    Py_XDECREF(object);
    Py_XDECREF(cls);
    return made ? 0 : -1;
}

static PyObject *
function_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"name",     "parent",  "config",      "callspec",     "callobj",
                                        "keywords", "session", "fixtureinfo", "originalname", NULL};
    Node *self = (Node *)op;
    struct state *state = state_of((PyObject *)Py_TYPE(op));
    PyObject *values[9];
    PyObject *nodeid = NULL;

    if (py_unpack_tuple("Function.__init__", args, kwargs, NAMES, 9, 2, values) < 0 ||
        init_nodeid(state, values, &nodeid) < 0) {
        return NULL;
    }
    int status = init_super(state, self, values, nodeid);
    Py_DECREF(nodeid);
    if (status < 0) {
        return NULL;
    }
    py_replace(&self->originalname, values[8] && PyObject_IsTrue(values[8]) == 1 ? values[8] : values[0]);
    if (init_object(self, values[4], values[3]) < 0 || init_keywords(self, values[5]) < 0 ||
        init_fixtureinfo(self, values[7]) < 0) {
        return NULL;
    }
    if (node_overrides(self, OVERRIDE_INITREQUEST)) {
        PyObject *result = PyObject_CallMethod(op, "_initrequest", NULL);
        if (!result) {
            return NULL;
        }
        Py_DECREF(result);
    }
    Py_RETURN_NONE;
}

/* ---- Attributes ---- */

static PyObject *
get_originalname(PyObject *op, void *Py_UNUSED(closure))
{
    Node *self = (Node *)op;
    return Py_NewRef(self->originalname ? self->originalname : self->name);
}

static PyObject *
get_owned(PyObject *op, size_t offset, const char *name)
{
    PyObject *value = *(PyObject **)(void *)((char *)op + offset);

    if (!value) {
        PyErr_Format(PyExc_AttributeError, "'%s' object has no attribute '%s'", "Function", name);
    }
    return Py_XNewRef(value);
}

static int
set_owned(PyObject *op, PyObject *value, void *closure)
{
    Node *self = (Node *)op;

    if (!node_nodeid(self)) { /* fixed before what it is made from changes */
        return -1;
    }
    py_replace((PyObject **)(void *)((char *)op + (size_t)closure), value);
    return 0;
}

static int
set_callspec(PyObject *op, PyObject *value, void *closure)
{
    if (value && !callspec_check(state_of(op), value)) {
        return -1;
    }
    return set_owned(op, value, closure);
}

static PyObject *
get_callspec(PyObject *op, void *Py_UNUSED(closure))
{
    return get_owned(op, offsetof(Node, callspec), "callspec");
}

static PyObject *
get_fixtureinfo(PyObject *op, void *Py_UNUSED(closure))
{
    return get_owned(op, offsetof(Node, fixtureinfo), "_fixtureinfo");
}

static PyObject *
get_fixturenames(PyObject *op, void *Py_UNUSED(closure))
{
    Node *self = (Node *)op;
    PyObject *value = NULL;

    if (self->dict && py_dict_find(self->dict, self->engine->state->names.fixturenames, &value) != 0) {
        return value;
    }
    if (!self->fixtureinfo) {
        return get_owned(op, offsetof(Node, fixtureinfo), "fixturenames");
    }
    return PyObject_GetAttrString(self->fixtureinfo, "names_closure");
}

static int
set_fixturenames(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    PyObject *dict = PyObject_GenericGetDict(op, NULL);
    PyObject *name = ((Node *)op)->engine->state->names.fixturenames;
    int status = !dict ? -1 : value ? PyDict_SetItem(dict, name, value) : PyDict_DelItem(dict, name);
    Py_XDECREF(dict);
    return status;
}

static PyObject *
get_funcargs(PyObject *op, void *Py_UNUSED(closure))
{
    Node *self = (Node *)op;

    if (!self->funcargs && self->is_request_over) {
        return Py_NewRef(Py_None);
    }
    if (!self->funcargs) {
        self->funcargs = PyDict_New();
    }
    return Py_XNewRef(self->funcargs);
}

static PyObject *
get_request(PyObject *op, void *Py_UNUSED(closure))
{
    Node *self = (Node *)op;

    if (!self->request && self->is_request_over) {
        return Py_NewRef(Py_False);
    }
    return Py_XNewRef(fixtures_request(self));
}

static int
set_field(PyObject *op, PyObject *value, void *closure)
{
    py_replace((PyObject **)(void *)((char *)op + (size_t)closure), value);
    return 0;
}

static PyObject *
get_instance(PyObject *op, void *Py_UNUSED(closure))
{
    return function_instance((Node *)op);
}

static int
set_instance(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    py_replace(&((Node *)op)->instance, value);
    return 0;
}

static PyObject *
get_raw_instance(PyObject *op, void *Py_UNUSED(closure))
{
    Node *self = (Node *)op;

    if (!self->instance) {
        if (!self->parent || !(self->parent->kind & NODE_CLASS)) {
            Py_RETURN_NONE;
        }
        PyErr_SetString(PyExc_AttributeError, "_instance");
    }
    return Py_XNewRef(self->instance);
}

static PyObject *
get_function(PyObject *op, void *Py_UNUSED(closure))
{
    Node *self = (Node *)op;
    struct state *state = self->engine->state;
    PyObject *object = PyObject_GetAttr(op, state->names.obj);
    PyObject *function = NULL;

    if (object && py_find_attr(state, object, state->names.dunder_func, &function) == 0) {
        return object;
    }
    Py_XDECREF(object);
    return function;
}

static PyObject *
get_self(PyObject *op, void *Py_UNUSED(closure))
{
    return Py_NewRef(op);
}

/* ---- Methods ---- */

static PyObject *
method_initrequest(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_none_or_error(fixtures_init_request((Node *)op));
}

static PyObject *
method_getinstance(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Node *parent = ((Node *)op)->parent;

    if (!parent || !(parent->kind & NODE_CLASS)) {
        Py_RETURN_NONE;
    }
    return class_new_instance(parent);
}

static PyObject *
method_runtest(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *relay = node_relay((Node *)op);

    if (!relay || hook_notify(relay, HOOK_pyfunc_call, &op) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
method_setup(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_none_or_error(fixtures_fill((Node *)op));
}

PyObject *
function_source_place(Node *function)
{
    PyObject *raw = function_raw_object(function);
    PyObject *place = raw ? code_fslineno_text(function->engine->state, raw) : NULL;

    Py_XDECREF(raw);
    return place;
}

/* (path relative to rootdir, line, dotted name) without making an instance or a Path. */
PyObject *
function_location(Node *function)
{
    struct engine *engine = function->engine;
    struct collect_engine *room = collect_engine(engine);
    PyObject *location = function_source_place(function);
    PyObject *relative = NULL;
    PyObject *name = NULL;
    PyObject *path = NULL;

    path = location ? Py_NewRef(PyTuple_GetItem(location, 0)) : NULL;
    if (!path) {
        goto done;
    }
    if (!room->relative_paths) {
        room->relative_paths = PyDict_New();
    }
    if (!room->relative_paths || py_dict_find(room->relative_paths, path, &relative) < 0) {
        goto done;
    }
    if (!relative) {
        relative = path_best_relative(engine, path);
        if (!relative || PyDict_SetItem(room->relative_paths, path, relative) < 0) {
            goto done;
        }
    }
    name = node_module_path(function, true, false);
    if (name) {
        py_replace_take(&location, PyTuple_Pack(3, relative, PyTuple_GetItem(location, 1), name));
    }
done:
    if (!name) {
        Py_CLEAR(location);
    }
    Py_XDECREF(path);
    Py_XDECREF(relative);
    Py_XDECREF(name);
    return location;
}

PY_NAMED_ONE(function_repr_failure_named, function_repr_failure, "repr_failure", "excinfo")

PY_NAMED_ONE(function_traceback_filter_named, function_traceback_filter, "_traceback_filter", "excinfo")
static PyMethodDef METHODS[] = {
    {"__init__", PY_WITH_KEYWORDS(function_init),
     "__init__($self, /, name, parent, config=None, callspec=None, callobj=None, keywords=None, "
     "session=None, fixtureinfo=None, originalname=None)\n--\n\n"},
    {"_initrequest", method_initrequest, METH_NOARGS, "_initrequest($self)\n--\n\n"},
    {"_getinstance", method_getinstance, METH_NOARGS, "_getinstance($self)\n--\n\n"},
    {"runtest", method_runtest, METH_NOARGS,
     "runtest($self)\n--\n\n"
     "Execute the underlying test function."},
    {"setup", method_setup, METH_NOARGS, "setup($self)\n--\n\n"},
    {"_traceback_filter", PY_FAST_WITH_KEYWORDS(function_traceback_filter_named),
     "_traceback_filter($self, excinfo)\n--\n\n"},
    {"repr_failure", PY_FAST_WITH_KEYWORDS(function_repr_failure_named), "repr_failure($self, excinfo)\n--\n\n"},
    PY_END_METHOD,
};

#define OFFSET(member) ((void *)offsetof(Node, member))

static PyGetSetDef GETSET[] = {
    {"originalname", get_originalname, set_owned, "Original function name, without any decorations.",
     OFFSET(originalname)},
    {"callspec", get_callspec, set_callspec, NULL, OFFSET(callspec)},
    {"_fixtureinfo", get_fixtureinfo, set_field, NULL, OFFSET(fixtureinfo)},
    {"fixturenames", get_fixturenames, set_fixturenames, NULL, NULL},
    {"funcargs", get_funcargs, set_field, NULL, OFFSET(funcargs)},
    {"_request", get_request, set_field, NULL, OFFSET(request)},
    {"function", get_function, NULL, "Underlying python 'function' object.", NULL},
    {"instance", get_instance, NULL, NULL, NULL},
    {"_instance", get_raw_instance, set_instance, NULL, NULL},
    {"_pyfuncitem", get_self, NULL, "(compatonly) for code expecting pytest-2.2 style request objects.", NULL},
    PY_END_GETSET,
};

static PyObject *
definition_runtest(PyObject *Py_UNUSED(op), PyObject *Py_UNUSED(ignored))
{
    PyErr_SetString(PyExc_RuntimeError, "function definitions are not supposed to be run as tests");
    return NULL;
}

static PyMethodDef DEFINITION_METHODS[] = {
    {"runtest", definition_runtest, METH_NOARGS, "runtest($self)\n--\n\n"},
    {"setup", definition_runtest, METH_NOARGS, "setup($self)\n--\n\n"},
    PY_END_METHOD,
};

int
function_classes_add(PyObject *module, struct state *state)
{
    struct collect_types *types = collect_types(state);
    PyObject *bases = PyTuple_Pack(2, types->pyobj_mixin, nodes_types(state)->item);

    types->function = bases ? node_class_new(module, "_pytest.python.Function", bases, NODE_FUNCTION, METHODS, GETSET,
                                             "Item responsible for setting up and executing a Python test function.")
                            : NULL;
    Py_XDECREF(bases);
    if (!types->function || PyObject_SetAttrString((PyObject *)types->function, "_ALLOW_MARKERS", Py_False) < 0) {
        return -1;
    }
    types->function_definition = node_class_new(
        module, "_pytest.python.FunctionDefinition", (PyObject *)types->function, 0, DEFINITION_METHODS, NULL,
        "This class is a stop gap solution until we evolve to have actual function\ndefinition nodes and "
        "manage to get rid of ``metafunc``.");
    nodes_set_function_location(state, function_location);
    return types->function_definition ? 0 : -1;
}
