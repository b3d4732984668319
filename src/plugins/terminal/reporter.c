/* TerminalReporter: the type, its attributes, and where it begins. */
#include <string.h>

#include "plugins/terminal/reporter.h"
#include "py/clock.h"

static void reporter_dealloc(PyObject *op);

bool
reporter_is_plain(TerminalReporter *self)
{
    return PyType_GetSlot(Py_TYPE((PyObject *)self), Py_tp_dealloc) == (void *)reporter_dealloc &&
           (!self->dict || PyDict_Size(self->dict) == 0);
}

const struct verbosities *
reporter_verbosities(TerminalReporter *self)
{
    struct verbosities *verbosities = &self->verbosities;
    unsigned generation = option_generation(self->engine) + 1;

    if (verbosities->generation != generation) {
        verbosities->main = (int)option_int(self->engine, "verbose", 0);
        verbosities->test_cases = config_verbosity(self->engine, "test_cases");
        if (PyErr_Occurred()) {
            return NULL;
        }
        verbosities->generation = generation;
    }
    return verbosities;
}

/* Hooks that run around a test while output is not captured. */
static const enum hook_id HOOKS_AROUND_TESTS[] = {
    HOOK_runtest_protocol,  HOOK_runtest_logstart, HOOK_runtest_logfinish,  HOOK_runtest_setup,
    HOOK_runtest_call,      HOOK_runtest_teardown, HOOK_runtest_makereport, HOOK_runtest_logreport,
    HOOK_report_teststatus, HOOK_warning_recorded, HOOK_exception_interact,
};

void
reporter_update_sharing(TerminalReporter *self)
{
    unsigned generation = hook_generation(self->engine) + 1;
    bool is_shared = false;

    if (self->shared_generation == generation) {
        return;
    }
    for (size_t i = 0; !is_shared && i < COUNT_OF(HOOKS_AROUND_TESTS); i++) {
        is_shared = !hook_is_native(self->engine->relay, HOOKS_AROUND_TESTS[i]);
    }
    terminal_set_shared(self->tw, is_shared);
    self->shared_generation = generation;
}

int
reporter_shows_fspath(TerminalReporter *self)
{
    const struct verbosities *verbosities = NULL;

    if (self->shows_fspath >= 0) {
        return self->shows_fspath;
    }
    verbosities = reporter_verbosities(self);
    return verbosities ? verbosities->test_cases >= 0 : -1;
}

bool
reporter_has_option(TerminalReporter *self, char letter)
{
    const char *letters = self->reportchars && PyUnicode_Check(self->reportchars) ? py_utf8(self->reportchars) : NULL;

    if (!letters) {
        PyErr_Clear(); /* what a plugin put there holds no letter of ours */
        return false;
    }
    return letter && strchr(letters, letter) != NULL;
}

/* ---- Options that are read once ---- */

static void
add_report_letter(struct text *letters, char letter)
{
    if (letter == 'F' || letter == 'S') {
        letter = (char)(letter + ('a' - 'A')); /* old names */
    }
    if (letter == 'a' || letter == 'A' || letter == 'N') {
        text_clear(letters);
        text_add_string(letters, letter == 'a' ? "sxXEf" : letter == 'A' ? "PpsxXEf" : "");
    } else if (!strchr(text_string(letters), letter)) {
        text_add_char(letters, letter);
    }
}

/* getreportopt(config): a new str. */
static PyObject *
report_letters(struct engine *engine)
{
    PyObject *option = option_get(engine, "reportchars");
    int hides_warnings = option_is_true(engine, "disable_warnings");
    struct text given = {0};
    struct text letters = {0};
    struct text all = {0};
    PyObject *result = NULL;

    if (!option || hides_warnings < 0 || (option != Py_None && text_add_object(&given, option) < 0)) {
        goto done;
    }
    for (size_t i = 0; i < given.length; i++) {
        add_report_letter(&letters, given.bytes[i]);
    }
    bool has_warnings = strchr(text_string(&letters), 'w') != NULL;
    if (!hides_warnings && !has_warnings) {
        text_add_char(&all, 'w');
    }
    for (size_t i = 0; i < letters.length; i++) {
        if (!hides_warnings || letters.bytes[i] != 'w') {
            text_add_char(&all, letters.bytes[i]);
        }
    }
    result = py_text_from(&all);
done:
    text_release(&given);
    text_release(&letters);
    text_release(&all);
    Py_XDECREF(option);
    return result;
}

