/* Config: getini(), from what the files say to values of the declared types. */
#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "hooks/config_internal.h"

/* One value on its way to the option's type. */
struct conversion {
    Config *config;
    PyObject *name;
    PyObject *value;
    bool is_toml;
};

PyObject *
config_split_words(PyObject *text)
{
    struct arena arena = {0};
    struct error error = ERROR_INIT;
    struct text bytes = {0};
    const char **words = NULL;
    size_t count = 0;
    PyObject *list = NULL;

    if (py_text_add_str(&bytes, text) < 0) {
        goto done;
    }
    if (!shell_split(text_string(&bytes), &arena, &words, &count, &error)) {
        PyErr_SetString(PyExc_ValueError, error.message);
        goto done;
    }
    list = PyList_New(0);
    for (size_t i = 0; list && i < count; i++) {
        PyObject *word = PyUnicode_DecodeUTF8(words[i], (Py_ssize_t)strlen(words[i]), "surrogatepass");
        if (py_list_append_take(list, word) < 0) {
            Py_CLEAR(list);
        }
    }
done:
    text_release(&bytes);
    arena_release(&arena);
    return list;
}

/* ---- Types, in files that have only text ---- */

static PyObject *
lines_of(PyObject *text)
{
    PyObject *split = NULL;
    PyObject *list = PyList_New(0);
    PyObject *newline = PyUnicode_FromString("\n");

    split = newline ? PyUnicode_Split(text, newline, -1) : NULL;
    for (Py_ssize_t i = 0; split && list && i < PyList_Size(split); i++) {
        PyObject *stripped = PyObject_CallMethod(PyList_GetItem(split, i), "strip", NULL);
        if (!stripped || (PyUnicode_GetLength(stripped) > 0 && PyList_Append(list, stripped) < 0)) {
            Py_CLEAR(list);
        }
        Py_XDECREF(stripped);
    }
    if (!split) {
        Py_CLEAR(list);
    }
    Py_XDECREF(split);
    Py_XDECREF(newline);
    return list;
}

/* [folder of the file / x for x in words] */
static PyObject *
paths_of(struct conversion *conversion, PyObject *words)
{
    Config *config = conversion->config;
    struct state *state = state_of((PyObject *)config);
    PyObject *folder = NULL;
    PyObject *list = NULL;

    if (config->inipath != Py_None) {
        PyObject *inipath = PyObject_GetAttrString((PyObject *)config, "inipath");
        folder = inipath ? PyObject_GetAttr(inipath, state->names.parent) : NULL;
        Py_XDECREF(inipath);
    } else {
        folder = PyObject_GetAttrString(config->invocation_params, "dir");
    }
    list = folder ? PyList_New(0) : NULL;
    for (Py_ssize_t i = 0; list && i < PyList_Size(words); i++) {
        if (py_list_append_take(list, PyNumber_TrueDivide(folder, PyList_GetItem(words, i))) < 0) {
            Py_CLEAR(list);
        }
    }
    Py_XDECREF(folder);
    return list;
}

static PyObject *
words_or_list(PyObject *value)
{
    return PyUnicode_Check(value) ? config_split_words(value) : Py_NewRef(value);
}

static PyObject *
truth_of(PyObject *value)
{
    static const char *const TRUE_WORDS[] = {"y", "yes", "t", "true", "on", "1"};
    static const char *const FALSE_WORDS[] = {"n", "no", "f", "false", "off", "0"};
    PyObject *text = PyObject_Str(value);
    PyObject *stripped = text ? PyObject_CallMethod(text, "strip", NULL) : NULL;
    PyObject *lower = stripped ? PyObject_CallMethod(stripped, "lower", NULL) : NULL;
    PyObject *result = NULL;

    for (size_t i = 0; lower && !result && i < COUNT_OF(TRUE_WORDS); i++) {
        if (py_text_equals(lower, TRUE_WORDS[i])) {
            result = Py_NewRef(Py_True);
        } else if (py_text_equals(lower, FALSE_WORDS[i])) {
            result = Py_NewRef(Py_False);
        }
    }
    if (lower && !result) {
        PyErr_Format(PyExc_ValueError, "invalid truth value %R", lower);
    }
    Py_XDECREF(text);
    Py_XDECREF(stripped);
    Py_XDECREF(lower);
    return result;
}

