/* Hook callers: one hook with everything that implements it. */
#include "base/arena.h"
#include "hooks/dispatch.h"

HookCaller *
hook_caller_alloc(struct state *state, PyTypeObject *type, PyObject *name, int id)
{
    HookCaller *caller = (HookCaller *)py_new_instance(type);

    if (caller) {
        caller->state = state;
        caller->name = Py_NewRef(name);
        caller->id = id;
        caller->list = hook_list_new(0);
    }
    return caller;
}

HookCaller *
hook_caller_new(struct state *state, PyObject *manager, PyObject *name, int id)
{
    HookCaller *caller = hook_caller_alloc(state, hooks_types(state)->hook_caller, name, id);

    if (!caller) {
        return NULL;
    }
    caller->manager = Py_XNewRef(manager);
    if (id != HOOK_COUNT) {
        caller->has_spec = true;
        caller->firstresult = hook_id_has_flag((enum hook_id)id, HOOK_FIRSTRESULT);
        if (hook_id_has_flag((enum hook_id)id, HOOK_HISTORIC) && !(caller->history = PyList_New(0))) {
            Py_CLEAR(caller);
        }
    }
    return caller;
}

HookCaller *
hook_caller_new_subset(struct state *state, HookCaller *origin, PyObject *removed)
{
    HookCaller *caller = hook_caller_alloc(state, hooks_room(state)->subset_caller, origin->name, origin->id);

    if (caller) {
        caller->origin = (HookCaller *)Py_NewRef(origin);
        caller->removed = Py_NewRef(removed);
        caller->manager = Py_XNewRef(origin->manager);
        caller->hookexec = Py_XNewRef(origin->hookexec);
    }
    return caller;
}

/* ---- specification ---- */

PyObject *
hook_caller_names(struct state *state, HookCaller *caller)
{
    HookCaller *root = hook_caller_root(caller);

    if (!root->names && root->has_spec && root->id != HOOK_COUNT) {
        root->names = Py_XNewRef(hook_argnames(state, (enum hook_id)root->id));
    }
    return root->names;
}

int
hook_caller_set_spec(struct state *state, HookCaller *caller, PyObject *namespace, PyObject *opts)
{
    HookSpec *spec = NULL;
    PyObject *borrowed_flag = NULL;

    if (caller->has_spec) {
        PyObject *old = PyObject_GetAttrString((PyObject *)caller, "spec");
        if (old) {
            PyErr_Format(PyExc_ValueError, "Hook %R is already registered within namespace %S", ((HookSpec *)old)->name,
                         ((HookSpec *)old)->namespace);
            Py_DECREF(old);
        }
        return -1;
    }
    spec = (HookSpec *)hook_spec_new(state, namespace, caller->name, opts);
    if (!spec) {
        return -1;
    }
    caller->spec = (PyObject *)spec;
    caller->names = PySequence_Concat(spec->argnames, spec->kwargnames);
    if (!caller->names) {
        return -1;
    }
    borrowed_flag = PyDict_GetItemString(opts, "firstresult");
    caller->firstresult = borrowed_flag && PyObject_IsTrue(borrowed_flag) > 0;
    borrowed_flag = PyDict_GetItemString(opts, "historic");
    if (borrowed_flag && PyObject_IsTrue(borrowed_flag) > 0 && !(caller->history = PyList_New(0))) {
        return -1;
    }
    caller->has_spec = true;
    return 0;
}

/* ---- implementations ---- */

static void
caller_replace_list_take(HookCaller *caller, struct hook_list *list)
{
    struct hook_list *old = caller->list;
    caller->list = list;
    hook_list_drop(old);
}

struct hook_list *
hook_caller_list(HookCaller *caller)
{
    struct hook_list *filtered = NULL;

    if (!caller->origin || caller->source == caller->origin->list) {
        return caller->list;
    }
    filtered = hook_list_without(caller->origin->list, NULL, caller->removed);
    if (!filtered) {
        return NULL;
    }
    hook_list_drop(caller->source);
    caller->source = hook_list_keep(caller->origin->list);
    caller_replace_list_take(caller, filtered);
    return filtered;
}

void
hook_caller_add(struct state *state, HookCaller *caller, HookImpl *impl)
{
    PyObject *borrowed_names = impl->native ? NULL : hook_caller_names(state, caller);

    if (borrowed_names && !impl->positions) {
        hook_impl_bind(impl, borrowed_names);
    }
    caller_replace_list_take(caller, hook_list_with(caller->list, impl));
}

