/* HookRelay and FSHookProxy, and how C calls a hook on either. */
#include <string.h>

#include "hooks/plugin_manager.h"

struct hook_row {
    const char *name;
    int flags;
    const char *arguments;
};

static const struct hook_row HOOK_ROWS[] = {
#define HOOK(name, flags, arguments) {"pytest_" #name, flags, arguments},
    HOOKS
#undef HOOK
};

/* ---- the table of hookspec.h as Python objects ---- */

int
hook_names_init(struct state *state)
{
    for (size_t i = 0; i < HOOK_COUNT; i++) {
        hooks_room(state)->hook_names[i] = PyUnicode_InternFromString(HOOK_ROWS[i].name);
        if (!hooks_room(state)->hook_names[i]) {
            return -1;
        }
    }
    return 0;
}

bool
hook_id_has_flag(enum hook_id id, int flag)
{
    return HOOK_ROWS[id].flags & flag;
}

/* "pytest_x" -> id, or HOOK_COUNT. */
static int
hook_id_find(struct state *state, PyObject *name)
{
    PyObject **names = hooks_room(state)->hook_names;

    for (int i = 0; i < HOOK_COUNT; i++) {
        if (names[i] == name) {
            return i;
        }
    }
    for (int i = 0; i < HOOK_COUNT; i++) {
        if (py_text_equals(name, HOOK_ROWS[i].name)) {
            return i;
        }
    }
    return HOOK_COUNT;
}

static PyObject *
split_names(const char *text)
{
    PyObject *names[HOOK_MAX_ARGUMENTS] = {NULL};
    PyObject *tuple = NULL;
    Py_ssize_t count = 0;

    while (*text) {
        size_t length = strcspn(text, " ");
        names[count] = PyUnicode_FromStringAndSize(text, (Py_ssize_t)length);
        if (!names[count]) {
            goto done;
        }
        PyUnicode_InternInPlace(&names[count++]);
        text += length + (text[length] == ' ');
    }
    tuple = PyTuple_New(count);
    for (Py_ssize_t i = 0; tuple && i < count; i++) {
        PyTuple_SetItem(tuple, i, Py_NewRef(names[i]));
    }
done:
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_DECREF(names[i]);
    }
    return tuple;
}

PyObject *
hook_argnames(struct state *state, enum hook_id id)
{
    PyObject **slot = &hooks_room(state)->hook_argnames[id];

    if (!*slot) {
        *slot = split_names(HOOK_ROWS[id].arguments);
    }
    return *slot;
}

/* ---- the types ---- */

PyObject *
hook_relay_new(struct state *state, PyObject *manager, bool is_pytest)
{
    struct hooks_room *room = hooks_room(state);
    HookRelay *relay = (HookRelay *)py_new_instance(room->types.hook_relay);

    if (!relay) {
        return NULL;
    }
    relay->state = state;
    relay->manager = Py_NewRef(manager);
    relay->dict = PyDict_New();
    for (int i = 0; relay->dict && is_pytest && i < HOOK_COUNT; i++) {
        HookCaller *caller = hook_caller_new(state, manager, room->hook_names[i], i);
        relay->callers[i] = caller;
        if (!caller || PyDict_SetItem(relay->dict, room->hook_names[i], (PyObject *)caller) < 0) {
            Py_CLEAR(relay->dict);
        }
    }
    if (!relay->dict) {
        Py_CLEAR(relay);
    }
    return (PyObject *)relay;
}

PyObject *
hook_proxy_new(struct state *state, PyObject *manager, PyObject *removed)
{
    HookRelay *relay = (HookRelay *)py_new_instance(hooks_room(state)->proxy_relay);

    if (relay) {
        relay->state = state;
        relay->manager = Py_NewRef(manager);
        relay->removed = Py_NewRef(removed);
    }
    return (PyObject *)relay;
}

/* The caller that a proxy uses: the whole hook unless a hidden conftest implements it. A new reference. */
static HookCaller *
proxy_make_caller(struct state *state, HookRelay *proxy, HookCaller *origin)
{
    struct hook_list *list = hook_caller_list(origin);

    for (size_t i = 0; list && i < list->count; i++) {
        int status = list->impls[i]->plugin ? PySet_Contains(proxy->removed, list->impls[i]->plugin) : 0;
        if (status < 0) {
            return NULL;
        }
        if (status > 0) {
            return hook_caller_new_subset(state, origin, proxy->removed);
        }
    }
    return list ? (HookCaller *)Py_NewRef(origin) : NULL;
}

/* The relay's caller: borrowed; NULL with an exception. */
static HookCaller *
relay_caller(HookRelay *relay, int id)
{
    HookCaller *caller = relay->callers[id];

    if (LIKELY(caller != NULL)) {
        return caller;
    }
    if (!relay->removed) {
        PyErr_Format(PyExc_AttributeError, "'HookRelay' object has no attribute '%s'", HOOK_ROWS[id].name);
        return NULL;
    }
    HookRelay *whole = (HookRelay *)((PluginManager *)relay->manager)->hook;
    HookCaller *origin = relay_caller(whole, id);
    relay->callers[id] = origin ? proxy_make_caller(relay->state, relay, origin) : NULL;
    return relay->callers[id];
}

