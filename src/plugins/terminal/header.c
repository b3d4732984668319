/* The lines at the top: platform, root directory, config file, plugins. */
#include <string.h>

#include "os/file.h"
#include "plugins/terminal/reporter.h"
#include "py/clock.h"

/* getattr(module, name) appended as text. */
static int
add_module_text(struct text *out, const char *module_name, const char *name)
{
    PyObject *value = py_import_attr(module_name, name);
    int status = value ? text_add_object(out, value) : -1;

    Py_XDECREF(value);
    return status;
}

static int
add_sys_text(struct text *out, const char *name)
{
    PyObject *borrowed_value = PySys_GetObject(name);

    if (!borrowed_value) {
        text_add_string(out, "None");
        return 0;
    }
    Py_INCREF(borrowed_value);
    int status = text_add_object(out, borrowed_value);
    Py_DECREF(borrowed_value);
    return status;
}

/* platform.python_version() without the import: sys.version begins with it. */
static int
add_python_version(struct text *out)
{
    struct text version = {0};
    int status = add_sys_text(&version, "version");

    if (status == 0) {
        text_add(out, text_string(&version), strcspn(text_string(&version), " "));
    }
    text_release(&version);
    return status;
}

/* The version that a folder's "pluggy-1.7.0.dist-info" names, if pluggy is there. */
static bool
add_version_of_folder(struct text *out, const char *folder)
{
    static const char PREFIX[] = "pluggy-";
    static const char SUFFIX[] = ".dist-info";
    struct text path = {0};
    struct text names = {0};
    bool is_found = false;

    text_add_string(&path, *folder ? folder : ".");
    text_add_string(&path, "/pluggy/__init__.py");
    if (file_exists(path.bytes) && folder_list(*folder ? folder : ".", &names)) {
        const char *end = names.bytes + names.length;
        for (const char *name = names.bytes; !is_found && name < end; name += strlen(name) + 1) {
            const char *suffix = strstr(name, SUFFIX);
            if (suffix && !suffix[strlen(SUFFIX)] && strncmp(name, PREFIX, strlen(PREFIX)) == 0) {
                text_add(out, name + strlen(PREFIX), (size_t)(suffix - name) - strlen(PREFIX));
                is_found = true;
            }
        }
    }
    text_release(&path);
    text_release(&names);
    return is_found;
}

/* Importing pluggy would cost as much as a short run: only its version is wanted. */
static int
add_pluggy_version(struct text *out)
{
    PyObject *module = py_find_module("pluggy");
    PyObject *borrowed_path = PySys_GetObject("path");
    Py_ssize_t count = borrowed_path && PyList_Check(borrowed_path) ? PyList_Size(borrowed_path) : 0;

    for (Py_ssize_t i = 0; !module && i < count; i++) {
        PyObject *borrowed_folder = PyList_GetItem(borrowed_path, i);
        const char *folder = PyUnicode_Check(borrowed_folder) ? py_utf8(borrowed_folder) : NULL;
        if (folder && add_version_of_folder(out, folder)) {
            return 0;
        }
        PyErr_Clear(); /* a path that is not UTF-8 */
    }
    Py_XDECREF(module);
    return add_module_text(out, "pluggy", "__version__");
}

/* Whether the interpreter's path is of interest. */
static int
wants_executable(TerminalReporter *self)
{
    static const char *const OPTIONS[] = {"debug", "pastebin"};
    const struct verbosities *verbosities = reporter_verbosities(self);
    int wants = verbosities ? verbosities->main > 0 : -1;

    for (size_t i = 0; wants == 0 && i < COUNT_OF(OPTIONS); i++) {
        wants = option_is_true(self->engine, OPTIONS[i]);
    }
    return wants;
}