int
hook_caller_remove_plugin(HookCaller *caller, PyObject *plugin)
{
    struct hook_list *remaining = hook_list_without(caller->list, plugin, NULL);

    if (!remaining) {
        return -1;
    }
    if (remaining->count == caller->list->count) {
        hook_list_drop(remaining);
        PyErr_Format(PyExc_ValueError, "plugin %R not found", plugin);
        return -1;
    }
    caller_replace_list_take(caller, remaining);
    return 0;
}

bool
hook_caller_has_plugin(HookCaller *caller, PyObject *plugin)
{
    const struct hook_list *list = hook_caller_list(caller);

    for (size_t i = 0; list && i < list->count; i++) {
        if (list->impls[i]->plugin == plugin) {
            return true;
        }
    }
    return false;
}

void
hook_caller_forget(HookCaller *caller)
{
    caller_replace_list_take(caller, hook_list_new(0));
    hook_list_drop(caller->source);
    caller->source = NULL;
}

/* ---- running ---- */

/* Through add_hookcall_monitoring(), or whatever Python code built this caller with. */
static PyObject *
run_in_python(HookCaller *caller, PyObject *exec, struct hook_list *list, struct hook_arguments *arguments,
              bool firstresult)
{
    PyObject *methods = hook_list_as_list(list);
    PyObject *kwargs = methods ? hook_arguments_as_dict(caller->state, arguments) : NULL;
    PyObject *result = NULL;

    if (kwargs) {
        Py_INCREF(exec);
        result =
            PyObject_CallFunctionObjArgs(exec, caller->name, methods, kwargs, firstresult ? Py_True : Py_False, NULL);
        Py_DECREF(exec);
    }
    Py_XDECREF(methods);
    Py_XDECREF(kwargs);
    return result;
}

/* Calls the list, through the monitors when there are any. `wants_result` false: the result may be None. */
static PyObject *
hook_caller_run(HookCaller *caller, struct hook_list *list, struct hook_arguments *arguments, bool firstresult,
                bool wants_result)
{
    PyObject *monitor = caller->manager ? ((PluginManager *)caller->manager)->inner_hookexec : caller->hookexec;

    if (monitor) {
        return run_in_python(caller, monitor, list, arguments, firstresult);
    }
    struct multicall call = {
        .state = caller->state,
        .engine = caller_engine(caller),
        .hook_name = caller->name,
        .list = list,
        .arguments = arguments,
        .firstresult = firstresult,
        .wants_result = wants_result,
    };
    return multicall(&call);
}

static int
remember(HookCaller *caller, PyObject *kwargs, PyObject *callback)
{
    PyObject *entry = PyTuple_Pack(2, kwargs, callback ? callback : Py_None);
    return py_list_append_take(hook_caller_root(caller)->history, entry);
}

PyObject *
hook_caller_call_values(HookCaller *caller, PyObject *const *values, bool wants_result)
{
    HookCaller *root = hook_caller_root(caller);
    struct hook_list *list = hook_caller_list(caller);
    struct hook_arguments arguments = {.values = values, .id = root->id};
    struct state *state = NULL;
    PyObject *result = NULL;

    if (!list) {
        return NULL;
    }
    bool is_monitored = caller->manager && ((PluginManager *)caller->manager)->inner_hookexec;
    if (!list->count && !root->history && !is_monitored) {
        return root->firstresult || !wants_result ? Py_NewRef(Py_None) : PyList_New(0);
    }
    if (list->foreign_count || root->history || is_monitored) {
        state = caller->state;
        arguments.names = hook_caller_names(state, caller);
        if (!arguments.names) {
            return NULL;
        }
    }
    if (root->history) {
        PyObject *kwargs = hook_arguments_as_dict(state, &arguments);
        int status = kwargs ? remember(caller, kwargs, NULL) : -1;
        Py_XDECREF(kwargs);
        if (status < 0) {
            return NULL;
        }
        list = caller->list;
    }
    Py_INCREF(caller); /* a plugin may take away the last reference to its relay */
    result = hook_caller_run(caller, list, &arguments, root->firstresult, wants_result);
    Py_DECREF(caller);
    return result;
}

