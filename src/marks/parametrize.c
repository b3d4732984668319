/* metafunc.parametrize(): from arguments to CallSpecs. */
#include "marks/internal.h"

#include "marks/metafunc.h"

/* What one call works out step by step. */
struct parametrization {
    struct state *state;
    Metafunc *metafunc;
    const struct parametrize_call *call;
    PyObject *nodeid;
    struct parameter_sets sets;
    PyObject *directness; /* dict: name -> "indirect" or "direct" */
    PyObject *ids;        /* list of str and HIDDEN_PARAM */
    enum scope scope;
};

/* ---- Indirect ---- */

/* Resolves each name to "indirect" or "direct": a new dict. `argnames` is a sequence. */
static PyObject *
resolve_directness(struct state *state, PyObject *argnames, PyObject *indirect, PyObject *nodeid)
{
    PyObject *directness = PyDict_New();
    PyObject *borrowed_direct = py_literal(state, "direct");
    PyObject *borrowed_marked = py_literal(state, "indirect");
    PyObject *borrowed_default = indirect == Py_True ? borrowed_marked : borrowed_direct;
    PyObject *iterator = NULL;
    PyObject *name = NULL;
    int is_sequence = !indirect || PyBool_Check(indirect) ? 1 : is_abstract_instance(indirect, "Sequence");

    if (!directness || !borrowed_direct || !borrowed_marked || is_sequence < 0) {
        goto fail;
    }
    if (!is_sequence) {
        PyObject *type_name = PyObject_GetAttrString((PyObject *)Py_TYPE(indirect), "__name__");
        outcome_fail(state, false, "In %S: expected Sequence or boolean for indirect, got %S", nodeid, type_name);
        Py_XDECREF(type_name);
        goto fail;
    }
    iterator = PyObject_GetIter(argnames);
    while (iterator && (name = PyIter_Next(iterator))) {
        int status = PyDict_SetItem(directness, name, borrowed_default);
        Py_DECREF(name);
        if (status < 0) {
            goto fail;
        }
    }
    Py_CLEAR(iterator);
    if (!PyErr_Occurred() && indirect && !PyBool_Check(indirect)) {
        iterator = PyObject_GetIter(indirect);
        while (iterator && (name = PyIter_Next(iterator))) {
            int known = PyDict_Contains(directness, name);
            if (known == 0) {
                outcome_fail(state, false, "In %S: indirect fixture '%S' doesn't exist", nodeid, name);
            }
            int status = known > 0 ? PyDict_SetItem(directness, name, borrowed_marked) : -1;
            Py_DECREF(name);
            if (status < 0) {
                goto fail;
            }
        }
    }
    if (!PyErr_Occurred()) {
        goto done;
    }
fail:
    Py_CLEAR(directness);
done:
    Py_XDECREF(iterator);
    return directness;
}

static int
all_are_indirect(struct parametrization *it)
{
    PyObject *indirect = it->call->indirect;
    int is_sequence = 0;

    if (!indirect || PyBool_Check(indirect)) {
        return indirect == Py_True;
    }
    is_sequence = is_abstract_instance(indirect, "Sequence");
    return is_sequence > 0   ? PyObject_Size(indirect) == it->sets.name_count
           : is_sequence < 0 ? -1
                             : PyObject_IsTrue(indirect);
}

/* ---- Scope ---- */

static int
scope_of_definition(struct state *state, PyObject *definition)
{
    PyObject *member = NULL;
    int scope = -1;

    if (state->upcalls.definition_scope) {
        return state->upcalls.definition_scope(definition);
    }
    member = PyObject_GetAttrString(definition, "_scope");
    scope = member ? scope_find(state, member) : -1;
    Py_XDECREF(member);
    return scope;
}

/* The narrowest scope of the fixtures of these names; function when there is none. */
static int
narrowest_fixture_scope(struct parametrization *it)
{
    int narrowest = SCOPE_COUNT;

    for (Py_ssize_t i = 0; i < it->sets.name_count; i++) {
        PyObject *definitions = NULL;
        int found = py_dict_find(it->metafunc->arg2fixturedefs, PyTuple_GetItem(it->sets.names, i), &definitions);
        PyObject *last = found > 0 ? PySequence_GetItem(definitions, -1) : NULL;
        int scope = last ? scope_of_definition(it->state, last) : SCOPE_COUNT;
        Py_XDECREF(last);
        Py_XDECREF(definitions);
        if (found < 0 || scope < 0 || (found > 0 && !last)) {
            return -1;
        }
        narrowest = scope < narrowest ? scope : narrowest;
    }
    return narrowest == SCOPE_COUNT ? SCOPE_FUNCTION : narrowest;
}

