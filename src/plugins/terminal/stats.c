/* What is counted: the reports by category, the main colour, the last line. */
#include <string.h>

#include "plugins/terminal/reporter.h"
#include "py/clock.h"

/* In the order of the last line; other categories follow. */
static const char *const KNOWN_TYPES[] = {
    "failed",   "passed", "skipped",         "deselected",      "xfailed",          "xpassed",
    "warnings", "error",  "subtests passed", "subtests failed", "subtests skipped",
};

static const struct {
    const char *category;
    unsigned markup;
} COLORS[] = {
    {"failed", MARKUP_RED},
    {"error", MARKUP_RED},
    {"warnings", MARKUP_YELLOW},
    {"passed", MARKUP_GREEN},
    {"subtests passed", MARKUP_GREEN},
    {"subtests failed", MARKUP_RED},
};

static const struct {
    const char *name;
    unsigned markup;
} COLOR_NAMES[] = {
    {"red", MARKUP_RED},       {"yellow", MARKUP_YELLOW}, {"green", MARKUP_GREEN}, {"blue", MARKUP_BLUE},
    {"purple", MARKUP_PURPLE}, {"cyan", MARKUP_CYAN},     {"white", MARKUP_WHITE}, {"bold", MARKUP_BOLD},
};

const char *
markup_color_name(unsigned markup)
{
    for (size_t i = 0; i < COUNT_OF(COLOR_NAMES); i++) {
        if (COLOR_NAMES[i].markup == markup) {
            return COLOR_NAMES[i].name;
        }
    }
    return "yellow";
}

/* Plugins add categories and colours to `_pytest.terminal`'s tables; NULL without exception where they cannot have. */
static PyObject *
table_of_module(const char *name)
{
    PyObject *module = py_find_module("_pytest.terminal");
    PyObject *table = NULL;

    if (module) {
        table = PyObject_GetAttrString(module, name);
        Py_DECREF(module);
        if (!table && PyErr_ExceptionMatches(PyExc_AttributeError)) {
            PyErr_Clear(); /* being imported */
        }
    }
    return table;
}

unsigned
markup_of_category(TerminalReporter *Py_UNUSED(self), const char *category)
{
    PyObject *table = table_of_module("_color_for_type");
    PyObject *borrowed_name = table && PyDict_Check(table) ? PyDict_GetItemString(table, category) : NULL;
    unsigned markup = 0;

    for (size_t i = 0; borrowed_name && i < COUNT_OF(COLOR_NAMES); i++) {
        if (py_text_equals(borrowed_name, COLOR_NAMES[i].name)) {
            markup = COLOR_NAMES[i].markup;
        }
    }
    for (size_t i = 0; !markup && i < COUNT_OF(COLORS); i++) {
        if (strcmp(COLORS[i].category, category) == 0) {
            markup = COLORS[i].markup;
        }
    }
    Py_XDECREF(table);
    PyErr_Clear(); /* a table of a plugin's own making */
    return markup ? markup : MARKUP_YELLOW;
}

/* ---- Counting ---- */

PyObject *
reporter_find_stats(TerminalReporter *self, const char *category)
{
    PyObject *borrowed_list =
        self->stats && PyDict_Check(self->stats) ? PyDict_GetItemString(self->stats, category) : NULL;
    return Py_XNewRef(borrowed_list);
}

/* Tests of files that were not imported: deselected as if they had been. */
static Py_ssize_t
left_out_count(TerminalReporter *self, const char *category)
{
    size_t test_count = 0;

    if (strcmp(category, "deselected") == 0) {
        (void)session_left_out(self->engine, &test_count);
    }
    return (Py_ssize_t)test_count;
}

Py_ssize_t
reporter_count_stats(TerminalReporter *self, const char *category)
{
    PyObject *list = reporter_find_stats(self, category);
    Py_ssize_t count = list ? PyObject_Size(list) : 0;

    Py_XDECREF(list);
    return count < 0 ? count : count + left_out_count(self, category);
}

