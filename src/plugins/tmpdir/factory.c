/* TempPathFactory: folders below one base folder. */
#include "plugins/tmpdir/internal.h"

#include <errno.h>
#include <string.h>

#include "os/file.h"
#include "os/temporary.h"

/* str to the bytes of the file system: a new bytes object. */
static PyObject *
path_bytes(PyObject *text)
{
    return PyUnicode_EncodeFSDefault(text);
}

/* ---- The base folder ---- */

/* A warning for what could not be removed: 0 or -1. */
static int
warn_not_removed(const char *path, int errno_value)
{
    PyObject *error = NULL;
    int status = -1;

    raise_errno(errno_value, path);
    error = py_error_take();
    if (error) {
        status =
            py_warn("PytestWarning", 1, "(rm_rf) error removing %s\n%R: %S", path, (PyObject *)Py_TYPE(error), error);
        Py_DECREF(error);
    }
    return status;
}

/* Empties and makes the folder that --basetemp names. */
static int
make_given(TempPathFactory *self)
{
    PyObject *text = PyObject_Str(self->given_basetemp);
    PyObject *bytes = text ? path_bytes(text) : NULL;
    struct text resolved = {0};
    struct text failed = {0};
    int error = 0;
    int status = -1;

    if (!bytes) {
        goto done;
    }
    const char *path = PyBytes_AsString(bytes);
    if (file_exists(path) && !tree_remove(path, &failed, &error) && warn_not_removed(text_string(&failed), error) < 0) {
        goto done;
    }
    error = folder_create_private(path);
    if (error != 0) {
        raise_errno(error, path);
        goto done;
    }
    if (file_resolve(path, &resolved)) {
        self->basetemp_text = PyUnicode_DecodeFSDefaultAndSize(text_string(&resolved), (Py_ssize_t)resolved.length);
        status = self->basetemp_text ? 0 : -1;
    } else {
        raise_errno(errno, path);
    }
done:
    text_release(&failed);
    text_release(&resolved);
    Py_XDECREF(bytes);
    Py_XDECREF(text);
    return status;
}

