/* While tests run: the file names, letters, verbose lines and the progress at their right. */
#include <string.h>

#include "plugins/terminal/reporter.h"

/* ---- Style ---- */

static int
is_capturing(TerminalReporter *self)
{
    PyObject *capture = option_get(self->engine, "capture");
    int answer = capture ? capture != Py_None && !py_text_equals(capture, "no") : -1;

    Py_XDECREF(capture);
    return answer;
}

static const struct {
    const char *name;
    enum progress_style style;
} STYLES[] = {
    {"progress", PROGRESS_PERCENT}, {"progress-even-when-capture-no", PROGRESS_PERCENT},
    {"count", PROGRESS_COUNT},      {"times", PROGRESS_TIMES},
    {"classic", PROGRESS_NONE},
};

/* No progress among output of tests, unless asked for, nor among the lines of --setup-show. */
int
reporter_read_progress_style(TerminalReporter *self)
{
    PyObject *style = ini_get(self->engine, "console_output_style");
    int captures = style ? is_capturing(self) : -1;
    int shows_setup = captures < 0 ? -1 : option_is_true(self->engine, "setupshow");

    self->progress = PROGRESS_NONE;
    if (shows_setup == 0 && (captures || py_text_equals(style, "progress-even-when-capture-no"))) {
        for (size_t i = 0; i < COUNT_OF(STYLES); i++) {
            if (py_text_equals(style, STYLES[i].name)) {
                self->progress = STYLES[i].style;
            }
        }
    }
    Py_XDECREF(style);
    return shows_setup < 0 ? -1 : 0;
}

/* ---- The progress itself ---- */

static int
decimal_width(long number)
{
    int width = 1;
    for (; number >= 10; number /= 10) {
        width++;
    }
    return width;
}

static int
times_message_add(TerminalReporter *self, struct text *out)
{
    PyObject *function = py_import_attr("_pytest.terminal", "_times_message");
    PyObject *message = function ? py_call1(function, (PyObject *)self) : NULL;
    int status = message ? text_add_object(out, message) : -1;

    Py_XDECREF(function);
    Py_XDECREF(message);
    return status;
}

static int
native_message_add(TerminalReporter *self, struct text *out)
{
    long collected = reporter_tests_collected(self);
    long reported = (long)PySet_Size(self->progress_nodeids);

    if (collected < 0) {
        return -1;
    }
    if (self->progress == PROGRESS_TIMES) {
        return collected ? times_message_add(self, out) : 0;
    }
    if (self->progress == PROGRESS_COUNT) {
        text_add_format(out, collected ? " [%*ld/%ld]" : " [ %*ld / %ld ]", decimal_width(collected),
                        collected ? reported : collected, collected);
    } else if (collected) {
        text_add_format(out, " [%3ld%%]", reported * 100 / collected);
    } else {
        text_add_string(out, " [100%]");
    }
    return 0;
}

static int
message_add(TerminalReporter *self, struct text *out)
{
    PyObject *message = NULL;
    int status = -1;

    if (reporter_is_plain(self)) {
        return native_message_add(self, out);
    }
    message = PyObject_CallMethod((PyObject *)self, "_get_progress_information_message", NULL);
    if (message) {
        status = text_add_object(out, message);
        Py_DECREF(message);
    }
    return status;
}

static int
fill_progress(TerminalReporter *self)
{
    unsigned color = reporter_main_markup(self);
    struct text message = {0};
    struct text line = {0};
    int status = -1;

    if (!color || message_add(self, &message) < 0) {
        goto done;
    }
    int current = terminal_current_width(self->tw);
    int width = terminal_width(self->tw);
    if (width < 0 || (current < 0 && PyErr_Occurred())) {
        goto done;
    }
    int fill = width - current - 1 - (int)message.length;
    text_add_repeated(&line, ' ', fill > 0 ? (size_t)fill : 0);
    text_add(&line, text_string(&message), message.length);
    status = terminal_write(self->tw, text_string(&line), line.length, color);
    if (status == 0) {
        status = terminal_flush_if_due(self->tw);
    }
done:
    text_release(&message);
    text_release(&line);
    return status;
}

static int
call_plainly(TerminalReporter *self, const char *method)
{
    return py_status_take(PyObject_CallMethod((PyObject *)self, method, NULL));
}

int
reporter_fill_progress(TerminalReporter *self)
{
    return reporter_is_plain(self) ? fill_progress(self)
                                   : call_plainly(self, "_write_progress_information_filling_space");
}

