/* InvocationParams, ConfigValue, and class attributes that are imported when touched. */
#include "hooks/config_internal.h"

/* ---- Config.InvocationParams ---- */

PyObject *
invocation_params_new(struct state *state, PyObject *args, PyObject *plugins, PyObject *dir)
{
    InvocationParams *params = (InvocationParams *)py_new_instance(hooks_room(state)->invocation_params);

    if (!params) {
        return NULL;
    }
    params->args = PySequence_Tuple(args);
    params->plugins = Py_NewRef(plugins);
    params->dir = Py_NewRef(dir);
    if (!params->args) {
        Py_CLEAR(params);
    }
    return (PyObject *)params;
}

static PyObject *
params_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"args", "plugins", "dir", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("InvocationParams.__init__", args, kwargs, NAMES, 0, 3, values) < 0) {
        return NULL;
    }
    return invocation_params_new(state_from_type(type), values[0], values[1], values[2]);
}

static PyObject *
params_get_dir(PyObject *op, void *Py_UNUSED(closure))
{
    InvocationParams *self = (InvocationParams *)op;

    if (PyUnicode_Check(self->dir)) {
        PyObject *path = py_path_object(state_of(op), self->dir);
        if (!path) {
            return NULL;
        }
        py_replace_take(&self->dir, path);
    }
    return Py_NewRef(self->dir);
}

static PyObject *
params_repr(PyObject *op)
{
    InvocationParams *self = (InvocationParams *)op;
    PyObject *dir = params_get_dir(op, NULL);
    PyObject *repr = NULL;

    if (dir) {
        repr = PyUnicode_FromFormat("Config.InvocationParams(args=%R, plugins=%R, dir=%R)", self->args, self->plugins,
                                    dir);
        Py_DECREF(dir);
    }
    return repr;
}

static int
params_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((InvocationParams *)op)->args);
    Py_VISIT(((InvocationParams *)op)->plugins);
    Py_VISIT(((InvocationParams *)op)->dir);
    return 0;
}

static int
params_clear(PyObject *op)
{
    Py_CLEAR(((InvocationParams *)op)->args);
    Py_CLEAR(((InvocationParams *)op)->plugins);
    Py_CLEAR(((InvocationParams *)op)->dir);
    return 0;
}

static void
params_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    params_clear(op);
    py_free_instance(op);
}

static PyMemberDef params_members[] = {
    {"args", T_OBJECT, offsetof(InvocationParams, args), READONLY, NULL},
    {"plugins", T_OBJECT, offsetof(InvocationParams, plugins), READONLY, NULL},
    PY_END_MEMBER,
};

static PyGetSetDef params_getsets[] = {
    {"dir", params_get_dir, NULL, NULL, NULL},
    PY_END_GETSET,
};

static PyType_Slot params_slots[] = {
    PY_SLOT(tp_doc, "Holds parameters passed during pytest.main."),
    PY_SLOT(tp_new, params_tp_new),
    PY_SLOT(tp_dealloc, params_dealloc),
    PY_SLOT(tp_traverse, params_traverse),
    PY_SLOT(tp_clear, params_clear),
    PY_SLOT(tp_repr, params_repr),
    PY_SLOT(tp_members, params_members),
    PY_SLOT(tp_getset, params_getsets),
    PY_END_SLOT,
};

static PyType_Spec params_spec = {
    .name = "_pytest.config.InvocationParams",
    .basicsize = sizeof(InvocationParams),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = params_slots,
};

/* ---- ConfigValue ---- */

PyObject *
config_value_new(struct state *state, PyObject *value, const char *origin, const char *mode)
{
    PyTypeObject *type = (PyTypeObject *)hooks_room(state)->config_slots[SLOT_CONFIG_VALUE];
    ConfigValue *self = (ConfigValue *)py_new_instance(type);

    if (!self) {
        return NULL;
    }
    self->value = Py_NewRef(value);
    self->origin = PyUnicode_InternFromString(origin);
    self->mode = PyUnicode_InternFromString(mode);
    if (!self->origin || !self->mode) {
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

static PyObject *
value_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"value", "origin", "mode", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("ConfigValue.__init__", args, kwargs, NAMES, 1, 3, values) < 0) {
        return NULL;
    }
    ConfigValue *self = (ConfigValue *)py_new_instance(type);
    if (self) {
        self->value = Py_NewRef(values[0]);
        self->origin = Py_NewRef(values[1]);
        self->mode = Py_NewRef(values[2]);
    }
    return (PyObject *)self;
}

static PyObject *
value_repr(PyObject *op)
{
    ConfigValue *self = (ConfigValue *)op;
    return PyUnicode_FromFormat("ConfigValue(value=%R, origin=%R, mode=%R)", self->value, self->origin, self->mode);
}

static PyObject *
value_richcompare(PyObject *op, PyObject *other, int operation)
{
    ConfigValue *self = (ConfigValue *)op;
    ConfigValue *another = (ConfigValue *)other;

    if ((operation != Py_EQ && operation != Py_NE) || Py_TYPE(op) != Py_TYPE(other)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    int equal = PyObject_RichCompareBool(self->value, another->value, Py_EQ);
    equal = equal == 1 ? PyObject_RichCompareBool(self->origin, another->origin, Py_EQ) : equal;
    equal = equal == 1 ? PyObject_RichCompareBool(self->mode, another->mode, Py_EQ) : equal;
    return equal < 0 ? NULL : PyBool_FromLong(operation == Py_EQ ? equal : !equal);
}

static int
value_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((ConfigValue *)op)->value);
    Py_VISIT(((ConfigValue *)op)->origin);
    Py_VISIT(((ConfigValue *)op)->mode);
    return 0;
}

