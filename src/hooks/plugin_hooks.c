/* Finds hook implementations and specifications on objects, and joins the two, as pluggy does. */
#include "hooks/plugin_manager.h"

#include "base/arena.h"

/* ---- implementations ---- */

static int
add_hook_names(PyObject *source, PyObject *names)
{
    Py_ssize_t count = PyList_Size(source);

    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *borrowed_name = PyList_GetItem(source, i);
        if (py_text_starts_with(borrowed_name, "pytest_") && PyList_Append(names, borrowed_name) < 0) {
            return -1;
        }
    }
    return 0;
}

/* dir(plugin), only the names that can be hooks: a new list. Plain modules are read from their dict. */
static PyObject *
candidate_names(PluginManager *manager, PyObject *plugin)
{
    PyObject *all = NULL;
    PyObject *names = NULL;

    if (!manager->is_pytest || manager_overrides(manager, "parse_hookimpl_opts")) {
        return PyObject_Dir(plugin);
    }
    if (PyModule_CheckExact(plugin)) {
        PyObject *borrowed_dict = PyModule_GetDict(plugin);
        if (!PyDict_GetItemString(borrowed_dict, "__dir__")) {
            all = PyDict_Keys(borrowed_dict);
        }
    }
    if (!all && !PyErr_Occurred()) {
        all = PyObject_Dir(plugin);
    }
    names = all ? PyList_New(0) : NULL;
    if (names && (add_hook_names(all, names) < 0 || PyList_Sort(names) < 0)) {
        Py_CLEAR(names);
    }
    Py_XDECREF(all);
    return names;
}

/* getattr(holder, attribute, None), falling back to holder.__func__: a dict, or None: a new reference. */
static PyObject *
marker_opts(struct state *state, PyObject *holder, PyObject *attribute)
{
    PyObject *opts = NULL;
    PyObject *function = NULL;
    int found = py_find_attr(state, holder, attribute, &opts);

    if (found == 0 || (found > 0 && opts == Py_None)) {
        Py_CLEAR(opts);
        found = py_find_attr(state, holder, state->names.dunder_func, &function);
        if (found > 0 && function != Py_None) {
            found = py_find_attr(state, function, attribute, &opts);
        }
        Py_XDECREF(function);
    }
    if (found < 0) {
        return NULL;
    }
    if (!opts || !PyDict_Check(opts)) {
        Py_XDECREF(opts);
        Py_RETURN_NONE;
    }
    return opts;
}

PyObject *
plugin_marked_opts(PluginManager *manager, PyObject *object, PyObject *name, const char *suffix)
{
    struct state *state = manager->state;
    PyObject *holder = NULL;
    PyObject *function = NULL;
    PyObject *attribute = NULL;
    PyObject *opts = NULL;
    int found = hook_attr_find(state, object, name, &holder, &function);

    if (found <= 0) {
        return py_none_or_error(found);
    }
    attribute = PyUnicode_FromFormat("%U%s", manager->project_name, suffix);
    if (attribute) {
        opts = marker_opts(state, holder, attribute);
        Py_DECREF(attribute);
    }
    Py_DECREF(holder);
    Py_DECREF(function);
    return opts;
}

static PyObject *
parse_impl_opts(PluginManager *manager, PyObject *plugin, PyObject *name)
{
    if (manager_overrides(manager, "parse_hookimpl_opts")) {
        return PyObject_CallMethod((PyObject *)manager, "parse_hookimpl_opts", "OO", plugin, name);
    }
    return manager->is_pytest ? pytest_parse_impl_opts(manager, plugin, name)
                              : plugin_marked_opts(manager, plugin, name, "_impl");
}

static int
normalize_opts(PyObject *opts)
{
    static const char *const FLAGS[] = {"tryfirst", "trylast", "wrapper", "hookwrapper", "optionalhook"};

    for (size_t i = 0; i < COUNT_OF(FLAGS); i++) {
        if (!PyDict_GetItemString(opts, FLAGS[i]) && PyDict_SetItemString(opts, FLAGS[i], Py_False) < 0) {
            return -1;
        }
    }
    return PyDict_GetItemString(opts, "specname") ? 0 : PyDict_SetItemString(opts, "specname", Py_None);
}

