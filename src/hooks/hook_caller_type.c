/* HookCaller and _SubsetHookCaller as Python sees them. */
#include "hooks/dispatch.h"

/* ---- calls ---- */

static bool
refuses_direct_call(HookCaller *caller)
{
    if (!hook_caller_root(caller)->history) {
        return false;
    }
    PyErr_SetString(PyExc_AssertionError, "Cannot directly call a historic hook - use call_historic instead.");
    return true;
}

static PyObject *
caller_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    HookCaller *caller = (HookCaller *)op;
    struct hook_list *list = NULL;
    PyObject *result = NULL;

    if (PyTuple_Size(args) > 0) {
        return PyErr_Format(PyExc_TypeError, "HookCaller.__call__() takes 1 positional argument but %zd were given",
                            PyTuple_Size(args) + 1);
    }
    if (refuses_direct_call(caller)) {
        return NULL;
    }
    list = hook_caller_list(caller);
    if (list) {
        Py_INCREF(op);
        result = hook_caller_call_kwargs(caller, list, kwargs, false, NULL);
        if (state_settle_output(state_of(op)) < 0) {
            Py_CLEAR(result);
        }
        Py_DECREF(op);
    }
    return result;
}

static PyObject *
caller_call_historic(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"result_callback", "kwargs", NULL};
    HookCaller *caller = (HookCaller *)op;
    PyObject *values[2];
    PyObject *results = NULL;
    struct hook_list *list = NULL;

    if (py_unpack_tuple("call_historic", args, kwargs, NAMES, 2, 0, values) < 0) {
        return NULL;
    }
    PyObject *callback = values[0] == Py_None ? NULL : values[0];
    PyObject *call_kwargs = values[1] == Py_None ? NULL : values[1];
    if (!hook_caller_root(caller)->history) {
        PyErr_SetNone(PyExc_AssertionError);
        return NULL;
    }
    if (call_kwargs && !PyDict_Check(call_kwargs)) {
        return PyErr_Format(PyExc_TypeError, "kwargs must be a dict, not %R", Py_TYPE(call_kwargs));
    }
    list = hook_caller_list(caller);
    results = list ? hook_caller_call_kwargs(caller, list, call_kwargs, true, callback) : NULL;
    for (Py_ssize_t i = 0; results && callback && PyList_Check(results) && i < PyList_Size(results); i++) {
        PyObject *called = py_call1(callback, PyList_GetItem(results, i));
        if (!called) {
            Py_CLEAR(results);
        }
        Py_XDECREF(called);
    }
    if (!results) {
        return NULL;
    }
    Py_DECREF(results);
    Py_RETURN_NONE;
}

/* The caller's list with temporary implementations: a new list, NULL with an exception. */
static struct hook_list *
list_with_methods(struct state *state, HookCaller *caller, PyObject *methods)
{
    struct hook_list *list = hook_caller_list(caller);
    PyObject *items = list ? PySequence_List(methods) : NULL;
    PyObject *opts = items ? PyDict_New() : NULL;
    PyObject *name = opts ? PyUnicode_FromString("<temp>") : NULL;
    PyObject *borrowed_names = name ? hook_caller_names(state, caller) : NULL;

    list = name ? hook_list_keep(list) : NULL;
    for (Py_ssize_t i = 0; list && i < PyList_Size(items); i++) {
        PyObject *impl = hook_impl_new(state, Py_None, name, PyList_GetItem(items, i), opts);
        struct hook_list *longer = NULL;
        if (impl) {
            if (borrowed_names) {
                hook_impl_bind((HookImpl *)impl, borrowed_names);
            }
            longer = hook_list_with_extra(list, (HookImpl *)impl);
            Py_DECREF(impl);
        }
        hook_list_drop(list);
        list = longer;
    }
    Py_XDECREF(items);
    Py_XDECREF(opts);
    Py_XDECREF(name);
    return list;
}