static int
value_clear(PyObject *op)
{
    Py_CLEAR(((ConfigValue *)op)->value);
    Py_CLEAR(((ConfigValue *)op)->origin);
    Py_CLEAR(((ConfigValue *)op)->mode);
    return 0;
}

static void
value_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    value_clear(op);
    py_free_instance(op);
}

static PyMemberDef value_members[] = {
    {"value", T_OBJECT, offsetof(ConfigValue, value), READONLY, NULL},
    {"origin", T_OBJECT, offsetof(ConfigValue, origin), READONLY, NULL},
    {"mode", T_OBJECT, offsetof(ConfigValue, mode), READONLY, NULL},
    PY_END_MEMBER,
};

static PyType_Slot value_slots[] = {
    PY_SLOT(tp_doc, "ConfigValue(value, *, origin, mode)\n--\n\n"
                    "Represents a configuration value with its origin and parsing mode."),
    PY_SLOT(tp_new, value_tp_new),
    PY_SLOT(tp_dealloc, value_dealloc),
    PY_SLOT(tp_traverse, value_traverse),
    PY_SLOT(tp_clear, value_clear),
    PY_SLOT(tp_repr, value_repr),
    PY_SLOT(tp_richcompare, value_richcompare),
    PY_SLOT(tp_hash, PyObject_HashNotImplemented),
    PY_SLOT(tp_members, value_members),
    PY_END_SLOT,
};

static PyType_Spec value_spec = {
    .name = "_pytest.config.findpaths.ConfigValue",
    .basicsize = sizeof(ConfigValue),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = value_slots,
};

/* ---- Class attributes that are imported when touched: Config.ArgsSource is an enum, and enum takes a millisecond ----
 */

typedef struct {
    PyObject_HEAD
    const char *name; /* in _pytest.config */
    bool is_method;
} ClassAttribute;

static PyObject *
class_attribute_get(PyObject *op, PyObject *instance, PyObject *owner)
{
    ClassAttribute *self = (ClassAttribute *)op;
    PyObject *value = py_import_attr("_pytest.config", self->name);
    PyObject *bound = NULL;

    if (!value || !self->is_method || !instance) {
        return value;
    }
    bound = PyObject_CallMethod(value, "__get__", "OO", instance, owner ? owner : Py_None);
    Py_DECREF(value);
    return bound;
}

static void
class_attribute_dealloc(PyObject *op)
{
    py_free_instance(op);
}

static PyType_Slot class_attribute_slots[] = {
    PY_SLOT(tp_dealloc, class_attribute_dealloc),
    PY_SLOT(tp_descr_get, class_attribute_get),
    PY_END_SLOT,
};

static PyType_Spec class_attribute_spec = {
    .name = "fastest._fastest.ClassAttribute",
    .basicsize = sizeof(ClassAttribute),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = class_attribute_slots,
};

/* Config's attributes that are Python's: the enum, and methods for rare occasions. */
static const struct {
    const char *attribute;
    const char *name;
    bool is_method;
} CLASS_ATTRIBUTES[] = {
    {"ArgsSource", "_ArgsSource", false},
    {"notify_exception", "_notify_exception", true},
    {"cwd_relative_nodeid", "_cwd_relative_nodeid", true},
    {"issue_config_time_warning", "_issue_config_time_warning", true},
    {"get_terminal_writer", "_get_terminal_writer", true},
    {"_getini_unknown_type", "_getini_unknown_type", true},
    {"_getconftest_pathlist", "_getconftest_pathlist", true},
    {"_iter_registered_markers", "_iter_registered_markers", true},
    {"_catch_configured_warnings", "_catch_configured_warnings", true},
    {"_checkversion", "_checkversion", true},
    {"_validate_plugins", "_validate_plugins", true},
    {"_validate_config_options", "_report_unknown_settings", true},
    {"_get_unknown_ini_keys", "_get_unknown_ini_keys", true},
    {"_warn_or_fail_if_strict", "_warn_or_fail_if_strict", true},
    {"_mark_plugins_for_rewrite", "_mark_plugins_for_rewrite", true},
    {"_processopt", "_processopt", true},
    {"_unconfigure_python_path", "_unconfigure_python_path", true},
};

static int
add_class_attributes(struct state *state)
{
    PyTypeObject *type = (PyTypeObject *)hooks_room(state)->config_slots[SLOT_CLASS_ATTRIBUTE];

    for (size_t i = 0; i < COUNT_OF(CLASS_ATTRIBUTES); i++) {
        ClassAttribute *self = (ClassAttribute *)py_new_instance(type);
        if (!self) {
            return -1;
        }
        self->name = CLASS_ATTRIBUTES[i].name;
        self->is_method = CLASS_ATTRIBUTES[i].is_method;
        int status = PyObject_SetAttrString((PyObject *)hooks_types(state)->config, CLASS_ATTRIBUTES[i].attribute,
                                            (PyObject *)self);
        Py_DECREF(self);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

int
config_value_add_types(PyObject *module, struct state *state)
{
    struct hooks_room *room = hooks_room(state);

    room->invocation_params = py_type_add(module, &params_spec, NULL);
    room->config_slots[SLOT_CONFIG_VALUE] = (PyObject *)py_type_add(module, &value_spec, NULL);
    room->config_slots[SLOT_CLASS_ATTRIBUTE] = (PyObject *)py_type_add(module, &class_attribute_spec, NULL);
    if (!room->invocation_params || !room->config_slots[SLOT_CONFIG_VALUE] ||
        !room->config_slots[SLOT_CLASS_ATTRIBUTE]) {
        return -1;
    }
    if (PyObject_SetAttrString((PyObject *)hooks_types(state)->config, "InvocationParams",
                               (PyObject *)room->invocation_params) < 0) {
        return -1;
    }
    return add_class_attributes(state);
}