static int
set_by_option(struct engine *engine, PyObject *writer, const char *option, const char *attribute)
{
    PyObject *value = option_get(engine, option);
    int status = value ? 0 : -1;

    if (py_text_equals(value, "yes")) {
        status = PyObject_SetAttrString(writer, attribute, Py_True);
    } else if (py_text_equals(value, "no")) {
        status = PyObject_SetAttrString(writer, attribute, Py_False);
    }
    Py_XDECREF(value);
    return status;
}

/* create_terminal_writer(config, file): a new reference. */
static PyObject *
writer_for(struct engine *engine, PyObject *file)
{
    PyObject *writer = terminal_writer_new(engine->state, file);

    if (writer && (set_by_option(engine, writer, "color", "hasmarkup") < 0 ||
                   set_by_option(engine, writer, "code_highlight", "code_highlight") < 0)) {
        Py_CLEAR(writer);
    }
    return writer;
}

PyObject *
function_create_terminal_writer(PyObject *Py_UNUSED(module), PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"config", "file", NULL};
    PyObject *values[2];

    if (py_unpack_tuple("create_terminal_writer", args, kwargs, NAMES, 2, 1, values) < 0) {
        return NULL;
    }
    return writer_for(engine_from_config(values[0]), values[1]);
}

/* ---- CallableBool: isatty is an attribute by mistake, and callers use it both ways ---- */

typedef struct {
    PyObject_HEAD
    bool value;
} CallableBool;

static PyObject *
callable_bool_new(struct state *state, bool value)
{
    CallableBool *self = (CallableBool *)py_new_instance(terminal_types(state)->callable_bool);

    if (self) {
        self->value = value;
    }
    return (PyObject *)self;
}

static int
callable_bool_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"value", NULL};
    PyObject *values[1];
    int is_true = 0;

    if (py_unpack_tuple("CallableBool", args, kwargs, NAMES, 1, 1, values) < 0) {
        return -1;
    }
    is_true = PyObject_IsTrue(values[0]);
    ((CallableBool *)op)->value = is_true > 0;
    return is_true < 0 ? -1 : 0;
}

static int
callable_bool_is_true(PyObject *op)
{
    return ((CallableBool *)op)->value;
}

static PyObject *
callable_bool_call(PyObject *op, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    return PyBool_FromLong(((CallableBool *)op)->value);
}

static void
callable_bool_dealloc(PyObject *op)
{
    py_free_instance(op);
}

static PyType_Slot CALLABLE_BOOL_SLOTS[] = {
    PY_SLOT(tp_doc, "A bool-like object that can also be called, returning its true/false value."),
    PY_SLOT(tp_init, callable_bool_init),
    PY_SLOT(tp_call, callable_bool_call),
    PY_SLOT(nb_bool, callable_bool_is_true),
    PY_SLOT(tp_dealloc, callable_bool_dealloc),
    PY_END_SLOT,
};

static PyType_Spec CALLABLE_BOOL_SPEC = {
    .name = "_pytest.compat.CallableBool",
    .basicsize = sizeof(CallableBool),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = CALLABLE_BOOL_SLOTS,
};

/* ---- Beginning ---- */

static int
file_is_terminal(PyObject *file)
{
    PyObject *answer = PyObject_CallMethod(file, "isatty", NULL);
    int is_terminal = answer ? PyObject_IsTrue(answer) : -1;

    Py_XDECREF(answer);
    return is_terminal;
}

