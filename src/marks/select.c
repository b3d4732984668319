/* The built-in plugin "mark": -k and -m, --markers, the registered markers. */
#include "base/utf8.h"
#include "marks/internal.h"

/* ---- -k: substrings of the names around an item ---- */

struct keyword_context {
    struct state *state;
    Node *item;
    PyObject *function_names; /* list of str, made when first needed; NULL: not yet */
    PyObject *mark_names;
};

static char
lower_ascii(char character)
{
    return character >= 'A' && character <= 'Z' ? (char)(character - 'A' + 'a') : character;
}

/* Both ASCII: whether `text` contains `wanted`, whatever the case. */
static bool
ascii_contains(const char *text, size_t length, const char *wanted, size_t wanted_length)
{
    for (size_t start = 0; start + wanted_length <= length; start++) {
        size_t i = 0;
        while (i < wanted_length && lower_ascii(text[start + i]) == lower_ascii(wanted[i])) {
            i++;
        }
        if (i == wanted_length) {
            return true;
        }
    }
    return false;
}

/* wanted.lower() in name.lower(): 1, 0, -1. */
static int
name_contains(PyObject *name, PyObject *wanted)
{
    Py_ssize_t name_length = 0;
    Py_ssize_t wanted_length = 0;
    const char *name_text = PyUnicode_Check(name) ? py_utf8_sized(name, &name_length) : NULL;
    const char *wanted_text = name_text ? py_utf8_sized(wanted, &wanted_length) : NULL;
    PyObject *lower_name = NULL;
    PyObject *lower_wanted = NULL;
    int contains = -1;

    if (wanted_text && utf8_is_ascii(name_text, (size_t)name_length) &&
        utf8_is_ascii(wanted_text, (size_t)wanted_length)) {
        return ascii_contains(name_text, (size_t)name_length, wanted_text, (size_t)wanted_length);
    }
    PyErr_Clear(); /* a lone surrogate has no UTF-8; str.lower() does not mind */
    lower_name = PyObject_CallMethod(name, "lower", NULL);
    lower_wanted = lower_name ? PyObject_CallMethod(wanted, "lower", NULL) : NULL;
    if (lower_wanted) {
        contains = PyUnicode_Contains(lower_name, lower_wanted);
    }
    Py_XDECREF(lower_wanted);
    Py_XDECREF(lower_name);
    return contains;
}

static int
any_contains(PyObject *names, PyObject *wanted)
{
    PyObject *iterator = PyObject_GetIter(names);
    PyObject *name = NULL;
    int contains = iterator ? 0 : -1;

    while (contains == 0 && (name = PyIter_Next(iterator))) {
        contains = name_contains(name, wanted);
        Py_DECREF(name);
    }
    Py_XDECREF(iterator);
    return PyErr_Occurred() ? -1 : contains;
}

/* Session and top directory say nothing about a test. */
static bool
has_telling_name(const Node *node)
{
    if (node->kind & NODE_SESSION) {
        return false;
    }
    return !((node->kind & NODE_DIRECTORY) && node->parent && (node->parent->kind & NODE_SESSION));
}

static int
chain_contains(Node *item, PyObject *wanted)
{
    int contains = 0;

    for (Node *node = item; node && contains == 0; node = node->parent) {
        if (has_telling_name(node)) {
            contains = name_contains(node->name, wanted);
        }
        if (contains == 0 && node->extra_keyword_matches) {
            contains = any_contains(node->extra_keyword_matches, wanted);
        }
    }
    return contains;
}

