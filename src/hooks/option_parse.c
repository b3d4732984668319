/* Parses command lines as argparse's intermixed parse does, and steps aside for whatever is unusual. */
#include <string.h>

#include "base/arena.h"
#include "hooks/config_internal.h"
#include "hooks/option_words.h"

struct parse {
    Parser *parser;
    struct state *state;
    PyObject *args; /* list of str, files expanded */
    Py_ssize_t count;
    PyObject *values;      /* dict: what the namespace will be */
    PyObject *positionals; /* list */
    PyObject *unknown;     /* list */
    struct word *words;
    bool *seen; /* by Argument.number */
    bool is_strict;
    bool wants_help;
};

/* ---- Values ---- */

static enum parse_result
unusual_unless_usage_error(struct parse *parse)
{
    PyObject *usage_error_type = hooks_types(parse->state)->usage_error;

    if (!PyErr_ExceptionMatches(PyExc_Exception) || (usage_error_type && PyErr_ExceptionMatches(usage_error_type))) {
        return PARSE_FAILED;
    }
    PyErr_Clear(); /* argparse will call the type again and word the error */
    return PARSE_UNUSUAL;
}

/* "module:function" of a row: called with the text, and with optname= by the two checks of paths. */
static PyObject *
call_custom_type(const struct option_spec *spec, PyObject *text)
{
    char module[96];
    const char *colon = strchr(spec->custom_type, ':');
    const char *name = spec->names[0];
    PyObject *function = NULL;
    PyObject *result = NULL;

    for (size_t i = 0; i < COUNT_OF(spec->names) && spec->names[i]; i++) {
        name = strncmp(spec->names[i], "--", 2) == 0 ? spec->names[i] : name;
        if (name == spec->names[i]) {
            break;
        }
    }
    if (!colon || (size_t)(colon - spec->custom_type) >= sizeof module) {
        return PyErr_Format(PyExc_SystemError, "not module:function: %s", spec->custom_type);
    }
    memcpy(module, spec->custom_type, (size_t)(colon - spec->custom_type));
    module[colon - spec->custom_type] = '\0';
    function = py_import_attr(module, colon + 1);
    if (function && (strcmp(colon, ":directory_arg") == 0 || strcmp(colon, ":filename_arg") == 0)) {
        result = PyObject_CallFunction(function, "Os", text, name);
    } else if (function) {
        result = py_call1(function, text);
    }
    Py_XDECREF(function);
    return result;
}

static PyObject *
convert(const Argument *argument, PyObject *text)
{
    const struct option_spec *spec = argument->spec;

    if (argument->type) {
        return py_call1(argument->type, text);
    }
    if (!spec || spec->type == OPTION_TEXT) {
        return Py_NewRef(text);
    }
    if (spec->type == OPTION_CUSTOM_TYPE) {
        return call_custom_type(spec, text);
    }
    return py_call1(spec->type == OPTION_INT ? (PyObject *)&PyLong_Type : (PyObject *)&PyFloat_Type, text);
}

/* 1, 0, -1 */
static int
is_choice(const Argument *argument, PyObject *value)
{
    const struct option_spec *spec = argument->spec;

    if (argument->choices) {
        return PySequence_Contains(argument->choices, value);
    }
    if (!spec || !spec->choices[0]) {
        return 1;
    }
    for (size_t i = 0; i < COUNT_OF(spec->choices) && spec->choices[i]; i++) {
        if (py_text_equals(value, spec->choices[i])) {
            return 1;
        }
    }
    return 0;
}

static enum parse_result
convert_checked(struct parse *parse, const Argument *argument, PyObject *text, PyObject **value_out)
{
    PyObject *value = convert(argument, text);

    if (!value) {
        return unusual_unless_usage_error(parse);
    }
    int allowed = is_choice(argument, value);
    if (allowed <= 0) {
        Py_DECREF(value);
        return allowed < 0 ? unusual_unless_usage_error(parse) : PARSE_UNUSUAL;
    }
    *value_out = value;
    return PARSE_DONE;
}