static PyObject *
caller_call_extra(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"methods", "kwargs", NULL};
    HookCaller *caller = (HookCaller *)op;
    PyObject *values[2];
    PyObject *result = NULL;

    if (py_unpack_tuple("call_extra", args, kwargs, NAMES, 2, 2, values) < 0 || refuses_direct_call(caller)) {
        return NULL;
    }
    if (!PyDict_Check(values[1])) {
        return PyErr_Format(PyExc_TypeError, "kwargs must be a dict, not %R", Py_TYPE(values[1]));
    }
    struct hook_list *list = list_with_methods(state_of(op), caller, values[0]);
    if (list) {
        result = hook_caller_call_kwargs(caller, list, values[1], false, NULL);
        hook_list_drop(list);
    }
    return result;
}

/* ---- what Python sees ---- */

static PyObject *
caller_has_spec(PyObject *op, PyObject *Py_UNUSED(none))
{
    return PyBool_FromLong(hook_caller_root((HookCaller *)op)->has_spec);
}

static PyObject *
caller_is_historic(PyObject *op, PyObject *Py_UNUSED(none))
{
    return PyBool_FromLong(hook_caller_root((HookCaller *)op)->history != NULL);
}

static PyObject *
caller_get_hookimpls(PyObject *op, PyObject *Py_UNUSED(none))
{
    struct hook_list *list = hook_caller_list((HookCaller *)op);
    return list ? hook_list_as_list(list) : NULL;
}