/* FSHookProxy.__getattr__: the hooks of plugins are looked up in the whole relay. */
static PyObject *
proxy_getattro(PyObject *op, PyObject *name)
{
    HookRelay *proxy = (HookRelay *)op;
    struct state *state = proxy->state;
    HookCaller *caller = NULL;
    PyObject *found = NULL;

    int id = hook_id_find(state, name);
    if (id != HOOK_COUNT && (!proxy->dict || !PyDict_GetItemWithError(proxy->dict, name))) {
        return Py_XNewRef((PyObject *)relay_caller(proxy, id));
    }
    found = PyObject_GenericGetAttr(op, name);
    if (found || !PyErr_ExceptionMatches(PyExc_AttributeError) || !py_text_starts_with(name, "pytest_")) {
        return found;
    }
    PyErr_Clear();
    PyObject *origin = PyObject_GetAttr(((PluginManager *)proxy->manager)->hook, name);
    if (!origin || !PyObject_TypeCheck(origin, hooks_types(state)->hook_caller)) {
        return origin;
    }
    caller = proxy_make_caller(state, proxy, (HookCaller *)origin);
    Py_DECREF(origin);
    if (caller && PyObject_GenericSetAttr(op, name, (PyObject *)caller) < 0) {
        Py_CLEAR(caller);
    }
    return (PyObject *)caller;
}

/* HookRelay() */
static PyObject *
relay_type_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    HookRelay *relay = (HookRelay *)py_new_instance(type);

    if (relay) {
        relay->state = state_from_type(type);
        relay->manager = Py_NewRef(Py_None);
        relay->dict = PyDict_New();
    }
    return (PyObject *)relay;
}

/* FSHookProxy(pm, remove_mods) */
static PyObject *
proxy_type_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"pm", "remove_mods", NULL};
    struct state *state = state_from_type(type);
    PyObject *values[2];
    PyObject *removed = NULL;
    PyObject *proxy = NULL;

    if (py_unpack_tuple("FSHookProxy", args, kwargs, NAMES, 2, 2, values) < 0) {
        return NULL;
    }
    if (!PyObject_TypeCheck(values[0], hooks_types(state)->plugin_manager)) {
        return PyErr_Format(PyExc_TypeError, "expected a PluginManager, not %R", Py_TYPE(values[0]));
    }
    removed = PySet_New(values[1]);
    if (removed) {
        proxy = hook_proxy_new(state, values[0], removed);
        Py_DECREF(removed);
    }
    return proxy;
}

