/* From a test function to its items: one, or one per set of parameters. */
#include "collect/internal.h"

/* What the functions of one definition share. */
struct generation {
    Node *collector;
    PyObject *name;
    PyObject *object; /* the raw function */
    PyObject *module; /* owned */
    PyObject *cls;    /* owned, NULL outside of classes */
    PyObject *info;   /* owned */
    bool is_native;   /* Function's constructor is ours */
};

/* Function.from_parent(collector, name=..., ...) for a patched constructor. */
static PyObject *
function_from_parent(struct generation *generation, PyObject *name, PyObject *callspec)
{
    struct state *state = generation->collector->engine->state;
    PyTypeObject *cls = collect_types(state)->function;
    PyObject *from_parent = PyObject_GetAttr((PyObject *)cls, state->names.from_parent);
    PyObject *args = from_parent ? PyTuple_Pack(1, (PyObject *)generation->collector) : NULL;
    PyObject *kwargs = args ? Py_BuildValue("{s:O,s:O}", "name", name, "fixtureinfo", generation->info) : NULL;

    if (kwargs && callspec) {
        PyObject *id = callspec_id(callspec);
        PyObject *keywords = id ? Py_BuildValue("{O:O}", id, Py_True) : NULL;
        if (!keywords || PyDict_SetItemString(kwargs, "callspec", callspec) < 0 ||
            PyDict_SetItemString(kwargs, "keywords", keywords) < 0 ||
            PyDict_SetItemString(kwargs, "originalname", generation->name) < 0) {
            Py_CLEAR(kwargs);
        }
        Py_XDECREF(id);
        Py_XDECREF(keywords);
    }
    return py_call_take(from_parent, args, kwargs);
}

static PyObject *
parametrized_function(struct generation *generation, Node *model, PyObject *callspec)
{
    struct state *state = generation->collector->engine->state;
    PyObject *name = function_parametrized_name(state, generation->name, callspec);
    Node *node = NULL;

    if (name && !generation->is_native) {
        node = (Node *)function_from_parent(generation, name, callspec);
    } else if (name) {
        node = function_new_like(model, name);
        if (node && function_take_callspec(node, callspec) < 0) {
            Py_CLEAR(node);
        }
        if (node) {
            py_replace(&node->fixtureinfo, generation->info);
        }
    }
    Py_XDECREF(name);
    return (PyObject *)node;
}

/* pytest_generate_tests functions of the module and the class: a new list. */
static int
find_extra_generators(struct generation *generation, PyObject **list_out)
{
    struct state *state = generation->collector->engine->state;
    struct collect_engine *room = collect_engine(generation->collector->engine);
    PyObject *method = NULL;
    int found = 0;

    *list_out = NULL;
    if (room->generators_holder != generation->module) {
        found = py_find_attr(state, generation->module, state->names.pytest_generate_tests, &method);
        room->generators_holder = found == 0 && room->walk_depth ? generation->module : NULL;
    }
    if (found > 0) {
        *list_out = PyList_New(0);
        found = *list_out ? py_list_append_take(*list_out, method) : -1;
    }
    if (found == 0 && generation->cls) {
        found = py_find_attr(state, generation->cls, state->names.pytest_generate_tests, &method);
        if (found > 0) {
            /* Found on the class, called on an instance. */
            Py_CLEAR(method);
            PyObject *instance = py_call0(generation->cls);
            method = instance ? PyObject_GetAttr(instance, state->names.pytest_generate_tests) : NULL;
            Py_XDECREF(instance);
            *list_out = *list_out ? *list_out : PyList_New(0);
            found = *list_out ? py_list_append_take(*list_out, method) : -1;
        }
    }
    if (found < 0) {
        Py_CLEAR(*list_out);
    }
    return found < 0 ? -1 : 0;
}

static int
run_generators(struct generation *generation, PyObject *metafunc, PyObject *extra)
{
    PyObject *relay = node_relay(generation->collector);
    PyObject *caller = NULL;
    PyObject *result = NULL;

    if (!relay) {
        return -1;
    }
    if (!extra) {
        return hook_notify(relay, HOOK_generate_tests, &metafunc);
    }
    caller = PyObject_GetAttrString(relay, "pytest_generate_tests");
    if (caller) {
        PyObject *arguments = Py_BuildValue("{s:O}", "metafunc", metafunc);
        result = arguments ? PyObject_CallMethod(caller, "call_extra", "OO", extra, arguments) : NULL;
        Py_XDECREF(arguments);
    }
    Py_XDECREF(caller);
    return py_status_take(result);
}