long
reporter_tests_collected(TerminalReporter *self)
{
    PyObject *value = NULL;
    long count = 0;

    if (!self->session) {
        return 0;
    }
    value = PyObject_GetAttr(self->session, self->engine->state->names.testscollected);
    count = value ? PyLong_AsLong(value) : -1;
    Py_XDECREF(value);
    return count == -1 && PyErr_Occurred() ? -1 : count;
}

int
reporter_is_last_item(TerminalReporter *self)
{
    long collected = reporter_tests_collected(self);
    return collected == -1 && PyErr_Occurred() ? -1 : PySet_Size(self->progress_nodeids) == collected;
}

static bool
is_known_type(PyObject *category)
{
    for (size_t i = 0; i < COUNT_OF(KNOWN_TYPES); i++) {
        if (py_text_equals(category, KNOWN_TYPES[i])) {
            return true;
        }
    }
    return false;
}

static PyObject *
known_types_list(void)
{
    PyObject *table = table_of_module("KNOWN_TYPES");
    PyObject *list = table ? PySequence_List(table) : PyList_New(0);

    for (size_t i = 0; list && !table && i < COUNT_OF(KNOWN_TYPES); i++) {
        if (py_list_append_take(list, PyUnicode_FromString(KNOWN_TYPES[i])) < 0) {
            Py_CLEAR(list);
        }
    }
    Py_XDECREF(table);
    return list;
}

/* The known types and behind them what plugins report. *has_unknown_out: whether there are such. */
static PyObject *
determine_types(TerminalReporter *self, bool *has_unknown_out)
{
    PyObject *types = known_types_list();
    PyObject *borrowed_category = NULL;
    PyObject *borrowed_list = NULL;
    Py_ssize_t position = 0;

    *has_unknown_out = false;
    while (types && PyDict_Next(self->stats, &position, &borrowed_category, &borrowed_list)) {
        /* Passed setups and teardowns are under the empty category. */
        int is_known = !PyUnicode_Check(borrowed_category) || PyUnicode_GetLength(borrowed_category) == 0 ||
                       is_known_type(borrowed_category);
        if (!is_known) {
            is_known = PySequence_Contains(types, borrowed_category);
        }
        if (is_known < 0 || (!is_known && PyList_Append(types, borrowed_category) < 0)) {
            Py_CLEAR(types);
        } else if (!is_known) {
            *has_unknown_out = true;
        }
    }
    return types;
}

/* The colour of the bar and of progress: red, yellow or green; 0 with an exception. */
static unsigned
determine_main_markup(TerminalReporter *self, bool has_unknown)
{
    int is_last = 0;

    if (PyDict_GetItemString(self->stats, "failed") || PyDict_GetItemString(self->stats, "error")) {
        return MARKUP_RED;
    }
    if (PyDict_GetItemString(self->stats, "warnings") || PyDict_GetItemString(self->stats, "xpassed") || has_unknown) {
        return MARKUP_YELLOW;
    }
    if (PyDict_GetItemString(self->stats, "passed")) {
        return MARKUP_GREEN;
    }
    is_last = reporter_is_last_item(self);
    if (is_last < 0) {
        return 0;
    }
    return is_last ? MARKUP_YELLOW : MARKUP_GREEN;
}

static int
set_main_color(TerminalReporter *self)
{
    bool has_unknown = false;
    PyObject *types = determine_types(self, &has_unknown);

    if (!types) {
        return -1;
    }
    py_replace_take(&self->known_types, types);
    self->main_markup = determine_main_markup(self, has_unknown);
    return self->main_markup ? 0 : -1;
}

unsigned
reporter_main_markup(TerminalReporter *self)
{
    int is_last = reporter_is_last_item(self);

    if (is_last < 0) {
        return 0;
    }
    if ((!self->main_markup || !self->known_types || is_last) && set_main_color(self) < 0) {
        return 0;
    }
    return self->main_markup;
}