static int
make_parts(TerminalReporter *self, PyObject *file)
{
    struct engine *engine = self->engine;
    int is_terminal = file_is_terminal(file);

    if (is_terminal < 0) {
        return -1;
    }
    self->is_terminal = is_terminal;
    py_replace_take(&self->isatty, callable_bool_new(engine->state, is_terminal));
    py_replace_take(&self->stats, PyDict_New());
    py_replace_take(&self->progress_nodeids, PySet_New(NULL));
    py_replace_take(&self->timing_nodeids, PySet_New(NULL));
    py_replace_take(&self->reportchars, report_letters(engine));
    py_replace_take(&self->foldskipped, option_get(engine, "fold_skipped"));
    py_replace_take(&self->tw, writer_for(engine, file));
    if (!self->isatty || !self->stats || !self->progress_nodeids || !self->timing_nodeids || !self->reportchars ||
        !self->foldskipped || !self->tw) {
        return -1;
    }
    self->has_markup = terminal_has_markup(self->tw);
    self->screen_width = terminal_width(self->tw);
    self->collect_report_time = state_now_s(self->engine->state);
    return reporter_read_progress_style(self);
}

static int
reporter_start(TerminalReporter *self, PyObject *config, PyObject *file)
{
    PyObject *borrowed_file = file && file != Py_None ? file : PySys_GetObject("stdout");
    PyObject *owned_file = Py_XNewRef(borrowed_file);
    int status = -1;

    py_replace(&self->config, config);
    self->engine = engine_from_config(config);
    self->shows_fspath = -1;
    self->displayed_warnings = -1;
    self->session_start = state_now_s(self->engine->state);
    if (owned_file) {
        status = make_parts(self, owned_file);
    } else {
        PyErr_SetString(PyExc_RuntimeError, "lost sys.stdout");
    }
    Py_XDECREF(owned_file);
    return status;
}

static int
reporter_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"config", "file", NULL};
    PyObject *values[2];

    if (py_unpack_tuple("TerminalReporter", args, kwargs, NAMES, 2, 1, values) < 0) {
        return -1;
    }
    return reporter_start((TerminalReporter *)op, values[0], values[1]);
}

PyObject *
reporter_new(struct engine *engine, PyObject *file)
{
    PyObject *self = py_new_instance(terminal_types(engine->state)->reporter);

    if (self && reporter_start((TerminalReporter *)self, engine->config, file) < 0) {
        Py_CLEAR(self);
    }
    return self;
}

/* ---- Attributes ---- */

static PyObject *
get_startpath(PyObject *op, void *Py_UNUSED(closure))
{
    TerminalReporter *self = (TerminalReporter *)op;

    if (!self->startpath) {
        self->startpath = py_path_object(self->engine->state, config_invocation_dir(self->engine));
    }
    return Py_XNewRef(self->startpath);
}

static int
set_startpath(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    py_replace(&((TerminalReporter *)op)->startpath, value);
    return 0;
}

static PyObject *
get_currentfspath(PyObject *op, void *Py_UNUSED(closure))
{
    TerminalReporter *self = (TerminalReporter *)op;

    if (!self->current) {
        Py_RETURN_NONE;
    }
    if (self->current_is_path) {
        return py_path_object(self->engine->state, self->current);
    }
    return Py_NewRef(self->current);
}

static int
set_currentfspath(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    return reporter_set_current((TerminalReporter *)op, value ? value : Py_None);
}

static PyObject *
get_progress_style(PyObject *op, void *Py_UNUSED(closure))
{
    static const char *const TEXTS[] = {NULL, "progress", "count", "times"};
    const char *text = TEXTS[((TerminalReporter *)op)->progress];
    return text ? PyUnicode_FromString(text) : Py_NewRef(Py_False);
}

static int
set_progress_style(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    TerminalReporter *self = (TerminalReporter *)op;
    int is_on = value ? PyObject_IsTrue(value) : 0;

    if (is_on < 0) {
        return -1;
    }
    self->progress = !is_on                           ? PROGRESS_NONE
                     : py_text_equals(value, "count") ? PROGRESS_COUNT
                     : py_text_equals(value, "times") ? PROGRESS_TIMES
                                                      : PROGRESS_PERCENT;
    return 0;
}