/* The functions of the metafunc's calls; NULL without an exception when there are none. */
static PyObject *
functions_of_calls(struct generation *generation, PyObject *metafunc)
{
    PyObject *calls = metafunc_calls(metafunc);
    PyObject *functions = NULL;
    Node *model = NULL;

    if (!calls || PyList_Size(calls) == 0) {
        return NULL;
    }
    if (metafunc_recompute_indices(metafunc) < 0 || fixture_info_prune(generation->info) < 0) {
        return NULL;
    }
    /* Read after the generators ran: they may have marked the function. */
    model = function_new(generation->collector, generation->name, generation->object);
    functions = model ? PyList_New(0) : NULL;
    for (Py_ssize_t i = 0; functions && i < PyList_Size(calls); i++) {
        if (py_list_append_take(functions, parametrized_function(generation, model, PyList_GetItem(calls, i))) < 0) {
            Py_CLEAR(functions);
        }
    }
    Py_XDECREF(model);
    return functions;
}

static PyObject *
generate_with_metafunc(struct generation *generation, PyObject *extra)
{
    struct state *state = generation->collector->engine->state;
    Node *definition = function_new_named(collect_types(state)->function_definition, generation->collector,
                                          generation->name, generation->name, generation->object);
    PyObject *metafunc = NULL;
    PyObject *functions = NULL;

    if (definition) {
        if (!definition->obj) {
            definition->obj = Py_NewRef(generation->object);
        }
        definition->fixtureinfo = Py_NewRef(generation->info);
        metafunc = metafunc_new(definition, generation->info, generation->cls, generation->module);
    }
    if (metafunc && run_generators(generation, metafunc, extra) == 0) {
        functions = functions_of_calls(generation, metafunc);
    }
    Py_XDECREF(definition);
    Py_XDECREF(metafunc);
    return functions;
}

/* Whether anything could parametrize the function: 1, 0 or -1; `extra` gets the module's and class's own generators. */
static int
needs_metafunc(struct generation *generation, Node *item, PyObject **extra)
{
    PyObject *relay = node_relay(generation->collector);

    if (!relay || find_extra_generators(generation, extra) < 0) {
        return -1;
    }
    return *extra || node_has_parametrize(item) || fixture_info_is_parametrized(generation->info) ||
           !hook_is_native(relay, HOOK_generate_tests);
}

static PyObject *
generate(struct generation *generation)
{
    Node *item = function_new(generation->collector, generation->name, generation->object);
    PyObject *extra = NULL;
    PyObject *functions = NULL;
    int needs = 0;

    if (!item) {
        return NULL;
    }
    generation->info = fixtures_info(item, generation->object, generation->cls);
    if (generation->info && item->engine->ends_with_process) {
        PyObject_GC_UnTrack(generation->info); /* it goes with its items */
    }
    if (!generation->info) {
        goto done;
    }
    item->fixtureinfo = Py_NewRef(generation->info);
    needs = needs_metafunc(generation, item, &extra);
    if (needs < 0) {
        goto done;
    }
    if (needs) {
        functions = generate_with_metafunc(generation, extra);
        if (functions || PyErr_Occurred()) {
            goto done;
        }
    }
    functions = PyList_New(0);
    PyObject *single =
        generation->is_native ? Py_NewRef((PyObject *)item) : function_from_parent(generation, generation->name, NULL);
    if (functions && py_list_append_take(functions, single) < 0) {
        Py_CLEAR(functions);
    }
done:
    Py_DECREF(item);
    Py_XDECREF(extra);
    return functions;
}

PyObject *
collector_generate_native(Node *collector, PyObject *name, PyObject *object)
{
    struct state *state = collector->engine->state;
    Node *module = node_parent_of_kind(collector, NODE_MODULE);
    Node *cls = node_parent_of_kind(collector, NODE_CLASS);
    struct generation generation = {.collector = collector, .name = name, .object = object};
    PyObject *functions = NULL;

    if (!module) {
        PyErr_SetNone(PyExc_AssertionError);
        return NULL;
    }
    generation.is_native =
        !node_class_overrides(state, collect_types(state)->function, OVERRIDE_INIT | OVERRIDE_FROM_PARENT);
    generation.module = node_object(module);
    generation.cls = generation.module && cls ? node_object(cls) : NULL;
    if (generation.module && (generation.cls || !cls)) {
        functions = generate(&generation);
    }
    Py_XDECREF(generation.module);
    Py_XDECREF(generation.cls);
    Py_XDECREF(generation.info);
    return functions;
}
