/* One call of a hook: runs its implementations, natives by pointer, and winds the wrappers around them. */
#include "base/arena.h"
#include "hooks/dispatch.h"

/* A wrapper that was entered and has to be left. */
struct teardown {
    HookImpl *impl;
    PyObject *generator; /* owned; of a Python wrapper */
    void *memory;        /* of a native one */
};

/* What the call has come to: exactly one of the two is set, owned. */
struct outcome {
    PyObject *result;
    PyObject *exception;
};

/* The arguments in both forms: paths are str for natives and Path for Python code. */
struct prepared {
    const struct multicall *call;
    struct hook_arguments foreign;
    PyObject *const *native_values; /* NULL until prepared */
    bool foreign_is_ready;
    PyObject *values[HOOK_MAX_ARGUMENTS];
    PyObject *foreign_values[HOOK_MAX_ARGUMENTS];
    PyObject *owned[2 * HOOK_MAX_ARGUMENTS];
    size_t owned_count;
};

/* ---- arguments ---- */

/* Which arguments of our own hooks are paths: a bit per position. */
static unsigned
path_arguments(int id)
{
    switch (id) {
    case HOOK_ignore_collect:
    case HOOK_collect_directory:
    case HOOK_collect_file:
    case HOOK_pycollect_makemodule:
        return 1U << 0;
    case HOOK_report_header:
    case HOOK_report_collectionfinish:
        return 1U << 1;
    default:
        return 0;
    }
}

/* Position of `exitstatus`: natives pass an int, plugins expect an ExitCode. -1: none. */
static int
exit_status_argument(int id)
{
    return id == HOOK_sessionfinish || id == HOOK_terminal_summary ? 1 : -1;
}

static PyObject *
exit_code(PyObject *status)
{
    PyObject *type = py_import_attr("_pytest.config", "ExitCode");
    PyObject *member = type ? py_call1(type, status) : NULL;

    Py_XDECREF(type);
    if (!member && PyErr_ExceptionMatches(PyExc_ValueError)) {
        PyErr_Clear(); /* a plugin's own exit status */
        member = Py_NewRef(status);
    }
    return member;
}

/* The value as Python code expects it: a new reference. */
static PyObject *
value_for_python(struct state *state, int id, size_t position, PyObject *value)
{
    if (path_arguments(id) & (1U << position) && PyUnicode_CheckExact(value)) {
        return py_path_object(state, value);
    }
    if (exit_status_argument(id) == (int)position && PyLong_CheckExact(value)) {
        return exit_code(value);
    }
    return Py_NewRef(value);
}

static int
prepare_foreign(struct prepared *prepared)
{
    const struct hook_arguments *given = prepared->call->arguments;
    size_t count = given->names ? (size_t)PyTuple_Size(given->names) : 0;

    if (prepared->foreign_is_ready) {
        return 0;
    }
    prepared->foreign = *given;
    prepared->foreign_is_ready = true;
    if (!given->values || given->id == HOOK_COUNT ||
        (!path_arguments(given->id) && exit_status_argument(given->id) < 0)) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        prepared->foreign_values[i] = given->values[i];
        if (given->values[i]) {
            PyObject *value = value_for_python(prepared->call->state, given->id, i, given->values[i]);
            if (!value) {
                return -1;
            }
            prepared->owned[prepared->owned_count++] = prepared->foreign_values[i] = value;
        }
    }
    prepared->foreign.values = prepared->foreign_values;
    return 0;
}

/* Values from the keyword arguments of Python code, by the names of our own hook. */
static int
values_from_keywords(struct prepared *prepared, PyObject *names)
{
    const struct hook_arguments *given = prepared->call->arguments;
    size_t count = (size_t)PyTuple_Size(names);

    for (size_t i = 0; i < count; i++) {
        PyObject *borrowed_name = PyTuple_GetItem(names, (Py_ssize_t)i);
        PyObject *value = given->values ? given->values[i] : NULL;
        if (!value && given->kwargs) {
            value = PyDict_GetItemWithError(given->kwargs, borrowed_name);
        }
        if (!value && !PyErr_Occurred()) {
            pluggy_error("HookCallError", NULL, "hook call must provide argument %R", borrowed_name);
        }
        if (!value) {
            return -1;
        }
        prepared->values[i] = value;
    }
    return 0;
}

