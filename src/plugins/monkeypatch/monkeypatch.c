/* MonkeyPatch and its fixture: attributes, items, environment, sys.path and working folder, changed and put back. */
#include "plugins/monkeypatch/internal.h"

#include <string.h>

#include "fixtures/fixtures.h"

/* What MonkeyPatch.context() returns. */
typedef struct {
    PyObject_HEAD
    PyObject *patch;
} MonkeyPatchContext;

PyObject *
get_or_notset(PyObject *op, PyObject *mapping, PyObject *key)
{
    PyObject *value = NULL;

    if (PyDict_CheckExact(mapping)) {
        int found = py_dict_find(mapping, key, &value);
        return found == 0 ? Py_NewRef(notset_of(op)) : value;
    }
    return PyObject_CallMethodObjArgs(mapping, state_of(op)->names.get, key, notset_of(op), NULL);
}

/* ---- Items ---- */

static int
patch_item(PyObject *op, PyObject *mapping, PyObject *key, PyObject *value)
{
    PyObject *old_value = get_or_notset(op, mapping, key);
    int status = -1;

    if (old_value && PyObject_SetItem(mapping, key, value) == 0) {
        status = remember(((MonkeyPatch *)op)->items, mapping, key, old_value);
    }
    Py_XDECREF(old_value);
    return status;
}

static int
remove_item(PyObject *op, PyObject *mapping, PyObject *key, int raising)
{
    int known = PySequence_Contains(mapping, key);
    PyObject *old_value = NULL;
    int status = -1;

    if (known <= 0) {
        if (known == 0 && raising) {
            PyErr_SetObject(PyExc_KeyError, key);
        }
        return known < 0 || raising ? -1 : 0;
    }
    old_value = get_or_notset(op, mapping, key);
    if (old_value && PyObject_DelItem(mapping, key) == 0) {
        status = remember(((MonkeyPatch *)op)->items, mapping, key, old_value);
    }
    Py_XDECREF(old_value);
    return status;
}