static PyObject *
get_main_color(PyObject *op, void *Py_UNUSED(closure))
{
    unsigned markup = ((TerminalReporter *)op)->main_markup;
    return markup ? PyUnicode_FromString(markup_color_name(markup)) : Py_NewRef(Py_None);
}

static int
set_main_color(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    TerminalReporter *self = (TerminalReporter *)op;

    self->main_markup = py_text_equals(value, "red")      ? MARKUP_RED
                        : py_text_equals(value, "yellow") ? MARKUP_YELLOW
                        : py_text_equals(value, "green")  ? MARKUP_GREEN
                                                          : 0;
    return 0;
}

static PyObject *
get_shows_fspath(PyObject *op, void *Py_UNUSED(closure))
{
    int shows = reporter_shows_fspath((TerminalReporter *)op);
    return shows < 0 ? NULL : PyBool_FromLong(shows);
}

static PyObject *
get_set_fspath(PyObject *op, void *Py_UNUSED(closure))
{
    int shows = ((TerminalReporter *)op)->shows_fspath;
    return shows < 0 ? Py_NewRef(Py_None) : PyBool_FromLong(shows);
}

static int
set_shows_fspath(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    int shows = value && value != Py_None ? PyObject_IsTrue(value) : -1;

    if (shows < 0 && PyErr_Occurred()) {
        return -1;
    }
    ((TerminalReporter *)op)->shows_fspath = shows;
    return 0;
}

static PyObject *
get_displayed_warnings(PyObject *op, void *Py_UNUSED(closure))
{
    long count = ((TerminalReporter *)op)->displayed_warnings;
    return count < 0 ? Py_NewRef(Py_None) : PyLong_FromLong(count);
}

static int
set_displayed_warnings(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    long count = value && value != Py_None ? PyLong_AsLong(value) : -1;

    if (count == -1 && PyErr_Occurred()) {
        return -1;
    }
    ((TerminalReporter *)op)->displayed_warnings = count;
    return 0;
}

/* `_pytest.timing.Instant` of the session's start. */
static PyObject *
get_session_start(PyObject *op, void *Py_UNUSED(closure))
{
    TerminalReporter *self = (TerminalReporter *)op;
    PyObject *function = py_import_attr("_pytest.timing", "_instant_at");
    PyObject *result =
        function ? PyObject_CallFunction(function, "dd", self->session_start_time, self->session_start) : NULL;

    Py_XDECREF(function);
    return result;
}

static int
set_session_start(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    PyObject *count = value ? PyObject_GetAttrString(value, "perf_count") : NULL;
    double seconds = count ? PyFloat_AsDouble(count) : -1;

    Py_XDECREF(count);
    if (PyErr_Occurred()) {
        return -1;
    }
    ((TerminalReporter *)op)->session_start = seconds;
    return 0;
}

static PyObject *
get_verbosity(PyObject *op, void *Py_UNUSED(closure))
{
    return option_get(((TerminalReporter *)op)->engine, "verbose");
}

static PyObject *
get_shows_header(PyObject *op, void *Py_UNUSED(closure))
{
    const struct verbosities *verbosities = reporter_verbosities((TerminalReporter *)op);
    return verbosities ? PyBool_FromLong(verbosities->main >= 0) : NULL;
}

static PyObject *
get_shows_long_info(PyObject *op, void *Py_UNUSED(closure))
{
    const struct verbosities *verbosities = reporter_verbosities((TerminalReporter *)op);
    return verbosities ? PyBool_FromLong(verbosities->test_cases > 0) : NULL;
}

/* `closure` is the option's name. */
static PyObject *
get_option_truth(PyObject *op, void *closure)
{
    int is_on = option_is_true(((TerminalReporter *)op)->engine, closure);
    return is_on < 0 ? NULL : PyBool_FromLong(is_on);
}

static PyObject *
get_reported_progress(PyObject *op, void *Py_UNUSED(closure))
{
    return PyLong_FromSsize_t(PyObject_Size(((TerminalReporter *)op)->progress_nodeids));
}