int
hook_caller_replay(struct state *state, HookCaller *caller, HookImpl *impl)
{
    HookCaller *root = hook_caller_root(caller);
    struct hook_list *list = NULL;
    int status = 0;

    if (!root->history || PyList_Size(root->history) == 0) {
        return 0;
    }
    list = hook_list_new(1);
    list->impls[0] = (HookImpl *)Py_NewRef(impl);
    list->foreign_count = impl->native ? 0 : 1;
    /* The history may grow meanwhile, or be replaced. */
    for (Py_ssize_t i = 0; status == 0 && root->history && i < PyList_Size(root->history); i++) {
        PyObject *entry = py_list_item(root->history, i);
        PyObject *borrowed_callback = PyTuple_GetItem(entry, 1);
        struct hook_arguments arguments = {.kwargs = PyTuple_GetItem(entry, 0), .id = root->id};
        arguments.names = hook_caller_names(state, caller);
        PyObject *results = hook_caller_run(caller, list, &arguments, false, true);
        status = results ? 0 : -1;
        if (results && PyList_Check(results) && PyList_Size(results) > 0 && borrowed_callback != Py_None) {
            status = py_status_take(py_call1(borrowed_callback, PyList_GetItem(results, 0)));
        }
        Py_XDECREF(results);
        Py_DECREF(entry);
    }
    hook_list_drop(list);
    return status;
}

/* ---- calls by keyword ---- */

static int
warn_missing(PyObject *names, PyObject *const *values)
{
    PyObject *missing = PyList_New(0);
    PyObject *text = NULL;
    Py_ssize_t count = PyTuple_Size(names);
    int status = -1;

    for (Py_ssize_t i = 0; missing && i < count; i++) {
        if (!values[i] && py_list_append_take(missing, PyObject_Repr(PyTuple_GetItem(names, i))) < 0) {
            goto done;
        }
    }
    text = py_text_join(", ", missing);
    if (text) {
        status = PyErr_WarnFormat(PyExc_UserWarning, 1,
                                  "Argument(s) %U which are declared in the hookspec cannot be found in this hook call",
                                  text);
    }
done:
    Py_XDECREF(missing);
    Py_XDECREF(text);
    return status;
}

/* Keyword arguments in the order of the specification, with its defaults. */
static int
values_from_kwargs(HookCaller *root, PyObject *names, PyObject *kwargs, PyObject **values)
{
    Py_ssize_t count = PyTuple_Size(names);
    HookSpec *spec = (HookSpec *)root->spec;
    Py_ssize_t positional = spec ? PyTuple_Size(spec->argnames) : count;
    bool is_missing = false;

    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *borrowed_name = PyTuple_GetItem(names, i);
        values[i] = kwargs ? PyDict_GetItemWithError(kwargs, borrowed_name) : NULL;
        if (!values[i] && PyErr_Occurred()) {
            return -1;
        }
        if (!values[i] && spec && spec->kwargdefaults) {
            values[i] = PyDict_GetItemWithError(spec->kwargdefaults, borrowed_name);
        }
        is_missing = is_missing || (!values[i] && i < positional);
    }
    return is_missing ? warn_missing(names, values) : 0;
}

/* Runs `list` with keyword arguments; `remembers`: as a historic call. */
PyObject *
hook_caller_call_kwargs(HookCaller *caller, struct hook_list *list, PyObject *kwargs, bool remembers,
                        PyObject *callback)
{
    enum { USUAL_ARGUMENTS = 8 };
    struct state *state = caller->state;
    HookCaller *root = hook_caller_root(caller);
    PyObject *few[USUAL_ARGUMENTS];
    PyObject **values = few;
    struct hook_arguments arguments = {.id = root->id, .kwargs = kwargs};
    PyObject *result = NULL;
    PyObject *call_kwargs = NULL;

    arguments.names = hook_caller_names(state, caller);
    if (!arguments.names && PyErr_Occurred()) {
        return NULL;
    }
    Py_ssize_t count = arguments.names ? PyTuple_Size(arguments.names) : 0;
    if (count > USUAL_ARGUMENTS) {
        values = memory_alloc((size_t)count * sizeof *values);
    }
    if (arguments.names) {
        if (values_from_kwargs(root, arguments.names, kwargs, values) < 0) {
            goto done;
        }
        arguments.values = values;
    }
    if (remembers) {
        call_kwargs = hook_arguments_as_dict(state, &arguments);
        if (!call_kwargs || remember(caller, call_kwargs, callback) < 0) {
            goto done;
        }
    }
    hook_list_keep(list);
    result = hook_caller_run(caller, list, &arguments, !remembers && root->firstresult, true);
    hook_list_drop(list);

done:
    Py_XDECREF(call_kwargs);
    if (values != few) {
        memory_free(values);
    }
    return result;
}