static int
find_scope(struct parametrization *it)
{
    PyObject *wanted = it->call->scope;
    int scope = -1;

    if (wanted && wanted != Py_None) {
        PyObject *name = PyObject_GetAttr(it->metafunc->function, it->state->names.__name__);
        PyObject *descr = name ? PyUnicode_FromFormat("parametrize() call in %S", name) : NULL;
        const char *text = descr ? py_utf8(descr) : NULL;
        scope = text ? scope_from_user(it->state, wanted, text, NULL) : -1;
        Py_XDECREF(descr);
        Py_XDECREF(name);
    } else {
        int all = all_are_indirect(it);
        scope = all < 0 ? -1 : all ? narrowest_fixture_scope(it) : SCOPE_FUNCTION;
    }
    it->scope = scope < 0 ? SCOPE_FUNCTION : (enum scope)scope;
    return scope < 0 ? -1 : 0;
}

/* ---- Names ---- */

/* pytest.fail for a name that the function does not take. Returns -1. */
static int
fail_unused(struct parametrization *it, PyObject *name)
{
    PyObject *find_defaults = py_import_attr("_pytest.compat", "get_default_arg_names");
    PyObject *defaults = find_defaults ? py_call1(find_defaults, it->metafunc->function) : NULL;
    PyObject *indirect = it->call->indirect;
    int has_default = defaults ? PySequence_Contains(defaults, name) : -1;
    int is_fixture = -1;

    Py_XDECREF(defaults);
    Py_XDECREF(find_defaults);
    if (has_default > 0) {
        outcome_fail(it->state, false, "In %S: function already takes an argument '%S' with a default value",
                     it->nodeid, name);
    }
    if (has_default != 0) {
        return -1;
    }
    if (!indirect || PyBool_Check(indirect)) {
        is_fixture = indirect == Py_True;
    } else {
        int is_sequence = is_abstract_instance(indirect, "Sequence");
        is_fixture = is_sequence > 0 ? PySequence_Contains(indirect, name) : is_sequence;
    }
    if (is_fixture >= 0) {
        outcome_fail(it->state, false, "In %S: function uses no %s '%S'", it->nodeid,
                     is_fixture ? "fixture" : "argument", name);
    }
    return -1;
}

static int
check_names(struct parametrization *it)
{
    for (Py_ssize_t i = 0; i < it->sets.name_count; i++) {
        PyObject *borrowed_name = PyTuple_GetItem(it->sets.names, i);
        int used = PySequence_Contains(it->metafunc->fixturenames, borrowed_name);
        if (used <= 0) {
            return used < 0 ? -1 : fail_unused(it, borrowed_name);
        }
    }
    return 0;
}

static int
refuse_request(struct parametrization *it)
{
    for (Py_ssize_t i = 0; i < it->sets.name_count; i++) {
        if (py_text_equals(PyTuple_GetItem(it->sets.names, i), "request")) {
            outcome_fail(it->state, false,
                         "%S: 'request' is a reserved name and cannot be used in @pytest.mark.parametrize", it->nodeid);
            return -1;
        }
    }
    return 0;
}

/* ---- Ids ---- */

/* The first `count` of an iterable: a new list. */
static PyObject *
first_items(PyObject *iterator, Py_ssize_t count)
{
    PyObject *list = PyList_New(0);
    PyObject *item = NULL;

    for (Py_ssize_t i = 0; list && i < count && (item = PyIter_Next(iterator)); i++) {
        if (py_list_append_take(list, item) < 0) {
            break;
        }
    }
    if (PyErr_Occurred()) {
        Py_CLEAR(list);
    }
    return list;
}

/* The ids argument when it is no callable: a new list. */
static PyObject *
list_of_ids(struct parametrization *it, PyObject *ids)
{
    Py_ssize_t count = PyObject_Size(ids);
    PyObject *iterator = NULL;
    PyObject *list = NULL;

    if (count < 0) {
        if (!PyErr_ExceptionMatches(PyExc_TypeError)) {
            return NULL;
        }
        PyErr_Clear();
        count = it->sets.count;
    } else if (count != it->sets.count && count != 0) {
        return outcome_fail(it->state, false, "In %S: %zd parameter sets specified, with different number of ids: %zd",
                            it->nodeid, it->sets.count, count);
    }
    iterator = PyObject_GetIter(ids);
    if (!iterator && PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyObject *cause = py_error_take();
        PyErr_SetString(PyExc_TypeError, "ids must be a callable or an iterable");
        py_error_set_cause_take(cause);
    }
    list = iterator ? first_items(iterator, count) : NULL;
    Py_XDECREF(iterator);
    return list;
}

