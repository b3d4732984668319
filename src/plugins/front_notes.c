/* Built-in plugin "fastest": the options for workers, and what the header says beyond pytest's. */
#include <string.h>

#include "base/text.h"
#include "collect/collect.h"
#include "hooks/hooks.h"
#include "os/file.h"
#include "plugins/crash_log.h"
#include "plugins/recording.h"
#include "wire/event_log.h"

enum { MAX_VERSION_FILE_BYTES = 4096 };

static PyObject *
notes_configure(struct engine *engine, PyObject *self, PyObject *const *args)
{
    (void)self;
    (void)args;
    if (!engine->state->outer_engine) {
        engine->state->outer_engine = engine;
        if (crash_log_resume(engine) < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

static PyObject *
notes_unconfigure(struct engine *engine, PyObject *self, PyObject *const *args)
{
    (void)self;
    (void)args;
    if (engine->state->outer_engine == engine) {
        engine->state->outer_engine = NULL;
    }
    Py_RETURN_NONE;
}

/* Reads the version out of FOLDER/_pytest/_version.py. */
static bool
version_read(const char *folder, struct text *version)
{
    struct text path = {0};
    struct text source = {0};
    struct error error = ERROR_INIT;
    bool is_found = false;

    text_add_format(&path, "%s/_pytest/_version.py", *folder ? folder : ".");
    if (file_read(path.bytes, MAX_VERSION_FILE_BYTES, &source, &error) && source.length) {
        const char *name = strstr(source.bytes, "\nversion = ");
        name = name ? name : strstr(source.bytes, "__version__ = version = ");
        const char *quote = name ? strpbrk(name, "'\"") : NULL;
        if (quote) {
            text_add(version, quote + 1, strcspn(quote + 1, "'\""));
            is_found = true;
        }
    }
    text_release(&source);
    text_release(&path);
    return is_found;
}

/* The version of the pytest that this environment has beside us: what a child process would import. */
static void
version_find(struct text *version)
{
    static const char OWN[] = "fastest/_private";
    PyObject *borrowed_path = PySys_GetObject("path");
    Py_ssize_t count = borrowed_path && PyList_Check(borrowed_path) ? PyList_Size(borrowed_path) : 0;

    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *borrowed_folder = PyList_GetItem(borrowed_path, i);
        const char *folder = PyUnicode_Check(borrowed_folder) ? py_utf8(borrowed_folder) : "";
        if (!folder) {
            PyErr_Clear(); /* a name with surrogates is no place where pip installs */
            continue;
        }
        size_t length = strlen(folder);
        bool is_own = length > strlen(OWN) && strcmp(folder + length - strlen(OWN), OWN) == 0;
        if (!is_own && version_read(folder, version)) {
            return;
        }
    }
}

/* Adds a line and takes it; 0 or -1. */
static int
line_add_take(PyObject *lines, PyObject *line)
{
    int status = line ? PyList_Append(lines, line) : -1;
    Py_XDECREF(line);
    return status;
}

static int
lines_add_version(PyObject *lines)
{
    static const char OURS[] = FASTEST_PYTEST_VERSION;
    size_t minor_length = (size_t)(strrchr(OURS, '.') - OURS) + 1;
    struct text version = {0};
    int status = 0;

    version_find(&version);
    if (version.length && strncmp(version.bytes, OURS, minor_length) != 0) {
        status = line_add_take(
            lines, PyUnicode_FromFormat("fastest: behaves as pytest %s; this environment has %s", OURS, version.bytes));
    }
    text_release(&version);
    return status;
}

/* Whether any of the options asks for more than one process: 1, 0, -1. */
static int
wants_workers(struct engine *engine)
{
    int has_tx = 0;
    PyObject *dist = NULL;

    if (option_int(engine, "numprocesses", 0) > 0) {
        return 1;
    }
    has_tx = option_is_true(engine, "tx");
    dist = has_tx < 0 ? NULL : option_get(engine, "dist");
    if (!dist) {
        return -1;
    }
    bool is_no = dist == Py_None || py_text_equals(dist, "no");
    Py_DECREF(dist);
    return has_tx || !is_no;
}

static int
lines_add_workers(struct engine *engine, PyObject *lines)
{
    int wants = wants_workers(engine);

    if (wants <= 0) {
        return wants;
    }
    return line_add_take(lines,
                         PyUnicode_FromString("fastest: runs serially; it has no workers yet (-n, --dist, --tx)"));
}

static int
lines_add_interpreter(struct engine *engine, PyObject *lines)
{
    const struct event_log *log = engine->state->event_log;
    PyObject *borrowed_executable = PySys_GetObject("executable");

    if (!log || engine->state->outer_engine != engine || config_verbosity(engine, NULL) <= 0 || !borrowed_executable) {
        return 0;
    }
    return line_add_take(
        lines, PyUnicode_FromFormat("fastest: runs %S (%s)", borrowed_executable, event_log_interpreter_reason(log)));
}

static PyObject *
notes_report_header(struct engine *engine, PyObject *self, PyObject *const *args)
{
    PyObject *lines = PyList_New(0);

    (void)self;
    (void)args;
    if (!lines || lines_add_version(lines) < 0 || lines_add_workers(engine, lines) < 0 ||
        lines_add_interpreter(engine, lines) < 0) {
        Py_XDECREF(lines);
        return NULL;
    }
    if (PyList_Size(lines) == 0) {
        Py_DECREF(lines);
        Py_RETURN_NONE;
    }
    return lines;
}

/* Which files need not be looked for in what was imported. */
static PyObject *
notes_collectionfinish(struct engine *engine, PyObject *self, PyObject *const *args)
{
    size_t test_count = 0;
    size_t indexed_count = 0;
    size_t file_count = session_left_out(engine, &test_count);

    (void)self;
    (void)args;
    /* --collect-only is read by programs. */
    if (file_count == 0 || config_verbosity(engine, NULL) < 0 || session_indexed_files(engine, &indexed_count)) {
        Py_RETURN_NONE;
    }
    return PyUnicode_FromFormat("fastest: %zd file%s without a selected test %s not imported (--no-index imports %s)",
                                (Py_ssize_t)file_count, file_count == 1 ? "" : "s", file_count == 1 ? "was" : "were",
                                file_count == 1 ? "it" : "them");
}

static PyObject *
notes_collected(struct engine *engine, PyObject *self, PyObject *const *args)
{
    (void)self;
    (void)args;
    return py_none_or_error(recording_keep_imports(engine));
}

static PyObject *
notes_sessionfinish(struct engine *engine, PyObject *self, PyObject *const *args)
{
    (void)self;
    (void)args;
    return py_none_or_error(recording_save(engine));
}

static const struct native_hook HOOKS_OF_NOTES[] = {
    {.id = HOOK_collection_finish, .flags = NATIVE_TRYLAST, .call = notes_collected},
    {.id = HOOK_sessionfinish, .flags = NATIVE_TRYLAST, .call = notes_sessionfinish},
    {.id = HOOK_report_collectionfinish, .call = notes_collectionfinish},
    {.id = HOOK_configure, .flags = NATIVE_TRYFIRST, .call = notes_configure},
    {.id = HOOK_unconfigure, .flags = NATIVE_TRYLAST, .call = notes_unconfigure},
    {.id = HOOK_report_header, .call = notes_report_header},
};

/* Those for workers as pytest-xdist names them. */
static const struct option_spec OPTIONS_OF_NOTES[] = {
    {
        .group = "fastest",
        .names = {"--no-index"},
        .dest = "no_index",
        .action = OPTION_STORE_TRUE,
        .help = "Import every file that is collected, also where records of earlier runs say that none of its tests "
                "can be selected. `index = false` in [tool.fastest] does the same.",
    },
    {
        .group = "xdist",
        .names = {"-n", "--numprocesses"},
        .dest = "numprocesses",
        .action = OPTION_STORE,
        .type = OPTION_CUSTOM_TYPE,
        .custom_type = "fastest._options:worker_count",
        .metavar = "numprocesses",
        .help =
            "Number of worker processes: a number, 'auto' or 'logical'. Accepted; the run is serial until there are "
            "workers.",
    },
    {
        .group = "xdist",
        .names = {"--maxprocesses"},
        .dest = "maxprocesses",
        .action = OPTION_STORE,
        .type = OPTION_INT,
        .metavar = "maxprocesses",
        .help = "Limit the number of workers with -n auto. Accepted; see -n.",
    },
    {
        .group = "xdist",
        .names = {"--dist"},
        .dest = "dist",
        .action = OPTION_STORE,
        .default_text = "'no'",
        .metavar = "distmode",
        .choices = {"each", "load", "loadscope", "loadfile", "loadgroup", "worksteal", "no"},
        .help = "How tests are distributed to workers. Accepted; see -n.",
    },
    {
        .group = "xdist",
        .names = {"--tx"},
        .dest = "tx",
        .action = OPTION_APPEND,
        .default_text = "[]",
        .metavar = "xspec",
        .help = "Add a test execution environment. Accepted; see -n.",
    },
};

const struct native_plugin FRONT_NOTES_PLUGIN = {
    .name = "fastest",
    .module = "fastest",
    .hooks = HOOKS_OF_NOTES,
    .hook_count = COUNT_OF(HOOKS_OF_NOTES),
    .options = OPTIONS_OF_NOTES,
    .option_count = COUNT_OF(OPTIONS_OF_NOTES),
};