/* Room that the progress needs at the right end of a line. */
static int
progress_length(TerminalReporter *self)
{
    if (self->progress == PROGRESS_COUNT) {
        long collected = reporter_tests_collected(self);
        return collected < 0 ? -1 : (int)strlen(" [/]") + 2 * decimal_width(collected);
    }
    return (int)strlen(self->progress == PROGRESS_TIMES ? " 99h 59m" : " [100%]");
}

static int
write_progress_line(TerminalReporter *self)
{
    unsigned color = reporter_main_markup(self);
    struct text message = {0};
    int status = -1;

    if (color && message_add(self, &message) == 0) {
        text_add_char(&message, '\n');
        status = terminal_write(self->tw, message.bytes, message.length, color);
    }
    text_release(&message);
    return status;
}

/* After a letter: the line is full. The last 100 % is written when all is torn down. */
static int
progress_if_past_edge(TerminalReporter *self, bool asks_last)
{
    int width = terminal_current_width(self->tw);
    int needed = progress_length(self);
    int is_last = 0;

    if (needed < 0 || (width < 0 && PyErr_Occurred())) {
        return -1;
    }
    if (width + needed + 1 < self->screen_width) {
        return 0;
    }
    if (asks_last) {
        is_last = reporter_is_last_item(self);
    }
    return is_last ? (is_last < 0 ? -1 : 0) : write_progress_line(self);
}

/* ---- Reports ---- */

/* What pytest_report_teststatus() says. All new references. */
struct test_status {
    PyObject *category;
    PyObject *letter;
    PyObject *word;   /* str */
    PyObject *markup; /* dict; NULL: by outcome */
};

static void
test_status_release(struct test_status *status)
{
    Py_CLEAR(status->category);
    Py_CLEAR(status->letter);
    Py_CLEAR(status->word);
    Py_CLEAR(status->markup);
}

static int
test_status_ask(TerminalReporter *self, PyObject *report, struct test_status *status)
{
    PyObject *const args[] = {report, self->config};
    PyObject *answer = hook_call(self->engine->relay, HOOK_report_teststatus, args);
    PyObject *fields = answer ? PySequence_Tuple(answer) : NULL;
    int result = -1;

    Py_XDECREF(answer);
    if (!fields) {
        return -1;
    }
    if (PyTuple_Size(fields) != 3) {
        PyErr_Format(PyExc_TypeError, "pytest_report_teststatus() must return (category, letter, word), not %R",
                     fields);
        goto done;
    }
    status->category = py_tuple_item(fields, 0);
    status->letter = py_tuple_item(fields, 1);
    PyObject *borrowed_word = PyTuple_GetItem(fields, 2);
    if (!PyTuple_Check(borrowed_word)) {
        status->word = Py_NewRef(borrowed_word);
    } else if (PyTuple_Size(borrowed_word) == 2) {
        status->word = py_tuple_item(borrowed_word, 0);
        status->markup = py_tuple_item(borrowed_word, 1);
    } else {
        PyErr_Format(PyExc_ValueError, "expected (word, markup), not %R", borrowed_word);
        goto done;
    }
    result = 0;
done:
    Py_DECREF(fields);
    return result;
}

static int
attribute_is_true(PyObject *object, PyObject *name)
{
    PyObject *value = PyObject_GetAttr(object, name);
    int answer = value ? PyObject_IsTrue(value) : -1;

    Py_XDECREF(value);
    return answer;
}

static int
has_attribute(TerminalReporter *self, PyObject *object, PyObject *name)
{
    PyObject *value = NULL;
    int found = py_find_attr(self->engine->state, object, name, &value);

    Py_XDECREF(value);
    return found;
}

/* The colour of a letter or word. -1 with an exception. */
static int
outcome_markup(TerminalReporter *self, PyObject *report, unsigned *markup_out)
{
    const struct names *names = &self->engine->state->names;
    int is_passed = attribute_is_true(report, names->passed);
    int is_failed = is_passed ? 0 : attribute_is_true(report, names->failed);
    int was_xfail = is_passed > 0 ? has_attribute(self, report, names->wasxfail) : 0;

    if (is_passed < 0 || is_failed < 0 || was_xfail < 0) {
        return -1;
    }
    if (is_passed) {
        *markup_out = was_xfail ? MARKUP_YELLOW : MARKUP_GREEN;
    } else if (is_failed) {
        *markup_out = MARKUP_RED;
    } else {
        int is_skipped = attribute_is_true(report, names->skipped);
        if (is_skipped < 0) {
            return -1;
        }
        *markup_out = is_skipped ? MARKUP_YELLOW : 0;
    }
    return 0;
}

