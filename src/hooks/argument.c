/* Argument: one command line option, from a row of a built-in plugin or from a plugin's addoption(). */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "hooks/config_internal.h"

static PyObject *
names_from_spec(const struct option_spec *spec)
{
    PyObject *names = PyList_New(0);

    for (size_t i = 0; names && i < COUNT_OF(spec->names) && spec->names[i]; i++) {
        if (py_list_append_take(names, PyUnicode_FromString(spec->names[i])) < 0) {
            Py_CLEAR(names);
        }
    }
    return names;
}

PyObject *
argument_names(Argument *argument)
{
    if (!argument->names && argument->spec) {
        argument->names = names_from_spec(argument->spec);
    }
    if (!argument->names && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_AttributeError, "'Argument' object has no attribute '_action'");
    }
    return argument->names;
}

bool
argument_is_named(Argument *argument, const char *text, size_t length)
{
    const struct option_spec *spec = argument->spec;

    if (spec) {
        for (size_t i = 0; i < COUNT_OF(spec->names) && spec->names[i]; i++) {
            if (strncmp(spec->names[i], text, length) == 0 && !spec->names[i][length]) {
                return true;
            }
        }
        return false;
    }
    Py_ssize_t count = PyList_Size(argument->names);
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_ssize_t name_length = 0;
        const char *name = py_utf8_sized(PyList_GetItem(argument->names, i), &name_length);
        if (!name) {
            PyErr_Clear(); /* a surrogate: no command line names it */
        } else if ((size_t)name_length == length && memcmp(name, text, length) == 0) {
            return true;
        }
    }
    return false;
}

/* What follows the class in "module:Class NAME=VALUE"; NULL when it is another class. */
static const char *
custom_part(const char *custom, const char *class_name)
{
    const char *found = custom ? strstr(custom, class_name) : NULL;

    return found ? found + strlen(class_name) : NULL;
}

static void
set_kind_from_spec(Argument *argument, const struct option_spec *spec)
{
    static const enum argument_kind KINDS[] = {
        [OPTION_STORE] = ARGUMENT_STORE,
        [OPTION_STORE_TRUE] = ARGUMENT_STORE_CONST,
        [OPTION_STORE_FALSE] = ARGUMENT_STORE_CONST,
        [OPTION_STORE_CONST] = ARGUMENT_STORE_CONST,
        [OPTION_APPEND] = ARGUMENT_APPEND,
        [OPTION_COUNT] = ARGUMENT_COUNT,
        [OPTION_CUSTOM] = ARGUMENT_FOREIGN,
    };

    argument->kind = KINDS[spec->action];
    if (spec->action == OPTION_CUSTOM) {
        if (custom_part(spec->custom_action, "HelpAction")) {
            argument->kind = ARGUMENT_HELP;
        } else if (custom_part(spec->custom_action, "MoreQuietAction")) {
            argument->kind = ARGUMENT_QUIET;
        } else if (custom_part(spec->custom_action, "OverrideIniAction ")) {
            argument->kind = ARGUMENT_OVERRIDE_INI;
        }
    }
    if (argument->kind != ARGUMENT_STORE && argument->kind != ARGUMENT_APPEND) {
        argument->arity = ARITY_NONE;
    } else if (spec->nargs) {
        argument->arity = spec->nargs[0] == '?' ? ARITY_OPTIONAL : spec->nargs[0] == '*' ? ARITY_ANY : ARITY_SOME;
    }
}

static PyObject *
default_from_spec(const struct option_spec *spec)
{
    if (spec->default_text) {
        return literal_value(spec->default_text);
    }
    if (spec->action == OPTION_STORE_TRUE || spec->action == OPTION_STORE_FALSE) {
        return PyBool_FromLong(spec->action == OPTION_STORE_FALSE);
    }
    if (custom_part(spec->custom_action, "HelpAction")) {
        return Py_NewRef(Py_False);
    }
    return Py_NewRef(Py_None);
}