/* atexit.register or unregister of our cleaning, in case the session does not come to its end. */
static int
change_exit_function(TempPathFactory *self, const char *how)
{
    PyObject *change = py_import_attr("atexit", how);
    PyObject *function = change ? PyObject_GetAttrString((PyObject *)self, "_close") : NULL;
    PyObject *result = function ? py_call1(change, function) : NULL;

    Py_XDECREF(function);
    Py_XDECREF(change);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

static int
make_numbered_base(TempPathFactory *self)
{
    long keep = py_text_equals(self->retention_policy, "none") ? 0 : PyLong_AsLong(self->retention_count);

    if ((keep == -1 && PyErr_Occurred()) || session_folder_make(&self->folder, keep) < 0) {
        return -1;
    }
    self->basetemp_text =
        PyUnicode_DecodeFSDefaultAndSize(text_string(&self->folder.path), (Py_ssize_t)self->folder.path.length);
    return self->basetemp_text ? change_exit_function(self, "register") : -1;
}

static int
call_trace(TempPathFactory *self, const char *what, PyObject *path)
{
    PyObject *result = NULL;

    if (!self->trace || self->trace == Py_None) {
        return 0;
    }
    result = PyObject_CallFunction(self->trace, "sO", what, path);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

/* factory.getbasetemp() as str: borrowed. */
static PyObject *
factory_basetemp_text(TempPathFactory *self)
{
    if (self->basetemp_text) {
        return self->basetemp_text;
    }
    if (self->basetemp && self->basetemp != Py_None) {
        self->basetemp_text = PyObject_Str(self->basetemp);
        return self->basetemp_text;
    }
    int status = self->given_basetemp && self->given_basetemp != Py_None ? make_given(self) : make_numbered_base(self);
    if (status == 0 && call_trace(self, "new basetemp", self->basetemp_text) < 0) {
        status = -1;
    }
    return status < 0 ? NULL : self->basetemp_text;
}

/* factory.getbasetemp(): borrowed. */
static PyObject *
basetemp_path(TempPathFactory *self)
{
    if ((!self->basetemp || self->basetemp == Py_None) && factory_basetemp_text(self)) {
        PyObject *path = py_path_object(state_of((PyObject *)self), self->basetemp_text);
        if (path) {
            py_replace_take(&self->basetemp, path);
        }
    }
    return PyErr_Occurred() ? NULL : self->basetemp;
}

int
factory_close(TempPathFactory *self)
{
    if (!self->folder.is_made) {
        return 0;
    }
    session_folder_clean(&self->folder);
    return change_exit_function(self, "unregister");
}

/* ---- Folders in it ---- */

static long
first_number(TempPathFactory *self, PyObject *key)
{
    PyObject *borrowed_number = PyDict_GetItemWithError(self->next_number, key);
    return borrowed_number ? PyLong_AsLong(borrowed_number) : PyErr_Occurred() ? -1 : 0;
}

enum { LIST_AFTER = 10, GIVE_UP_AFTER = 20 };

/*
 * Makes <root>/<prefix><number> for the first number from `number` on that is free. Nothing is listed: after ten
 * collisions a look at the folder skips what is there, after twenty it fails. The number made, or -1.
 */
static long
make_first_free(const char *root, const char *prefix, long number, struct text *path)
{
    int collisions = 0;

    for (;;) {
        text_clear(path);
        text_add_format(path, "%s/%s%ld", root, prefix, number);
        int error = folder_create_private(text_string(path));
        if (error == 0) {
            return number;
        }
        collisions++;
        if (collisions == LIST_AFTER) {
            long highest = highest_number(root, prefix);
            number = (highest > number ? highest : number) + 1;
        } else if (collisions == GIVE_UP_AFTER) {
            raise_errno(error, text_string(path));
            PyObject *cause = py_error_take();
            PyErr_Format(PyExc_OSError, "could not create numbered dir with prefix %s in %s after %d tries", prefix,
                         root, collisions);
            py_error_set_cause_take(cause);
            return -1;
        } else {
            number++;
        }
    }
}

PyObject *
factory_make_counted(TempPathFactory *self, PyObject *prefix)
{
    PyObject *root_text = factory_basetemp_text(self);
    PyObject *key = root_text ? PyObject_CallMethod(prefix, "lower", NULL) : NULL;
    PyObject *root = key ? path_bytes(root_text) : NULL;
    PyObject *start = root ? path_bytes(prefix) : NULL;
    PyObject *text = NULL;
    PyObject *path_object = NULL;
    struct text path = {0};
    struct text link = {0};
    long number = start ? first_number(self, key) : -1;

    if (number < 0) {
        goto done;
    }
    number = make_first_free(PyBytes_AsString(root), PyBytes_AsString(start), number, &path);
    if (number < 0 || py_dict_set_take(self->next_number, key, PyLong_FromLong(number + 1)) < 0) {
        goto done;
    }
    text_add_format(&link, "%s/%scurrent", PyBytes_AsString(root), PyBytes_AsString(start));
    link_force(text_string(&link), text_string(&path));
    text = PyUnicode_DecodeFSDefaultAndSize(text_string(&path), (Py_ssize_t)path.length);
    path_object = text ? py_path_object(state_of((PyObject *)self), text) : NULL;
    if (path_object && call_trace(self, "mktemp", path_object) < 0) {
        Py_CLEAR(path_object);
    }
done:
    text_release(&link);
    text_release(&path);
    Py_XDECREF(text);
    Py_XDECREF(start);
    Py_XDECREF(root);
    Py_XDECREF(key);
    return path_object;
}

/* os.path.normpath(basename) when that is a name in the base folder: a new reference. */
static PyObject *
checked_basename(TempPathFactory *self, PyObject *basename)
{
    PyObject *normpath = py_import_attr("os.path", "normpath");
    PyObject *name = normpath ? py_call1(normpath, basename) : NULL;
    PyObject *root = name ? factory_basetemp_text(self) : NULL;
    PyObject *joined = root ? PyUnicode_FromFormat("%U/%S", root, name) : NULL;
    PyObject *bytes = joined ? path_bytes(joined) : NULL;
    PyObject *encoded = bytes ? path_bytes(name) : NULL;
    struct path_facts facts;
    bool is_inside = false;

    if (encoded) {
        const char *text = PyBytes_AsString(encoded);
        is_inside = !strchr(text, '/') && strcmp(text, ".") != 0 && strcmp(text, "..") != 0 &&
                    !(path_read_facts(PyBytes_AsString(bytes), &facts) && facts.is_link);
        if (!is_inside) {
            PyErr_Format(PyExc_ValueError, "%S is not a normalized and relative path", name);
        }
    }
    Py_XDECREF(encoded);
    Py_XDECREF(bytes);
    Py_XDECREF(joined);
    Py_XDECREF(normpath);
    if (!is_inside) {
        Py_CLEAR(name);
    }
    return name;
}

/* <basetemp>/<name>, made: a new Path. */
static PyObject *
make_plain(TempPathFactory *self, PyObject *name)
{
    PyObject *text = PyUnicode_FromFormat("%U/%U", factory_basetemp_text(self), name);
    PyObject *bytes = text ? path_bytes(text) : NULL;
    PyObject *path = NULL;

    if (bytes) {
        int error = folder_create_private(PyBytes_AsString(bytes));
        if (error != 0) {
            raise_errno(error, PyBytes_AsString(bytes));
        } else {
            path = py_path_object(state_of((PyObject *)self), text);
        }
    }
    Py_XDECREF(bytes);
    Py_XDECREF(text);
    return path;
}

static PyObject *
factory_mktemp(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *kwnames)
{
    static const char *const NAMES[] = {"basename", "numbered", NULL};
    TempPathFactory *self = (TempPathFactory *)op;
    PyObject *values[2];
    PyObject *name = NULL;
    PyObject *path = NULL;
    int is_numbered = 1;

    if (py_unpack_arguments("TempPathFactory.mktemp", args, count, kwnames, NAMES, 2, 1, values) < 0 ||
        (is_numbered = values[1] ? PyObject_IsTrue(values[1]) : 1) < 0) {
        return NULL;
    }
    name = checked_basename(self, values[0]);
    if (name) {
        path = is_numbered ? factory_make_counted(self, name) : make_plain(self, name);
        Py_DECREF(name);
    }
    return path;
}

static PyObject *
factory_make_counted_method(PyObject *op, PyObject *prefix)
{
    return factory_make_counted((TempPathFactory *)op, prefix);
}

static PyObject *
factory_ensure_relative(PyObject *op, PyObject *basename)
{
    return checked_basename((TempPathFactory *)op, basename);
}

/* ---- The type ---- */

/* Path(os.path.abspath(str(given))), None for None: a new reference. */
static PyObject *
absolute_path(struct state *state, PyObject *given)
{
    PyObject *text = NULL;
    PyObject *abspath = NULL;
    PyObject *absolute = NULL;
    PyObject *path = NULL;

    if (given == Py_None) {
        return Py_NewRef(Py_None);
    }
    text = PyObject_Str(given);
    abspath = text ? py_import_attr("os.path", "abspath") : NULL;
    absolute = abspath ? py_call1(abspath, text) : NULL;
    path = absolute ? py_path_object(state, absolute) : NULL;
    Py_XDECREF(absolute);
    Py_XDECREF(abspath);
    Py_XDECREF(text);
    return path;
}

static int
factory_fill(TempPathFactory *self, PyObject *given, PyObject *count, PyObject *policy, PyObject *trace)
{
    py_replace_take(&self->given_basetemp, absolute_path(state_of((PyObject *)self), given));
    py_replace(&self->retention_count, count);
    py_replace(&self->retention_policy, policy);
    py_replace(&self->trace, trace);
    py_replace_take(&self->next_number, PyDict_New());
    return self->given_basetemp && self->next_number ? 0 : -1;
}

static int
factory_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {
        "given_basetemp", "retention_count", "retention_policy", "trace", "basetemp", "_ispytest", NULL};
    TempPathFactory *self = (TempPathFactory *)op;
    PyObject *values[6];

    if (py_unpack_tuple("TempPathFactory.__init__", args, kwargs, NAMES, 5, 4, values) < 0 ||
        py_check_is_pytest(values[5]) < 0) {
        return -1;
    }
    py_replace(&self->basetemp, values[4]);
    return factory_fill(self, values[0], values[1], values[2], values[3]);
}

/* int(config.getini("tmp_path_retention_count")), not negative: a new reference. */
static PyObject *
retention_count(struct engine *engine)
{
    PyObject *value = ini_get(engine, "tmp_path_retention_count");
    PyObject *count = value ? PyObject_CallFunctionObjArgs((PyObject *)&PyLong_Type, value, NULL) : NULL;
    int overflow = 0;

    if (count && PyLong_AsLongAndOverflow(count, &overflow) < 0 && overflow == 0) {
        PyErr_Format(PyExc_ValueError, "tmp_path_retention_count must be >= 0. Current input: %S.", count);
        Py_CLEAR(count);
    }
    Py_XDECREF(value);
    return count;
}

/* config.trace.get("tmpdir"): a new reference. */
static PyObject *
trace_of(struct engine *engine)
{
    PyObject *trace = PyObject_GetAttrString(engine->config, "trace");
    PyObject *own = trace ? PyObject_CallMethod(trace, "get", "s", "tmpdir") : NULL;

    Py_XDECREF(trace);
    return own;
}

/* The same when somebody looks at traces (--debug), else None. */
static PyObject *
trace_if_shown(struct engine *engine)
{
    int is_debugging = option_is_true(engine, "debug");
    return is_debugging > 0 ? trace_of(engine) : py_none_or_error(is_debugging);
}

PyObject *
factory_from_config(struct engine *engine)
{
    TempPathFactory *self = NULL;
    PyObject *count = retention_count(engine);
    PyObject *policy = count ? ini_get(engine, "tmp_path_retention_policy") : NULL;
    PyObject *given = policy ? option_get(engine, "basetemp") : NULL;
    PyObject *trace = given ? trace_if_shown(engine) : NULL;

    if (trace) {
        self = (TempPathFactory *)py_new_instance(tmpdir_types(engine->state)->factory);
        if (self && factory_fill(self, given, count, policy, trace) < 0) {
            Py_CLEAR(self);
        }
    }
    Py_XDECREF(trace);
    Py_XDECREF(given);
    Py_XDECREF(policy);
    Py_XDECREF(count);
    return (PyObject *)self;
}

static PyObject *
factory_from_config_method(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"config", "_ispytest", NULL};
    struct state *state = state_from_type((PyTypeObject *)cls);
    PyObject *values[2];

    if (py_unpack_tuple("from_config", args, kwargs, NAMES, 1, 1, values) < 0 || py_check_is_pytest(values[1]) < 0) {
        return NULL;
    }
    if (!PyObject_TypeCheck(values[0], hooks_types(state)->config)) {
        /* A stand-in: what is asked of it is little. */
        PyObject *make = py_import_attr("_pytest.tmpdir", "_factory_from_mapping");
        PyObject *factory = make ? py_call1(make, values[0]) : NULL;
        Py_XDECREF(make);
        return factory;
    }
    return factory_from_config(engine_from_config(values[0]));
}

