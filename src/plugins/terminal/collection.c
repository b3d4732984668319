/* What is shown of the collection: the counting line, --collect-only, what hooks say at its end. */
#include <string.h>

#include "plugins/terminal/reporter.h"
#include "py/clock.h"

/* A terminal's counting line is renewed this often. */
static const double COLLECT_REPORT_SECONDS = 0.5;

/* `_pytest.terminal.REPORT_COLLECTING_RESOLUTION`, where somebody may have changed it. */
static double
collect_report_seconds(void)
{
    PyObject *module = py_find_module("_pytest.terminal");
    PyObject *value = module ? PyObject_GetAttrString(module, "REPORT_COLLECTING_RESOLUTION") : NULL;
    double seconds = value ? PyFloat_AsDouble(value) : COLLECT_REPORT_SECONDS;

    Py_XDECREF(module);
    Py_XDECREF(value);
    if (PyErr_Occurred()) {
        PyErr_Clear(); /* the module is being imported, or it is no number: not worth a failure */
        return COLLECT_REPORT_SECONDS;
    }
    return seconds;
}

PyObject *
hook_collection(struct engine *Py_UNUSED(engine), PyObject *op, PyObject *const *Py_UNUSED(args))
{
    static const char TEXT[] = "collecting ... ";
    TerminalReporter *self = (TerminalReporter *)op;
    const struct verbosities *verbosities = reporter_verbosities(self);

    if (!verbosities) {
        return NULL;
    }
    if (verbosities->main >= (self->is_terminal ? 0 : 1) &&
        (terminal_write(self->tw, TEXT, strlen(TEXT), MARKUP_BOLD) < 0 || terminal_flush(self->tw) < 0)) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static void
collected_line(TerminalReporter *self, bool is_final, struct text *line)
{
    long errors = (long)reporter_count_stats(self, "error");
    long skipped = (long)reporter_count_stats(self, "skipped");
    long deselected = (long)reporter_count_stats(self, "deselected");

    text_add_format(line, "%s %ld item%s", is_final ? "collected" : "collecting", self->collected_count,
                    self->collected_count == 1 ? "" : "s");
    if (errors) {
        text_add_format(line, " / %ld error%s", errors, errors == 1 ? "" : "s");
    }
    if (deselected) {
        text_add_format(line, " / %ld deselected", deselected);
    }
    if (skipped) {
        text_add_format(line, " / %ld skipped", skipped);
    }
    if (deselected > 0) {
        text_add_format(line, " / %ld selected", self->collected_count - deselected);
    }
}

static int
report_collect(TerminalReporter *self, bool is_final)
{
    const struct verbosities *verbosities = reporter_verbosities(self);
    struct text line = {0};
    int status = 0;

    if (!verbosities || verbosities->main < 0) {
        return verbosities ? 0 : -1;
    }
    if (!is_final) {
        double now = state_now_s(self->engine->state);
        if (now - self->collect_report_time < collect_report_seconds()) {
            return 0;
        }
        self->collect_report_time = now;
    }
    collected_line(self, is_final, &line);
    if (self->is_terminal) {
        status = reporter_rewrite(self, line.bytes, line.length, MARKUP_BOLD);
        if (status == 0 && is_final) {
            status = terminal_write(self->tw, "\n", 1, 0);
        }
        if (status == 0) {
            status = terminal_show(self->tw);
        }
    } else {
        status = reporter_write_line(self, line.bytes, line.length, 0);
    }
    text_release(&line);
    return status;
}

/* self.report_collect(final), which plugins override. */
static int
call_report_collect(TerminalReporter *self, bool is_final)
{
    PyObject *result = NULL;

    if (reporter_is_plain(self)) {
        return report_collect(self, is_final);
    }
    result = is_final ? PyObject_CallMethod((PyObject *)self, "report_collect", "O", Py_True)
                      : PyObject_CallMethod((PyObject *)self, "report_collect", NULL);
    return py_status_take(result);
}

/* Items among what a collector found. -1 with an exception. */
static long
count_items(TerminalReporter *self, PyObject *result)
{
    struct state *state = self->engine->state;
    Py_ssize_t size = 0;
    long count = 0;

    if (!result || result == Py_None) {
        return 0;
    }
    size = PySequence_Size(result);
    for (Py_ssize_t i = 0; i < size; i++) {
        PyObject *node = PySequence_GetItem(result, i);
        if (!node) {
            return -1;
        }
        count += node_check(state, node) && (((Node *)node)->kind & NODE_ITEM);
        Py_DECREF(node);
    }
    return size < 0 ? -1 : count;
}

static int
attribute_is_true(PyObject *object, const char *name)
{
    PyObject *value = PyObject_GetAttrString(object, name);
    int answer = value ? PyObject_IsTrue(value) : -1;

    Py_XDECREF(value);
    return answer;
}

/* The category that a collection report is counted under; NULL: none. -1 with an exception. */
static int
report_category(TerminalReporter *self, PyObject *report, PyObject **category_out)
{
    const struct names *names = &self->engine->state->names;
    int is_it = 0;

    *category_out = NULL;
    if (Py_TYPE(report) == run_types(self->engine->state)->collect_report &&
        ((Report *)report)->outcome == REPORT_PASSED) {
        return 0;
    }
    is_it = attribute_is_true(report, "failed");
    if (is_it) {
        *category_out = names->error;
        return is_it < 0 ? -1 : 0;
    }
    is_it = attribute_is_true(report, "skipped");
    if (is_it) {
        *category_out = names->skipped;
    }
    return is_it < 0 ? -1 : 0;
}

PyObject *
hook_collectreport(struct engine *Py_UNUSED(engine), PyObject *op, PyObject *const *args)
{
    TerminalReporter *self = (TerminalReporter *)op;
    PyObject *borrowed_category = NULL;
    PyObject *result = NULL;
    long count = 0;

    if (report_category(self, args[0], &borrowed_category) < 0 ||
        (borrowed_category && reporter_add_stats(self, borrowed_category, args[0]) < 0)) {
        return NULL;
    }
    result = PyObject_GetAttrString(args[0], "result");
    count = result ? count_items(self, result) : -1;
    Py_XDECREF(result);
    if (count < 0) {
        return NULL;
    }
    self->collected_count += count;
    if (self->is_terminal && call_report_collect(self, false) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyObject *
hook_deselected(struct engine *engine, PyObject *op, PyObject *const *args)
{
    return PyObject_CallMethod(op, "_add_stats", "OO", engine->state->names.deselected, args[0]);
}

/* ---- --collect-only ---- */

static int
write_object(TerminalReporter *self, PyObject *object, size_t indent)
{
    struct text line = {0};
    int status = -1;

    text_add_repeated(&line, ' ', indent);
    if (text_add_object(&line, object) == 0) {
        status = terminal_line(self->tw, text_string(&line), line.length, 0);
    }
    text_release(&line);
    return status;
}

static int
call_helper(TerminalReporter *self, const char *name, PyObject *argument, Py_ssize_t indent)
{
    PyObject *function = py_import_attr("_pytest.terminal", name);
    PyObject *result = function ? PyObject_CallFunction(function, "OOn", (PyObject *)self, argument, indent) : NULL;

    Py_XDECREF(function);
    return py_status_take(result);
}

/* Collectors (and the item) below those that the line above shares with it. */
static int
print_new_nodes(TerminalReporter *self, PyObject *chain, PyObject *stack)
{
    Py_ssize_t shared = 0;
    Py_ssize_t depth = PyList_Size(stack);
    Py_ssize_t count = PyList_Size(chain);
    int status = 0;

    /* chain[0] is the session, which is not shown. */
    while (shared < depth && shared + 1 < count && PyList_GetItem(stack, shared) == PyList_GetItem(chain, shared + 1)) {
        shared++;
    }
    if (PyList_SetSlice(stack, shared, depth, NULL) < 0) {
        return -1;
    }
    for (Py_ssize_t i = shared + 1; status == 0 && i < count; i++) {
        PyObject *node = py_list_item(chain, i);
        size_t indent = (size_t)PyList_Size(stack) * 2;
        status = PyList_Append(stack, node);
        if (status == 0) {
            status = write_object(self, node, indent);
        }
        if (status == 0 && self->verbosities.test_cases >= 1) {
            status = call_helper(self, "_print_doc", node, (Py_ssize_t)indent + 2);
        }
        Py_DECREF(node);
    }
    return status;
}

static int
print_tree(TerminalReporter *self, PyObject *items)
{
    PyObject *stack = PyList_New(0);
    Py_ssize_t count = PySequence_Size(items);
    int status = stack && count >= 0 ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < count; i++) {
        PyObject *item = PySequence_GetItem(items, i);
        PyObject *chain = item ? PyObject_CallMethod(item, "listchain", NULL) : NULL;
        status = chain && PyList_Check(chain) ? print_new_nodes(self, chain, stack) : -1;
        Py_XDECREF(item);
        Py_XDECREF(chain);
    }
    Py_XDECREF(stack);
    return status;
}

static int
print_node_ids(TerminalReporter *self, PyObject *items)
{
    Py_ssize_t count = PySequence_Size(items);
    int status = count < 0 ? -1 : 0;

    for (Py_ssize_t i = 0; status == 0 && i < count; i++) {
        PyObject *item = PySequence_GetItem(items, i);
        PyObject *nodeid = item ? PyObject_GetAttrString(item, "nodeid") : NULL;
        status = nodeid ? write_object(self, nodeid, 0) : -1;
        Py_XDECREF(item);
        Py_XDECREF(nodeid);
    }
    return status;
}

static int
print_items(TerminalReporter *self, PyObject *items)
{
    const struct verbosities *verbosities = reporter_verbosities(self);

    if (!verbosities) {
        return -1;
    }
    if (verbosities->test_cases < -1) {
        return call_helper(self, "_print_counts", items, 0);
    }
    return verbosities->test_cases < 0 ? print_node_ids(self, items) : print_tree(self, items);
}

static bool
has_indexed_items(const struct indexed_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (files[i].file->selected_count) {
            return true;
        }
    }
    return false;
}

static int
print_indexed_ids(TerminalReporter *self, const struct discovered_file *file)
{
    struct text line = {0};
    int status = 0;

    for (size_t i = 0; status == 0 && i < file->selected_count; i++) {
        text_clear(&line);
        discovered_id_add(file, &file->selected[i], &line);
        status = terminal_line(self->tw, text_string(&line), line.length, 0);
    }
    text_release(&line);
    return status;
}

static int
compare_nodeids(const void *left, const void *right)
{
    const struct indexed_file *one = left;
    const struct indexed_file *other = right;
    return strcmp(one->file->nodeid, other->file->nodeid);
}

/* "path: 3" of each, sorted. */
static int
print_indexed_counts(TerminalReporter *self, const struct indexed_file *files, size_t count)
{
    struct indexed_file *sorted = memory_alloc((count + 1) * sizeof *sorted);
    struct text line = {0};
    int status = 0;

    memcpy(sorted, files, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_nodeids);
    for (size_t i = 0; status == 0 && i < count; i++) {
        const struct discovered_file *file = sorted[i].file;
        if (file->selected_count) {
            text_clear(&line);
            text_add_format(&line, "%s: %zu", file->nodeid, file->selected_count);
            status = terminal_line(self->tw, text_string(&line), line.length, 0);
        }
    }
    text_release(&line);
    memory_free(sorted);
    return status;
}

/* One line of the tree: "  <Class TestB>". */
static int
print_indexed_node(TerminalReporter *self, size_t indent, const char *type, const char *name, size_t length)
{
    struct text line = {0};

    text_add_repeated(&line, ' ', indent);
    text_add_format(&line, "<%s ", type);
    text_add(&line, name, length);
    text_add_char(&line, '>');
    int status = terminal_line(self->tw, text_string(&line), line.length, 0);
    text_release(&line);
    return status;
}

/* The classes of a test that the one before did not share; only the innermost can be a unittest's. */
static int
print_indexed_classes(TerminalReporter *self, size_t indent, const char *classes, const char *before, bool is_unittest)
{
    const char *at = classes;
    bool is_shared = true;
    int status = 0;

    for (; status == 0 && *at; indent += 2) {
        const char *end = strstr(at, "::");
        size_t length = end ? (size_t)(end - at) : strlen(at);
        size_t path_length = (size_t)(at - classes) + length;
        is_shared = is_shared && strncmp(classes, before, path_length) == 0 &&
                    (before[path_length] == '\0' || strncmp(before + path_length, "::", 2) == 0);
        if (!is_shared) {
            status = print_indexed_node(self, indent, is_unittest && !end ? "UnitTestCase" : "Class", at, length);
        }
        at += length + (end ? 2 : 0);
    }
    return status;
}

static size_t
class_depth(const char *classes)
{
    size_t depth = *classes != '\0';

    for (const char *at = strstr(classes, "::"); at; at = strstr(at + 2, "::")) {
        depth++;
    }
    return depth;
}

static int
print_indexed_tests(TerminalReporter *self, size_t indent, const struct discovered_file *file)
{
    const struct found_file *found = file->found;
    const struct found_function *functions = blob_at(found, found->functions.first);
    const char *before = "";
    struct text name = {0};
    int status = 0;

    for (size_t i = 0; status == 0 && i < file->selected_count; i++) {
        const struct found_function *function = &functions[file->selected[i].function];
        const char *classes = blob_text(found, function->classes);
        bool is_unittest = function->flags & TEST_UNITTEST;
        const struct found_details *details = found_details(found, function);
        const blob_offset *ids = blob_at(found, details->ids.first);
        text_clear(&name);
        text_add_string(&name, blob_text(found, function->name));
        if (details->ids.count) {
            text_add_format(&name, "[%s]", blob_text(found, ids[file->selected[i].id]));
        }
        status = print_indexed_classes(self, indent, classes, before, is_unittest);
        if (status == 0) {
            status = print_indexed_node(self, indent + 2 * class_depth(classes),
                                        is_unittest ? "TestCaseFunction" : "Function", name.bytes, name.length);
        }
        before = classes;
    }
    text_release(&name);
    return status;
}

/* What print_items() prints, of tests that were not collected. */
static int
print_indexed(TerminalReporter *self, const struct indexed_file *files, size_t count)
{
    const struct verbosities *verbosities = reporter_verbosities(self);
    PyObject *stack = verbosities && verbosities->test_cases >= 0 ? PyList_New(0) : NULL;
    int status = verbosities && (stack || verbosities->test_cases < 0) ? 0 : -1;

    if (status == 0 && verbosities->test_cases < -1) {
        return print_indexed_counts(self, files, count);
    }
    for (size_t i = 0; status == 0 && i < count; i++) {
        if (!files[i].file->selected_count) {
            continue;
        }
        if (!stack) {
            status = print_indexed_ids(self, files[i].file);
            continue;
        }
        PyObject *chain = PyObject_CallMethod((PyObject *)files[i].node, "listchain", NULL);
        status = chain && PyList_Check(chain) ? print_new_nodes(self, chain, stack) : -1;
        if (status == 0) {
            status = print_indexed_tests(self, (size_t)PyList_Size(stack) * 2, files[i].file);
        }
        Py_XDECREF(chain);
    }
    Py_XDECREF(stack);
    return status;
}

static int
call_print_items(TerminalReporter *self, PyObject *items)
{
    PyObject *result = NULL;

    if (reporter_is_plain(self)) {
        return print_items(self, items);
    }
    result = PyObject_CallMethod((PyObject *)self, "_printcollecteditems", "O", items);
    return py_status_take(result);
}

static int
print_collection_failures(TerminalReporter *self)
{
    PyObject *failed = reporter_find_stats(self, "failed");
    Py_ssize_t count = failed ? PySequence_Size(failed) : 0;
    int status = count < 0 ? -1 : 0;

    if (count > 0) {
        status = terminal_sep(self->tw, '!', "collection failures", 0);
    }
    for (Py_ssize_t i = 0; status == 0 && i < count; i++) {
        PyObject *report = PySequence_GetItem(failed, i);
        PyObject *result = report ? PyObject_CallMethod(report, "toterminal", "O", self->tw) : NULL;
        status = result ? 0 : -1;
        Py_XDECREF(report);
        Py_XDECREF(result);
    }
    Py_XDECREF(failed);
    return status;
}

static int
print_collect_only(TerminalReporter *self, PyObject *items)
{
    const struct verbosities *verbosities = reporter_verbosities(self);
    size_t indexed_count = 0;
    const struct indexed_file *indexed = session_indexed_files(self->engine, &indexed_count);
    int has_items = indexed ? has_indexed_items(indexed, indexed_count) : PyObject_IsTrue(items);

    if (!verbosities || has_items < 0) {
        return -1;
    }
    if (has_items) {
        if (verbosities->main > -1 && terminal_line(self->tw, "", 0, 0) < 0) {
            return -1;
        }
        if (indexed ? print_indexed(self, indexed, indexed_count) < 0 : call_print_items(self, items) < 0) {
            return -1;
        }
    }
    return print_collection_failures(self);
}

PyObject *
hook_collection_finish(struct engine *engine, PyObject *op, PyObject *const *args)
{
    TerminalReporter *self = (TerminalReporter *)op;
    PyObject *items = NULL;
    PyObject *lines = NULL;
    int status = -1;
    size_t left_out_count = session_uncollected_count(engine);

    self->collected_count += (long)left_out_count - self->left_out_count;
    self->left_out_count = (long)left_out_count;
    if (call_report_collect(self, true) < 0 || terminal_show(self->tw) < 0) {
        return NULL;
    }
    items = PyObject_GetAttrString(args[0], "items");
    if (items) {
        PyObject *const hook_args[] = {self->config, config_invocation_dir(engine), items};
        lines = hook_call(engine->relay, HOOK_report_collectionfinish, hook_args);
    }
    if (lines && reporter_write_hook_lines(self, lines) == 0) {
        status = option_is_true(engine, "collectonly");
        if (status > 0) {
            status = print_collect_only(self, items);
        }
    }
    if (status == 0) {
        status = terminal_show(self->tw);
    }
    Py_XDECREF(items);
    Py_XDECREF(lines);
    return py_none_or_error(status);
}

/* ---- Methods ---- */

static PyObject *
method_report_collect(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"final", NULL};
    PyObject *values[1];
    int is_final = 0;

    if (py_unpack_tuple("report_collect", args, kwargs, NAMES, 1, 0, values) < 0) {
        return NULL;
    }
    is_final = values[0] ? PyObject_IsTrue(values[0]) : 0;
    if (is_final < 0 || report_collect((TerminalReporter *)op, is_final) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
method_printcollecteditems(PyObject *op, PyObject *items)
{
    return py_none_or_error(print_items((TerminalReporter *)op, items));
}

PyMethodDef COLLECTION_METHODS[] = {
    {"report_collect", PY_WITH_KEYWORDS(method_report_collect), "report_collect($self, final=False)\n--\n\n"},
    {"_printcollecteditems", method_printcollecteditems, METH_O, NULL},
    PY_END_METHOD,
};
