/* Parser: all options of a run by group, and all ini options. */
#include <string.h>

#include "hooks/config_internal.h"

/* ---- Groups ---- */

static PyObject *
find_group(Parser *parser, PyObject *name)
{
    for (Py_ssize_t i = 0; i < PyList_Size(parser->groups); i++) {
        OptionGroup *group = (OptionGroup *)PyList_GetItem(parser->groups, i);
        int equal = PyObject_RichCompareBool(group->name, name, Py_EQ);
        if (equal != 0) {
            return equal > 0 ? (PyObject *)group : NULL;
        }
    }
    return NULL;
}

PyObject *
parser_get_group(Parser *parser, PyObject *name, PyObject *description, PyObject *after)
{
    Py_ssize_t count = PyList_Size(parser->groups);
    Py_ssize_t position = 0;
    PyObject *group = find_group(parser, name);

    if (group || PyErr_Occurred()) {
        return group;
    }
    int has_description = PyObject_IsTrue(description);
    if (has_description < 0) {
        return NULL;
    }
    group =
        option_group_new(state_of((PyObject *)parser), (PyObject *)parser, name, has_description ? description : name);
    if (!group) {
        return NULL;
    }
    for (position = 0; position < count - 1; position++) {
        OptionGroup *other = (OptionGroup *)PyList_GetItem(parser->groups, position);
        if (after != Py_None && PyObject_RichCompareBool(other->name, after, Py_EQ) == 1) {
            break;
        }
    }
    int status = PyList_Insert(parser->groups, position + 1, group);
    if (status == 0 && parser->optparser) {
        PyObject *sync = py_import_attr("_pytest.config.argparsing", "_insert_group");
        PyObject *done = sync ? PyObject_CallFunction(sync, "OOn", parser, group, position + 1) : NULL;
        status = done ? 0 : -1;
        Py_XDECREF(sync);
        Py_XDECREF(done);
    }
    Py_DECREF(group);
    return status < 0 ? NULL : group;
}

/* What pytest's own plugins pass to getgroup() beside the name. */
static PyObject *
get_native_group(Parser *parser, const char *name)
{
    static const char *const ROWS[][3] = {
        {"terminal reporting", "Reporting", "general"},
        {"collect", "collection", NULL},
        {"debugconfig", "test session debugging and configuration", NULL},
        {"xdist", "distributed and subprocess testing", NULL},
    };
    const char *description = "";
    const char *after = NULL;
    PyObject *group = NULL;

    for (Py_ssize_t i = PyList_Size(parser->groups) - 1; i >= 0; i--) {
        OptionGroup *known = (OptionGroup *)PyList_GetItem(parser->groups, i);
        if (py_text_equals(known->name, name)) {
            return (PyObject *)known;
        }
    }
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        if (strcmp(ROWS[i][0], name) == 0) {
            description = ROWS[i][1];
            after = ROWS[i][2];
        }
    }
    PyObject *name_text = PyUnicode_FromString(name);
    PyObject *description_text = PyUnicode_FromString(description);
    PyObject *after_text = after ? PyUnicode_FromString(after) : Py_NewRef(Py_None);
    if (name_text && description_text && after_text) {
        group = parser_get_group(parser, name_text, description_text, after_text);
    }
    Py_XDECREF(name_text);
    Py_XDECREF(description_text);
    Py_XDECREF(after_text);
    return group;
}

/* ---- Options ---- */

Argument *
parser_find_named(Parser *parser, const char *text, size_t length)
{
    for (Py_ssize_t i = 0; i < PyList_Size(parser->groups); i++) {
        PyObject *borrowed_options = ((OptionGroup *)PyList_GetItem(parser->groups, i))->options;
        Py_ssize_t count = PyList_Size(borrowed_options);
        for (Py_ssize_t j = 0; j < count; j++) {
            Argument *argument = (Argument *)PyList_GetItem(borrowed_options, j);
            if (argument_is_named(argument, text, length)) {
                return argument;
            }
        }
    }
    return NULL;
}

/* Single-dash names of more than a letter, or number-like ones, change how argparse reads other words. */
static bool
has_odd_name(Argument *argument)
{
    if (argument->spec) {
        return false;
    }
    for (Py_ssize_t i = 0; i < PyList_Size(argument->names); i++) {
        const char *name = py_utf8(PyList_GetItem(argument->names, i));
        if (!name) {
            PyErr_Clear();
            return true;
        }
        if (name[0] != '-' || (name[1] != '-' && (name[2] || (name[1] >= '0' && name[1] <= '9')))) {
            return true;
        }
    }
    return false;
}

int
parser_note_argument(Parser *parser, Argument *argument)
{
    int status = 0;

    argument->number = parser->argument_count++;
    parser->has_odd_names |= has_odd_name(argument);
    if (parser->options) {
        PyObject *dict = namespace_dict(parser->options);
        int known = PyDict_Contains(dict, argument->dest);
        status = known == 0 ? PyObject_SetAttr(parser->options, argument->dest, argument->default_value) : known;
        status = status > 0 ? 0 : status;
    } else if (parser->processopt && parser->processopt != Py_None) {
        status = py_status_take(py_call1(parser->processopt, (PyObject *)argument));
    }
    return status;
}

int
parser_adopt_native(PyObject *op, const struct native_plugin *plugin)
{
    Parser *parser = (Parser *)op;
    struct state *state = state_of(op);

    for (size_t i = 0; i < plugin->option_count; i++) {
        PyObject *group = get_native_group(parser, plugin->options[i].group);
        if (!group) {
            return -1;
        }
        if (option_group_add_take((OptionGroup *)group, argument_from_spec(state, &plugin->options[i])) < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < plugin->ini_count; i++) {
        if (ini_add_spec(parser, &plugin->inis[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

PyObject *
parser_optparser(PyObject *op)
{
    Parser *self = (Parser *)op;

    if (!self->optparser) {
        PyObject *build = py_import_attr("_pytest.config.argparsing", "_build_optparser");
        PyObject *built = build ? py_call1(build, op) : NULL;
        Py_XDECREF(build);
        if (!built) {
            return NULL;
        }
        py_replace_take(&self->optparser, built);
    }
    return self->optparser;
}