/* One hook of a plugin that is being registered. */
struct pending {
    PyObject *hook_name;
    HookImpl *impl;
    bool is_verified;
};

/* relay.__dict__.get(name): a new reference, NULL without an exception. */
static HookCaller *
relay_find(PluginManager *manager, PyObject *name)
{
    PyObject *caller = NULL;
    HookRelay *relay = (HookRelay *)manager->hook;

    if (relay->dict) {
        py_dict_find(relay->dict, name, &caller);
    }
    if (caller && !PyObject_TypeCheck(caller, hooks_types(manager->state)->hook_caller)) {
        Py_CLEAR(caller);
    }
    return (HookCaller *)caller;
}

/* 1: `pending` is filled, 0: no hook, -1. */
static int
examine(PluginManager *manager, PyObject *plugin, PyObject *plugin_name, PyObject *name, struct pending *pending)
{
    struct state *state = manager->state;
    PyObject *opts = parse_impl_opts(manager, plugin, name);
    PyObject *holder = NULL;
    PyObject *function = NULL;
    HookCaller *caller = NULL;
    int status = -1;

    if (!opts || opts == Py_None) {
        return py_status_take(opts);
    }
    if (!PyDict_Check(opts)) {
        PyErr_Format(PyExc_TypeError, "hook options must be a dict, not %R", Py_TYPE(opts));
        goto done;
    }
    int found = normalize_opts(opts) < 0 ? -1 : hook_attr_find(state, plugin, name, &holder, &function);
    if (found == 0) {
        PyErr_Format(PyExc_AssertionError, "%R.%U is not a hookable attribute", plugin, name);
    }
    if (found <= 0) {
        goto done;
    }
    pending->impl = (HookImpl *)hook_impl_new(state, plugin, plugin_name, function, opts);
    if (!pending->impl) {
        goto done;
    }
    PyObject *borrowed_specname = PyDict_GetItemString(opts, "specname");
    bool has_specname = borrowed_specname && PyObject_IsTrue(borrowed_specname) > 0;
    pending->hook_name = Py_NewRef(has_specname ? borrowed_specname : name);
    caller = relay_find(manager, pending->hook_name);
    if (caller && caller->has_spec) {
        if (hook_verify(state, caller, pending->impl) < 0) {
            goto done;
        }
        pending->is_verified = true;
    }
    status = 1;

done:
    Py_DECREF(opts);
    Py_XDECREF(holder);
    Py_XDECREF(function);
    Py_XDECREF(caller);
    if (status < 0) {
        Py_CLEAR(pending->impl);
        Py_CLEAR(pending->hook_name);
    }
    return status;
}

/* The caller of a hook, made when the first plugin implements it: a new reference. */
static HookCaller *
relay_get_or_add(PluginManager *manager, PyObject *name)
{
    HookCaller *caller = relay_find(manager, name);

    if (!caller && !PyErr_Occurred()) {
        caller = hook_caller_new(manager->state, (PyObject *)manager, name, HOOK_COUNT);
        if (caller && PyObject_SetAttr(manager->hook, name, (PyObject *)caller) < 0) {
            Py_CLEAR(caller);
        }
    }
    return caller;
}

static int
apply(PluginManager *manager, struct pending *pending)
{
    struct state *state = manager->state;
    HookCaller *caller = relay_get_or_add(manager, pending->hook_name);
    int status = -1;

    if (!caller) {
        return -1;
    }
    if (caller->has_spec && !pending->is_verified && hook_verify(state, caller, pending->impl) < 0) {
        goto done;
    }
    if (caller->history && PyList_Size(caller->history) > 0) {
        if (hook_caller_replay(state, caller, pending->impl) < 0) {
            goto done;
        }
    }
    hook_caller_add(state, caller, pending->impl);
    status = 0;

done:
    Py_DECREF(caller);
    return status;
}

