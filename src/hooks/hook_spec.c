/* HookSpec: what a hook's implementations may ask for, and the check that they do not ask for more. */
#include <stdarg.h>

#include "hooks/dispatch.h"

PyObject *
pluggy_error(const char *name, PyObject *plugin, const char *fmt, ...)
{
    PyObject *type = py_import_attr("pluggy", name);
    PyObject *message = NULL;
    PyObject *exception = NULL;
    va_list arguments;

    if (!type) {
        return NULL;
    }
    va_start(arguments, fmt);
    message = PyUnicode_FromFormatV(fmt, arguments);
    va_end(arguments);
    if (message) {
        exception = plugin ? py_call2(type, plugin, message) : py_call1(type, message);
    }
    if (exception) {
        PyErr_SetObject(type, exception);
    }
    Py_DECREF(type);
    Py_XDECREF(message);
    Py_XDECREF(exception);
    return NULL;
}

/* ---- the type ---- */

/* Whether names[i] of a class is a staticmethod: then it has no self to lack. */
static int
is_static_method(struct state *state, PyObject *namespace, PyObject *name)
{
    PyObject *found = object_find_static(state, namespace, name);
    int is_static = found && PyObject_TypeCheck(found, state->static_method_type);

    if (!found && PyErr_Occurred()) {
        return -1;
    }
    Py_XDECREF(found);
    return is_static;
}

static int
spec_read_defaults(struct state *state, HookSpec *spec)
{
    PyObject *function = function_unwrap(state, spec->function);
    PyObject *defaults = NULL;
    Py_ssize_t count = PyTuple_Size(spec->kwargnames);
    int status = -1;

    spec->kwargdefaults = PyDict_New();
    if (!function || !spec->kwargdefaults || py_find_attr(state, function, state->names.__defaults__, &defaults) < 0) {
        goto done;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        if (PyDict_SetItem(spec->kwargdefaults, PyTuple_GetItem(spec->kwargnames, i), PyTuple_GetItem(defaults, i)) <
            0) {
            goto done;
        }
    }
    status = 0;

done:
    Py_XDECREF(function);
    Py_XDECREF(defaults);
    return status;
}

PyObject *
hook_spec_new(struct state *state, PyObject *namespace, PyObject *name, PyObject *opts)
{
    HookSpec *spec = (HookSpec *)py_new_instance(hooks_room(state)->hook_spec);
    int is_static = 0;

    if (!spec) {
        return NULL;
    }
    spec->namespace = Py_NewRef(namespace);
    spec->name = Py_NewRef(name);
    spec->opts = Py_NewRef(opts);
    spec->warn_on_impl = Py_XNewRef(PyDict_GetItemString(opts, "warn_on_impl"));
    spec->warn_on_impl_args = Py_XNewRef(PyDict_GetItemString(opts, "warn_on_impl_args"));
    spec->function = PyObject_GetAttr(namespace, name);
    if (spec->function && PyType_Check(namespace)) {
        is_static = is_static_method(state, namespace, name);
    }
    if (!spec->function || is_static < 0 ||
        varnames(state, spec->function, PyType_Check(namespace) && !is_static, &spec->argnames, &spec->kwargnames) <
            0 ||
        spec_read_defaults(state, spec) < 0) {
        Py_CLEAR(spec);
    }
    return (PyObject *)spec;
}

static PyObject *
spec_type_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"namespace", "name", "opts", NULL};
    PyObject *values[3];

    if (py_unpack_tuple("HookSpec", args, kwargs, NAMES, 3, 3, values) < 0) {
        return NULL;
    }
    if (!PyDict_Check(values[2])) {
        return PyErr_Format(PyExc_TypeError, "opts must be a dict, not %R", Py_TYPE(values[2]));
    }
    return hook_spec_new(state_from_type(type), values[0], values[1], values[2]);
}