static PyObject *
factory_getbasetemp(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Py_XNewRef(basetemp_path((TempPathFactory *)op));
}

static PyObject *
factory_close_method(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_none_or_error(factory_close((TempPathFactory *)op));
}

static PyObject *
factory_get_basetemp(PyObject *op, void *Py_UNUSED(closure))
{
    TempPathFactory *self = (TempPathFactory *)op;

    if (!self->basetemp_text && (!self->basetemp || self->basetemp == Py_None)) {
        Py_RETURN_NONE;
    }
    return Py_XNewRef(basetemp_path(self));
}

static int
factory_set_basetemp(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    TempPathFactory *self = (TempPathFactory *)op;

    py_replace(&self->basetemp, value);
    Py_CLEAR(self->basetemp_text);
    return 0;
}

static int
factory_traverse(PyObject *op, visitproc visit, void *arg)
{
    TempPathFactory *self = (TempPathFactory *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->given_basetemp);
    Py_VISIT(self->basetemp);
    Py_VISIT(self->trace);
    Py_VISIT(self->next_number);
    return 0;
}

static int
factory_clear(PyObject *op)
{
    TempPathFactory *self = (TempPathFactory *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->given_basetemp);
    Py_CLEAR(self->basetemp);
    Py_CLEAR(self->basetemp_text);
    Py_CLEAR(self->trace);
    Py_CLEAR(self->retention_count);
    Py_CLEAR(self->retention_policy);
    Py_CLEAR(self->next_number);
    return 0;
}