static int
write_platform(TerminalReporter *self)
{
    struct text line = {0};
    int wants_path = 0;
    int status = -1;

    text_add_string(&line, "platform ");
    if (add_sys_text(&line, "platform") < 0) {
        goto done;
    }
    text_add_string(&line, " -- Python ");
    if (add_python_version(&line) < 0) {
        goto done;
    }
    text_add_string(&line, ", pytest-" FASTEST_PYTEST_VERSION ", pluggy-");
    if (add_pluggy_version(&line) < 0) {
        goto done;
    }
    wants_path = wants_executable(self);
    if (wants_path < 0) {
        goto done;
    }
    if (wants_path) {
        text_add_string(&line, " -- ");
        if (add_sys_text(&line, "executable") < 0) {
            goto done;
        }
    }
    status = reporter_write_line(self, line.bytes, line.length, 0);
done:
    text_release(&line);
    return status;
}

/* A str, or several. */
static int
write_lines(TerminalReporter *self, PyObject *lines)
{
    PyObject *sequence = NULL;
    int status = 0;

    if (PyUnicode_Check(lines)) {
        struct text text = {0};
        status = text_add_object(&text, lines);
        if (status == 0) {
            status = reporter_write_line(self, text_string(&text), text.length, 0);
        }
        text_release(&text);
        return status;
    }
    sequence = PySequence_List(lines);
    if (!sequence) {
        return -1;
    }
    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(sequence); i++) {
        struct text text = {0};
        status = text_add_object(&text, PyList_GetItem(sequence, i));
        if (status == 0) {
            status = reporter_write_line(self, text_string(&text), text.length, 0);
        }
        text_release(&text);
    }
    Py_DECREF(sequence);
    return status;
}

int
reporter_write_hook_lines(TerminalReporter *self, PyObject *lines)
{
    int status = 0;

    for (Py_ssize_t i = PySequence_Size(lines) - 1; status == 0 && i >= 0; i--) {
        PyObject *item = PySequence_GetItem(lines, i);
        status = item ? write_lines(self, item) : -1;
        Py_XDECREF(item);
    }
    return status;
}

static int
write_header(TerminalReporter *self)
{
    PyObject *const args[] = {self->config, config_invocation_dir(self->engine)};
    PyObject *lines = NULL;
    int is_silent = 0;
    int status = -1;

    if (reporter_write_sep(self, '=', "test session starts", MARKUP_BOLD) < 0) {
        return -1;
    }
    is_silent = option_is_true(self->engine, "no_header");
    if (is_silent) {
        return is_silent < 0 ? -1 : 0;
    }
    if (write_platform(self) < 0 || terminal_show(self->tw) < 0) {
        return -1;
    }
    lines = hook_call(self->engine->relay, HOOK_report_header, args);
    if (lines) {
        status = reporter_write_hook_lines(self, lines);
        Py_DECREF(lines);
    }
    return status;
}

PyObject *
hook_sessionstart(struct engine *Py_UNUSED(engine), PyObject *op, PyObject *const *args)
{
    TerminalReporter *self = (TerminalReporter *)op;
    const struct verbosities *verbosities = reporter_verbosities(self);

    py_replace(&self->session, args[0]);
    self->session_start = state_now_s(self->engine->state);
    self->session_start_time = state_wall_s(self->engine->state);
    if (!verbosities || (verbosities->main >= 0 && write_header(self) < 0)) {
        return NULL;
    }
    return py_none_or_error(terminal_show(self->tw));
}

/* ---- pytest_report_header ---- */

static int
append_text(PyObject *list, struct text *text)
{
    return py_list_append_take(list, py_text_from(text));
}

/* object.name joined by ", ": -1 with an exception; nothing is added for an empty sequence. */
static int
add_joined(struct text *out, PyObject *sequence)
{
    Py_ssize_t count = PySequence_Size(sequence);
    int status = count < 0 ? -1 : 0;

    for (Py_ssize_t i = 0; status == 0 && i < count; i++) {
        PyObject *item = PySequence_GetItem(sequence, i);
        text_add_string(out, i ? ", " : "");
        status = item ? text_add_object(out, item) : -1;
        Py_XDECREF(item);
    }
    return status;
}

static int
add_ignored_files(TerminalReporter *self, struct text *out)
{
    PyObject *ignored = PyObject_GetAttrString(self->config, "_ignored_config_files");
    int status = ignored ? PyObject_IsTrue(ignored) : -1;

    if (status > 0) {
        text_add_string(out, " (WARNING: ignoring pytest config in ");
        status = add_joined(out, ignored);
        text_add_string(out, "!)");
    }
    Py_XDECREF(ignored);
    return status;
}