static PyObject *
const_from_spec(const struct option_spec *spec)
{
    if (spec->const_text) {
        return literal_value(spec->const_text);
    }
    if (spec->action == OPTION_STORE_FALSE) {
        return Py_NewRef(Py_False);
    }
    return Py_NewRef(spec->action == OPTION_STORE_TRUE || spec->action == OPTION_CUSTOM ? Py_True : Py_None);
}

static PyObject *
dest_from_spec(const struct option_spec *spec)
{
    char text[64];
    const char *name = spec->names[0];
    size_t length = 0;

    if (spec->dest) {
        return PyUnicode_InternFromString(spec->dest);
    }
    for (size_t i = 0; i < COUNT_OF(spec->names) && spec->names[i]; i++) {
        if (strncmp(spec->names[i], "--", 2) == 0) {
            name = spec->names[i];
            break;
        }
    }
    for (name += strspn(name, "-"); *name && length + 1 < sizeof text; name++) {
        text[length++] = *name == '-' ? '_' : *name;
    }
    text[length] = '\0';
    return PyUnicode_InternFromString(text);
}

PyObject *
argument_from_spec(struct state *state, const struct option_spec *spec)
{
    Argument *argument = (Argument *)py_new_instance(hooks_room(state)->argument);

    if (!argument) {
        return NULL;
    }
    argument->spec = spec;
    set_kind_from_spec(argument, spec);
    argument->dest = dest_from_spec(spec);
    argument->default_value = default_from_spec(spec);
    argument->const_value = const_from_spec(spec);
    if (!argument->dest || !argument->default_value || !argument->const_value) {
        Py_DECREF(argument);
        return NULL;
    }
    return (PyObject *)argument;
}

PyObject *
argument_derive_dest(PyObject *opts)
{
    PyObject *borrowed_name = NULL;
    PyObject *result = NULL;
    struct text text = {0};

    for (Py_ssize_t i = 0; i < PyTuple_Size(opts); i++) {
        PyObject *borrowed_opt = PyTuple_GetItem(opts, i);
        if (!borrowed_name) {
            borrowed_name = borrowed_opt;
        }
        if (py_text_starts_with(borrowed_opt, "--")) {
            borrowed_name = borrowed_opt;
            break;
        }
    }
    if (!borrowed_name || py_text_add_str(&text, borrowed_name) < 0) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_IndexError, "tuple index out of range");
        }
        goto done;
    }
    for (size_t i = 0; i < text.length; i++) {
        text.bytes[i] = text.bytes[i] == '-' && i >= strspn(text.bytes, "-") ? '_' : text.bytes[i];
    }
    const char *start = text.bytes + strspn(text.bytes, "-");
    result = PyUnicode_DecodeUTF8(start, (Py_ssize_t)strlen(start), "surrogatepass");
done:
    text_release(&text);
    return result;
}

/* ---- From Python ---- */

struct python_attrs {
    PyObject *action, *nargs, *const_value, *default_value, *type, *choices, *required, *help, *metavar, *dest;
};

/* Whether all keywords are ones that every built-in action knows; fills `found` with borrowed references. */
static bool
read_attrs(PyObject *attrs, struct python_attrs *found)
{
    static const struct {
        const char *name;
        size_t offset;
    } ROWS[] = {
        {"action", offsetof(struct python_attrs, action)},
        {"nargs", offsetof(struct python_attrs, nargs)},
        {"const", offsetof(struct python_attrs, const_value)},
        {"default", offsetof(struct python_attrs, default_value)},
        {"type", offsetof(struct python_attrs, type)},
        {"choices", offsetof(struct python_attrs, choices)},
        {"required", offsetof(struct python_attrs, required)},
        {"help", offsetof(struct python_attrs, help)},
        {"metavar", offsetof(struct python_attrs, metavar)},
        {"dest", offsetof(struct python_attrs, dest)},
    };
    PyObject *borrowed_key = NULL;
    PyObject *borrowed_value = NULL;
    Py_ssize_t position = 0;

    while (PyDict_Next(attrs, &position, &borrowed_key, &borrowed_value)) {
        size_t i = 0;
        while (i < COUNT_OF(ROWS) && !py_text_equals(borrowed_key, ROWS[i].name)) {
            i++;
        }
        if (i == COUNT_OF(ROWS)) {
            return false;
        }
        *(PyObject **)((char *)found + ROWS[i].offset) = borrowed_value;
    }
    return true;
}