/* Names assigned to the test function itself, without what decorators leave there: a new list. */
static PyObject *
function_attribute_names(struct state *state, PyObject *item)
{
    PyObject *names = PyList_New(0);
    PyObject *function = NULL;
    PyObject *dict = NULL;
    PyObject *keys = NULL;
    int found = names ? py_find_attr(state, item, state->names.function, &function) : -1;

    if (found <= 0 || PyObject_IsTrue(function) <= 0) {
        goto done;
    }
    dict = PyObject_GetAttr(function, state->names.__dict__);
    keys = dict ? PyMapping_Keys(dict) : NULL;
    for (Py_ssize_t i = 0; keys && i < PyList_Size(keys); i++) {
        PyObject *borrowed_key = PyList_GetItem(keys, i);
        if (!py_text_starts_with(borrowed_key, "_") && !py_text_equals(borrowed_key, "pytestmark") &&
            !py_text_equals(borrowed_key, "cache_parameters") && PyList_Append(names, borrowed_key) < 0) {
            break;
        }
    }
done:
    Py_XDECREF(keys);
    Py_XDECREF(dict);
    Py_XDECREF(function);
    if (PyErr_Occurred()) {
        Py_CLEAR(names);
    }
    return names;
}

static PyObject *
names_of_marks(Node *item)
{
    PyObject *marks = node_has_markers(item) ? node_markers(item, NULL) : PyList_New(0);
    PyObject *names = marks ? PyList_New(0) : NULL;

    for (Py_ssize_t i = 0; names && i < PyList_Size(marks); i++) {
        if (PyList_Append(names, mark_name(PyList_GetItem(marks, i))) < 0) {
            Py_CLEAR(names);
        }
    }
    Py_XDECREF(marks);
    return names;
}

static int
match_keyword(void *memory, PyObject *wanted, PyObject *kwargs)
{
    struct keyword_context *context = memory;
    int contains = 0;

    if (kwargs && PyDict_Size(kwargs) > 0) {
        usage_error(context->state, "Keyword expressions do not support call parameters.");
        return -1;
    }
    contains = chain_contains(context->item, wanted);
    if (contains == 0 && !context->function_names) {
        context->function_names = function_attribute_names(context->state, (PyObject *)context->item);
        context->mark_names = context->function_names ? names_of_marks(context->item) : NULL;
        if (!context->mark_names) {
            return -1;
        }
    }
    if (contains == 0) {
        contains = any_contains(context->function_names, wanted);
    }
    return contains == 0 ? any_contains(context->mark_names, wanted) : contains;
}

static int
select_by_keyword(struct state *state, const struct mark_expression *expression, Node *item)
{
    struct keyword_context context = {.state = state, .item = item};
    int selected = mark_expression_evaluate(expression, match_keyword, &context);

    Py_XDECREF(context.function_names);
    Py_XDECREF(context.mark_names);
    return selected;
}

/* ---- -m: marks by name and keyword arguments ---- */

/* Whether all of `wanted` are keyword arguments of the mark with equal values: 1, 0, -1. */
static int
mark_has_kwargs(PyObject *mark, PyObject *wanted)
{
    PyObject *borrowed_key = NULL;
    PyObject *borrowed_value = NULL;
    Py_ssize_t position = 0;
    int equal = 1;

    while (equal > 0 && wanted && PyDict_Next(wanted, &position, &borrowed_key, &borrowed_value)) {
        PyObject *value = NULL;
        if (!PyMapping_HasKey(mark_kwargs(mark), borrowed_key)) {
            return 0;
        }
        value = PyObject_GetItem(mark_kwargs(mark), borrowed_key);
        equal = value ? PyObject_RichCompareBool(value, borrowed_value, Py_EQ) : -1;
        Py_XDECREF(value);
    }
    return equal;
}

static int
match_mark(void *memory, PyObject *name, PyObject *kwargs)
{
    PyObject *marks = memory;
    int matches = 0;

    for (Py_ssize_t i = 0; matches == 0 && i < PyList_Size(marks); i++) {
        PyObject *mark = py_list_item(marks, i);
        matches = PyObject_RichCompareBool(mark_name(mark), name, Py_EQ);
        if (matches > 0) {
            matches = mark_has_kwargs(mark, kwargs);
        }
        Py_DECREF(mark);
    }
    return matches;
}

static int
select_by_mark(struct state *Py_UNUSED(state), const struct mark_expression *expression, Node *item)
{
    PyObject *marks = node_has_markers(item) ? node_markers(item, NULL) : PyList_New(0);
    int selected = marks ? mark_expression_evaluate(expression, match_mark, marks) : -1;

    Py_XDECREF(marks);
    return selected;
}