static PyObject *
number_of(struct conversion *conversion, bool is_int)
{
    if (!PyUnicode_Check(conversion->value)) {
        return PyErr_Format(PyExc_TypeError, "Expected %s string for option %U of type %s, but got: %R",
                            is_int ? "an int" : "a float", conversion->name, is_int ? "integer" : "float",
                            conversion->value);
    }
    return py_call1(is_int ? (PyObject *)&PyLong_Type : (PyObject *)&PyFloat_Type, conversion->value);
}

/* "pathlist", and the types that a plugin taught us by patching the method. */
static PyObject *
unknown_type(struct conversion *conversion, const char *tag)
{
    return PyObject_CallMethod((PyObject *)conversion->config, "_getini_unknown_type", "OsO", conversion->name, tag,
                               conversion->value);
}

static PyObject *
convert_ini(struct conversion *conversion, const char *tag)
{
    PyObject *value = conversion->value;

    if (strcmp(tag, "string") == 0) {
        if (!PyUnicode_Check(value)) {
            PyObject *warned = config_call_python("_warn_ini_string", NULL, NULL, NULL);
            if (!warned) {
                return NULL;
            }
            Py_DECREF(warned);
        }
        return Py_NewRef(value);
    }
    if (strcmp(tag, "bool") == 0) {
        return truth_of(value);
    }
    if (strcmp(tag, "args") == 0) {
        return words_or_list(value);
    }
    if (strcmp(tag, "linelist") == 0) {
        return PyUnicode_Check(value) ? lines_of(value) : Py_NewRef(value);
    }
    if (strcmp(tag, "paths") == 0) {
        PyObject *words = words_or_list(value);
        PyObject *paths = words ? paths_of(conversion, words) : NULL;
        Py_XDECREF(words);
        return paths;
    }
    if (strcmp(tag, "int") == 0 || strcmp(tag, "float") == 0) {
        return number_of(conversion, tag[0] == 'i');
    }
    return unknown_type(conversion, tag);
}

/* ---- Types, in TOML files: nothing is coerced ---- */

static PyObject *
type_name(PyObject *object)
{
    return PyObject_GetAttrString((PyObject *)Py_TYPE(object), "__name__");
}

/* TypeError "FILE: config option 'x' expects WHAT, got int: 1". */
static PyObject *
refuse(struct conversion *conversion, const char *what, const char *tag)
{
    PyObject *got = type_name(conversion->value);

    if (got && tag) {
        PyErr_Format(PyExc_TypeError, "%S: config option '%U' expects %s '%s', got %U: %R", conversion->config->inipath,
                     conversion->name, what, tag, got, conversion->value);
    } else if (got) {
        PyErr_Format(PyExc_TypeError, "%S: config option '%U' expects %s, got %U: %R", conversion->config->inipath,
                     conversion->name, what, got, conversion->value);
    }
    Py_XDECREF(got);
    return NULL;
}

static PyObject *
texts_of_toml(struct conversion *conversion, const char *tag)
{
    if (!PyList_Check(conversion->value)) {
        return refuse(conversion, "a list for type", tag);
    }
    for (Py_ssize_t i = 0; i < PyList_Size(conversion->value); i++) {
        PyObject *borrowed_item = PyList_GetItem(conversion->value, i);
        if (!PyUnicode_Check(borrowed_item)) {
            PyObject *got = type_name(borrowed_item);
            if (got) {
                PyErr_Format(PyExc_TypeError,
                             "%S: config option '%U' expects a list of strings, but item at index %zd is %U: %R",
                             conversion->config->inipath, conversion->name, i, got, borrowed_item);
                Py_DECREF(got);
            }
            return NULL;
        }
    }
    return PySequence_List(conversion->value);
}

static PyObject *
convert_toml(struct conversion *conversion, const char *tag)
{
    PyObject *value = conversion->value;
    bool is_int = PyLong_Check(value) && !PyBool_Check(value);
    const char *wanted = NULL;
    bool is_right = false;

    if (strcmp(tag, "paths") == 0) {
        PyObject *words = texts_of_toml(conversion, tag);
        PyObject *paths = words ? paths_of(conversion, words) : NULL;
        Py_XDECREF(words);
        return paths;
    }
    if (strcmp(tag, "args") == 0 || strcmp(tag, "linelist") == 0) {
        return texts_of_toml(conversion, tag);
    }
    if (strcmp(tag, "bool") == 0) {
        wanted = "a bool";
        is_right = PyBool_Check(value);
    } else if (strcmp(tag, "int") == 0) {
        wanted = "an int";
        is_right = is_int;
    } else if (strcmp(tag, "float") == 0) {
        wanted = "a float";
        is_right = is_int || PyFloat_Check(value);
    } else if (strcmp(tag, "string") == 0) {
        wanted = "a string";
        is_right = PyUnicode_Check(value);
    } else {
        return unknown_type(conversion, tag);
    }
    return is_right ? Py_NewRef(value) : refuse(conversion, wanted, NULL);
}