static int
spec_traverse(PyObject *op, visitproc visit, void *arg)
{
    HookSpec *spec = (HookSpec *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(spec->namespace);
    Py_VISIT(spec->name);
    Py_VISIT(spec->function);
    Py_VISIT(spec->argnames);
    Py_VISIT(spec->kwargnames);
    Py_VISIT(spec->kwargdefaults);
    Py_VISIT(spec->opts);
    Py_VISIT(spec->warn_on_impl);
    Py_VISIT(spec->warn_on_impl_args);
    return 0;
}

static int
spec_clear(PyObject *op)
{
    HookSpec *spec = (HookSpec *)op;
    Py_CLEAR(spec->namespace);
    Py_CLEAR(spec->name);
    Py_CLEAR(spec->function);
    Py_CLEAR(spec->argnames);
    Py_CLEAR(spec->kwargnames);
    Py_CLEAR(spec->kwargdefaults);
    Py_CLEAR(spec->opts);
    Py_CLEAR(spec->warn_on_impl);
    Py_CLEAR(spec->warn_on_impl_args);
    return 0;
}

static void
spec_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    spec_clear(op);
    py_free_instance(op);
}

static PyMemberDef SPEC_MEMBERS[] = {
    {"namespace", T_OBJECT, offsetof(HookSpec, namespace), READONLY, NULL},
    {"name", T_OBJECT, offsetof(HookSpec, name), READONLY, NULL},
    {"function", T_OBJECT, offsetof(HookSpec, function), READONLY, NULL},
    {"argnames", T_OBJECT, offsetof(HookSpec, argnames), READONLY, NULL},
    {"kwargnames", T_OBJECT, offsetof(HookSpec, kwargnames), READONLY, NULL},
    {"kwargdefaults", T_OBJECT, offsetof(HookSpec, kwargdefaults), READONLY, NULL},
    {"opts", T_OBJECT, offsetof(HookSpec, opts), 0, NULL},
    {"warn_on_impl", T_OBJECT, offsetof(HookSpec, warn_on_impl), 0, NULL},
    {"warn_on_impl_args", T_OBJECT, offsetof(HookSpec, warn_on_impl_args), 0, NULL},
    PY_END_MEMBER,
};

static PyType_Slot SPEC_SLOTS[] = {
    PY_SLOT(tp_new, spec_type_new),    PY_SLOT(tp_traverse, spec_traverse), PY_SLOT(tp_clear, spec_clear),
    PY_SLOT(tp_dealloc, spec_dealloc), PY_SLOT(tp_members, SPEC_MEMBERS),   PY_END_SLOT,
};

static PyType_Spec SPEC_SPEC = {
    .name = "pluggy._hooks.HookSpec",
    .basicsize = sizeof(HookSpec),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = SPEC_SLOTS,
};

int
hook_spec_add_type(PyObject *module, struct state *state)
{
    hooks_room(state)->hook_spec = py_type_add(module, &SPEC_SPEC, NULL);
    return hooks_room(state)->hook_spec ? 0 : -1;
}

/* ---- verification ---- */

/* function.__name__ + inspect.signature(function), for messages about a plugin that is wrong: a new reference. */
static PyObject *
format_definition(struct state *state, PyObject *function)
{
    PyObject *signature_of = py_import_attr("inspect", "signature");
    PyObject *signature = signature_of ? py_call1(signature_of, function) : NULL;
    PyObject *name = signature ? PyObject_GetAttr(function, state->names.__name__) : NULL;
    PyObject *text = name ? PyUnicode_FromFormat("%S%S", name, signature) : NULL;

    Py_XDECREF(signature_of);
    Py_XDECREF(signature);
    Py_XDECREF(name);
    return text;
}

static int
refuse(struct state *state, HookCaller *caller, HookImpl *impl, PyObject *reason)
{
    PyObject *definition = reason ? format_definition(state, impl->function) : NULL;

    if (definition) {
        pluggy_error("PluginValidationError", impl->plugin, "Plugin %R for hook %R\nhookimpl definition: %U\n%U",
                     impl->plugin_name, caller->name, definition, reason);
    }
    Py_XDECREF(definition);
    Py_XDECREF(reason);
    return -1;
}

/* A warning of the specification's author, located at the implementation. */
static int
warn_for_function(struct state *state, PyObject *warning, PyObject *function)
{
    PyObject *code = PyObject_GetAttr(function, state->names.__code__);
    PyObject *filename = code ? PyObject_GetAttr(code, state->names.co_filename) : NULL;
    PyObject *line = filename ? PyObject_GetAttr(code, state->names.co_firstlineno) : NULL;
    PyObject *warn = line ? py_import_attr("warnings", "warn_explicit") : NULL;
    PyObject *done = warn ? PyObject_CallFunction(warn, "OOOO", warning, Py_TYPE(warning), filename, line) : NULL;
    int status = done ? 0 : -1;

    Py_XDECREF(code);
    Py_XDECREF(filename);
    Py_XDECREF(line);
    Py_XDECREF(warn);
    Py_XDECREF(done);
    return status;
}