static PyObject *
caller_method_set_specification(PyObject *op, PyObject *args)
{
    PyObject *namespace = NULL;
    PyObject *opts = NULL;

    if (!PyArg_ParseTuple(args, "OO!:set_specification", &namespace, &PyDict_Type, &opts) ||
        hook_caller_set_spec(state_of(op), (HookCaller *)op, namespace, opts) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
caller_method_add(PyObject *op, PyObject *impl)
{
    struct state *state = state_of(op);

    if (!PyObject_TypeCheck(impl, hooks_types(state)->hook_impl)) {
        return PyErr_Format(PyExc_TypeError, "expected a HookImpl, not %R", Py_TYPE(impl));
    }
    hook_caller_add(state, (HookCaller *)op, (HookImpl *)impl);
    Py_RETURN_NONE;
}

static PyObject *
caller_method_replay(PyObject *op, PyObject *impl)
{
    struct state *state = state_of(op);

    if (!PyObject_TypeCheck(impl, hooks_types(state)->hook_impl)) {
        return PyErr_Format(PyExc_TypeError, "expected a HookImpl, not %R", Py_TYPE(impl));
    }
    if (hook_caller_replay(state, (HookCaller *)op, (HookImpl *)impl) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
caller_method_remove(PyObject *op, PyObject *plugin)
{
    if (hook_caller_remove_plugin((HookCaller *)op, plugin) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* The specification of a hook of our own, as Python sees it: a new reference. */
static PyObject *
native_spec(struct state *state, HookCaller *caller)
{
    PyObject *namespace = PyImport_ImportModule("_pytest.hookspec");
    PyObject *opts = NULL;
    PyObject *spec = NULL;

    if (!namespace) {
        return NULL;
    }
    opts = Py_BuildValue("{s:O,s:O,s:O,s:O}", "firstresult", caller->firstresult ? Py_True : Py_False, "historic",
                         caller->history ? Py_True : Py_False, "warn_on_impl", Py_None, "warn_on_impl_args", Py_None);
    if (opts) {
        spec = hook_spec_new(state, namespace, caller->name, opts);
        Py_DECREF(opts);
    }
    Py_DECREF(namespace);
    return spec;
}

static PyObject *
caller_get_spec(PyObject *op, void *Py_UNUSED(closure))
{
    HookCaller *root = hook_caller_root((HookCaller *)op);

    if (!root->spec && root->has_spec) {
        root->spec = native_spec(state_of(op), root);
        return Py_XNewRef(root->spec);
    }
    return Py_NewRef(root->spec ? root->spec : Py_None);
}

static PyObject *
caller_get_impls(PyObject *op, void *Py_UNUSED(closure))
{
    return caller_get_hookimpls(op, NULL);
}

static PyObject *
caller_get_history(PyObject *op, void *Py_UNUSED(closure))
{
    PyObject *history = hook_caller_root((HookCaller *)op)->history;
    return Py_NewRef(history ? history : Py_None);
}

static int
caller_set_history(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    if (!value || (value != Py_None && !PyList_Check(value))) {
        PyErr_SetString(PyExc_TypeError, "_call_history must be a list or None");
        return -1;
    }
    py_replace(&hook_caller_root((HookCaller *)op)->history, value == Py_None ? NULL : value);
    return 0;
}

static PyObject *
caller_get_exec(PyObject *op, void *Py_UNUSED(closure))
{
    HookCaller *caller = (HookCaller *)op;

    if (caller->manager) {
        return PyObject_GetAttrString(caller->manager, "_hookexec");
    }
    return Py_NewRef(caller->hookexec ? caller->hookexec : Py_None);
}

static PyObject *
caller_repr(PyObject *op)
{
    HookCaller *caller = (HookCaller *)op;
    return PyUnicode_FromFormat(caller->origin ? "<_SubsetHookCaller %R>" : "<HookCaller %R>", caller->name);
}

/* HookCaller(name, hook_execute, specmodule_or_class=None, spec_opts=None) */
static PyObject *
caller_type_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"name", "hook_execute", "specmodule_or_class", "spec_opts", NULL};
    PyObject *values[4];
    HookCaller *caller = NULL;

    if (py_unpack_tuple("HookCaller", args, kwargs, NAMES, 4, 2, values) < 0) {
        return NULL;
    }
    caller = hook_caller_alloc(state_from_type(type), type, values[0], HOOK_COUNT);
    if (!caller) {
        return NULL;
    }
    caller->hookexec = Py_NewRef(values[1]);
    if (values[2] && values[2] != Py_None) {
        if (!values[3] || !PyDict_Check(values[3])) {
            PyErr_SetNone(PyExc_AssertionError);
            Py_CLEAR(caller);
        } else if (hook_caller_set_spec(caller->state, caller, values[2], values[3]) < 0) {
            Py_CLEAR(caller);
        }
    }
    return (PyObject *)caller;
}

/* _SubsetHookCaller(orig, remove_plugins) */
static PyObject *
subset_type_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"orig", "remove_plugins", NULL};
    struct state *state = state_from_type(type);
    PyObject *values[2];

    if (py_unpack_tuple("_SubsetHookCaller", args, kwargs, NAMES, 2, 2, values) < 0) {
        return NULL;
    }
    if (!PyObject_TypeCheck(values[0], hooks_types(state)->hook_caller)) {
        return PyErr_Format(PyExc_TypeError, "expected a HookCaller, not %R", Py_TYPE(values[0]));
    }
    PyObject *removed = PySet_New(values[1]);
    HookCaller *caller = removed ? hook_caller_new_subset(state, (HookCaller *)values[0], removed) : NULL;
    Py_XDECREF(removed);
    return (PyObject *)caller;
}

static int
caller_traverse(PyObject *op, visitproc visit, void *arg)
{
    HookCaller *caller = (HookCaller *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(caller->name);
    Py_VISIT(caller->manager);
    Py_VISIT(caller->hookexec);
    Py_VISIT(caller->names);
    Py_VISIT(caller->spec);
    Py_VISIT(caller->history);
    Py_VISIT(caller->origin);
    Py_VISIT(caller->removed);
    return hook_list_traverse(caller->list, visit, arg);
}

static int
caller_clear(PyObject *op)
{
    HookCaller *caller = (HookCaller *)op;
    Py_CLEAR(caller->manager);
    Py_CLEAR(caller->hookexec);
    Py_CLEAR(caller->names);
    Py_CLEAR(caller->spec);
    Py_CLEAR(caller->history);
    Py_CLEAR(caller->removed);
    hook_caller_forget(caller);
    return 0;
}

static void
caller_dealloc(PyObject *op)
{
    HookCaller *caller = (HookCaller *)op;
    PyObject_GC_UnTrack(op);
    caller_clear(op);
    hook_list_drop(caller->list);
    Py_CLEAR(caller->origin);
    Py_CLEAR(caller->name);
    py_free_instance(op);
}

static PyMemberDef CALLER_MEMBERS[] = {
    {"name", T_OBJECT, offsetof(HookCaller, name), READONLY, NULL},
    {"_orig", T_OBJECT, offsetof(HookCaller, origin), READONLY, NULL},
    {"_remove_plugins", T_OBJECT, offsetof(HookCaller, removed), READONLY, NULL},
    PY_END_MEMBER,
};

static PyGetSetDef CALLER_GETSETS[] = {
    {"spec", caller_get_spec, NULL, NULL, NULL},
    {"_hookimpls", caller_get_impls, NULL, NULL, NULL},
    {"_call_history", caller_get_history, caller_set_history, NULL, NULL},
    {"_hookexec", caller_get_exec, NULL, NULL, NULL},
    PY_END_GETSET,
};

static PyMethodDef CALLER_METHODS[] = {
    {"has_spec", caller_has_spec, METH_NOARGS, "has_spec($self)\n--\n\n"},
    {"is_historic", caller_is_historic, METH_NOARGS, "is_historic($self)\n--\n\n"},
    {"get_hookimpls", caller_get_hookimpls, METH_NOARGS,
     "get_hookimpls($self)\n--\n\n"
     "Get all registered hook implementations for this hook."},
    {"set_specification", caller_method_set_specification, METH_VARARGS, NULL},
    {"call_historic", PY_WITH_KEYWORDS(caller_call_historic), NULL},
    {"call_extra", PY_WITH_KEYWORDS(caller_call_extra), NULL},
    {"_add_hookimpl", caller_method_add, METH_O, NULL},
    {"_maybe_apply_history", caller_method_replay, METH_O, NULL},
    {"_remove_plugin", caller_method_remove, METH_O, NULL},
    PY_END_METHOD,
};

static PyType_Slot CALLER_SLOTS[] = {
    PY_SLOT(tp_new, caller_type_new),    PY_SLOT(tp_call, caller_call),
    PY_SLOT(tp_repr, caller_repr),       PY_SLOT(tp_traverse, caller_traverse),
    PY_SLOT(tp_clear, caller_clear),     PY_SLOT(tp_dealloc, caller_dealloc),
    PY_SLOT(tp_members, CALLER_MEMBERS), PY_SLOT(tp_getset, CALLER_GETSETS),
    PY_SLOT(tp_methods, CALLER_METHODS), PY_END_SLOT,
};

static PyType_Spec CALLER_SPEC = {
    .name = "pluggy._hooks.HookCaller",
    .basicsize = sizeof(HookCaller),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .slots = CALLER_SLOTS,
};

static PyType_Slot SUBSET_SLOTS[] = {
    PY_SLOT(tp_new, subset_type_new),
    PY_SLOT(tp_traverse, caller_traverse),
    PY_SLOT(tp_clear, caller_clear),
    PY_SLOT(tp_dealloc, caller_dealloc),
    PY_END_SLOT,
};

static PyType_Spec SUBSET_SPEC = {
    .name = "pluggy._hooks._SubsetHookCaller",
    .basicsize = sizeof(HookCaller),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = SUBSET_SLOTS,
};

int
hook_caller_add_types(PyObject *module, struct state *state)
{
    struct hooks_room *room = hooks_room(state);

    room->types.hook_caller = py_type_add(module, &CALLER_SPEC, NULL);
    if (!room->types.hook_caller) {
        return -1;
    }
    room->subset_caller = py_type_add(module, &SUBSET_SPEC, (PyObject *)room->types.hook_caller);
    return room->subset_caller ? 0 : -1;
}