static int
write_letter(TerminalReporter *self, PyObject *letter, struct paint paint)
{
    if (write_painted_string(self->tw, letter, paint) < 0) {
        return -1;
    }
    if (self->progress == PROGRESS_NONE) {
        return 0;
    }
    if (reporter_is_plain(self)) {
        return progress_if_past_edge(self, true);
    }
    int is_last = reporter_is_last_item(self);
    return is_last ? (is_last < 0 ? -1 : 0) : call_plainly(self, "_write_progress_information_if_past_edge");
}

/* _locationline() of the report's test: a new str. */
static PyObject *
report_line(TerminalReporter *self, PyObject *report)
{
    const struct names *names = &self->engine->state->names;
    PyObject *nodeid = PyObject_GetAttr(report, names->nodeid);
    PyObject *location = nodeid ? PyObject_GetAttr(report, names->location) : NULL;
    PyObject *line = NULL;

    if (location && reporter_is_plain(self)) {
        line = location_line(self, nodeid, location);
    } else if (location) {
        PyObject *function = py_import_attr("_pytest.terminal", "_call_locationline");
        line = function ? py_call3(function, (PyObject *)self, nodeid, location) : NULL;
        Py_XDECREF(function);
    }
    Py_XDECREF(nodeid);
    Py_XDECREF(location);
    return line;
}

static int
write_reason(TerminalReporter *self, PyObject *report, int verbosity)
{
    PyObject *reason = raw_skip_reason(self->engine->state, report);
    PyObject *text = NULL;
    struct text formatted = {0};
    bool fits = true;
    int status = -1;

    if (!reason) {
        return -1;
    }
    if (verbosity < 2) {
        int room = terminal_width(self->tw) - terminal_current_width(self->tw) - (int)strlen(" [100%]") - 1;
        fits = trimmed_add(&formatted, " (", ")", reason, room);
    } else {
        text_add_string(&formatted, " (");
        fits = text_add_object(&formatted, reason) == 0;
        text_add_char(&formatted, ')');
    }
    status = PyErr_Occurred() ? -1 : 0;
    if (status == 0 && fits && PyUnicode_Check(reason) && PyUnicode_GetLength(reason)) {
        text = py_text_from(&formatted);
        status = text ? reporter_wrap_write(self, text) : -1;
    }
    text_release(&formatted);
    Py_XDECREF(text);
    Py_DECREF(reason);
    return status;
}

/* -v, where the test runs in this process. */
static int
write_verbose(TerminalReporter *self, PyObject *report, PyObject *line, PyObject *word, struct paint paint)
{
    const struct names *names = &self->engine->state->names;
    int has_reason = 0;

    if (reporter_write_ensure_prefix(self, line, word, paint) < 0) {
        return -1;
    }
    has_reason = attribute_is_true(report, names->skipped);
    if (!has_reason) {
        has_reason = has_attribute(self, report, names->wasxfail);
    }
    if (has_reason < 0 || (has_reason && write_reason(self, report, self->verbosities.test_cases) < 0)) {
        return -1;
    }
    return self->progress == PROGRESS_NONE ? 0 : reporter_fill_progress(self);
}

/* -v, where it ran in a worker: "[gw0] [ 10%] PASSED test". */
static int
write_remote(TerminalReporter *self, PyObject *node, PyObject *line, PyObject *word, struct paint paint)
{
    PyObject *gateway = PyObject_GetAttrString(node, "gateway");
    PyObject *id = gateway ? PyObject_GetAttrString(gateway, "id") : NULL;
    struct text text = {0};
    int status = -1;

    text_add_char(&text, '[');
    if (!id || text_add_object(&text, id) < 0 || reporter_ensure_newline(self) < 0) {
        goto done;
    }
    text_add_char(&text, ']');
    if (terminal_write(self->tw, text.bytes, text.length, 0) < 0) {
        goto done;
    }
    text_clear(&text);
    if (self->progress != PROGRESS_NONE && message_add(self, &text) < 0) {
        goto done;
    }
    text_add_char(&text, ' ');
    if (terminal_write(self->tw, text.bytes, text.length, self->progress == PROGRESS_NONE ? 0 : MARKUP_CYAN) < 0 ||
        write_painted_string(self->tw, word, paint) < 0 || terminal_write(self->tw, " ", 1, 0) < 0 ||
        write_painted_string(self->tw, line, (struct paint){0}) < 0) {
        goto done;
    }
    self->current_is_path = false;
    py_replace_take(&self->current, PyLong_FromLong(-2));
    status = 0;
done:
    text_release(&text);
    Py_XDECREF(gateway);
    Py_XDECREF(id);
    return status;
}