static int
prepare_native(struct prepared *prepared, const HookImpl *impl)
{
    enum hook_id id = impl->native->id;
    const struct hook_arguments *given = prepared->call->arguments;
    struct state *state = prepared->call->state;

    /* Only the manager's own hooks can do without: it is older than any Config. */
    if (!prepared->call->engine && !PyObject_TypeCheck(impl->plugin, hooks_types(state)->plugin_manager)) {
        PyErr_SetString(PyExc_RuntimeError, "a built-in plugin's hook was called, but its Config is gone");
        return -1;
    }
    if (given->values && !given->kwargs) {
        prepared->native_values = given->values; /* from C: as natives want it */
        return 0;
    }
    unsigned paths = path_arguments((int)id);
    PyObject *borrowed_names = hook_argnames(state, id);
    if (!borrowed_names || values_from_keywords(prepared, borrowed_names) < 0) {
        return -1;
    }
    for (size_t i = 0; i < HOOK_MAX_ARGUMENTS; i++) {
        if (paths & (1U << i) && !PyUnicode_CheckExact(prepared->values[i])) {
            PyObject *text = py_path_text(state, prepared->values[i]);
            if (!text) {
                return -1;
            }
            prepared->owned[prepared->owned_count++] = prepared->values[i] = text;
        }
    }
    prepared->native_values = prepared->values;
    return 0;
}

PyObject *
hook_arguments_as_dict(struct state *state, const struct hook_arguments *arguments)
{
    PyObject *dict = arguments->kwargs ? PyDict_Copy(arguments->kwargs) : PyDict_New();
    Py_ssize_t count = arguments->names && arguments->values ? PyTuple_Size(arguments->names) : 0;

    for (Py_ssize_t i = 0; dict && i < count; i++) {
        if (arguments->values[i]) {
            PyObject *value = value_for_python(state, arguments->id, (size_t)i, arguments->values[i]);
            if (py_dict_set_take(dict, PyTuple_GetItem(arguments->names, i), value) < 0) {
                Py_CLEAR(dict);
            }
        }
    }
    return dict;
}

/* ---- entering wrappers ---- */

/* Somebody's implementation begins, or is over. */
static void
tell_watch(const struct multicall *call, bool is_over, PyObject *value)
{
    const struct hook_watch *watch = call->engine ? call->engine->watch : NULL;

    if (watch) {
        watch->look(call->engine, call->arguments->id, is_over, value);
    }
}

/* RuntimeError about a wrapper that does not yield exactly once. */
static void
raise_wrap_failure(struct state *state, PyObject *generator, const char *what)
{
    PyObject *code = PyObject_GetAttrString(generator, "gi_code");
    PyObject *name = code ? PyObject_GetAttr(code, state->names.co_name) : NULL;
    PyObject *filename = name ? PyObject_GetAttr(code, state->names.co_filename) : NULL;
    PyObject *line = filename ? PyObject_GetAttr(code, state->names.co_firstlineno) : NULL;

    if (line) {
        PyErr_Format(PyExc_RuntimeError, "wrap_controller at %R %S:%S %s", name, filename, line, what);
    }
    Py_XDECREF(code);
    Py_XDECREF(name);
    Py_XDECREF(filename);
    Py_XDECREF(line);
}

static int
enter_foreign(struct prepared *prepared, struct teardown *teardown)
{
    PyObject *generator = NULL;
    PyObject *yielded = NULL;
    int status = -1;

    if (prepare_foreign(prepared) < 0) {
        return -1;
    }
    tell_watch(prepared->call, false, NULL);
    generator = hook_impl_call(teardown->impl, &prepared->foreign);
    if (!generator) {
        return -1;
    }
    if (!PyIter_Check(generator)) {
        PyErr_Format(PyExc_TypeError, "%R object is not an iterator", Py_TYPE(generator));
        goto done;
    }
    switch (PyIter_Send(generator, Py_None, &yielded)) {
    case PYGEN_NEXT:
        teardown->generator = Py_NewRef(generator);
        tell_watch(prepared->call, true, NULL);
        status = 0;
        break;
    case PYGEN_RETURN:
        raise_wrap_failure(prepared->call->state, generator, "did not yield");
        break;
    default:
        break;
    }

done:
    Py_XDECREF(yielded);
    Py_DECREF(generator);
    return status;
}

static int
enter_native(struct prepared *prepared, struct teardown *teardown)
{
    const struct native_hook *native = teardown->impl->native;

    if (!prepared->native_values && prepare_native(prepared, teardown->impl) < 0) {
        return -1;
    }
    if (!native->before) {
        return 0;
    }
    return native->before(prepared->call->engine, teardown->impl->plugin, prepared->native_values, &teardown->memory);
}