static PyObject *
get_is_last_item(PyObject *op, void *Py_UNUSED(closure))
{
    int is_last = reporter_is_last_item((TerminalReporter *)op);
    return is_last < 0 ? NULL : PyBool_FromLong(is_last);
}

static PyObject *
get_line_width(PyObject *op, void *Py_UNUSED(closure))
{
    return PyObject_GetAttrString(((TerminalReporter *)op)->tw, "width_of_current_line");
}

static PyObject *
method_hasopt(PyObject *op, PyObject *name)
{
    const char *letter = py_text_equals(name, "xfailed") ? "x" : py_text_equals(name, "skipped") ? "s" : py_utf8(name);
    PyObject *letters = ((TerminalReporter *)op)->reportchars;
    PyObject *text = letter ? PyUnicode_FromString(letter) : NULL;
    int has_it = text ? PySequence_Contains(letters, text) : -1;

    Py_XDECREF(text);
    return has_it < 0 ? NULL : PyBool_FromLong(has_it);
}

/* ---- Life ---- */

static int
reporter_traverse(PyObject *op, visitproc visit, void *arg)
{
    TerminalReporter *self = (TerminalReporter *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->config);
    Py_VISIT(self->tw);
    Py_VISIT(self->session);
    Py_VISIT(self->stats);
    Py_VISIT(self->startpath);
    Py_VISIT(self->current);
    Py_VISIT(self->reportchars);
    Py_VISIT(self->foldskipped);
    Py_VISIT(self->isatty);
    Py_VISIT(self->progress_nodeids);
    Py_VISIT(self->timing_nodeids);
    Py_VISIT(self->current_logreport);
    Py_VISIT(self->known_types);
    Py_VISIT(self->interrupt_memo);
    return 0;
}

/* The config stays until the end: `engine` is its. */
static int
reporter_clear(PyObject *op)
{
    TerminalReporter *self = (TerminalReporter *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->session);
    Py_CLEAR(self->stats);
    Py_CLEAR(self->current);
    Py_CLEAR(self->progress_nodeids);
    Py_CLEAR(self->timing_nodeids);
    Py_CLEAR(self->current_logreport);
    Py_CLEAR(self->known_types);
    Py_CLEAR(self->interrupt_memo);
    Py_CLEAR(self->interrupt_message);
    return 0;
}