/* ---- Choices and unions ---- */

/* `choices` as repr() joins them: 'a' | 'b'. */
static PyObject *
refuse_choice(struct conversion *conversion, const char *choices)
{
    return PyErr_Format(PyExc_ValueError, "%S: config option '%U' expects one of %s, got %R",
                        conversion->config->inipath, conversion->name, choices, conversion->value);
}

/* Whether `value` is one of the quoted members of "int | 'auto'"; `has_choices` tells whether there are any. */
static bool
is_quoted_member(const char *type, PyObject *value, bool *has_choices)
{
    *has_choices = false;
    for (const char *quote = strchr(type, '\''); quote;) {
        const char *end = strchr(quote + 1, '\'');
        if (!end) {
            break;
        }
        *has_choices = true;
        PyObject *choice = PyUnicode_DecodeUTF8(quote + 1, end - quote - 1, NULL);
        bool is_equal = choice && PyUnicode_Check(value) && PyUnicode_Compare(choice, value) == 0;
        Py_XDECREF(choice);
        if (is_equal) {
            return true;
        }
        quote = strchr(end + 1, '\'');
    }
    return false;
}

/* The text of a union: tags first come first, then the quoted choices; a type of choices alone words its own error. */
static PyObject *
convert_union_text(struct conversion *conversion, const char *type)
{
    bool has_choices = false;
    const char *member = type;
    char tag[16];

    if (is_quoted_member(type, conversion->value, &has_choices)) {
        return Py_NewRef(conversion->value);
    }
    if (type[0] == '\'') {
        return PyUnicode_Check(conversion->value) ? refuse_choice(conversion, type)
                                                  : refuse(conversion, "a string", NULL);
    }
    while (*member && *member != '\'') {
        size_t length = strcspn(member, " |");
        if (length >= sizeof tag) {
            break;
        }
        memcpy(tag, member, length);
        tag[length] = '\0';
        PyObject *value = conversion->is_toml ? convert_toml(conversion, tag) : convert_ini(conversion, tag);
        if (value || (!PyErr_ExceptionMatches(PyExc_TypeError) && !PyErr_ExceptionMatches(PyExc_ValueError))) {
            return value;
        }
        PyErr_Clear();
        member += length + strspn(member + length, " |");
    }
    PyObject *got = type_name(conversion->value);
    if (got) {
        PyErr_Format(PyExc_TypeError, "%S: config option '%U' expects one of %s, got %U: %R",
                     conversion->config->inipath, conversion->name, type, got, conversion->value);
        Py_DECREF(got);
    }
    return NULL;
}

static PyObject *
convert(struct conversion *conversion, PyObject *type)
{
    const char *text = NULL;
    PyObject *type_text = NULL;
    PyObject *result = NULL;

    if (PyUnicode_Check(type)) {
        text = py_utf8(type);
        if (!text) {
            return NULL;
        }
        if (strpbrk(text, "'|")) {
            return convert_union_text(conversion, text);
        }
        return conversion->is_toml ? convert_toml(conversion, text) : convert_ini(conversion, text);
    }
    /* What addini() made of a type expression: its text has our form. */
    PyObject *describe = py_import_attr("_pytest.config.argparsing", "_ini_type_repr");
    type_text = describe ? py_call1(describe, type) : NULL;
    text = type_text ? py_utf8(type_text) : NULL;
    result = text ? convert_union_text(conversion, text) : NULL;
    Py_XDECREF(describe);
    Py_XDECREF(type_text);
    return result;
}

/* ---- Looking up ---- */

