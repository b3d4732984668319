/* Item: a node that runs. */
#include "nodes/internal.h"

#include "base/text.h"

/* ---- __init__ ---- */

/* Warns once per class that is both an item and a collector. */
static int
check_diamond(struct state *state, PyTypeObject *cls)
{
    PyObject *shown = NULL;
    PyObject *bases = NULL;
    struct text problems = {0};
    int status = py_find_attr(state, (PyObject *)cls, state->names._pytest_diamond_inheritance_warning_shown, &shown);

    if (status != 0) {
        Py_XDECREF(shown);
        return status < 0 ? -1 : 0;
    }
    if (PyObject_SetAttr((PyObject *)cls, state->names._pytest_diamond_inheritance_warning_shown, Py_True) < 0) {
        return -1;
    }
    bases = PyObject_GetAttrString((PyObject *)cls, "__bases__");
    for (Py_ssize_t i = 0; bases && i < PyTuple_Size(bases); i++) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GetItem(bases, i);
        if (PyType_IsSubtype(base, nodes_types(state)->collector)) {
            PyObject *name = PyObject_GetAttrString((PyObject *)base, "__name__");
            text_add_string(&problems, problems.length ? ", " : "");
            status = name ? py_text_add_str(&problems, name) : -1;
            Py_XDECREF(name);
        }
    }
    if (bases && status == 0 && problems.length) {
        PyObject *category = py_import_attr("_pytest.warning_types", "PytestWarning");
        PyObject *name = PyObject_GetAttrString((PyObject *)cls, "__name__");
        status = category && name
                     ? PyErr_WarnFormat(category, 1,
                                        "%U is an Item subclass and should not be a collector, however its bases %s "
                                        "are collectors.\n"
                                        "Please split the Collectors and the Item into separate node types.\n"
                                        "Pytest Doc example: "
                                        "https://docs.pytest.org/en/latest/example/nonpython.html\n"
                                        "example pull request on a plugin: "
                                        "https://github.com/asmeurer/pytest-flakes/pull/40/",
                                        name, text_string(&problems))
                     : -1;
        Py_XDECREF(category);
        Py_XDECREF(name);
    }
    Py_XDECREF(bases);
    text_release(&problems);
    return bases ? status : -1;
}

/* Takes dict[key] out of `kwargs` unless it is already given: the value is borrowed from `values`' holder. */
static int
init_super(struct state *state, Node *self, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"name", "parent", "config", "session", "nodeid"};
    Py_ssize_t given = PyTuple_Size(args);
    PyObject *rest = kwargs ? PyDict_Copy(kwargs) : PyDict_New();
    PyObject *values[5] = {NULL, Py_None, Py_None, Py_None, Py_None};
    PyObject *positional = NULL;
    int status = -1;

    if (!rest) {
        return -1;
    }
    if (given > 5) {
        PyErr_Format(PyExc_TypeError, "Item.__init__() takes at most 6 positional arguments but %zd were given",
                     given + 1);
        goto done;
    }
    for (Py_ssize_t i = 0; i < 5; i++) {
        PyObject *borrowed_keyword = kwargs ? PyDict_GetItemString(kwargs, NAMES[i]) : NULL;
        values[i] = i < given ? PyTuple_GetItem(args, i) : borrowed_keyword ? borrowed_keyword : values[i];
        if (i < 2 && borrowed_keyword && PyDict_DelItemString(rest, NAMES[i]) < 0) {
            goto done;
        }
        if (i >= 2 && PyDict_SetItemString(rest, NAMES[i], values[i]) < 0) {
            goto done;
        }
    }
    if (!values[0]) {
        PyErr_SetString(PyExc_TypeError, "__init__() missing 1 required positional argument: 'name'");
        goto done;
    }
    /* By position: a class that is an item and a file takes them as other parameters. */
    positional = PyTuple_Pack(2, values[0], values[1]);
    status = positional ? node_super_init(state, nodes_types(state)->item, self, positional, rest) : -1;
done:
    Py_XDECREF(positional);
    Py_DECREF(rest);
    return status;
}