/* Only names that argparse takes without a second look: "-x", "--long-name", more than dashes. */
static bool
are_plain_names(PyObject *opts)
{
    Py_ssize_t count = PyTuple_Size(opts);

    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *borrowed_opt = PyTuple_GetItem(opts, i);
        const char *text = PyUnicode_Check(borrowed_opt) ? py_utf8(borrowed_opt) : NULL;
        if (!text) {
            PyErr_Clear();
            return false;
        }
        if (text[0] != '-' || !text[1] || (text[1] == '-' && !text[2]) || isspace((unsigned char)text[1])) {
            return false;
        }
    }
    return count > 0;
}

/* The action and what may stand beside it; anything else is argparse's to accept or refuse. */
static bool
read_action(Argument *argument, const struct python_attrs *found)
{
    static const struct {
        const char *name;
        enum argument_kind kind;
        enum argument_arity arity;
        bool takes_const, takes_value;
    } ROWS[] = {
        {"store", ARGUMENT_STORE, ARITY_ONE, false, true},
        {"append", ARGUMENT_APPEND, ARITY_ONE, false, true},
        {"store_true", ARGUMENT_STORE_CONST, ARITY_NONE, false, false},
        {"store_false", ARGUMENT_STORE_CONST, ARITY_NONE, false, false},
        {"store_const", ARGUMENT_STORE_CONST, ARITY_NONE, true, false},
        {"append_const", ARGUMENT_APPEND_CONST, ARITY_NONE, true, false},
        {"count", ARGUMENT_COUNT, ARITY_NONE, false, false},
    };
    size_t i = 0;

    while (i < COUNT_OF(ROWS) && !(found->action ? py_text_equals(found->action, ROWS[i].name) : i == 0)) {
        i++;
    }
    if (i == COUNT_OF(ROWS)) {
        return false;
    }
    argument->kind = ROWS[i].kind;
    argument->arity = ROWS[i].arity;
    if (!ROWS[i].takes_value) {
        if (found->nargs || found->type || found->choices || (found->metavar && !ROWS[i].takes_const)) {
            return false;
        }
        if (ROWS[i].takes_const != (found->const_value != NULL)) {
            return false;
        }
    }
    if (i == 2 || i == 3) {
        argument->const_value = Py_NewRef(i == 2 ? Py_True : Py_False);
        argument->default_value = Py_NewRef(found->default_value ? found->default_value : i == 2 ? Py_False : Py_True);
    }
    return true;
}

static bool
read_nargs(Argument *argument, PyObject *nargs)
{
    if (!nargs || nargs == Py_None) {
        return true;
    }
    if (PyUnicode_Check(nargs)) {
        argument->arity = py_text_equals(nargs, "?")   ? ARITY_OPTIONAL
                          : py_text_equals(nargs, "*") ? ARITY_ANY
                                                       : ARITY_SOME;
        return argument->arity != ARITY_SOME || py_text_equals(nargs, "+");
    }
    if (!PyLong_CheckExact(nargs)) {
        return false;
    }
    argument->arity = ARITY_EXACT;
    argument->arity_count = PyLong_AsSsize_t(nargs);
    if (argument->arity_count == -1 && PyErr_Occurred()) {
        PyErr_Clear();
    }
    return argument->arity_count > 0;
}

static bool
is_text_or_none(PyObject *object)
{
    return !object || object == Py_None || PyUnicode_Check(object);
}