static PyObject *
patch_setitem(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *kwnames)
{
    static const char *const NAMES[] = {"dic", "name", "value", NULL};
    PyObject *values[3];

    if (py_unpack_arguments("MonkeyPatch.setitem", args, count, kwnames, NAMES, 3, 3, values) < 0 ||
        patch_item(op, values[0], values[1], values[2]) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
patch_delitem(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *kwnames)
{
    static const char *const NAMES[] = {"dic", "name", "raising", NULL};
    PyObject *values[3];
    int raising = 1;

    if (py_unpack_arguments("MonkeyPatch.delitem", args, count, kwnames, NAMES, 3, 2, values) < 0 ||
        (raising = truth_or(values[2], 1)) < 0 || remove_item(op, values[0], values[1], raising) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* ---- Environment ---- */

/* A value for the environment as str, with a warning when it was none: a new reference. */
static PyObject *
environment_text(PyObject *name, PyObject *value)
{
    PyObject *type_name = NULL;
    int status = -1;

    if (PyUnicode_Check(value)) {
        return Py_NewRef(value);
    }
    type_name = PyObject_GetAttrString((PyObject *)Py_TYPE(value), "__name__");
    if (type_name) {
        status = py_warn("PytestWarning", 1,
                         "Value of environment variable %S type should be str, but got %R (type: %U); converted to "
                         "str implicitly",
                         name, value, type_name);
        Py_DECREF(type_name);
    }
    return status < 0 ? NULL : PyObject_Str(value);
}

/* value + prepend + os.environ[name] when there is such a variable: takes and returns a reference. */
static PyObject *
prepend_to_variable_take(PyObject *variables, PyObject *name, PyObject *value, PyObject *prepend)
{
    int known = PySequence_Contains(variables, name);
    PyObject *old_value = known > 0 ? PyObject_GetItem(variables, name) : NULL;

    if (known != 0) {
        PyObject *head = old_value ? PyNumber_Add(value, prepend) : NULL;
        py_replace_take(&value, head ? PyNumber_Add(head, old_value) : NULL);
        Py_XDECREF(head);
    }
    Py_XDECREF(old_value);
    return value;
}

static PyObject *
patch_setenv(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *kwnames)
{
    static const char *const NAMES[] = {"name", "value", "prepend", NULL};
    PyObject *values[3];
    PyObject *variables = NULL;
    PyObject *text = NULL;
    int prepends = 0;
    int status = -1;

    if (py_unpack_arguments("MonkeyPatch.setenv", args, count, kwnames, NAMES, 3, 2, values) < 0 ||
        (prepends = truth_or(values[2], 0)) < 0) {
        return NULL;
    }
    text = environment_text(values[0], values[1]);
    variables = text ? py_import_attr("os", "environ") : NULL;
    if (variables && prepends) {
        text = prepend_to_variable_take(variables, values[0], text, values[2]);
    }
    if (variables && text) {
        status = patch_item(op, variables, values[0], text);
    }
    Py_XDECREF(variables);
    Py_XDECREF(text);
    return py_none_or_error(status);
}

static PyObject *
patch_delenv(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *kwnames)
{
    static const char *const NAMES[] = {"name", "raising", NULL};
    PyObject *values[2];
    PyObject *variables = NULL;
    int raising = 1;
    int status = -1;

    if (py_unpack_arguments("MonkeyPatch.delenv", args, count, kwnames, NAMES, 2, 1, values) < 0 ||
        (raising = truth_or(values[1], 1)) < 0) {
        return NULL;
    }
    variables = py_import_attr("os", "environ");
    if (variables) {
        status = remove_item(op, variables, values[0], raising);
        Py_DECREF(variables);
    }
    return py_none_or_error(status);
}

/* ---- sys.path and the working folder ---- */

/* importlib.invalidate_caches(): files that were just written must be found. */
static int
invalidate_import_caches(struct state *state)
{
    PyObject *finders = PySys_GetObject("meta_path");
    int status = 0;

    finders = finders ? PySequence_List(finders) : PyList_New(0);
    for (Py_ssize_t i = 0; finders && status == 0 && i < PyList_Size(finders); i++) {
        PyObject *method = NULL;
        PyObject *result = NULL;
        status = py_find_attr(state, PyList_GetItem(finders, i), state->names.invalidate_caches, &method);
        if (status > 0) {
            result = py_call0(method);
            status = result ? 0 : -1;
        }
        Py_XDECREF(result);
        Py_XDECREF(method);
    }
    Py_XDECREF(finders);
    return finders ? status : -1;
}

/* Old namespace packages keep their own lists of folders. */
static int
fix_namespace_packages(PyObject *path)
{
    PyObject *loaded = py_find_module("pkg_resources");
    PyObject *fix = loaded ? py_import_attr("_pytest.monkeypatch", "_fix_namespace_packages") : NULL;
    PyObject *result = fix ? py_call1(fix, path) : NULL;
    int status = !loaded || result ? 0 : -1;

    Py_XDECREF(result);
    Py_XDECREF(fix);
    Py_XDECREF(loaded);
    return status;
}

static PyObject *
patch_syspath_prepend(PyObject *op, PyObject *path)
{
    MonkeyPatch *self = (MonkeyPatch *)op;
    PyObject *borrowed_syspath = PySys_GetObject("path");
    PyObject *text = NULL;
    int status = -1;

    if (!borrowed_syspath || !PyList_Check(borrowed_syspath)) {
        return PyErr_Format(PyExc_TypeError, "sys.path must be a list");
    }
    if (self->syspath == Py_None) {
        PyObject *copy = PyList_GetSlice(borrowed_syspath, 0, PyList_Size(borrowed_syspath));
        if (!copy) {
            return NULL;
        }
        py_replace_take(&self->syspath, copy);
    }
    text = PyObject_Str(path);
    if (text && PyList_Insert(borrowed_syspath, 0, text) == 0 && fix_namespace_packages(text) == 0) {
        status = invalidate_import_caches(state_of(op));
    }
    Py_XDECREF(text);
    return py_none_or_error(status);
}

static PyObject *
patch_chdir(PyObject *op, PyObject *path)
{
    MonkeyPatch *self = (MonkeyPatch *)op;
    PyObject *os = PyImport_ImportModule("os");
    PyObject *result = NULL;

    if (os && self->cwd == Py_None) {
        PyObject *cwd = PyObject_CallMethod(os, "getcwd", NULL);
        if (!cwd) {
            goto done;
        }
        py_replace_take(&self->cwd, cwd);
    }
    result = os ? PyObject_CallMethod(os, "chdir", "O", path) : NULL;
done:
    Py_XDECREF(os);
    return result;
}

/* ---- Undo ---- */

static int
undo_attributes(PyObject *op, PyObject *attributes)
{
    for (Py_ssize_t i = PyList_Size(attributes) - 1; i >= 0; i--) {
        PyObject *entry = py_list_item(attributes, i);
        PyObject *old_value = PyTuple_GetItem(entry, 2);
        int status = old_value == notset_of(op)
                         ? PyObject_SetAttr(PyTuple_GetItem(entry, 0), PyTuple_GetItem(entry, 1), NULL)
                         : PyObject_SetAttr(PyTuple_GetItem(entry, 0), PyTuple_GetItem(entry, 1), old_value);
        Py_DECREF(entry);
        if (status < 0) {
            return -1;
        }
    }
    return PyList_SetSlice(attributes, 0, PyList_Size(attributes), NULL);
}

static int
undo_items(PyObject *op, PyObject *items)
{
    for (Py_ssize_t i = PyList_Size(items) - 1; i >= 0; i--) {
        PyObject *entry = py_list_item(items, i);
        PyObject *old_value = PyTuple_GetItem(entry, 2);
        int status = 0;
        if (old_value != notset_of(op)) {
            status = PyObject_SetItem(PyTuple_GetItem(entry, 0), PyTuple_GetItem(entry, 1), old_value);
        } else if (PyObject_DelItem(PyTuple_GetItem(entry, 0), PyTuple_GetItem(entry, 1)) < 0) {
            status = PyErr_ExceptionMatches(PyExc_KeyError) ? 0 : -1;
            if (status == 0) {
                PyErr_Clear(); /* it is gone already, as it should be */
            }
        }
        Py_DECREF(entry);
        if (status < 0) {
            return -1;
        }
    }
    return PyList_SetSlice(items, 0, PyList_Size(items), NULL);
}

static int
undo_places(MonkeyPatch *self)
{
    PyObject *result = NULL;
    PyObject *os = NULL;

    if (self->syspath && self->syspath != Py_None) {
        PyObject *borrowed_syspath = PySys_GetObject("path");
        if (borrowed_syspath && PyList_Check(borrowed_syspath) &&
            PyList_SetSlice(borrowed_syspath, 0, PyList_Size(borrowed_syspath), self->syspath) < 0) {
            return -1;
        }
        py_replace(&self->syspath, Py_None);
    }
    if (!self->cwd || self->cwd == Py_None) {
        return 0;
    }
    os = PyImport_ImportModule("os");
    result = os ? PyObject_CallMethod(os, "chdir", "O", self->cwd) : NULL;
    Py_XDECREF(os);
    if (!result) {
        return -1;
    }
    Py_DECREF(result);
    py_replace(&self->cwd, Py_None);
    return 0;
}

static int
monkeypatch_undo(PyObject *op)
{
    MonkeyPatch *self = (MonkeyPatch *)op;

    if (!self->attributes || !self->items) {
        return 0;
    }
    if ((PyList_Size(self->attributes) > 0 && undo_attributes(op, self->attributes) < 0) ||
        (PyList_Size(self->items) > 0 && undo_items(op, self->items) < 0)) {
        return -1;
    }
    return undo_places(self);
}

static PyObject *
patch_undo(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_none_or_error(monkeypatch_undo(op));
}

/* ---- The type ---- */

static int
patch_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {NULL};
    MonkeyPatch *self = (MonkeyPatch *)op;

    if (py_unpack_tuple("MonkeyPatch.__init__", args, kwargs, NAMES, 0, 0, NULL) < 0) {
        return -1;
    }
    py_replace_take(&self->attributes, PyList_New(0));
    py_replace_take(&self->items, PyList_New(0));
    py_replace(&self->cwd, Py_None);
    py_replace(&self->syspath, Py_None);
    return self->attributes && self->items ? 0 : -1;
}

static PyObject *
monkeypatch_new(struct state *state)
{
    PyObject *op = py_new_instance(monkeypatch_types(state)->monkeypatch);

    if (op && patch_init(op, NULL, NULL) < 0) {
        Py_CLEAR(op);
    }
    return op;
}

static PyObject *
patch_context(PyObject *cls, PyObject *Py_UNUSED(ignored))
{
    struct state *state = state_from_type((PyTypeObject *)cls);
    MonkeyPatchContext *context = (MonkeyPatchContext *)py_new_instance(monkeypatch_types(state)->context);

    if (context) {
        context->patch = PyObject_CallNoArgs(cls);
        if (!context->patch) {
            Py_CLEAR(context);
        }
    }
    return (PyObject *)context;
}

static int
patch_traverse(PyObject *op, visitproc visit, void *arg)
{
    MonkeyPatch *self = (MonkeyPatch *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->attributes);
    Py_VISIT(self->items);
    Py_VISIT(self->cwd);
    Py_VISIT(self->syspath);
    return 0;
}

static int
patch_clear(PyObject *op)
{
    MonkeyPatch *self = (MonkeyPatch *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->attributes);
    Py_CLEAR(self->items);
    Py_CLEAR(self->cwd);
    Py_CLEAR(self->syspath);
    return 0;
}

static void
patch_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((MonkeyPatch *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    patch_clear(op);
    py_free_instance(op);
}

PY_NAMED_ONE(patch_syspath_prepend_named, patch_syspath_prepend, "syspath_prepend", "path")
PY_NAMED_ONE(patch_chdir_named, patch_chdir, "chdir", "path")

static PyMethodDef PATCH_METHODS[] = {
    {"setattr", PY_FAST_WITH_KEYWORDS(patch_setattr),
     "setattr($self, target, name, value=None, raising=True)\n--\n\n"
     "Set attribute value on target, memorizing the old value."},
    {"delattr", PY_FAST_WITH_KEYWORDS(patch_delattr),
     "delattr($self, target, name=None, raising=True)\n--\n\n"
     "Delete attribute ``name`` from ``target``."},
    {"setitem", PY_FAST_WITH_KEYWORDS(patch_setitem),
     "setitem($self, dic, name, value)\n--\n\n"
     "Set dictionary entry ``name`` to value."},
    {"delitem", PY_FAST_WITH_KEYWORDS(patch_delitem),
     "delitem($self, dic, name, raising=True)\n--\n\n"
     "Delete ``name`` from dict."},
    {"setenv", PY_FAST_WITH_KEYWORDS(patch_setenv),
     "setenv($self, name, value, prepend=None)\n--\n\n"
     "Set environment variable ``name`` to ``value``."},
    {"delenv", PY_FAST_WITH_KEYWORDS(patch_delenv),
     "delenv($self, name, raising=True)\n--\n\n"
     "Delete ``name`` from the environment."},
    {"syspath_prepend", PY_FAST_WITH_KEYWORDS(patch_syspath_prepend_named),
     "syspath_prepend($self, path)\n--\n\n"
     "Prepend ``path`` to ``sys.path`` list of import locations."},
    {"chdir", PY_FAST_WITH_KEYWORDS(patch_chdir_named),
     "chdir($self, path)\n--\n\n"
     "Change the current working directory to the specified path."},
    {"undo", patch_undo, METH_NOARGS,
     "undo($self)\n--\n\n"
     "Undo previous changes."},
    {"context", patch_context, METH_NOARGS | METH_CLASS,
     "context($type)\n--\n\n"
     "Context manager that returns a new :class:`MonkeyPatch` object\n"
     "which undoes any patching done inside the ``with`` block upon exit."},
    PY_END_METHOD,
};

static PyMemberDef PATCH_MEMBERS[] = {
    {"_setattr", T_OBJECT, offsetof(MonkeyPatch, attributes), 0, NULL},
    {"_setitem", T_OBJECT, offsetof(MonkeyPatch, items), 0, NULL},
    {"_cwd", T_OBJECT, offsetof(MonkeyPatch, cwd), 0, NULL},
    {"_savesyspath", T_OBJECT, offsetof(MonkeyPatch, syspath), 0, NULL},
    PY_DICT_MEMBER(MonkeyPatch),
    PY_WEAKREF_MEMBER(MonkeyPatch),
    PY_END_MEMBER,
};

static PyGetSetDef PATCH_GETSET[] = {PY_DICT_GETSET, PY_END_GETSET};

static const char PATCH_DOC[] =
    "Helper to conveniently monkeypatch attributes/items/environment\nvariables/syspath.\n\n"
    "Returned by the :fixture:`monkeypatch` fixture.";

static PyType_Slot PATCH_SLOTS[] = {
    PY_SLOT(tp_doc, PATCH_DOC),         PY_SLOT(tp_new, PyType_GenericNew),
    PY_SLOT(tp_init, patch_init),       PY_SLOT(tp_traverse, patch_traverse),
    PY_SLOT(tp_clear, patch_clear),     PY_SLOT(tp_dealloc, patch_dealloc),
    PY_SLOT(tp_methods, PATCH_METHODS), PY_SLOT(tp_members, PATCH_MEMBERS),
    PY_SLOT(tp_getset, PATCH_GETSET),   PY_END_SLOT,
};

static PyType_Spec PATCH_SPEC = {
    .name = "_pytest.monkeypatch.MonkeyPatch",
    .basicsize = sizeof(MonkeyPatch),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = PATCH_SLOTS,
};

static PyObject *
context_enter(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Py_NewRef(((MonkeyPatchContext *)op)->patch);
}

static PyObject *
context_exit(PyObject *op, PyObject *Py_UNUSED(args))
{
    PyObject *result = PyObject_CallMethod(((MonkeyPatchContext *)op)->patch, "undo", NULL);

    if (!result) {
        return NULL;
    }
    Py_DECREF(result);
    Py_RETURN_FALSE;
}

static int
context_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((MonkeyPatchContext *)op)->patch);
    return 0;
}

static int
context_clear(PyObject *op)
{
    Py_CLEAR(((MonkeyPatchContext *)op)->patch);
    return 0;
}

static void
context_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    context_clear(op);
    py_free_instance(op);
}

static PyMethodDef CONTEXT_METHODS[] = {
    {"__enter__", context_enter, METH_NOARGS, "__enter__($self)\n--\n\n"},
    {"__exit__", context_exit, METH_VARARGS, NULL},
    PY_END_METHOD,
};

static PyType_Slot CONTEXT_SLOTS[] = {
    PY_SLOT(tp_traverse, context_traverse),
    PY_SLOT(tp_clear, context_clear),
    PY_SLOT(tp_dealloc, context_dealloc),
    PY_SLOT(tp_methods, CONTEXT_METHODS),
    PY_END_SLOT,
};

static PyType_Spec CONTEXT_SPEC = {
    .name = "_fastest._MonkeyPatchContext",
    .basicsize = sizeof(MonkeyPatchContext),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = CONTEXT_SLOTS,
};

/* ---- The fixture ---- */

static PyObject *
fixture_setup(struct engine *engine, PyObject *Py_UNUSED(request), PyObject *const *Py_UNUSED(args))
{
    return monkeypatch_new(engine->state);
}

static int
fixture_teardown(struct engine *Py_UNUSED(engine), PyObject *Py_UNUSED(request), PyObject *value)
{
    return monkeypatch_undo(value);
}

static const char FIXTURE_DOC[] =
    "A convenient fixture for monkey-patching.\n\n"
    "The fixture provides these methods to modify objects, dictionaries, or\n"
    ":data:`os.environ`:\n\n"
    "* :meth:`monkeypatch.setattr(obj, name, value, raising=True) <pytest.MonkeyPatch.setattr>`\n"
    "* :meth:`monkeypatch.delattr(obj, name, raising=True) <pytest.MonkeyPatch.delattr>`\n"
    "* :meth:`monkeypatch.setitem(mapping, name, value) <pytest.MonkeyPatch.setitem>`\n"
    "* :meth:`monkeypatch.delitem(obj, name, raising=True) <pytest.MonkeyPatch.delitem>`\n"
    "* :meth:`monkeypatch.setenv(name, value, prepend=None) <pytest.MonkeyPatch.setenv>`\n"
    "* :meth:`monkeypatch.delenv(name, raising=True) <pytest.MonkeyPatch.delenv>`\n"
    "* :meth:`monkeypatch.syspath_prepend(path) <pytest.MonkeyPatch.syspath_prepend>`\n"
    "* :meth:`monkeypatch.chdir(path) <pytest.MonkeyPatch.chdir>`\n"
    "* :meth:`monkeypatch.context() <pytest.MonkeyPatch.context>`\n\n"
    "All modifications will be undone after the requesting test function or\n"
    "fixture has finished. The ``raising`` parameter determines if a :class:`KeyError`\n"
    "or :class:`AttributeError` will be raised if the set/deletion operation does not have the\n"
    "specified target.\n\n"
    "To undo modifications done by the fixture in a contained scope,\n"
    "use :meth:`context() <pytest.MonkeyPatch.context>`.";

static const struct native_fixture FIXTURES[] = {
    {
        .name = "monkeypatch",
        .scope = SCOPE_FUNCTION,
        .setup = fixture_setup,
        .teardown = fixture_teardown,
        .module = "_pytest.monkeypatch",
        .doc = FIXTURE_DOC,
        .line = 35,
    },
};

static PyObject *
register_fixtures(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    return py_none_or_error(fixtures_register_native(engine, FIXTURES, COUNT_OF(FIXTURES)));
}

static const struct native_hook HOOK_TABLE[] = {
    {.id = HOOK_sessionstart, .call = register_fixtures},
};

const struct native_plugin MONKEYPATCH_PLUGIN = {
    .name = "monkeypatch",
    .module = "_pytest.monkeypatch",
    .hooks = HOOK_TABLE,
    .hook_count = COUNT_OF(HOOK_TABLE),
};

int
monkeypatch_add(PyObject *module, struct state *state)
{
    struct monkeypatch_types *types = STATE_ROOM_ADD(state, ROOM_MONKEYPATCH, struct monkeypatch_types);

    types->monkeypatch = py_type_add(module, &PATCH_SPEC, NULL);
    types->context = (PyTypeObject *)PyType_FromModuleAndSpec(module, &CONTEXT_SPEC, NULL);
    return types->monkeypatch && types->context ? 0 : -1;
}
