/* HookImpl: one implementation of one hook, native or a Python function. */
#include "base/arena.h"
#include "hooks/dispatch.h"

static PyObject *
impl_new(struct state *state, PyObject *plugin, PyObject *plugin_name)
{
    HookImpl *impl = (HookImpl *)py_new_instance(hooks_types(state)->hook_impl);

    if (impl) {
        impl->plugin = Py_NewRef(plugin);
        impl->plugin_name = Py_NewRef(plugin_name);
    }
    return (PyObject *)impl;
}

PyObject *
hook_impl_new_native(struct state *state, PyObject *plugin, PyObject *plugin_name, const struct native_hook *native)
{
    PyObject *op = impl_new(state, plugin, plugin_name);
    HookImpl *impl = (HookImpl *)op;

    if (op) {
        impl->native = native;
        impl->wrapper = native->flags & NATIVE_WRAPPER;
        impl->tryfirst = native->flags & NATIVE_TRYFIRST;
        impl->trylast = native->flags & NATIVE_TRYLAST;
    }
    return op;
}

/* bool(opts[key]), false when absent; -1 with an exception. */
static int
option_flag(PyObject *opts, const char *key, bool *flag_out)
{
    PyObject *borrowed_value = PyDict_GetItemString(opts, key);
    int truth = borrowed_value ? PyObject_IsTrue(borrowed_value) : 0;

    *flag_out = truth > 0;
    return truth < 0 ? -1 : 0;
}

static int
impl_read_opts(HookImpl *impl, PyObject *opts)
{
    if (option_flag(opts, "wrapper", &impl->wrapper) < 0 || option_flag(opts, "hookwrapper", &impl->hookwrapper) < 0 ||
        option_flag(opts, "optionalhook", &impl->optionalhook) < 0 ||
        option_flag(opts, "tryfirst", &impl->tryfirst) < 0) {
        return -1;
    }
    return option_flag(opts, "trylast", &impl->trylast);
}

PyObject *
hook_impl_new(struct state *state, PyObject *plugin, PyObject *plugin_name, PyObject *function, PyObject *opts)
{
    PyObject *op = impl_new(state, plugin, plugin_name);
    HookImpl *impl = (HookImpl *)op;

    if (!op) {
        return NULL;
    }
    impl->function = Py_NewRef(function);
    impl->opts = Py_NewRef(opts);
    if (varnames(state, function, false, &impl->argnames, &impl->kwargnames) < 0 || impl_read_opts(impl, opts) < 0) {
        Py_DECREF(op);
        return NULL;
    }
    impl->argument_count = (short)PyTuple_Size(impl->argnames);
    impl->keyword_count = (short)PyTuple_Size(impl->kwargnames);
    return op;
}

/* ---- calling ---- */

static short
position_of(PyObject *names, PyObject *name)
{
    Py_ssize_t count = PyTuple_Size(names);

    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *borrowed_name = PyTuple_GetItem(names, i);
        if (borrowed_name == name || PyUnicode_Compare(borrowed_name, name) == 0) {
            return (short)i;
        }
    }
    return -1;
}

void
hook_impl_bind(HookImpl *impl, PyObject *names)
{
    if (impl->native) {
        return;
    }
    size_t total = (size_t)(impl->argument_count + impl->keyword_count);
    impl->positions = memory_resize(impl->positions, (total + 1) * sizeof *impl->positions);
    for (short i = 0; i < impl->argument_count; i++) {
        impl->positions[i] = position_of(names, PyTuple_GetItem(impl->argnames, i));
    }
    for (short i = 0; i < impl->keyword_count; i++) {
        impl->positions[impl->argument_count + i] = position_of(names, PyTuple_GetItem(impl->kwargnames, i));
    }
}

/* The value of the impl's argument `i` (keywords follow the positional ones): borrowed, NULL when not given. */
static PyObject *
argument_value(const HookImpl *impl, const struct hook_arguments *arguments, short i)
{
    PyObject *borrowed_value = NULL;

    if (impl->positions && arguments->values && impl->positions[i] >= 0) {
        borrowed_value = arguments->values[impl->positions[i]];
    }
    if (!borrowed_value && arguments->kwargs) {
        PyObject *borrowed_name = i < impl->argument_count
                                      ? PyTuple_GetItem(impl->argnames, i)
                                      : PyTuple_GetItem(impl->kwargnames, i - impl->argument_count);
        borrowed_value = PyDict_GetItemWithError(arguments->kwargs, borrowed_name);
    }
    return borrowed_value;
}