/* The value that an option with `count` words has: one value, a list, or its const. */
static enum parse_result
read_values(struct parse *parse, const Argument *argument, PyObject *const *texts, Py_ssize_t count,
            PyObject **value_out)
{
    if (argument->arity == ARITY_OPTIONAL && count == 0) {
        if (PyUnicode_Check(argument->const_value) && (argument->type || argument->spec)) {
            return convert_checked(parse, argument, argument->const_value, value_out);
        }
        *value_out = Py_NewRef(argument->const_value);
        return PARSE_DONE;
    }
    if (argument->arity == ARITY_ONE || argument->arity == ARITY_OPTIONAL) {
        return convert_checked(parse, argument, texts[0], value_out);
    }
    PyObject *list = PyList_New(0);
    enum parse_result result = list ? PARSE_DONE : PARSE_FAILED;
    for (Py_ssize_t i = 0; result == PARSE_DONE && i < count; i++) {
        PyObject *value = NULL;
        result = convert_checked(parse, argument, texts[i], &value);
        if (result == PARSE_DONE && py_list_append_take(list, value) < 0) {
            result = PARSE_FAILED;
        }
    }
    if (result != PARSE_DONE) {
        Py_XDECREF(list);
        return result;
    }
    *value_out = list;
    return PARSE_DONE;
}

/* ---- Actions ---- */

/* values[name] = copy of the list there + [value]; another kind of sequence is argparse's business. */
static enum parse_result
append_value(struct parse *parse, PyObject *dest, PyObject *value)
{
    PyObject *items = NULL;
    PyObject *copy = NULL;
    enum parse_result result = PARSE_FAILED;

    if (py_dict_find(parse->values, dest, &items) < 0) {
        return PARSE_FAILED;
    }
    if (!items || items == Py_None) {
        copy = PyList_New(0);
    } else if (PyList_CheckExact(items)) {
        copy = PySequence_List(items);
    } else {
        result = PARSE_UNUSUAL;
        goto done;
    }
    if (copy && PyList_Append(copy, value) == 0 && PyDict_SetItem(parse->values, dest, copy) == 0) {
        result = PARSE_DONE;
    }
done:
    Py_XDECREF(items);
    Py_XDECREF(copy);
    return result;
}

/* values[name] += step, from 0 when there is nothing. */
static enum parse_result
add_to_number(struct parse *parse, PyObject *dest, long step)
{
    PyObject *old = NULL;
    PyObject *addend = PyLong_FromLong(step);
    PyObject *sum = NULL;
    enum parse_result result = PARSE_FAILED;

    if (!addend || py_dict_find(parse->values, dest, &old) < 0) {
        goto done;
    }
    sum = old && old != Py_None ? PyNumber_Add(old, addend) : Py_NewRef(addend);
    if (sum && PyDict_SetItem(parse->values, dest, sum) == 0) {
        result = PARSE_DONE;
    }
done:
    Py_XDECREF(addend);
    Py_XDECREF(old);
    Py_XDECREF(sum);
    return result;
}

static enum parse_result
count_quiet(struct parse *parse, PyObject *dest)
{
    PyObject *quiet = PyUnicode_InternFromString("quiet");
    enum parse_result result = quiet ? add_to_number(parse, dest, -1) : PARSE_FAILED;

    if (result == PARSE_DONE) {
        result = add_to_number(parse, quiet, 1);
    }
    Py_XDECREF(quiet);
    return result;
}

/* --strict-markers: the option itself, and -o strict_markers=true. */
static enum parse_result
override_ini(struct parse *parse, const Argument *argument)
{
    const char *setting = strchr(argument->spec->custom_action, ' ') + 1;
    PyObject *dest = PyUnicode_InternFromString("override_ini");
    PyObject *text = PyUnicode_FromString(setting);
    enum parse_result result = PARSE_FAILED;

    if (dest && text && PyDict_SetItem(parse->values, argument->dest, Py_True) == 0) {
        result = append_value(parse, dest, text);
    }
    Py_XDECREF(dest);
    Py_XDECREF(text);
    return result;
}

static enum parse_result
take_action(struct parse *parse, const Argument *argument, PyObject *const *texts, Py_ssize_t count)
{
    PyObject *value = NULL;
    enum parse_result result = PARSE_DONE;

    parse->seen[argument->number] = true;
    switch (argument->kind) {
    case ARGUMENT_STORE:
    case ARGUMENT_APPEND:
        result = read_values(parse, argument, texts, count, &value);
        if (result == PARSE_DONE && argument->kind == ARGUMENT_APPEND) {
            result = append_value(parse, argument->dest, value);
        } else if (result == PARSE_DONE && PyDict_SetItem(parse->values, argument->dest, value) < 0) {
            result = PARSE_FAILED;
        }
        Py_XDECREF(value);
        return result;
    case ARGUMENT_STORE_CONST:
        return PyDict_SetItem(parse->values, argument->dest, argument->const_value) < 0 ? PARSE_FAILED : PARSE_DONE;
    case ARGUMENT_APPEND_CONST:
        return append_value(parse, argument->dest, argument->const_value);
    case ARGUMENT_COUNT:
        return add_to_number(parse, argument->dest, 1);
    case ARGUMENT_HELP:
        parse->wants_help = parse->is_strict;
        return PyDict_SetItem(parse->values, argument->dest, Py_True) < 0 ? PARSE_FAILED : PARSE_DONE;
    case ARGUMENT_QUIET:
        return count_quiet(parse, argument->dest);
    case ARGUMENT_OVERRIDE_INI:
        return override_ini(parse, argument);
    case ARGUMENT_FOREIGN:
        break;
    }
    return PARSE_UNUSUAL;
}