static int
relay_traverse(PyObject *op, visitproc visit, void *arg)
{
    HookRelay *relay = (HookRelay *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(relay->dict);
    Py_VISIT(relay->manager);
    Py_VISIT(relay->removed);
    for (size_t i = 0; i < HOOK_COUNT; i++) {
        Py_VISIT(relay->callers[i]);
    }
    return 0;
}

static int
relay_clear(PyObject *op)
{
    HookRelay *relay = (HookRelay *)op;
    Py_CLEAR(relay->dict);
    Py_CLEAR(relay->manager);
    Py_CLEAR(relay->removed);
    for (size_t i = 0; i < HOOK_COUNT; i++) {
        Py_CLEAR(relay->callers[i]);
    }
    return 0;
}

static void
relay_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((HookRelay *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    relay_clear(op);
    py_free_instance(op);
}

static PyMemberDef RELAY_MEMBERS[] = {
    PY_DICT_MEMBER(HookRelay),
    PY_WEAKREF_MEMBER(HookRelay),
    PY_END_MEMBER,
};

static PyMemberDef PROXY_MEMBERS[] = {
    PY_DICT_MEMBER(HookRelay),
    PY_WEAKREF_MEMBER(HookRelay),
    {"pm", T_OBJECT, offsetof(HookRelay, manager), READONLY, NULL},
    {"remove_mods", T_OBJECT, offsetof(HookRelay, removed), READONLY, NULL},
    PY_END_MEMBER,
};

static PyGetSetDef RELAY_GETSETS[] = {
    PY_DICT_GETSET,
    PY_END_GETSET,
};

static PyType_Slot RELAY_SLOTS[] = {
    PY_SLOT(tp_new, relay_type_new),
    PY_SLOT(tp_traverse, relay_traverse),
    PY_SLOT(tp_clear, relay_clear),
    PY_SLOT(tp_dealloc, relay_dealloc),
    PY_SLOT(tp_members, RELAY_MEMBERS),
    PY_SLOT(tp_getset, RELAY_GETSETS),
    PY_END_SLOT,
};

static PyType_Slot PROXY_SLOTS[] = {
    PY_SLOT(tp_new, proxy_type_new),      PY_SLOT(tp_traverse, relay_traverse),
    PY_SLOT(tp_clear, relay_clear),       PY_SLOT(tp_dealloc, relay_dealloc),
    PY_SLOT(tp_members, PROXY_MEMBERS),   PY_SLOT(tp_getset, RELAY_GETSETS),
    PY_SLOT(tp_getattro, proxy_getattro), PY_END_SLOT,
};

static PyType_Spec RELAY_SPEC = {
    .name = "pluggy._hooks.HookRelay",
    .basicsize = sizeof(HookRelay),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = RELAY_SLOTS,
};

static PyType_Spec PROXY_SPEC = {
    .name = "_pytest.main.FSHookProxy",
    .basicsize = sizeof(HookRelay),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = PROXY_SLOTS,
};

int
relay_add_types(PyObject *module, struct state *state)
{
    struct hooks_room *room = hooks_room(state);

    room->types.hook_relay = py_type_add(module, &RELAY_SPEC, NULL);
    room->proxy_relay = py_type_add(module, &PROXY_SPEC, NULL);
    return room->types.hook_relay && room->proxy_relay ? 0 : -1;
}

/* ---- calling from C ---- */

/* Both types are final: they are known by their deallocator. */
static HookRelay *
as_relay(PyObject *op)
{
    return PyType_GetSlot(Py_TYPE(op), Py_tp_dealloc) == (void *)relay_dealloc ? (HookRelay *)op : NULL;
}

/* On an object that is no relay of ours: somebody put another in its place. */
static PyObject *
call_on_stranger(PyObject *relay, enum hook_id id, PyObject *const *args)
{
    PyObject *module = PyImport_ImportModule("fastest._fastest");
    struct state *state = module ? state_from_module(module) : NULL;
    struct hook_arguments arguments = {.values = args, .id = (int)id};
    PyObject *kwargs = NULL;
    PyObject *caller = NULL;
    PyObject *result = NULL;

    if (!state || !(arguments.names = hook_argnames(state, id))) {
        goto done;
    }
    kwargs = hook_arguments_as_dict(state, &arguments);
    caller = kwargs ? PyObject_GetAttr(relay, hooks_room(state)->hook_names[id]) : NULL;
    result = caller ? PyObject_Call(caller, state->empty_tuple, kwargs) : NULL;

done:
    Py_XDECREF(kwargs);
    Py_XDECREF(caller);
    Py_XDECREF(module);
    return result;
}

static PyObject *
call_hook(PyObject *op, enum hook_id id, PyObject *const *args, bool wants_result)
{
    HookRelay *relay = as_relay(op);
    HookCaller *caller = NULL;
    PyObject *result = NULL;

    if (UNLIKELY(!relay)) {
        return call_on_stranger(op, id, args);
    }
    caller = relay_caller(relay, (int)id);
    if (!caller) {
        return NULL;
    }
    /* A conftest that is loaded meanwhile makes relays of folders expire: this one stays until it is done. */
    Py_INCREF(op);
    result = hook_caller_call_values(caller, args, wants_result);
    Py_DECREF(op);
    return result;
}

PyObject *
hook_call(PyObject *relay, enum hook_id id, PyObject *const *args)
{
    return call_hook(relay, id, args, true);
}

int
hook_notify(PyObject *relay, enum hook_id id, PyObject *const *args)
{
    return py_status_take(call_hook(relay, id, args, false));
}

/* The implementations that a call would run; NULL when only a call can tell. */
static const struct hook_list *
current_list(PyObject *op, enum hook_id id)
{
    HookRelay *relay = as_relay(op);
    HookCaller *caller = relay ? relay_caller(relay, (int)id) : NULL;
    const struct hook_list *list = NULL;

    if (caller && caller->manager && !((PluginManager *)caller->manager)->inner_hookexec) {
        list = hook_caller_list(caller);
    }
    if (!list && PyErr_Occurred()) {
        PyErr_Clear(); /* the call will raise it */
    }
    return list;
}

bool
hook_is_native(PyObject *relay, enum hook_id id)
{
    const struct hook_list *list = current_list(relay, id);
    return list && list->foreign_count == 0;
}

bool
hook_is_pytests(PyObject *relay, enum hook_id id)
{
    const struct hook_list *list = current_list(relay, id);

    for (size_t i = 0; list && list->foreign_count && i < list->count; i++) {
        const HookImpl *impl = list->impls[i];
        PyObject *name = impl->native ? NULL : plugin_module_name(as_relay(relay)->state, impl->plugin);
        bool is_theirs = !impl->native && (!name || !py_text_starts_with(name, "_pytest."));
        Py_XDECREF(name);
        if (is_theirs) {
            PyErr_Clear(); /* what cannot be named is not pytest's */
            return false;
        }
    }
    return list;
}

bool
hook_is_empty(PyObject *relay, enum hook_id id)
{
    const struct hook_list *list = current_list(relay, id);
    return list && list->count == 0;
}

void
hook_forget_history(PyObject *op, enum hook_id id)
{
    HookRelay *relay = as_relay(op);
    HookCaller *caller = relay ? relay->callers[id] : NULL;

    if (caller && caller->history) {
        PyList_SetSlice(caller->history, 0, PyList_Size(caller->history), NULL);
    }
}