static void
reporter_dealloc(PyObject *op)
{
    TerminalReporter *self = (TerminalReporter *)op;

    PyObject_GC_UnTrack(op);
    if (self->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    reporter_clear(op);
    Py_CLEAR(self->config);
    Py_CLEAR(self->tw);
    Py_CLEAR(self->startpath);
    Py_CLEAR(self->reportchars);
    Py_CLEAR(self->foldskipped);
    Py_CLEAR(self->isatty);
    text_release(&self->current_key);
    py_free_instance(op);
}

#define OBJECT_MEMBER(name, field) {name, T_OBJECT, offsetof(TerminalReporter, field), 0, NULL}

static PyMemberDef MEMBERS[] = {
    PY_DICT_MEMBER(TerminalReporter),
    PY_WEAKREF_MEMBER(TerminalReporter),
    OBJECT_MEMBER("config", config),
    OBJECT_MEMBER("_tw", tw),
    OBJECT_MEMBER("_session", session),
    OBJECT_MEMBER("stats", stats),
    OBJECT_MEMBER("reportchars", reportchars),
    OBJECT_MEMBER("foldskipped", foldskipped),
    OBJECT_MEMBER("isatty", isatty),
    OBJECT_MEMBER("_progress_nodeids_reported", progress_nodeids),
    OBJECT_MEMBER("_timing_nodeids_reported", timing_nodeids),
    OBJECT_MEMBER("_current_logreport", current_logreport),
    OBJECT_MEMBER("_known_types", known_types),
    OBJECT_MEMBER("_keyboardinterrupt_memo", interrupt_memo),
    {"_numcollected", T_LONG, offsetof(TerminalReporter, collected_count), 0, NULL},
    {"_screen_width", T_INT, offsetof(TerminalReporter, screen_width), 0, NULL},
    {"hasmarkup", T_BOOL, offsetof(TerminalReporter, has_markup), 0, NULL},
    {"_tests_ran", T_BOOL, offsetof(TerminalReporter, tests_ran), 0, NULL},
    PY_END_MEMBER,
};

static PyGetSetDef GETSETS[] = {
    PY_DICT_GETSET,
    {"startpath", get_startpath, set_startpath, NULL, NULL},
    {"currentfspath", get_currentfspath, set_currentfspath, NULL, NULL},
    {"_show_progress_info", get_progress_style, set_progress_style, NULL, NULL},
    {"_main_color", get_main_color, set_main_color, NULL, NULL},
    {"showfspath", get_shows_fspath, set_shows_fspath, NULL, NULL},
    {"_showfspath", get_set_fspath, set_shows_fspath, NULL, NULL},
    {"_already_displayed_warnings", get_displayed_warnings, set_displayed_warnings, NULL, NULL},
    {"_session_start", get_session_start, set_session_start, NULL, NULL},
    {"verbosity", get_verbosity, NULL, NULL, NULL},
    {"showheader", get_shows_header, NULL, NULL, NULL},
    {"showlongtestinfo", get_shows_long_info, NULL, NULL, NULL},
    {"no_header", get_option_truth, NULL, NULL, (void *)"no_header"},
    {"no_summary", get_option_truth, NULL, NULL, (void *)"no_summary"},
    {"reported_progress", get_reported_progress, NULL, "The amount of items reported in the progress so far.", NULL},
    {"_is_last_item", get_is_last_item, NULL, NULL, NULL},
    {"_width_of_current_line", get_line_width, NULL, "Return the width of the current line.", NULL},
    PY_END_GETSET,
};

PY_NAMED_ONE(method_hasopt_named, method_hasopt, "hasopt", "char")

static PyMethodDef METHODS[] = {
    {"hasopt", PY_FAST_WITH_KEYWORDS(method_hasopt_named), "hasopt($self, char)\n--\n\n"},
    PY_END_METHOD,
};

static PyType_Slot SLOTS[] = {
    PY_SLOT(tp_init, reporter_init),
    PY_SLOT(tp_traverse, reporter_traverse),
    PY_SLOT(tp_clear, reporter_clear),
    PY_SLOT(tp_dealloc, reporter_dealloc),
    PY_SLOT(tp_methods, METHODS),
    PY_SLOT(tp_members, MEMBERS),
    PY_SLOT(tp_getset, GETSETS),
    PY_SLOT(tp_doc, "TerminalReporter(config, file=None)\n--\n\n"),
    PY_END_SLOT,
};

static PyType_Spec SPEC = {
    .name = "_pytest.terminal.TerminalReporter",
    .basicsize = sizeof(TerminalReporter),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = SLOTS,
};

/* The methods live with what they do, in several tables: added one by one. */
static int
add_methods(PyTypeObject *type, PyMethodDef *methods)
{
    for (; methods->ml_name; methods++) {
        PyObject *descriptor = PyDescr_NewMethod(type, methods);
        int status = descriptor ? PyObject_SetAttrString((PyObject *)type, methods->ml_name, descriptor) : -1;
        Py_XDECREF(descriptor);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

PyTypeObject *
reporter_add_type(PyObject *module, struct state *state)
{
    PyMethodDef *const tables[] = {WRITING_METHODS, STATS_METHODS,         PROGRESS_METHODS, COLLECTION_METHODS,
                                   SUMMARY_METHODS, SHORT_SUMMARY_METHODS, WARNING_METHODS,  SESSION_METHODS};
    PyTypeObject *type = py_type_add(module, &SPEC, NULL);

    for (size_t i = 0; type && i < COUNT_OF(tables); i++) {
        if (add_methods(type, tables[i]) < 0) {
            Py_CLEAR(type);
        }
    }
    terminal_types(state)->callable_bool = type ? py_type_add(module, &CALLABLE_BOOL_SPEC, NULL) : NULL;
    return terminal_types(state)->callable_bool ? type : NULL;
}