static PyObject *
item_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    struct state *state = state_of((PyObject *)Py_TYPE(op));

    if (init_super(state, (Node *)op, args, kwargs) < 0 || check_diamond(state, Py_TYPE(op)) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* ---- Report sections and properties ---- */

static PyObject *
lazy_list(PyObject **slot)
{
    if (!*slot) {
        *slot = PyList_New(0);
    }
    return Py_XNewRef(*slot);
}

static PyObject *
get_report_sections(PyObject *op, void *Py_UNUSED(closure))
{
    return lazy_list(&((Node *)op)->report_sections);
}

static int
set_report_sections(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    py_replace(&((Node *)op)->report_sections, value);
    return 0;
}

static PyObject *
get_user_properties(PyObject *op, void *Py_UNUSED(closure))
{
    return lazy_list(&((Node *)op)->user_properties);
}

static int
set_user_properties(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    py_replace(&((Node *)op)->user_properties, value);
    return 0;
}

static PyObject *
item_add_report_section(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"when", "key", "content", NULL};
    PyObject *values[3];

    if (py_unpack_tuple("add_report_section", args, kwargs, NAMES, 3, 3, values) < 0) {
        return NULL;
    }
    int has_content = PyObject_IsTrue(values[2]);
    if (has_content < 0) {
        return NULL;
    }
    if (has_content) {
        PyObject *list = lazy_list(&((Node *)op)->report_sections);
        PyObject *section = list ? PyTuple_Pack(3, values[0], values[1], values[2]) : NULL;
        int status = py_list_append_take(list, section);
        Py_XDECREF(list);
        if (status < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

/* ---- Location ---- */

static PyObject *
item_method_reportinfo(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *path = node_path_object((Node *)op);
    PyObject *info = path ? Py_BuildValue("(OOs)", path, Py_None, "") : NULL;
    Py_XDECREF(path);
    return info;
}

PyObject *
item_reportinfo(Node *item)
{
    struct state *state = item->engine->state;
    return state_settle_output(state) < 0 ? NULL : py_method0((PyObject *)item, state->names.reportinfo);
}

bool
item_has_plain_location(Node *item)
{
    return item->kind & NODE_FUNCTION && !node_overrides(item, OVERRIDE_REPORTINFO | OVERRIDE_LOCATION);
}

static PyObject *
compute_location(Node *item)
{
    PyObject *path = NULL;
    PyObject *relative = NULL;
    PyObject *location = NULL;
    PyObject *info = NULL;

    if (item->kind & NODE_FUNCTION && !node_overrides(item, OVERRIDE_REPORTINFO)) {
        return nodes_shared(item->engine->state)->function_location(item);
    }
    info = item_reportinfo(item);
    if (!info) {
        return NULL;
    }
    PyObject *first = PySequence_GetItem(info, 0);
    path = first ? py_path_text(item->engine->state, first) : NULL;
    relative = path ? path_best_relative(item->engine, path) : NULL;
    if (relative && PyTuple_Check(info) && PyTuple_Size(info) == 3) {
        if (Py_TYPE(PyTuple_GetItem(info, 2)) != &PyUnicode_Type) {
            PyErr_SetNone(PyExc_AssertionError);
        } else {
            location = PyTuple_Pack(3, relative, PyTuple_GetItem(info, 1), PyTuple_GetItem(info, 2));
        }
    } else if (relative) {
        PyErr_Format(PyExc_TypeError, "reportinfo() must return a tuple of three, got %R", info);
    }
    Py_DECREF(info);
    Py_XDECREF(first);
    Py_XDECREF(path);
    Py_XDECREF(relative);
    return location;
}

PyObject *
item_location(Node *item)
{
    if (node_overrides(item, OVERRIDE_LOCATION)) {
        struct state *state = item->engine->state;
        return state_settle_output(state) < 0 ? NULL : PyObject_GetAttr((PyObject *)item, state->names.location);
    }
    if (!item->location) {
        item->location = compute_location(item);
    }
    return Py_XNewRef(item->location);
}

static PyObject *
get_location(PyObject *op, void *Py_UNUSED(closure))
{
    Node *self = (Node *)op;

    if (!self->engine) {
        PyErr_SetString(PyExc_AttributeError, "location");
        return NULL;
    }
    if (!self->location) {
        self->location = compute_location(self);
    }
    return Py_XNewRef(self->location);
}

static int
set_location(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    py_replace(&((Node *)op)->location, value);
    return 0;
}

PyMethodDef ITEM_METHODS[] = {
    {"__init__", PY_WITH_KEYWORDS(item_init),
     "__init__($self, /, name, parent=None, config=None, session=None, nodeid=None, **kw)\n--\n\n"},
    {"add_report_section", PY_WITH_KEYWORDS(item_add_report_section),
     "add_report_section($self, when, key, content)\n--\n\n"
     "Add a new report section, similar to what's done internally to add stdout and stderr captured output."},
    {"reportinfo", item_method_reportinfo, METH_NOARGS,
     "reportinfo($self)\n--\n\n"
     "Get location information for this item for test reports."},
    PY_END_METHOD,
};

PyGetSetDef ITEM_GETSET[] = {
    {"_report_sections", get_report_sections, set_report_sections, NULL, NULL},
    {"user_properties", get_user_properties, set_user_properties,
     "A list of tuples (name, value) that holds user defined properties for this test.", NULL},
    {"location", get_location, set_location, "Returns a tuple of ``(relfspath, lineno, testname)`` for this item.",
     NULL},
    PY_END_GETSET,
};