static int
append_config_file(TerminalReporter *self, PyObject *lines)
{
    PyObject *borrowed_path = config_inipath(self->engine);
    struct text root = {0};
    struct text file = {0};
    struct text line = {0};
    int status = -1;

    if (borrowed_path == Py_None) {
        return 0;
    }
    if (text_add_object(&root, config_rootpath(self->engine)) < 0 || text_add_object(&file, borrowed_path) < 0) {
        goto done;
    }
    text_add_string(&line, "configfile: ");
    relative_path_add(&line, text_string(&root), text_string(&file));
    if (add_ignored_files(self, &line) == 0) {
        status = append_text(lines, &line);
    }
done:
    text_release(&root);
    text_release(&file);
    text_release(&line);
    return status;
}

static int
append_testpaths(TerminalReporter *self, PyObject *lines)
{
    int is_given = config_args_are_testpaths(self->engine);
    PyObject *paths = is_given > 0 ? ini_get(self->engine, "testpaths") : NULL;
    struct text line = {0};
    int status = -1;

    if (is_given <= 0) {
        return is_given;
    }
    text_add_string(&line, "testpaths: ");
    if (paths && add_joined(&line, paths) == 0) {
        status = append_text(lines, &line);
    }
    text_release(&line);
    Py_XDECREF(paths);
    return status;
}

/* "NAME-VERSION" of one (plugin, distribution), without "pytest-" before it: a new str. */
static PyObject *
plugin_name(PyObject *info)
{
    PyObject *distribution = PySequence_GetItem(info, 1);
    PyObject *name = distribution ? PyObject_GetAttrString(distribution, "project_name") : NULL;
    PyObject *version = name ? PyObject_GetAttrString(distribution, "version") : NULL;
    PyObject *text = version ? PyUnicode_FromFormat("%S-%S", name, version) : NULL;

    Py_XDECREF(distribution);
    Py_XDECREF(name);
    Py_XDECREF(version);
    if (text && py_text_starts_with(text, "pytest-")) {
        PyObject *shorter = PyUnicode_Substring(text, (Py_ssize_t)strlen("pytest-"), PyUnicode_GetLength(text));
        Py_DECREF(text);
        text = shorter;
    }
    return text;
}

/* A distribution may hold several plugins: it is named once. */
static int
append_once(PyObject *names, PyObject *name)
{
    int is_there = name ? PySequence_Contains(names, name) : -1;
    return is_there ? (is_there < 0 ? -1 : 0) : PyList_Append(names, name);
}

static int
append_plugins(TerminalReporter *self, PyObject *lines)
{
    PyObject *infos = PyObject_CallMethod(self->engine->pluginmanager, "list_plugin_distinfo", NULL);
    PyObject *names = infos ? PyList_New(0) : NULL;
    struct text line = {0};
    int status = names ? 0 : -1;
    Py_ssize_t count = names ? PySequence_Size(infos) : 0;

    for (Py_ssize_t i = 0; status == 0 && i < count; i++) {
        PyObject *info = PySequence_GetItem(infos, i);
        PyObject *name = info ? plugin_name(info) : NULL;
        status = append_once(names, name);
        Py_XDECREF(info);
        Py_XDECREF(name);
    }
    text_add_string(&line, "plugins: ");
    if (status == 0 && count) {
        status = add_joined(&line, names) == 0 ? append_text(lines, &line) : -1;
    }
    text_release(&line);
    Py_XDECREF(infos);
    Py_XDECREF(names);
    return status;
}

PyObject *
hook_report_header(struct engine *engine, PyObject *op, PyObject *const *Py_UNUSED(args))
{
    TerminalReporter *self = (TerminalReporter *)op;
    PyObject *lines = PyList_New(0);
    PyObject *root = PyUnicode_FromFormat("rootdir: %U", config_rootpath(engine));

    if (!lines || py_list_append_take(lines, root) < 0 || append_config_file(self, lines) < 0 ||
        append_testpaths(self, lines) < 0 || append_plugins(self, lines) < 0) {
        Py_CLEAR(lines);
    }
    return lines;
}