static PyObject *
missing_argument(const HookImpl *impl, short i)
{
    PyObject *name = PyTuple_GetItem(impl->argnames, i);

    if (PyErr_Occurred()) {
        return NULL;
    }
    return pluggy_error("HookCallError", NULL, "hook call must provide argument %R", name);
}

static PyObject *
call_with_keywords(HookImpl *impl, const struct hook_arguments *arguments, PyObject *function)
{
    PyObject *args = PyTuple_New(impl->argument_count);
    PyObject *kwargs = PyDict_New();
    PyObject *result = NULL;

    if (!args || !kwargs) {
        goto done;
    }
    for (short i = 0; i < impl->argument_count; i++) {
        PyObject *borrowed_value = argument_value(impl, arguments, i);
        if (!borrowed_value) {
            missing_argument(impl, i);
            goto done;
        }
        PyTuple_SetItem(args, i, Py_NewRef(borrowed_value));
    }
    for (short i = 0; i < impl->keyword_count; i++) {
        PyObject *borrowed_value = argument_value(impl, arguments, (short)(impl->argument_count + i));
        if (borrowed_value && PyDict_SetItem(kwargs, PyTuple_GetItem(impl->kwargnames, i), borrowed_value) < 0) {
            goto done;
        }
    }
    result = PyObject_Call(function, args, PyDict_Size(kwargs) > 0 ? kwargs : NULL);

done:
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
    return result;
}

PyObject *
hook_impl_call(HookImpl *impl, const struct hook_arguments *arguments)
{
    PyObject *values[4] = {NULL};
    PyObject *result = NULL;
    PyObject *function = impl->function;

    if (!function) {
        return PyErr_Format(PyExc_TypeError, "hook implementation %R has no Python function", impl);
    }
    if (state_settle_output(state_of((PyObject *)impl)) < 0) {
        return NULL;
    }
    Py_INCREF(function);
    if (impl->keyword_count || impl->argument_count > (short)COUNT_OF(values)) {
        result = call_with_keywords(impl, arguments, function);
        goto done;
    }
    for (short i = 0; i < impl->argument_count; i++) {
        values[i] = argument_value(impl, arguments, i);
        if (!values[i]) {
            missing_argument(impl, i);
            goto done;
        }
    }
    /* The first NULL ends the arguments. */
    result = PyObject_CallFunctionObjArgs(function, values[0], values[1], values[2], values[3], NULL);

done:
    Py_DECREF(function);
    return result;
}

/* ---- what Python sees ---- */

static PyObject *
impl_get_plugin(PyObject *op, void *Py_UNUSED(closure))
{
    PyObject *plugin = ((HookImpl *)op)->plugin;
    return Py_NewRef(plugin ? plugin : Py_None);
}

/* pytest's plugin modules have a function of the hook's name; where ours have none, it is made. */
static PyObject *
impl_get_function(PyObject *op, void *Py_UNUSED(closure))
{
    HookImpl *impl = (HookImpl *)op;
    struct state *state = state_of(op);

    if (!impl->function) {
        PyObject *name = hooks_room(state)->hook_names[impl->native->id];
        PyObject *function = NULL;
        int found = py_find_attr(state, impl->plugin, name, &function);
        if (found == 0) {
            PyObject *stand_in = py_import_attr("fastest._native_hooks", "stand_in");
            function = stand_in ? PyObject_CallFunctionObjArgs(stand_in, impl->plugin, name, NULL) : NULL;
            Py_XDECREF(stand_in);
        }
        if (!function) {
            return NULL;
        }
        impl->function = function;
    }
    return Py_NewRef(impl->function);
}

static PyObject *
impl_get_argnames(PyObject *op, void *Py_UNUSED(closure))
{
    HookImpl *impl = (HookImpl *)op;

    if (!impl->argnames) {
        impl->argnames = Py_XNewRef(hook_argnames(state_of(op), impl->native->id));
    }
    return Py_XNewRef(impl->argnames);
}

static PyObject *
impl_get_kwargnames(PyObject *op, void *Py_UNUSED(closure))
{
    HookImpl *impl = (HookImpl *)op;
    return Py_NewRef(impl->kwargnames ? impl->kwargnames : state_of(op)->empty_tuple);
}