static int
write_word(TerminalReporter *self, PyObject *report, PyObject *word, struct paint paint)
{
    PyObject *line = report_line(self, report);
    PyObject *node = NULL;
    int is_remote = line ? py_find_attr(self->engine->state, report, self->engine->state->names.node, &node) : -1;
    int status = -1;

    if (is_remote == 0) {
        status = write_verbose(self, report, line, word, paint);
    } else if (is_remote > 0) {
        status = write_remote(self, node, line, word, paint);
    }
    Py_XDECREF(line);
    Py_XDECREF(node);
    return status;
}

static int
write_status(TerminalReporter *self, PyObject *report, const struct test_status *status)
{
    const struct verbosities *verbosities = NULL;
    PyObject *nodeid = PyObject_GetAttr(report, self->engine->state->names.nodeid);
    struct paint paint = {.dict = status->markup};

    if (!nodeid || PySet_Add(self->progress_nodeids, nodeid) < 0) {
        Py_XDECREF(nodeid);
        return -1;
    }
    Py_DECREF(nodeid);
    if (!paint.dict && outcome_markup(self, report, &paint.flags) < 0) {
        return -1;
    }
    verbosities = reporter_verbosities(self);
    if (!verbosities) {
        return -1;
    }
    return verbosities->test_cases <= 0 ? write_letter(self, status->letter, paint)
                                        : write_word(self, report, status->word, paint);
}

static int
report_any(TerminalReporter *self, PyObject *report)
{
    struct test_status status = {.category = NULL};
    int result = -1;

    if (test_status_ask(self, report, &status) < 0 || reporter_add_stats(self, status.category, report) < 0) {
        goto done;
    }
    int has_letter = PyObject_IsTrue(status.letter);
    int has_word = PyObject_IsTrue(status.word);
    if (has_letter < 0 || has_word < 0) {
        goto done;
    }
    result = has_letter || has_word ? write_status(self, report, &status) : 0;
    if (result == 0 && (has_letter || has_word)) {
        result = terminal_flush_if_due(self->tw);
    }
done:
    test_status_release(&status);
    return result;
}

/* Whether the built-ins' answer for the report is known without asking: a phase that simply passed. */
static bool
is_plain_pass(TerminalReporter *self, PyObject *op)
{
    Report *report = (Report *)op;

    return Py_TYPE(op) == run_types(self->engine->state)->test_report && !report->dict &&
           report->outcome == REPORT_PASSED && !report->outcome_text && report->phase != PHASE_COLLECT &&
           !report->when && hook_is_native(self->engine->relay, HOOK_report_teststatus) &&
           !PyDict_GetItem(PyImport_GetModuleDict(), self->engine->state->names._pytest_subtests);
}

static int
report_pass(TerminalReporter *self, Report *report)
{
    const struct names *names = &self->engine->state->names;
    const struct verbosities *verbosities = NULL;

    if (report->phase != PHASE_CALL) {
        return reporter_add_stats(self, names->empty, (PyObject *)report);
    }
    if (reporter_add_stats(self, names->passed, (PyObject *)report) < 0 ||
        PySet_Add(self->progress_nodeids, report->nodeid) < 0) {
        return -1;
    }
    verbosities = reporter_verbosities(self);
    if (!verbosities) {
        return -1;
    }
    if (verbosities->test_cases > 0) {
        if (write_word(self, (PyObject *)report, names->PASSED, (struct paint){.flags = MARKUP_GREEN}) < 0) {
            return -1;
        }
    } else if (terminal_write(self->tw, ".", 1, MARKUP_GREEN) < 0 ||
               (self->progress != PROGRESS_NONE && progress_if_past_edge(self, true) < 0)) {
        return -1;
    }
    return terminal_flush_if_due(self->tw);
}

PyObject *
hook_runtest_logreport(struct engine *Py_UNUSED(engine), PyObject *op, PyObject *const *args)
{
    TerminalReporter *self = (TerminalReporter *)op;
    PyObject *report = args[0];
    int status = 0;

    reporter_update_sharing(self);
    py_replace(&self->current_logreport, report);
    self->tests_ran = true;
    if (reporter_is_plain(self) && is_plain_pass(self, report)) {
        status = report_pass(self, (Report *)report);
    } else {
        status = report_any(self, report);
    }
    return py_none_or_error(status);
}