/* The list of a category, made if there is none (then the colour may change): a borrowed reference. */
static PyObject *
category_list(TerminalReporter *self, PyObject *category)
{
    PyObject *borrowed_list = PyDict_GetItemWithError(self->stats, category);
    PyObject *list = NULL;

    if (borrowed_list || PyErr_Occurred()) {
        return borrowed_list;
    }
    list = PyList_New(0);
    if (py_dict_set_take(self->stats, category, list) < 0 || set_main_color(self) < 0) {
        return NULL;
    }
    return list;
}

/* stats[category].extend(items) as a plugin that overrides it sees it. */
static int
add_stats_overridden(TerminalReporter *self, PyObject *category, PyObject *item)
{
    return py_status_take(PyObject_CallMethod((PyObject *)self, "_add_stats", "O[O]", category, item));
}

int
reporter_add_stats(TerminalReporter *self, PyObject *category, PyObject *item)
{
    PyObject *borrowed_list = NULL;

    if (!reporter_is_plain(self)) {
        return add_stats_overridden(self, category, item);
    }
    borrowed_list = category_list(self, category);
    return borrowed_list ? PyList_Append(borrowed_list, item) : -1;
}

/* ---- The last line ---- */

/* "no need to pluralize words such as failed or passed" */
static void
count_add(struct text *out, Py_ssize_t count, const char *category)
{
    bool is_one = count == 1;

    text_add_format(out, "%zd ", count);
    if (strcmp(category, "warnings") == 0) {
        text_add_string(out, is_one ? "warning" : "warnings");
    } else if (strcmp(category, "error") == 0) {
        text_add_string(out, is_one ? "error" : "errors");
    } else {
        text_add_string(out, category);
    }
}

/* Reports that want to be counted. -1 with an exception. */
static Py_ssize_t
countable(TerminalReporter *self, PyObject *reports)
{
    struct run_types *types = run_types(self->engine->state);
    Py_ssize_t size = PyList_Check(reports) ? PyList_Size(reports) : PyObject_Size(reports);
    Py_ssize_t count = 0;

    for (Py_ssize_t i = 0; i < size; i++) {
        PyObject *report = PySequence_GetItem(reports, i);
        int counts = 1;
        if (!report) {
            return -1;
        }
        if (Py_TYPE(report) != types->test_report && Py_TYPE(report) != types->collect_report) {
            PyObject *value = NULL;
            counts =
                py_find_attr(self->engine->state, report, self->engine->state->names.count_towards_summary, &value);
            counts = counts > 0 ? PyObject_IsTrue(value) : counts < 0 ? -1 : 1;
            Py_XDECREF(value);
        }
        Py_DECREF(report);
        if (counts < 0) {
            return -1;
        }
        count += counts;
    }
    return size < 0 ? -1 : count;
}

static Py_ssize_t
countable_in(TerminalReporter *self, const char *category)
{
    PyObject *reports = reporter_find_stats(self, category);
    Py_ssize_t count = reports ? countable(self, reports) : 0;

    Py_XDECREF(reports);
    return count < 0 ? count : count + left_out_count(self, category);
}

/* parts.append((text, {color: True, "bold": is_bold})); `bold` -1: no such key. */
static int
part_append(PyObject *parts, const char *text, unsigned markup, int bold)
{
    PyObject *dict = terminal_markup_dict(markup);
    PyObject *part = NULL;

    if (dict && bold >= 0 && PyDict_SetItemString(dict, "bold", bold ? Py_True : Py_False) < 0) {
        Py_CLEAR(dict);
    }
    part = dict ? Py_BuildValue("(sN)", text, dict) : NULL;
    return py_list_append_take(parts, part);
}

static int
add_category_part(TerminalReporter *self, PyObject *parts, const char *category, unsigned main_markup)
{
    Py_ssize_t count = countable_in(self, category);
    unsigned markup = 0;
    struct text text = {0};
    int status = 0;

    if (count <= 0) {
        return count < 0 ? -1 : 0;
    }
    markup = markup_of_category(self, category);
    count_add(&text, count, category);
    status = part_append(parts, text_string(&text), markup, markup == main_markup);
    text_release(&text);
    return status;
}