/* ---- Deselection ---- */

/* A UsageError in place of the SyntaxError that is set. Returns NULL. */
static struct mark_expression *
explain_syntax_error(struct engine *engine, const char *what)
{
    PyObject *error = NULL;
    PyObject *text = NULL;
    PyObject *offset = NULL;
    PyObject *message = NULL;

    if (!PyErr_ExceptionMatches(PyExc_SyntaxError)) {
        return NULL;
    }
    error = py_error_take();
    text = PyObject_GetAttrString(error, "text");
    offset = text ? PyObject_GetAttrString(error, "offset") : NULL;
    message = offset ? PyObject_GetAttrString(error, "msg") : NULL;
    if (message) {
        usage_error(engine->state, "Wrong expression passed to '%s': %S: at column %S: %S", what, text, offset,
                    message);
    }
    Py_XDECREF(message);
    Py_XDECREF(offset);
    Py_XDECREF(text);
    Py_DECREF(error);
    return NULL;
}

static struct mark_expression *
compile_expression(struct engine *engine, PyObject *text, const char *what)
{
    struct mark_expression *expression = mark_expression_compile(engine->state, text);
    return expression ? expression : explain_syntax_error(engine, what);
}

typedef int (*selector)(struct state *state, const struct mark_expression *expression, Node *item);