static int
make_ids(struct parametrization *it)
{
    PyObject *mark = it->call->param_mark;
    Mark *source = mark && mark_check(it->state, mark) ? (Mark *)((Mark *)mark)->param_ids_from : NULL;
    PyObject *ids = it->call->ids == Py_None ? NULL : it->call->ids;
    struct id_maker maker = {
        .state = it->state,
        .sets = &it->sets,
        .config = it->metafunc->config == Py_None ? NULL : it->metafunc->config,
        .nodeid = it->nodeid,
    };
    bool is_shared = false;

    if (source && (PyObject *)source != Py_None) {
        is_shared = !source->param_ids_generated || source->param_ids_generated == Py_None;
        ids = is_shared ? ids : source->param_ids_generated;
    }
    if (ids && PyCallable_Check(ids)) {
        maker.idfn = ids;
    } else if (ids) {
        maker.ids = list_of_ids(it, ids);
        if (!maker.ids) {
            return -1;
        }
    }
    it->ids = id_maker_run(&maker);
    Py_XDECREF(maker.ids);
    if (it->ids && is_shared) {
        py_replace(&source->param_ids_generated, it->ids);
    }
    return it->ids ? 0 : -1;
}

/* ---- Definitions for direct arguments ---- */

static Node *
node_of_scope(Node *collector, enum scope scope)
{
    static const uint32_t KINDS[SCOPE_COUNT] = {
        [SCOPE_CLASS] = NODE_CLASS,
        [SCOPE_MODULE] = NODE_MODULE,
        [SCOPE_PACKAGE] = NODE_PACKAGE,
        [SCOPE_SESSION] = NODE_SESSION,
    };
    Node *node = node_parent_of_kind(collector, KINDS[scope]);

    if (node) {
        return node;
    }
    /* A function outside of any class: its module; outside of any package: the session. */
    return scope == SCOPE_CLASS ? collector : node_session(collector);
}

/* {name: definition} shared by all tests under the node of a scope above function: a new reference. */
static PyObject *
shared_definitions(struct parametrization *it, Node *definition)
{
    struct marks_types *types = marks_types(it->state);
    Node *node = definition->parent ? node_of_scope(definition->parent, it->scope) : NULL;
    PyObject *stash = NULL;
    PyObject *empty = NULL;
    PyObject *shared = NULL;

    if (!node) {
        PyErr_SetNone(PyExc_AssertionError);
        return NULL;
    }
    if (!types->direct_definitions_key) {
        types->direct_definitions_key = py_call0((PyObject *)hooks_types(it->state)->stash_key);
    }
    stash = types->direct_definitions_key ? PyObject_GetAttr((PyObject *)node, it->state->names.stash) : NULL;
    empty = stash ? PyDict_New() : NULL;
    if (empty) {
        shared = PyObject_CallMethod(stash, "setdefault", "OO", types->direct_definitions_key, empty);
    }
    Py_XDECREF(empty);
    Py_XDECREF(stash);
    return shared;
}

/* The definition of a direct argument: a new reference. `shared` may be NULL. */
static PyObject *
definition_of(struct parametrization *it, struct engine *engine, PyObject *shared, PyObject *name)
{
    PyObject *definition = NULL;

    if (shared && py_dict_find(shared, name, &definition) != 0) {
        return definition;
    }
    definition = it->state->upcalls.direct_definition_new(engine, name, (int)it->scope);
    if (definition && shared && PyDict_SetItem(shared, name, definition) < 0) {
        Py_CLEAR(definition);
    }
    return definition;
}

/* Where no definition can be made, because the item is a stand-in of somebody's unit test. */
static int
add_names_only(struct parametrization *it)
{
    int status = 0;

    for (Py_ssize_t i = 0; status == 0 && i < it->sets.name_count; i++) {
        PyObject *borrowed_name = PyTuple_GetItem(it->sets.names, i);
        if (!py_text_equals(PyDict_GetItem(it->directness, borrowed_name), "indirect")) {
            PyObject *none = PyList_New(0);
            status = none ? PyObject_SetItem(it->metafunc->arg2fixturedefs, borrowed_name, none) : -1;
            Py_XDECREF(none);
        }
    }
    return status;
}

static int
add_definitions(struct parametrization *it)
{
    PyObject *definition_op = it->metafunc->definition;
    PyObject *shared = NULL;
    int status = 0;

    if (!node_check(it->state, definition_op) || !((Node *)definition_op)->engine ||
        !it->state->upcalls.direct_definition_new) {
        return add_names_only(it);
    }
    if (it->scope != SCOPE_FUNCTION) {
        shared = shared_definitions(it, (Node *)definition_op);
        status = shared ? 0 : -1;
    }
    for (Py_ssize_t i = 0; status == 0 && i < it->sets.name_count; i++) {
        PyObject *borrowed_name = PyTuple_GetItem(it->sets.names, i);
        if (py_text_equals(PyDict_GetItem(it->directness, borrowed_name), "indirect")) {
            continue;
        }
        PyObject *made = definition_of(it, ((Node *)definition_op)->engine, shared, borrowed_name);
        PyObject *list = made ? Py_BuildValue("[N]", made) : NULL;
        status = list ? PyObject_SetItem(it->metafunc->arg2fixturedefs, borrowed_name, list) : -1;
        Py_XDECREF(list);
    }
    Py_XDECREF(shared);
    return status;
}