static int
start_verbose(TerminalReporter *self, PyObject *nodeid, PyObject *location)
{
    PyObject *line = NULL;
    int status = -1;

    if (reporter_is_plain(self)) {
        line = location_line(self, nodeid, location);
    } else {
        PyObject *function = py_import_attr("_pytest.terminal", "_call_locationline");
        line = function ? py_call3(function, (PyObject *)self, nodeid, location) : NULL;
        Py_XDECREF(function);
    }
    if (line) {
        status = reporter_write_ensure_prefix(self, line, NULL, (struct paint){0});
        Py_DECREF(line);
    }
    return status < 0 ? -1 : terminal_flush(self->tw);
}

PyObject *
hook_runtest_logstart(struct engine *Py_UNUSED(engine), PyObject *op, PyObject *const *args)
{
    TerminalReporter *self = (TerminalReporter *)op;
    const struct verbosities *verbosities = reporter_verbosities(self);
    int shows_path = 0;
    int status = 0;

    if (!verbosities) {
        return NULL;
    }
    reporter_update_sharing(self);
    if (verbosities->test_cases > 0) {
        status = start_verbose(self, args[0], args[1]);
    } else {
        shows_path = reporter_shows_fspath(self);
        if (shows_path <= 0) {
            return py_none_or_error(shows_path);
        }
        status = reporter_write_fspath_result(self, args[0], "", (struct paint){0});
        if (status == 0) {
            status = terminal_flush_if_due(self->tw);
        }
    }
    return py_none_or_error(status);
}

/* The last progress waits for the last teardown. Takes `result`. */
PyObject *
hook_after_runtestloop(struct engine *Py_UNUSED(engine), PyObject *op, PyObject *const *Py_UNUSED(args),
                       void *Py_UNUSED(memory), PyObject *result)
{
    TerminalReporter *self = (TerminalReporter *)op;
    const struct verbosities *verbosities = NULL;

    if (!result) {
        return NULL;
    }
    verbosities = reporter_verbosities(self);
    if (verbosities &&
        (verbosities->test_cases > 0 || self->progress == PROGRESS_NONE || PySet_Size(self->progress_nodeids) == 0)) {
        return result;
    }
    if (!verbosities || reporter_fill_progress(self) < 0 || terminal_flush(self->tw) < 0) {
        Py_DECREF(result);
        return NULL;
    }
    return result;
}

/* ---- Methods ---- */

static PyObject *
method_message(PyObject *op, PyObject *Py_UNUSED(unused))
{
    struct text text = {0};
    PyObject *message = native_message_add((TerminalReporter *)op, &text) < 0 ? NULL : py_text_from(&text);

    text_release(&text);
    return message;
}

static PyObject *
method_fill_progress(PyObject *op, PyObject *Py_UNUSED(unused))
{
    return py_none_or_error(fill_progress((TerminalReporter *)op));
}

static PyObject *
method_past_edge(PyObject *op, PyObject *Py_UNUSED(unused))
{
    return py_none_or_error(progress_if_past_edge((TerminalReporter *)op, false));
}

static PyObject *
method_determine_progress(PyObject *op, PyObject *Py_UNUSED(unused))
{
    TerminalReporter *self = (TerminalReporter *)op;
    enum progress_style before = self->progress;
    int status = reporter_read_progress_style(self);

    self->progress = status < 0 ? before : self->progress;
    return status < 0 ? NULL : PyObject_GetAttrString(op, "_show_progress_info");
}

static PyObject *
method_locationline(PyObject *op, PyObject *args)
{
    PyObject *nodeid = NULL;
    PyObject *fspath = NULL;
    PyObject *lineno = NULL;
    PyObject *domain = NULL;
    PyObject *location = NULL;
    PyObject *line = NULL;

    if (!PyArg_ParseTuple(args, "OOOO:_locationline", &nodeid, &fspath, &lineno, &domain)) {
        return NULL;
    }
    location = PyTuple_Pack(3, fspath, lineno, domain);
    line = location ? location_line((TerminalReporter *)op, nodeid, location) : NULL;
    Py_XDECREF(location);
    return line;
}

PyMethodDef PROGRESS_METHODS[] = {
    {"_get_progress_information_message", method_message, METH_NOARGS,
     "_get_progress_information_message($self)\n--\n\n"},
    {"_write_progress_information_filling_space", method_fill_progress, METH_NOARGS,
     "_write_progress_information_filling_space($self)\n--\n\n"},
    {"_write_progress_information_if_past_edge", method_past_edge, METH_NOARGS,
     "_write_progress_information_if_past_edge($self)\n--\n\n"},
    {"_determine_show_progress_info", method_determine_progress, METH_NOARGS,
     "_determine_show_progress_info($self)\n--\n\n"},
    {"_locationline", method_locationline, METH_VARARGS,
     "_locationline($self, nodeid, fspath, lineno, domain, /)\n--\n\n"},
    PY_END_METHOD,
};