/* ---- leaving wrappers ---- */

static void
outcome_set_result_take(struct outcome *outcome, PyObject *result)
{
    py_replace_take(&outcome->result, result);
    py_replace(&outcome->exception, NULL);
}

/* The exception that is set becomes the outcome. */
static void
outcome_take_error(struct outcome *outcome)
{
    py_replace_take(&outcome->exception, py_error_take());
    py_replace(&outcome->result, NULL);
}

/* StopIteration is how a generator's throw() returns. Returns false for any other exception (still set). */
static bool
outcome_take_stop(struct outcome *outcome)
{
    PyObject *stop = NULL;
    PyObject *value = NULL;

    if (!PyErr_ExceptionMatches(PyExc_StopIteration)) {
        return false;
    }
    stop = py_error_take();
    value = PyObject_GetAttrString(stop, "value");
    Py_DECREF(stop);
    outcome_set_result_take(outcome, value);
    return true;
}

/* A StopIteration that went through a generator comes out as the RuntimeError that it caused: not a new failure. */
static bool
is_same_stop(const struct outcome *outcome, PyObject *raised)
{
    PyObject *cause = NULL;
    bool is_same = false;

    if (PyObject_TypeCheck(outcome->exception, (PyTypeObject *)PyExc_StopIteration) &&
        PyObject_TypeCheck(raised, (PyTypeObject *)PyExc_RuntimeError)) {
        cause = PyException_GetCause(raised);
        is_same = cause == outcome->exception;
    }
    Py_XDECREF(cause);
    return is_same;
}

static int
close_generator(struct state *state, PyObject *generator)
{
    return py_status_take(py_method0(generator, state->names.close));
}

/* Returns whether the wrapper yielded again. */
static bool
throw_into(struct state *state, PyObject *generator, struct outcome *outcome)
{
    PyObject *exception = Py_NewRef(outcome->exception);
    PyObject *yielded = py_method1(generator, state->names.throw, exception);

    Py_DECREF(exception);
    if (yielded) {
        Py_DECREF(yielded);
        return true;
    }
    if (outcome_take_stop(outcome)) {
        return false;
    }
    PyObject *raised = py_error_take();
    if (is_same_stop(outcome, raised)) {
        Py_DECREF(raised);
        if (close_generator(state, generator) < 0) {
            outcome_take_error(outcome);
        }
        return false;
    }
    py_replace_take(&outcome->exception, raised);
    return false;
}

/* False: it yielded again, and the RuntimeError ends the call without the remaining wrappers, as in pluggy. */
static bool
leave_new_style(struct state *state, PyObject *generator, struct outcome *outcome)
{
    PyObject *value = NULL;
    bool has_yielded = false;

    if (outcome->exception) {
        has_yielded = throw_into(state, generator, outcome);
    } else {
        switch (PyIter_Send(generator, outcome->result, &value)) {
        case PYGEN_RETURN:
            outcome_set_result_take(outcome, value);
            break;
        case PYGEN_NEXT:
            Py_XDECREF(value);
            has_yielded = true;
            break;
        default:
            outcome_take_error(outcome);
            break;
        }
    }
    if (!has_yielded) {
        return true;
    }
    if (close_generator(state, generator) < 0) {
        outcome_take_error(outcome);
        return true;
    }
    raise_wrap_failure(state, generator, "has second yield");
    outcome_take_error(outcome);
    return false;
}

/* Tells that an old-style wrapper raised: 0, or -1 when the warning is an error. */
static int
warn_teardown_raised(const struct multicall *call, HookImpl *impl, PyObject *exception)
{
    PyObject *category = py_import_attr("pluggy", "PluggyTeardownRaisedWarning");
    PyObject *type_name =
        category ? PyObject_GetAttr((PyObject *)Py_TYPE(exception), call->state->names.__name__) : NULL;
    int status = -1;

    if (type_name) {
        status = PyErr_WarnFormat(category, 1,
                                  "A plugin raised an exception during an old-style hookwrapper teardown.\n"
                                  "Plugin: %S, Hook: %S\n%S: %S\n"
                                  "For more information see https://pluggy.readthedocs.io/en/stable/"
                                  "api_reference.html#pluggy.PluggyTeardownRaisedWarning",
                                  impl->plugin_name, call->hook_name, type_name, exception);
    }
    Py_XDECREF(category);
    Py_XDECREF(type_name);
    return status;
}