static PyObject *
impl_get_opts(PyObject *op, void *Py_UNUSED(closure))
{
    HookImpl *impl = (HookImpl *)op;

    if (!impl->opts) {
        impl->opts = Py_BuildValue("{s:N,s:N,s:N,s:N,s:N,s:O}", "wrapper", PyBool_FromLong(impl->wrapper),
                                   "hookwrapper", PyBool_FromLong(impl->hookwrapper), "optionalhook",
                                   PyBool_FromLong(impl->optionalhook), "tryfirst", PyBool_FromLong(impl->tryfirst),
                                   "trylast", PyBool_FromLong(impl->trylast), "specname", Py_None);
    }
    return Py_XNewRef(impl->opts);
}

static PyObject *
impl_repr(PyObject *op)
{
    HookImpl *impl = (HookImpl *)op;
    return PyUnicode_FromFormat("<HookImpl plugin_name=%R, plugin=%R>", impl->plugin_name,
                                impl->plugin ? impl->plugin : Py_None);
}

/* HookImpl(plugin, plugin_name, function, hook_impl_opts) */
static PyObject *
impl_type_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"plugin", "plugin_name", "function", "hook_impl_opts", NULL};
    PyObject *values[4];

    if (py_unpack_tuple("HookImpl", args, kwargs, NAMES, 4, 4, values) < 0) {
        return NULL;
    }
    if (!PyDict_Check(values[3])) {
        return PyErr_Format(PyExc_TypeError, "hook_impl_opts must be a dict, not %R", Py_TYPE(values[3]));
    }
    return hook_impl_new(state_from_type(type), values[0], values[1], values[2], values[3]);
}

static int
impl_traverse(PyObject *op, visitproc visit, void *arg)
{
    HookImpl *impl = (HookImpl *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(impl->plugin);
    Py_VISIT(impl->plugin_name);
    Py_VISIT(impl->function);
    Py_VISIT(impl->opts);
    Py_VISIT(impl->argnames);
    Py_VISIT(impl->kwargnames);
    return 0;
}

static int
impl_clear(PyObject *op)
{
    HookImpl *impl = (HookImpl *)op;
    Py_CLEAR(impl->plugin);
    Py_CLEAR(impl->plugin_name);
    Py_CLEAR(impl->function);
    Py_CLEAR(impl->opts);
    Py_CLEAR(impl->argnames);
    Py_CLEAR(impl->kwargnames);
    return 0;
}

static void
impl_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    impl_clear(op);
    memory_free(((HookImpl *)op)->positions);
    py_free_instance(op);
}

static PyMemberDef IMPL_MEMBERS[] = {
    {"plugin_name", T_OBJECT, offsetof(HookImpl, plugin_name), READONLY, NULL},
    {"wrapper", T_BOOL, offsetof(HookImpl, wrapper), 0, NULL},
    {"hookwrapper", T_BOOL, offsetof(HookImpl, hookwrapper), 0, NULL},
    {"optionalhook", T_BOOL, offsetof(HookImpl, optionalhook), 0, NULL},
    {"tryfirst", T_BOOL, offsetof(HookImpl, tryfirst), 0, NULL},
    {"trylast", T_BOOL, offsetof(HookImpl, trylast), 0, NULL},
    PY_END_MEMBER,
};

static PyGetSetDef IMPL_GETSETS[] = {
    {"plugin", impl_get_plugin, NULL, NULL, NULL},     {"function", impl_get_function, NULL, NULL, NULL},
    {"argnames", impl_get_argnames, NULL, NULL, NULL}, {"kwargnames", impl_get_kwargnames, NULL, NULL, NULL},
    {"opts", impl_get_opts, NULL, NULL, NULL},         PY_END_GETSET,
};

static PyType_Slot IMPL_SLOTS[] = {
    PY_SLOT(tp_new, impl_type_new),      PY_SLOT(tp_repr, impl_repr),
    PY_SLOT(tp_traverse, impl_traverse), PY_SLOT(tp_clear, impl_clear),
    PY_SLOT(tp_dealloc, impl_dealloc),   PY_SLOT(tp_members, IMPL_MEMBERS),
    PY_SLOT(tp_getset, IMPL_GETSETS),    PY_END_SLOT,
};

static PyType_Spec IMPL_SPEC = {
    .name = "pluggy._hooks.HookImpl",
    .basicsize = sizeof(HookImpl),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = IMPL_SLOTS,
};

int
hook_impl_add_type(PyObject *module, struct state *state)
{
    hooks_types(state)->hook_impl = py_type_add(module, &IMPL_SPEC, NULL);
    return hooks_types(state)->hook_impl ? 0 : -1;
}