static int
build_normal_parts(TerminalReporter *self, PyObject *parts, unsigned *main_out)
{
    unsigned main_markup = reporter_main_markup(self);
    PyObject *types = NULL;
    int status = 0;

    if (!main_markup) {
        return -1;
    }
    types = Py_NewRef(self->known_types);
    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(types); i++) {
        const char *category = py_utf8(PyList_GetItem(types, i));
        status = category ? add_category_part(self, parts, category, main_markup) : -1;
    }
    Py_DECREF(types);
    if (status == 0 && PyList_Size(parts) == 0) {
        status = part_append(parts, "no tests ran", MARKUP_YELLOW, -1);
    }
    *main_out = main_markup;
    return status;
}

static int
build_collect_only_parts(TerminalReporter *self, PyObject *parts, unsigned *main_out)
{
    Py_ssize_t deselected = countable_in(self, "deselected");
    Py_ssize_t errors = countable_in(self, "error");
    struct text text = {0};
    int status = 0;

    if (deselected < 0 || errors < 0) {
        return -1;
    }
    *main_out = MARKUP_GREEN;
    if (self->collected_count == 0) {
        text_add_string(&text, "no tests collected");
        *main_out = MARKUP_YELLOW;
    } else if (deselected == 0) {
        text_add_format(&text, "%ld test%s collected", self->collected_count, self->collected_count == 1 ? "" : "s");
    } else if (self->collected_count == deselected) {
        text_add_format(&text, "no tests collected (%zd deselected)", deselected);
        *main_out = MARKUP_YELLOW;
    } else {
        text_add_format(&text, "%ld/%ld tests collected (%zd deselected)", self->collected_count - (long)deselected,
                        self->collected_count, deselected);
    }
    status = part_append(parts, text_string(&text), *main_out, -1);
    if (status == 0 && errors) {
        text_clear(&text);
        count_add(&text, errors, "error");
        *main_out = MARKUP_RED;
        status = part_append(parts, text_string(&text), MARKUP_RED, -1);
    }
    text_release(&text);
    return status;
}

static PyObject *
build_line(TerminalReporter *self, int is_collect_only)
{
    PyObject *parts = PyList_New(0);
    unsigned main_markup = 0;
    int status = -1;

    if (parts) {
        status = is_collect_only ? build_collect_only_parts(self, parts, &main_markup)
                                 : build_normal_parts(self, parts, &main_markup);
    }
    if (status < 0) {
        Py_XDECREF(parts);
        return NULL;
    }
    return Py_BuildValue("(Ns)", parts, markup_color_name(main_markup));
}

void
session_duration_add(struct text *out, double seconds)
{
    long whole = (long)seconds;

    text_add_format(out, "%.2fs", seconds);
    if (seconds < 60) {
        return;
    }
    text_add_string(out, " (");
    if (whole >= 86400) {
        text_add_format(out, "%ld day%s, ", whole / 86400, whole / 86400 == 1 ? "" : "s");
    }
    text_add_format(out, "%ld:%02ld:%02ld)", whole % 86400 / 3600, whole % 3600 / 60, whole % 60);
}

/* tw.markup(text, **dict) appended to the message; *extra_out counts the invisible characters. */
static int
add_marked(TerminalReporter *self, struct text *message, PyObject *text, PyObject *dict, Py_ssize_t *extra_out)
{
    PyObject *function = PyObject_GetAttrString(self->tw, "markup");
    PyObject *args = function ? PyTuple_Pack(1, text) : NULL;
    PyObject *marked = args ? PyObject_Call(function, args, dict) : NULL;
    int status = -1;

    if (marked) {
        *extra_out += PyUnicode_GetLength(marked) - PyUnicode_GetLength(text);
        status = text_add_object(message, marked);
    }
    Py_XDECREF(function);
    Py_XDECREF(args);
    Py_XDECREF(marked);
    return status;
}