static int
partition(struct engine *engine, PyObject *items, const struct mark_expression *expression, selector select,
          PyObject *remaining, PyObject *deselected)
{
    for (Py_ssize_t i = 0; i < PyList_Size(items); i++) {
        PyObject *item = py_list_item(items, i);
        int selected = select(engine->state, expression, (Node *)item);
        int status = selected < 0 ? -1 : PyList_Append(selected ? remaining : deselected, item);
        Py_DECREF(item);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

static int
deselect(struct engine *engine, PyObject *items, const struct mark_expression *expression, selector select)
{
    PyObject *remaining = PyList_New(0);
    PyObject *deselected = PyList_New(0);
    int status = -1;

    if (!remaining || !deselected || partition(engine, items, expression, select, remaining, deselected) < 0) {
        goto done;
    }
    status = 0;
    if (PyList_Size(deselected) > 0) {
        PyObject *const args[] = {deselected};
        status = hook_notify(engine->relay, HOOK_deselected, args);
        if (status == 0) {
            status = PyList_SetSlice(items, 0, PyList_Size(items), remaining);
        }
    }
done:
    Py_XDECREF(remaining);
    Py_XDECREF(deselected);
    return status;
}

static int
deselect_by_keyword(struct engine *engine, PyObject *items)
{
    PyObject *option = option_get(engine, "keyword");
    PyObject *text =
        option && PyUnicode_Check(option) ? PyObject_CallMethod(option, "lstrip", NULL) : Py_XNewRef(option);
    struct mark_expression *expression = NULL;
    int status = text ? PyObject_IsTrue(text) : -1;

    if (status > 0) {
        expression = compile_expression(engine, text, "-k");
        status = expression ? deselect(engine, items, expression, select_by_keyword) : -1;
        mark_expression_free(expression);
    }
    Py_XDECREF(text);
    Py_XDECREF(option);
    return status;
}

/* With strict markers, names that are not registered are a usage error. */
static int
validate_marker_names(struct engine *engine, const struct mark_expression *expression)
{
    int strict = markers_are_strict(engine->config);
    PyObject *registered = strict > 0 ? PySet_New(NULL) : NULL;
    PyObject *unknown = NULL;
    PyObject *joined = NULL;
    int status = -1;

    if (strict <= 0) {
        return strict;
    }
    if (!registered || registered_marker_names_add(engine->state, engine->config, registered) < 0) {
        goto done;
    }
    unknown = PyObject_CallMethod(mark_expression_names(expression), "difference", "O", registered);
    PyObject *list = unknown ? PySequence_List(unknown) : NULL;
    py_replace_take(&unknown, list);
    if (!unknown || PyList_Sort(unknown) < 0) {
        goto done;
    }
    if (PyList_Size(unknown) == 0) {
        status = 0;
        goto done;
    }
    joined = py_text_join(", ", unknown);
    if (joined) {
        usage_error(engine->state,
                    "Unknown marker(s) in '-m' expression: %U. Use 'pytest --markers' to see available markers.",
                    joined);
    }
done:
    Py_XDECREF(joined);
    Py_XDECREF(unknown);
    Py_XDECREF(registered);
    return status;
}

static int
deselect_by_mark(struct engine *engine, PyObject *items)
{
    PyObject *text = option_get(engine, "markexpr");
    struct mark_expression *expression = NULL;
    int status = text ? PyObject_IsTrue(text) : -1;

    if (status > 0) {
        expression = compile_expression(engine, text, "-m");
        status = expression ? validate_marker_names(engine, expression) : -1;
        if (status == 0) {
            status = deselect(engine, items, expression, select_by_mark);
        }
        mark_expression_free(expression);
    }
    Py_XDECREF(text);
    return status;
}

/* ---- The plugin ---- */

static PyObject *
plugin_modifyitems(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    PyObject *borrowed_items = args[2];

    if (deselect_by_keyword(engine, borrowed_items) < 0 || deselect_by_mark(engine, borrowed_items) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
plugin_cmdline_main(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    int wanted = option_is_true(engine, "markers");
    PyObject *show = NULL;
    PyObject *status = NULL;

    if (wanted <= 0) {
        return py_none_or_error(wanted);
    }
    show = py_import_attr("_pytest.mark", "_show_markers");
    status = show ? py_call1(show, args[0]) : NULL;
    Py_XDECREF(show);
    return status;
}

static const struct native_hook HOOK_TABLE[] = {
    {.id = HOOK_cmdline_main, .flags = NATIVE_TRYFIRST, .call = plugin_cmdline_main},
    {.id = HOOK_collection_modifyitems, .call = plugin_modifyitems},
    {.id = HOOK_configure, .call = mark_plugin_configure},
    {.id = HOOK_unconfigure, .call = mark_plugin_unconfigure},
};

static const struct option_spec OPTIONS[] = {
    {
        .group = "general",
        .names = {"-k"},
        .dest = "keyword",
        .action = OPTION_STORE,
        .default_text = "''",
        .metavar = "EXPRESSION",
        .help = "Only run tests matching the given keyword expression, "
                "e.g. -k 'test_method or test_other', -k 'not (slow or network)'.\n"
                "Names in the expression are matched case-insensitively as substrings "
                "of the test's keywords, which are:\n"
                "- its own name, including any parametrization id\n"
                "- the names of its class, module and directories\n"
                "- the names of the markers applied to it or to its parents\n"
                "- attributes assigned directly to the test function\n"
                "- any names in its 'extra_keyword_matches' set\n"
                "Use -m to match marker names exactly, including their arguments.",
    },
    {
        .group = "general",
        .names = {"-m"},
        .dest = "markexpr",
        .action = OPTION_STORE,
        .default_text = "''",
        .metavar = "MARKEXPR",
        .help = "Only run tests matching given mark expression. For example: -m 'mark1 and not mark2'.",
    },
    {
        .group = "general",
        .names = {"--markers"},
        .dest = "markers",
        .action = OPTION_STORE_TRUE,
        .help = "show markers (builtin, plugin and per-project ones).",
    },
};

static const struct ini_spec INIS[] = {
    {.name = "markers", .type = "linelist", .help = "Register new markers for test functions"},
    {
        .name = "empty_parameter_set_mark",
        .type = "'skip' | 'xfail' | 'fail_at_collect'",
        .default_text = "'skip'",
        .help = "Default marker for empty parametersets",
    },
};

const struct native_plugin MARKS_PLUGIN = {
    .name = "mark",
    .module = "_pytest.mark",
    .hooks = HOOK_TABLE,
    .hook_count = COUNT_OF(HOOK_TABLE),
    .options = OPTIONS,
    .option_count = COUNT_OF(OPTIONS),
    .inis = INIS,
    .ini_count = COUNT_OF(INIS),
};