/* Whether the keywords are ordinary; fills the argument's fields from them. */
static bool
fill_from_attrs(Argument *argument, PyObject *opts, PyObject *attrs)
{
    struct python_attrs found = {0};

    if (!are_plain_names(opts) || !read_attrs(attrs, &found) || !read_action(argument, &found)) {
        return false;
    }
    if (!is_text_or_none(found.help) || !is_text_or_none(found.metavar) ||
        (found.dest && !PyUnicode_Check(found.dest))) {
        return false;
    }
    if (found.type && found.type != Py_None) {
        if (!PyCallable_Check(found.type)) {
            return false;
        }
        argument->type = Py_NewRef(found.type);
    }
    if (!read_nargs(argument, found.nargs)) {
        return false;
    }
    if (found.const_value && argument->arity != ARITY_NONE && argument->arity != ARITY_OPTIONAL) {
        return false;
    }
    if (found.choices && found.choices != Py_None) {
        argument->choices = Py_NewRef(found.choices);
    }
    if (found.required && found.required != Py_False) {
        argument->is_required = found.required == Py_True;
        if (!argument->is_required) {
            return false;
        }
    }
    if (!argument->const_value) {
        argument->const_value = Py_NewRef(found.const_value ? found.const_value : Py_None);
    }
    if (!argument->default_value) {
        argument->default_value = Py_NewRef(found.default_value ? found.default_value : Py_None);
    }
    /* argparse.SUPPRESS means "set nothing": left to argparse. */
    return !py_text_equals(argument->default_value, "==SUPPRESS==") && !py_text_equals(found.dest, "==SUPPRESS==");
}

int
argument_fill_from_action(Argument *argument, PyObject *action)
{
    PyObject *names = PyObject_GetAttrString(action, "option_strings");
    PyObject *required = names ? PyObject_GetAttrString(action, "required") : NULL;

    if (required) {
        argument->kind = ARGUMENT_FOREIGN;
        argument->is_required = PyObject_IsTrue(required) == 1;
        py_replace(&argument->action, action);
        py_replace_take(&argument->names, PySequence_List(names));
        py_replace_take(&argument->dest, PyObject_GetAttrString(action, "dest"));
        py_replace_take(&argument->default_value, PyObject_GetAttrString(action, "default"));
        py_replace_take(&argument->type, PyObject_GetAttrString(action, "type"));
    }
    Py_XDECREF(names);
    Py_XDECREF(required);
    return PyErr_Occurred() ? -1 : 0;
}

/* The action that argparse makes of it (or its exception), on a parser that exists only for this. */
static int
fill_from_argparse(Argument *argument, PyObject *opts, PyObject *attrs)
{
    PyObject *make = py_import_attr("_pytest.config.argparsing", "_make_action");
    PyObject *action = make ? py_call2(make, opts, attrs) : NULL;
    int status = action ? argument_fill_from_action(argument, action) : -1;

    Py_XDECREF(make);
    Py_XDECREF(action);
    return status;
}

PyObject *
argument_from_python(struct state *state, PyObject *opts, PyObject *attrs)
{
    Argument *argument = (Argument *)py_new_instance(hooks_room(state)->argument);
    PyObject *borrowed_dest = NULL;

    if (!argument) {
        return NULL;
    }
    argument->attrs = PyDict_Copy(attrs);
    argument->names = PySequence_List(opts);
    if (!argument->attrs || !argument->names) {
        goto failed;
    }
    if (!fill_from_attrs(argument, opts, attrs)) {
        if (fill_from_argparse(argument, opts, attrs) < 0) {
            goto failed;
        }
        return (PyObject *)argument;
    }
    borrowed_dest = PyDict_GetItemString(attrs, "dest");
    argument->dest = borrowed_dest ? Py_NewRef(borrowed_dest) : argument_derive_dest(opts);
    if (!argument->dest) {
        goto failed;
    }
    return (PyObject *)argument;
failed:
    Py_DECREF(argument);
    return NULL;
}