static void
factory_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((TempPathFactory *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    factory_clear(op);
    session_folder_release(&((TempPathFactory *)op)->folder);
    py_free_instance(op);
}

static const char MKTEMP_DOC[] =
    "Create a new temporary directory managed by the factory.\n\n"
    ":param basename:\n    Directory base name, must be a relative path.\n\n"
    ":param numbered:\n    If ``True``, ensure the directory is unique by adding a numbered\n    suffix.\n\n"
    ":returns:\n    The path to the new directory.";

static PyMethodDef FACTORY_METHODS[] = {
    {"mktemp", PY_FAST_WITH_KEYWORDS(factory_mktemp), MKTEMP_DOC},
    {"getbasetemp", factory_getbasetemp, METH_NOARGS,
     "getbasetemp($self)\n--\n\n"
     "Return the base temporary directory, creating it if needed.\n\n"
     ":returns:\n    The base temporary directory."},
    {"from_config", PY_WITH_KEYWORDS(factory_from_config_method) | METH_CLASS,
     "from_config($type, config, *, _ispytest=False)\n--\n\n"
     "Create a factory according to pytest configuration.\n\n:meta private:"},
    {"_make_counted_dir", factory_make_counted_method, METH_O, NULL},
    {"_ensure_relative_to_basetemp", factory_ensure_relative, METH_O, NULL},
    {"_close", factory_close_method, METH_NOARGS, "_close($self)\n--\n\n"},
    PY_END_METHOD,
};

/* What pytest always has; ours is made when somebody looks. */
static PyObject *
factory_get_trace(PyObject *op, void *Py_UNUSED(closure))
{
    TempPathFactory *self = (TempPathFactory *)op;
    struct engine *engine = state_of(op)->outer_engine;

    if ((!self->trace || self->trace == Py_None) && engine) {
        py_replace_take(&self->trace, trace_of(engine));
    }
    return self->trace ? Py_NewRef(self->trace) : PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

static int
factory_set_trace(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    py_replace(&((TempPathFactory *)op)->trace, value);
    return 0;
}

static PyObject *
factory_repr(PyObject *op)
{
    static const char *const FIELDS[] = {"_given_basetemp", "_trace", "_basetemp", "_retention_count",
                                         "_retention_policy"};
    PyObject *text = PyUnicode_FromString("TempPathFactory(");

    for (size_t i = 0; text && i < COUNT_OF(FIELDS); i++) {
        PyObject *value = PyObject_GetAttrString(op, FIELDS[i]);
        const char *separator = i == 0 ? "" : ", ";
        py_replace_take(&text, value ? PyUnicode_FromFormat("%U%s%s=%R", text, separator, FIELDS[i], value) : NULL);
        Py_XDECREF(value);
    }
    py_replace_take(&text, text ? PyUnicode_FromFormat("%U)", text) : NULL);
    return text;
}

static PyMemberDef FACTORY_MEMBERS[] = {
    {"_given_basetemp", T_OBJECT, offsetof(TempPathFactory, given_basetemp), 0, NULL},
    {"_retention_count", T_OBJECT, offsetof(TempPathFactory, retention_count), 0, NULL},
    {"_retention_policy", T_OBJECT, offsetof(TempPathFactory, retention_policy), 0, NULL},
    {"_next_number", T_OBJECT, offsetof(TempPathFactory, next_number), 0, NULL},
    PY_DICT_MEMBER(TempPathFactory),
    PY_WEAKREF_MEMBER(TempPathFactory),
    PY_END_MEMBER,
};

static PyGetSetDef FACTORY_GETSET[] = {
    PY_DICT_GETSET,
    {"_basetemp", factory_get_basetemp, factory_set_basetemp, NULL, NULL},
    {"_trace", factory_get_trace, factory_set_trace, NULL, NULL},
    PY_END_GETSET,
};

static const char FACTORY_DOC[] = "Factory for temporary directories under the common base temp directory,\n"
                                  "as discussed at :ref:`temporary directory location and retention`.";

static PyType_Slot FACTORY_SLOTS[] = {
    PY_SLOT(tp_doc, FACTORY_DOC),
    PY_SLOT(tp_new, PyType_GenericNew),
    PY_SLOT(tp_init, factory_init),
    PY_SLOT(tp_traverse, factory_traverse),
    PY_SLOT(tp_clear, factory_clear),
    PY_SLOT(tp_dealloc, factory_dealloc),
    PY_SLOT(tp_methods, FACTORY_METHODS),
    PY_SLOT(tp_members, FACTORY_MEMBERS),
    PY_SLOT(tp_getset, FACTORY_GETSET),
    PY_SLOT(tp_repr, factory_repr),
    PY_END_SLOT,
};

static PyType_Spec FACTORY_SPEC = {
    .name = "_pytest.tmpdir.TempPathFactory",
    .basicsize = sizeof(TempPathFactory),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = FACTORY_SLOTS,
};

int
factory_add_type(PyObject *module, struct state *state)
{
    tmpdir_types(state)->factory = py_type_add(module, &FACTORY_SPEC, NULL);
    return tmpdir_types(state)->factory ? 0 : -1;
}