/* ---- Walking ---- */

/* How many of the following words the option takes as values; -1 when they are too few. */
static Py_ssize_t
count_value_words(const struct parse *parse, const Argument *argument, Py_ssize_t start)
{
    Py_ssize_t available = 0;

    while (start + available < parse->count && parse->words[start + available].kind == WORD_POSITIONAL) {
        available++;
    }
    switch (argument->arity) {
    case ARITY_NONE:
        return 0;
    case ARITY_ONE:
        return available >= 1 ? 1 : -1;
    case ARITY_OPTIONAL:
        return available >= 1 ? 1 : 0;
    case ARITY_ANY:
        return available;
    case ARITY_SOME:
        return available >= 1 ? available : -1;
    case ARITY_EXACT:
        return available >= argument->arity_count ? argument->arity_count : -1;
    }
    return -1;
}

/* Flags in one word: -xvs, and a last one with a value, joined or in the next word. */
static enum parse_result
walk_cluster(struct parse *parse, const struct word *word, const char **joined_io, Argument **argument_io)
{
    Argument *argument = word->argument;
    const char *joined = word->joined;
    bool has_equals = word->has_equals;

    while (joined && argument->arity == ARITY_NONE) {
        char name[3] = {'-', joined[0], '\0'};
        if (has_equals || word->is_long || !joined[0] || joined[0] == '-' || (joined[0] & 0x80)) {
            return PARSE_UNUSUAL;
        }
        enum parse_result result = take_action(parse, argument, NULL, 0);
        if (result != PARSE_DONE) {
            return result;
        }
        argument = parser_find_named(parse->parser, name, 2);
        if (!argument) {
            return PARSE_UNUSUAL;
        }
        joined++;
        has_equals = joined[0] == '=';
        joined = has_equals ? joined + 1 : joined[0] ? joined : NULL;
    }
    *joined_io = joined;
    *argument_io = argument;
    return PARSE_DONE;
}

static enum parse_result
walk_option(struct parse *parse, Py_ssize_t index, Py_ssize_t *next_out)
{
    const char *joined = NULL;
    Argument *argument = NULL;
    PyObject *texts[16] = {NULL};
    enum parse_result result = walk_cluster(parse, &parse->words[index], &joined, &argument);

    *next_out = index + 1;
    if (result != PARSE_DONE || parse->wants_help) {
        return result;
    }
    if (joined) {
        if (argument->arity == ARITY_EXACT && argument->arity_count != 1) {
            return PARSE_UNUSUAL;
        }
        PyObject *value = PyUnicode_FromString(joined);
        result = value ? take_action(parse, argument, &value, 1) : PARSE_FAILED;
        Py_XDECREF(value);
        return result;
    }
    Py_ssize_t count = count_value_words(parse, argument, index + 1);
    if (count < 0 || count > (Py_ssize_t)COUNT_OF(texts)) {
        return PARSE_UNUSUAL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        texts[i] = PyList_GetItem(parse->args, index + 1 + i);
    }
    *next_out = index + 1 + count;
    return take_action(parse, argument, texts, count);
}

static enum parse_result
walk_words(struct parse *parse)
{
    Py_ssize_t index = 0;

    while (index < parse->count && !parse->wants_help) {
        const struct word *word = &parse->words[index];
        PyObject *borrowed_arg = PyList_GetItem(parse->args, index);
        enum parse_result result = PARSE_DONE;
        if (word->kind == WORD_OPTION && word->argument) {
            result = walk_option(parse, index, &index);
        } else {
            PyObject *list = word->kind == WORD_UNKNOWN ? parse->unknown : parse->positionals;
            if (word->kind == WORD_POSITIONAL && py_text_starts_with(borrowed_arg, "-")) {
                return PARSE_UNUSUAL; /* "-1", "-a b": argparse's versions disagree about where they go */
            }
            if (word->kind != WORD_OPTION && PyList_Append(list, borrowed_arg) < 0) {
                result = PARSE_FAILED;
            }
            index++;
        }
        if (result != PARSE_DONE) {
            return result;
        }
    }
    return PARSE_DONE;
}