static void
leave_old_style(const struct multicall *call, struct teardown *teardown, struct outcome *outcome)
{
    struct state *state = call->state;
    PyObject *result = result_new(state, outcome->result, outcome->exception);
    PyObject *value = NULL;

    if (!result) {
        outcome_take_error(outcome);
        return;
    }
    switch (PyIter_Send(teardown->generator, result, &value)) {
    case PYGEN_RETURN:
        Py_XDECREF(value);
        value = result_get(result);
        if (value) {
            outcome_set_result_take(outcome, value);
        } else {
            outcome_take_error(outcome);
        }
        break;
    case PYGEN_NEXT:
        Py_XDECREF(value);
        raise_wrap_failure(state, teardown->generator, "has second yield");
        outcome_take_error(outcome);
        if (close_generator(state, teardown->generator) < 0) {
            outcome_take_error(outcome);
        }
        break;
    default:
        outcome_take_error(outcome);
        if (warn_teardown_raised(call, teardown->impl, outcome->exception) < 0) {
            outcome_take_error(outcome);
        }
        break;
    }
    Py_DECREF(result);
}

static void
leave_native(struct prepared *prepared, struct teardown *teardown, struct outcome *outcome)
{
    const struct native_hook *native = teardown->impl->native;
    PyObject *given = outcome->result;
    PyObject *result = NULL;

    if (!native->after) {
        return;
    }
    outcome->result = NULL;
    if (outcome->exception) {
        py_error_restore_take(outcome->exception);
        outcome->exception = NULL;
    }
    result =
        native->after(prepared->call->engine, teardown->impl->plugin, prepared->native_values, teardown->memory, given);
    if (result) {
        outcome->result = result;
    } else {
        outcome_take_error(outcome);
    }
}

static void
leave_all(struct prepared *prepared, struct teardown *teardowns, size_t count, struct outcome *outcome)
{
    bool is_sound = true;

    while (count-- > 0) {
        struct teardown *teardown = &teardowns[count];
        if (!teardown->impl->native && state_settle_output(prepared->call->state) < 0) {
            outcome_take_error(outcome);
        }
        if (teardown->impl->native) {
            leave_native(prepared, teardown, outcome); /* also after a broken wrapper: it owns resources */
        } else if (!is_sound) {
            /* pluggy gives up here: the generator is just dropped */
        } else {
            tell_watch(prepared->call, false, NULL);
            if (teardown->impl->hookwrapper) {
                leave_old_style(prepared->call, teardown, outcome);
            } else {
                is_sound = leave_new_style(prepared->call->state, teardown->generator, outcome);
            }
            tell_watch(prepared->call, true, NULL);
        }
        Py_CLEAR(teardown->generator);
    }
}

/* ---- the loop ---- */

static PyObject *
run_plain(struct prepared *prepared, HookImpl *impl)
{
    if (impl->native) {
        if (!prepared->native_values && prepare_native(prepared, impl) < 0) {
            return NULL;
        }
        return impl->native->call(prepared->call->engine, impl->plugin, prepared->native_values);
    }
    if (prepare_foreign(prepared) < 0) {
        return NULL;
    }
    tell_watch(prepared->call, false, NULL);
    PyObject *value = hook_impl_call(impl, &prepared->foreign);
    if (value) {
        tell_watch(prepared->call, true, value);
    }
    return value;
}

/* Wrappers in Python look at the results even when the caller does not. */
static bool
needs_list(const struct multicall *call)
{
    return call->wants_result || call->list->foreign_count > 0;
}

/* Takes `value`. 1: it ends a firstresult call, 0: go on, -1. */
static int
collect_take(const struct multicall *call, PyObject *value, PyObject **result)
{
    if (value == Py_None) {
        Py_DECREF(value);
        return 0;
    }
    if (call->firstresult) {
        *result = value;
        return 1;
    }
    if (!needs_list(call)) {
        Py_DECREF(value);
        return 0;
    }
    if (!*result && !(*result = PyList_New(0))) {
        Py_DECREF(value);
        return -1;
    }
    return py_list_append_take(*result, value);
}