/* ---- Calls ---- */

static int
extend_call(struct parametrization *it, PyObject *callspec, struct call_batch *batch, PyObject *calls)
{
    if (!PyObject_TypeCheck(callspec, marks_types(it->state)->call_spec)) {
        PyErr_Format(PyExc_TypeError, "Metafunc._calls must hold CallSpec, not %R", (PyObject *)Py_TYPE(callspec));
        return -1;
    }
    for (Py_ssize_t i = 0; i < it->sets.count; i++) {
        PyObject *made = call_spec_extend(it->state, callspec, batch, &it->sets.sets[i], PyList_GetItem(it->ids, i), i);
        if (py_list_append_take(calls, made) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Every call so far times every parameter set. */
static int
multiply_calls(struct parametrization *it)
{
    struct call_batch batch = {.names = it->sets.names, .scope = it->scope, .nodeid = it->nodeid};
    PyObject *old = it->metafunc->calls;
    PyObject *calls = PyList_New(0);
    PyObject *first = NULL;
    int status = calls ? 0 : -1;

    if (status == 0 && PyList_Size(old) == 0) {
        first = call_spec_new(it->state);
        status = first ? extend_call(it, first, &batch, calls) : -1;
        Py_XDECREF(first);
    }
    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(old); i++) {
        PyObject *callspec = py_list_item(old, i);
        status = extend_call(it, callspec, &batch, calls);
        Py_DECREF(callspec);
    }
    Py_XDECREF(batch.shape);
    if (status == 0) {
        py_replace(&it->metafunc->calls, calls);
    }
    Py_XDECREF(calls);
    return status;
}

static int
run_steps(struct parametrization *it)
{
    const struct parametrize_call *call = it->call;

    if (parameter_sets_build(it->state, &it->sets, call->argnames, call->argvalues, it->metafunc->function,
                             it->metafunc->config, it->nodeid) < 0 ||
        refuse_request(it) < 0 || find_scope(it) < 0 || check_names(it) < 0 || make_ids(it) < 0) {
        return -1;
    }
    it->directness = resolve_directness(it->state, it->sets.argnames, call->indirect, it->nodeid);
    if (!it->directness || PyDict_Update(it->metafunc->directness, it->directness) < 0) {
        return -1;
    }
    return add_definitions(it) < 0 ? -1 : multiply_calls(it);
}

int
metafunc_parametrize(PyObject *op, const struct parametrize_call *call)
{
    struct parametrization it = {.state = state_of(op), .metafunc = (Metafunc *)op, .call = call};
    int status = -1;

    it.nodeid = PyObject_GetAttr(it.metafunc->definition, it.state->names.nodeid);
    if (it.nodeid && it.metafunc->calls && PyList_Check(it.metafunc->calls)) {
        status = run_steps(&it);
    } else if (it.nodeid) {
        PyErr_SetString(PyExc_TypeError, "Metafunc._calls must be a list");
    }
    parameter_sets_release(&it.sets);
    Py_XDECREF(it.directness);
    Py_XDECREF(it.ids);
    Py_XDECREF(it.nodeid);
    return status;
}

int
parametrize_add_direct_argnames(Node *node, PyObject *mark, PyObject *set)
{
    struct state *state = node->engine->state;
    PyObject *names = parametrize_argnames(state, mark);
    PyObject *indirect = names ? PyMapping_GetItemString(mark_kwargs(mark), "indirect") : NULL;
    PyObject *directness = NULL;
    PyObject *borrowed_name = NULL;
    PyObject *borrowed_kind = NULL;
    Py_ssize_t position = 0;
    int status = names ? 0 : -1;

    if (names && !indirect) {
        PyErr_Clear(); /* KeyError: not given */
    }
    if (names) {
        directness = resolve_directness(state, names, indirect, node_nodeid(node));
        status = directness ? 0 : -1;
    }
    while (status == 0 && PyDict_Next(directness, &position, &borrowed_name, &borrowed_kind)) {
        if (py_text_equals(borrowed_kind, "direct")) {
            status = PySet_Add(set, borrowed_name);
        }
    }
    Py_XDECREF(directness);
    Py_XDECREF(indirect);
    Py_XDECREF(names);
    return status;
}