/* The value that counts among the name's own and its aliases': overrides first, then the name's. Borrowed. */
static ConfigValue *
select_value(Config *config, PyObject *name)
{
    Parser *parser = (Parser *)config->parser;
    ConfigValue *selected = (ConfigValue *)PyDict_GetItem(config->inicfg, name);
    PyObject *borrowed_alias = NULL;
    PyObject *borrowed_target = NULL;
    Py_ssize_t position = 0;

    while (PyDict_Next(parser->ini_aliases, &position, &borrowed_alias, &borrowed_target)) {
        if (PyUnicode_Compare(borrowed_target, name) != 0) {
            continue;
        }
        ConfigValue *candidate = (ConfigValue *)PyDict_GetItem(config->inicfg, borrowed_alias);
        bool wins = candidate && (!selected || (py_text_equals(candidate->origin, "override") &&
                                                !py_text_equals(selected->origin, "override")));
        selected = wins ? candidate : selected;
    }
    return selected;
}

PyObject *
config_folder_of_settings(Config *config)
{
    if (config->inipath == Py_None) {
        return Py_NewRef(config->invocation_dir);
    }
    Py_ssize_t slash = PyUnicode_FindChar(config->inipath, '/', 0, PyUnicode_GetLength(config->inipath), -1);
    return PyUnicode_Substring(config->inipath, 0, slash > 0 ? slash : 1);
}

/* Wrong values are the user's mistake: a UsageError with the same text. */
static void
make_usage_error(struct state *state)
{
    if (!PyErr_ExceptionMatches(PyExc_TypeError) && !PyErr_ExceptionMatches(PyExc_ValueError)) {
        return;
    }
    PyObject *exception = py_error_take();
    PyObject *text = PyObject_Str(exception);
    if (text) {
        usage_error(state, "%U", text);
        Py_DECREF(text);
    }
    py_error_set_cause_take(exception);
}

PyObject *
config_getini_uncached(Config *config, PyObject *name)
{
    Parser *parser = (Parser *)config->parser;
    PyObject *entry = NULL;
    PyObject *alias_target = NULL;
    PyObject *result = NULL;

    if (py_dict_find(parser->ini_aliases, name, &alias_target) < 0) {
        return NULL;
    }
    struct conversion conversion = {.config = config, .name = name};
    PyObject *canonical = alias_target ? alias_target : name;
    int found = py_dict_find(parser->inidict, canonical, &entry);
    if (found <= 0) {
        if (found == 0) {
            PyErr_Format(PyExc_ValueError, "unknown configuration value: %R", name);
        }
        goto done;
    }
    ConfigValue *selected = select_value(config, canonical);
    if (!selected) {
        result = py_tuple_item(entry, 2);
        goto done;
    }
    Py_INCREF(selected);
    conversion.value = selected->value;
    conversion.is_toml = py_text_equals(selected->mode, "toml");
    result = convert(&conversion, PyTuple_GetItem(entry, 1));
    Py_DECREF(selected);
    if (!result) {
        make_usage_error(state_of((PyObject *)config));
    }
done:
    Py_XDECREF(alias_target);
    Py_XDECREF(entry);
    return result;
}

PyObject *
config_getini(Config *config, PyObject *name)
{
    Parser *parser = (Parser *)config->parser;
    PyObject *borrowed_canonical = PyDict_GetItemWithError(parser->ini_aliases, name);
    PyObject *value = NULL;

    if (!borrowed_canonical && PyErr_Occurred()) {
        return NULL;
    }
    PyObject *canonical = Py_NewRef(borrowed_canonical ? borrowed_canonical : name);
    int found = py_dict_find(config->inicache, canonical, &value);
    if (found == 0) {
        value = config_getini_uncached(config, canonical);
        if (value && PyDict_SetItem(config->inicache, canonical, value) < 0) {
            Py_CLEAR(value);
        }
    }
    Py_DECREF(canonical);
    return value;
}

PyObject *
config_ini_words(Config *config, const char *name)
{
    struct conversion conversion = {.config = config, .name = PyUnicode_InternFromString(name)};
    ConfigValue *selected = conversion.name ? select_value(config, conversion.name) : NULL;
    PyObject *words = NULL;

    if (conversion.name && !selected) {
        words = PyList_New(0);
    } else if (selected) {
        Py_INCREF(selected);
        conversion.value = selected->value;
        words = py_text_equals(selected->mode, "toml") ? texts_of_toml(&conversion, "paths")
                                                       : words_or_list(selected->value);
        Py_DECREF(selected);
    }
    if (!words && PyErr_Occurred()) {
        make_usage_error(state_of((PyObject *)config));
    }
    Py_XDECREF(conversion.name);
    return words;
}