/* Finds the hooks first, so that a plugin that fails validation leaves no trace. */
int
plugin_manager_add_hooks(PluginManager *manager, PyObject *plugin, PyObject *plugin_name)
{
    PyObject *names = candidate_names(manager, plugin);
    Py_ssize_t count = names ? PyList_Size(names) : 0;
    struct pending *hooks = memory_alloc_zeroed(((size_t)count + 1) * sizeof *hooks);
    size_t hook_count = 0;
    int status = names ? 0 : -1;

    for (Py_ssize_t i = 0; status >= 0 && i < count; i++) {
        status = examine(manager, plugin, plugin_name, PyList_GetItem(names, i), &hooks[hook_count]);
        hook_count += status > 0 ? 1 : 0;
    }
    if (status >= 0) {
        status = PyDict_SetItem(manager->name2plugin, plugin_name, plugin);
        manager->generation++;
    }
    for (size_t i = 0; i < hook_count; i++) {
        if (status >= 0) {
            status = apply(manager, &hooks[i]);
        }
        Py_DECREF(hooks[i].hook_name);
        Py_DECREF(hooks[i].impl);
    }
    Py_XDECREF(names);
    memory_free(hooks);
    return status < 0 ? -1 : 0;
}

/* ---- specifications ---- */

static PyObject *
parse_spec_opts(PluginManager *manager, PyObject *namespace, PyObject *name)
{
    if (manager_overrides(manager, "parse_hookspec_opts")) {
        return PyObject_CallMethod((PyObject *)manager, "parse_hookspec_opts", "OO", namespace, name);
    }
    return manager->is_pytest ? pytest_parse_spec_opts(manager, namespace, name)
                              : plugin_marked_opts(manager, namespace, name, "_spec");
}

static int
add_spec(PluginManager *manager, PyObject *namespace, PyObject *name, PyObject *opts)
{
    struct state *state = manager->state;
    HookCaller *caller = relay_find(manager, name);
    int status = -1;

    if (!PyDict_Check(opts)) {
        PyErr_Format(PyExc_TypeError, "hook options must be a dict, not %R", Py_TYPE(opts));
        goto done;
    }
    if (!caller) {
        caller = hook_caller_new(state, (PyObject *)manager, name, HOOK_COUNT);
        if (!caller || hook_caller_set_spec(state, caller, namespace, opts) < 0) {
            goto done;
        }
        status = PyObject_SetAttr(manager->hook, name, (PyObject *)caller);
        goto done;
    }
    /* Plugins have registered it without knowing the specification. */
    status = hook_caller_set_spec(state, caller, namespace, opts);
    struct hook_list *list = hook_list_keep(caller->list);
    for (size_t i = 0; status == 0 && i < list->count; i++) {
        status = hook_verify(state, caller, list->impls[i]);
    }
    hook_list_drop(list);

done:
    Py_XDECREF(caller);
    return status;
}

int
plugin_manager_add_specs(PluginManager *manager, PyObject *namespace)
{
    PyObject *names = PyObject_Dir(namespace);
    Py_ssize_t added = 0;
    int status = names ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(names); i++) {
        PyObject *name = PyList_GetItem(names, i);
        PyObject *opts = parse_spec_opts(manager, namespace, name);
        if (!opts) {
            status = -1;
        } else if (opts != Py_None) {
            status = add_spec(manager, namespace, name, opts);
            added++;
        }
        Py_XDECREF(opts);
    }
    Py_XDECREF(names);
    manager->generation++;
    if (status == 0 && added == 0) {
        PyErr_Format(PyExc_ValueError, "did not find any %R hooks in %R", manager->project_name, namespace);
        return -1;
    }
    return status;
}

int
plugin_manager_check_pending(PluginManager *manager)
{
    PyObject *names = PyDict_Keys(((HookRelay *)manager->hook)->dict);
    int status = names ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(names); i++) {
        PyObject *name = PyList_GetItem(names, i);
        HookCaller *caller = py_text_starts_with(name, "_") ? NULL : relay_find(manager, name);
        for (size_t k = 0; caller && !caller->has_spec && status == 0 && k < caller->list->count; k++) {
            const HookImpl *impl = caller->list->impls[k];
            if (!impl->optionalhook) {
                pluggy_error("PluginValidationError", impl->plugin, "unknown hook %R in plugin %R", name, impl->plugin);
                status = -1;
            }
        }
        Py_XDECREF(caller);
    }
    Py_XDECREF(names);
    return status;
}