/* What the namespace does not have yet starts as the option's default. */
static enum parse_result
start_argument(struct parse *parse, Argument *argument)
{
    int known = PyDict_Contains(parse->values, argument->dest);

    if (known == 0) {
        known = PyDict_SetItem(parse->values, argument->dest, argument->default_value);
    }
    return known < 0 ? PARSE_FAILED : PARSE_DONE;
}

/* Options that were not given: required ones are missed, text defaults go through the type. */
static enum parse_result
finish_argument(struct parse *parse, Argument *argument)
{
    PyObject *value = NULL;

    if (parse->seen[argument->number]) {
        return PARSE_DONE;
    }
    if (argument->is_required) {
        return PARSE_UNUSUAL;
    }
    if (argument->spec || !argument->type || argument->type == Py_None || !PyUnicode_Check(argument->default_value) ||
        PyDict_GetItem(parse->values, argument->dest) != argument->default_value) {
        return PARSE_DONE;
    }
    value = py_call1(argument->type, argument->default_value);
    if (!value) {
        return unusual_unless_usage_error(parse);
    }
    return py_dict_set_take(parse->values, argument->dest, value) < 0 ? PARSE_FAILED : PARSE_DONE;
}

static enum parse_result
for_each_argument(struct parse *parse, enum parse_result (*visit)(struct parse *parse, Argument *argument))
{
    PyObject *groups = parse->parser->groups;
    enum parse_result result = PARSE_DONE;

    for (Py_ssize_t i = 0; i < PyList_Size(groups); i++) {
        OptionGroup *group = (OptionGroup *)PyList_GetItem(groups, i);
        for (Py_ssize_t j = 0; result == PARSE_DONE && j < PyList_Size(group->options); j++) {
            result = visit(parse, (Argument *)PyList_GetItem(group->options, j));
        }
    }
    return result;
}

static enum parse_result
run(struct parse *parse)
{
    if (!option_words_read(parse->parser, parse->args, parse->words)) {
        return PARSE_UNUSUAL;
    }
    enum parse_result result = for_each_argument(parse, start_argument);
    if (result == PARSE_DONE) {
        result = walk_words(parse);
    }
    if (result == PARSE_DONE && !parse->wants_help) {
        bool has_unknown = parse->is_strict && PyList_Size(parse->unknown) > 0;
        result = has_unknown ? PARSE_UNUSUAL : for_each_argument(parse, finish_argument);
    }
    if (result == PARSE_DONE && !parse->wants_help &&
        PyDict_SetItemString(parse->values, "file_or_dir", parse->positionals) < 0) {
        result = PARSE_FAILED;
    }
    return result;
}

enum parse_result
option_parse(Parser *parser, PyObject *args, PyObject *namespace, bool is_strict, PyObject **unknown_out)
{
    struct parse parse = {.parser = parser, .state = state_of((PyObject *)parser), .is_strict = is_strict};
    enum parse_result result = PARSE_FAILED;

    if (parser->optparser) {
        return PARSE_UNUSUAL;
    }
    parse.args = option_words_expand(args);
    if (!parse.args) {
        return PyErr_Occurred() ? PARSE_FAILED : PARSE_UNUSUAL;
    }
    parse.count = PyList_Size(parse.args);
    parse.values = PyDict_Copy(namespace_dict(namespace));
    parse.positionals = PyList_New(0);
    parse.unknown = PyList_New(0);
    parse.words = memory_alloc_zeroed((size_t)parse.count * sizeof *parse.words);
    parse.seen = memory_alloc_zeroed(parser->argument_count * sizeof *parse.seen);
    if (!parse.values || !parse.positionals || !parse.unknown) {
        goto done;
    }
    result = run(&parse);
    if (result == PARSE_DONE && namespace_update(namespace, parse.values) < 0) {
        result = PARSE_FAILED;
    }
    if (result == PARSE_DONE) {
        *unknown_out = Py_NewRef(parse.unknown);
        result = parse.wants_help ? PARSE_HELP : PARSE_DONE;
    }
done:
    memory_free(parse.words);
    memory_free(parse.seen);
    Py_DECREF(parse.args);
    Py_XDECREF(parse.values);
    Py_XDECREF(parse.positionals);
    Py_XDECREF(parse.unknown);
    return result;
}