/* Runs everything up to the first failure: 0, or -1 with the exception set. */
static int
run_all(struct prepared *prepared, struct teardown *teardowns, size_t *entered, PyObject **result)
{
    const struct multicall *call = prepared->call;
    struct hook_list *list = call->list;

    for (size_t i = list->count; i-- > 0;) {
        HookImpl *impl = list->impls[i];
        if (impl->wrapper || impl->hookwrapper) {
            struct teardown *teardown = &teardowns[*entered];
            *teardown = (struct teardown){.impl = impl};
            if ((impl->native ? enter_native(prepared, teardown) : enter_foreign(prepared, teardown)) < 0) {
                return -1;
            }
            ++*entered;
            continue;
        }
        PyObject *value = run_plain(prepared, impl);
        int status = value ? collect_take(call, value, result) : -1;
        if (status != 0) {
            return status < 0 ? -1 : 0;
        }
    }
    return 0;
}

static PyObject *
finish(struct prepared *prepared, struct teardown *teardowns, size_t entered, int status, PyObject *result)
{
    const struct multicall *call = prepared->call;
    struct outcome outcome = {.result = result};

    if (status < 0) {
        Py_XDECREF(result);
        if (entered == 0) {
            return NULL;
        }
        outcome = (struct outcome){.exception = py_error_take()};
    } else if (!result) {
        outcome.result = call->firstresult || !needs_list(call) ? Py_NewRef(Py_None) : PyList_New(0);
    }
    leave_all(prepared, teardowns, entered, &outcome);
    if (outcome.exception) {
        Py_XDECREF(outcome.result);
        py_error_restore_take(outcome.exception);
        return NULL;
    }
    return outcome.result;
}

PyObject *
multicall(const struct multicall *call)
{
    enum { USUAL_WRAPPERS = 16 };
    struct teardown few[USUAL_WRAPPERS];
    struct teardown *teardowns = few;
    struct prepared prepared;
    size_t entered = 0;
    PyObject *result = NULL;

    prepared.call = call;
    prepared.native_values = NULL;
    prepared.foreign_is_ready = false;
    prepared.owned_count = 0;
    hook_list_keep(call->list);
    if (call->list->count > USUAL_WRAPPERS) {
        teardowns = memory_alloc(call->list->count * sizeof *teardowns);
    }
    int status = run_all(&prepared, teardowns, &entered, &result);
    result = finish(&prepared, teardowns, entered, status, result);
    while (prepared.owned_count > 0) {
        Py_DECREF(prepared.owned[--prepared.owned_count]);
    }
    if (teardowns != few) {
        memory_free(teardowns);
    }
    hook_list_drop(call->list);
    return result;
}

/* ---- from Python ---- */

static struct hook_list *
list_from_sequence(struct state *state, PyObject *sequence)
{
    PyObject *items = PySequence_List(sequence);
    struct hook_list *list = NULL;

    if (!items) {
        return NULL;
    }
    size_t count = (size_t)PyList_Size(items);
    list = hook_list_new(count);
    for (size_t i = 0; i < count; i++) {
        PyObject *item = py_list_item(items, (Py_ssize_t)i);
        if (!PyObject_TypeCheck(item, hooks_types(state)->hook_impl)) {
            PyErr_Format(PyExc_TypeError, "expected a HookImpl, not %R", Py_TYPE(item));
            Py_DECREF(item);
            hook_list_drop(list);
            list = NULL;
            break;
        }
        list->impls[i] = (HookImpl *)item;
        list->foreign_count += list->impls[i]->native ? 0 : 1;
    }
    Py_DECREF(items);
    return list;
}

PyObject *
multicall_from_python(struct state *state, struct engine *engine, PyObject *const *args, Py_ssize_t given)
{
    struct hook_arguments arguments = {.id = HOOK_COUNT};
    struct hook_list *list = NULL;
    PyObject *result = NULL;

    if (given != 4) {
        return py_bad_argument_count("_multicall", given, 4, 4);
    }
    int firstresult = PyObject_IsTrue(args[3]);
    list = firstresult < 0 ? NULL : list_from_sequence(state, args[1]);
    if (!list) {
        return NULL;
    }
    arguments.kwargs = PyDict_Check(args[2]) ? Py_NewRef(args[2]) : py_call1((PyObject *)&PyDict_Type, args[2]);
    if (arguments.kwargs) {
        struct multicall call = {.state = state,
                                 .engine = engine,
                                 .hook_name = args[0],
                                 .list = list,
                                 .arguments = &arguments,
                                 .firstresult = firstresult,
                                 .wants_result = true};
        result = multicall(&call);
    }
    Py_XDECREF(arguments.kwargs);
    hook_list_drop(list);
    return result;
}