static int
add_parts(TerminalReporter *self, struct text *message, PyObject *parts, Py_ssize_t *extra_out)
{
    Py_ssize_t count = PySequence_Size(parts);
    int status = count < 0 ? -1 : 0;

    for (Py_ssize_t i = 0; status == 0 && i < count; i++) {
        PyObject *part = PySequence_GetItem(parts, i);
        PyObject *text = part ? PySequence_GetItem(part, 0) : NULL;
        PyObject *dict = text ? PySequence_GetItem(part, 1) : NULL;
        text_add_string(message, i ? ", " : "");
        status = dict ? add_marked(self, message, text, dict, extra_out) : -1;
        Py_XDECREF(part);
        Py_XDECREF(text);
        Py_XDECREF(dict);
    }
    return status;
}

static int
add_duration(TerminalReporter *self, struct text *message, PyObject *markup, Py_ssize_t *extra_out)
{
    struct text duration = {0};
    PyObject *text = NULL;
    int status = -1;

    text_add_string(&duration, " in ");
    session_duration_add(&duration, state_now_s(self->engine->state) - self->session_start);
    text = py_text_from(&duration);
    if (text) {
        status = add_marked(self, message, text, markup, extra_out);
        Py_DECREF(text);
    }
    text_release(&duration);
    return status;
}

static int
write_stats_line(TerminalReporter *self, struct text *message, const char *color, Py_ssize_t extra, bool has_sep)
{
    PyObject *arguments = NULL;
    PyObject *kwargs = NULL;
    PyObject *function = NULL;
    PyObject *result = NULL;
    int has_markup = terminal_has_markup(self->tw);
    int width = terminal_width(self->tw);

    if (has_markup < 0 || width < 0) {
        return -1;
    }
    if (has_sep && has_markup) {
        /* The separator behind the text gets the main colour back. */
        size_t length = message->length;
        for (size_t i = 0; i < COUNT_OF(COLOR_NAMES); i++) {
            if (strcmp(COLOR_NAMES[i].name, color) == 0 &&
                terminal_add_markup(self->tw, message, "", 0, COLOR_NAMES[i].markup) == 0) {
                message->length -= 4;
            }
        }
        extra += (Py_ssize_t)(message->length - length);
    }
    kwargs = Py_BuildValue("{sO}", color, Py_True);
    function = PyObject_GetAttrString((PyObject *)self, has_sep ? "write_sep" : "write_line");
    if (kwargs && function) {
        PyObject *text = py_text_from(message);
        arguments = has_sep ? Py_BuildValue("(sNn)", "=", text, width + extra) : Py_BuildValue("(N)", text);
        result = arguments ? PyObject_Call(function, arguments, kwargs) : NULL;
    }
    Py_XDECREF(arguments);
    Py_XDECREF(kwargs);
    Py_XDECREF(function);
    return py_status_take(result);
}

static int
reporter_summary_stats(TerminalReporter *self)
{
    const struct verbosities *verbosities = reporter_verbosities(self);
    PyObject *line = NULL;
    PyObject *parts = NULL;
    PyObject *color = NULL;
    PyObject *markup = NULL;
    struct text message = {0};
    Py_ssize_t extra = 0;
    int verbosity = verbosities ? verbosities->main : 0;
    int status = -1;

    if (!verbosities || verbosity < -1) {
        return verbosities ? 0 : -1;
    }
    line = PyObject_CallMethod((PyObject *)self, "build_summary_stats_line", NULL);
    parts = line ? PySequence_GetItem(line, 0) : NULL;
    color = parts ? PySequence_GetItem(line, 1) : NULL;
    markup = color ? Py_BuildValue("{OO}", color, Py_True) : NULL;
    if (!markup || add_parts(self, &message, parts, &extra) < 0 || add_duration(self, &message, markup, &extra) < 0) {
        goto done;
    }
    const char *color_name = py_utf8(color);
    status = color_name ? write_stats_line(self, &message, color_name, extra, verbosity >= 0) : -1;
done:
    text_release(&message);
    Py_XDECREF(line);
    Py_XDECREF(parts);
    Py_XDECREF(color);
    Py_XDECREF(markup);
    return status;
}