/* The set of argument names that the specification does not have, as pluggy prints it: 0, or -1 with the refusal. */
static int
check_argument_names(struct state *state, HookCaller *caller, HookImpl *impl)
{
    PyObject *unknown = NULL;

    for (short i = 0; i < impl->argument_count; i++) {
        if (impl->positions[i] >= 0) {
            continue;
        }
        unknown = unknown ? unknown : PySet_New(NULL);
        if (!unknown || PySet_Add(unknown, PyTuple_GetItem(impl->argnames, i)) < 0) {
            Py_XDECREF(unknown);
            return -1;
        }
    }
    if (!unknown) {
        return 0;
    }
    PyObject *reason = PyUnicode_FromFormat(
        "Argument(s) %R are declared in the hookimpl but can not be found in the hookspec", unknown);
    Py_DECREF(unknown);
    return refuse(state, caller, impl, reason);
}

static int
warn_about_arguments(struct state *state, const HookSpec *spec, HookImpl *impl)
{
    short total = (short)(impl->argument_count + impl->keyword_count);

    for (short i = 0; i < total; i++) {
        PyObject *borrowed_name = i < impl->argument_count
                                      ? PyTuple_GetItem(impl->argnames, i)
                                      : PyTuple_GetItem(impl->kwargnames, i - impl->argument_count);
        PyObject *warning = PyObject_CallMethod(spec->warn_on_impl_args, "get", "O", borrowed_name);
        int status = !warning ? -1 : warning == Py_None ? 0 : warn_for_function(state, warning, impl->function);
        Py_XDECREF(warning);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

enum { CO_GENERATOR_FLAG = 0x20 };

/* inspect.isgeneratorfunction(), through bound methods and partials. */
static int
is_generator_function(struct state *state, PyObject *function)
{
    PyObject *code = NULL;
    PyObject *flags = NULL;
    int found = py_find_attr(state, function, state->names.__code__, &code);

    if (found <= 0) {
        return found;
    }
    flags = PyObject_GetAttr(code, state->names.co_flags);
    Py_DECREF(code);
    if (!flags) {
        return -1;
    }
    long value = PyLong_AsLong(flags);
    Py_DECREF(flags);
    return (value & CO_GENERATOR_FLAG) != 0;
}

static int
check_wrapper(struct state *state, HookCaller *caller, HookImpl *impl)
{
    int is_generator = 0;

    if (!impl->wrapper && !impl->hookwrapper) {
        return 0;
    }
    is_generator = is_generator_function(state, impl->function);
    if (is_generator < 0) {
        return -1;
    }
    if (!is_generator) {
        return refuse(state, caller, impl,
                      PyUnicode_FromString("Declared as wrapper=True or hookwrapper=True but function is not a "
                                           "generator function"));
    }
    if (impl->wrapper && impl->hookwrapper) {
        return refuse(state, caller, impl,
                      PyUnicode_FromString("The wrapper=True and hookwrapper=True options are mutually exclusive"));
    }
    return 0;
}

int
hook_verify(struct state *state, HookCaller *caller, HookImpl *impl)
{
    const HookSpec *spec = (HookSpec *)caller->spec;
    PyObject *borrowed_names = NULL;

    if (impl->native) {
        return 0;
    }
    if (caller->history && (impl->wrapper || impl->hookwrapper)) {
        pluggy_error("PluginValidationError", impl->plugin,
                     "Plugin %R\nhook %R\nhistoric incompatible with yield/wrapper/hookwrapper", impl->plugin_name,
                     caller->name);
        return -1;
    }
    if (spec && spec->warn_on_impl && spec->warn_on_impl != Py_None &&
        warn_for_function(state, spec->warn_on_impl, impl->function) < 0) {
        return -1;
    }
    borrowed_names = hook_caller_names(state, caller);
    if (!borrowed_names) {
        return -1;
    }
    hook_impl_bind(impl, borrowed_names);
    if (check_argument_names(state, caller, impl) < 0) {
        return -1;
    }
    if (spec && spec->warn_on_impl_args && spec->warn_on_impl_args != Py_None &&
        warn_about_arguments(state, spec, impl) < 0) {
        return -1;
    }
    return check_wrapper(state, caller, impl);
}