/* ---- Methods ---- */

static PyObject *
method_add_stats(PyObject *op, PyObject *args)
{
    PyObject *category = NULL;
    PyObject *items = NULL;
    PyObject *borrowed_list = NULL;
    PyObject *result = NULL;

    if (!PyArg_ParseTuple(args, "OO:_add_stats", &category, &items)) {
        return NULL;
    }
    borrowed_list = category_list((TerminalReporter *)op, category);
    if (!borrowed_list) {
        return NULL;
    }
    Py_INCREF(borrowed_list);
    result = PyObject_CallMethod(borrowed_list, "extend", "O", items);
    Py_DECREF(borrowed_list);
    return result;
}

static PyObject *
method_build_summary_stats_line(PyObject *op, PyObject *Py_UNUSED(unused))
{
    TerminalReporter *self = (TerminalReporter *)op;
    int is_collect_only = option_is_true(self->engine, "collectonly");
    return is_collect_only < 0 ? NULL : build_line(self, is_collect_only);
}

static PyObject *
method_build_normal(PyObject *op, PyObject *Py_UNUSED(unused))
{
    return build_line((TerminalReporter *)op, 0);
}

static PyObject *
method_build_collect_only(PyObject *op, PyObject *Py_UNUSED(unused))
{
    return build_line((TerminalReporter *)op, 1);
}

static PyObject *
method_summary_stats(PyObject *op, PyObject *Py_UNUSED(unused))
{
    return py_none_or_error(reporter_summary_stats((TerminalReporter *)op));
}

static PyObject *
method_get_main_color(PyObject *op, PyObject *Py_UNUSED(unused))
{
    TerminalReporter *self = (TerminalReporter *)op;
    unsigned markup = reporter_main_markup(self);
    return markup ? Py_BuildValue("(sO)", markup_color_name(markup), self->known_types) : NULL;
}

static PyObject *
method_determine_main_color(PyObject *op, PyObject *unknown_type_seen)
{
    int has_unknown = PyObject_IsTrue(unknown_type_seen);
    unsigned markup = has_unknown < 0 ? 0 : determine_main_markup((TerminalReporter *)op, has_unknown);
    return markup ? PyUnicode_FromString(markup_color_name(markup)) : NULL;
}

static PyObject *
method_set_main_color(PyObject *op, PyObject *Py_UNUSED(unused))
{
    return py_none_or_error(set_main_color((TerminalReporter *)op));
}

static PyObject *
method_reports_to_display(PyObject *op, PyObject *key)
{
    PyObject *function = py_import_attr("_pytest.terminal", "_reports_to_display");
    PyObject *result = function ? py_call2(function, op, key) : NULL;

    Py_XDECREF(function);
    return result;
}

PyMethodDef STATS_METHODS[] = {
    {"_add_stats", method_add_stats, METH_VARARGS, NULL},
    {"build_summary_stats_line", method_build_summary_stats_line, METH_NOARGS,
     "build_summary_stats_line($self)\n--\n\n"
     "The parts of the last line as [(text, markup)], and its colour."},
    {"_build_normal_summary_stats_line", method_build_normal, METH_NOARGS,
     "_build_normal_summary_stats_line($self)\n--\n\n"},
    {"_build_collect_only_summary_stats_line", method_build_collect_only, METH_NOARGS,
     "_build_collect_only_summary_stats_line($self)\n--\n\n"},
    {"summary_stats", method_summary_stats, METH_NOARGS, "summary_stats($self)\n--\n\n"},
    {"_get_main_color", method_get_main_color, METH_NOARGS, "_get_main_color($self)\n--\n\n"},
    {"_determine_main_color", method_determine_main_color, METH_O, NULL},
    {"_set_main_color", method_set_main_color, METH_NOARGS, "_set_main_color($self)\n--\n\n"},
    {"_get_reports_to_display", method_reports_to_display, METH_O, NULL},
    PY_END_METHOD,
};
