/* Node ids and paths as the user should read them: relative to where pytest was started. */
#include <string.h>

#include "plugins/terminal/reporter.h"

size_t
nodeid_path_length(const char *nodeid, size_t length)
{
    const char *end = memmem(nodeid, length, "::", 2);
    return end ? (size_t)(end - nodeid) : length;
}

/* Length of the longest common folder of two absolute paths. */
static size_t
common_folder(const char *from, const char *to)
{
    size_t common = 0;
    size_t i = 0;

    while (from[i] && from[i] == to[i]) {
        if (from[i] == '/') {
            common = i;
        }
        i++;
    }
    if ((!from[i] || from[i] == '/') && (!to[i] || to[i] == '/')) {
        common = i;
    }
    return common;
}

void
relative_path_add(struct text *out, const char *from, const char *to)
{
    size_t common = 0;
    bool is_first = true;

    if (from[0] != '/' || to[0] != '/') {
        text_add_string(out, to);
        return;
    }
    if (strcmp(from, "/") == 0) {
        from = "";
    }
    common = common_folder(from, to);
    from += common;
    to += common;
    for (; *from; from++) {
        if (*from == '/' && from[1]) {
            text_add_string(out, is_first ? ".." : "/..");
            is_first = false;
        }
    }
    to += *to == '/';
    if (*to) {
        text_add_string(out, is_first ? "" : "/");
        text_add_string(out, to);
    } else if (is_first) {
        text_add_char(out, '.');
    }
}

/* 1: pytest was started in the root directory; 0; -1 with an exception. */
static int
starts_in_root(TerminalReporter *self)
{
    PyObject *root = config_rootpath(self->engine);
    PyObject *start = config_invocation_dir(self->engine);
    return root == start ? 1 : PyObject_RichCompareBool(root, start, Py_EQ);
}

int
nodeid_add_relative(TerminalReporter *self, struct text *out, const char *nodeid, size_t length)
{
    size_t path_length = nodeid_path_length(nodeid, length);
    struct text full = {0};
    struct text start = {0};
    int is_root = starts_in_root(self);
    int status = -1;

    if (is_root) {
        text_add(out, nodeid, length);
        return is_root < 0 ? -1 : 0;
    }
    if (path_length && nodeid[0] == '/') {
        text_add(&full, nodeid, path_length);
    } else {
        if (text_add_object(&full, config_rootpath(self->engine)) < 0) {
            goto done;
        }
        if (path_length) {
            text_add_char(&full, '/');
            text_add(&full, nodeid, path_length);
        }
    }
    if (text_add_object(&start, config_invocation_dir(self->engine)) < 0) {
        goto done;
    }
    relative_path_add(out, text_string(&start), text_string(&full));
    text_add(out, nodeid + path_length, length - path_length);
    status = 0;
done:
    text_release(&full);
    text_release(&start);
    return status;
}

static bool
ends_with(const struct text *text, const struct text *end)
{
    return text->length >= end->length &&
           memcmp(text->bytes + text->length - end->length, text_string(end), end->length) == 0;
}

/* "Class.test[a.b]" becomes "Class::test[a.b]": dots of parameters stay. */
static void
domain_add(struct text *out, const struct text *domain)
{
    bool is_parameter = false;

    for (size_t i = 0; i < domain->length; i++) {
        is_parameter = is_parameter || domain->bytes[i] == '[';
        if (domain->bytes[i] == '.' && !is_parameter) {
            text_add_string(out, "::");
        } else {
            text_add_char(out, domain->bytes[i]);
        }
    }
}

/* Where the test is defined, if that is another file than the node id says. */
static int
origin_add(TerminalReporter *self, struct text *out, const struct text *nodeid, const struct text *path)
{
    const struct verbosities *verbosities = reporter_verbosities(self);
    struct text start = {0};
    size_t path_length = nodeid_path_length(text_string(nodeid), nodeid->length);

    if (!verbosities) {
        return -1;
    }
    if (verbosities->main < 2 ||
        (path_length == path->length && memcmp(text_string(nodeid), text_string(path), path_length) == 0)) {
        return 0;
    }
    if (text_add_object(&start, config_invocation_dir(self->engine)) < 0) {
        text_release(&start);
        return -1;
    }
    text_add_string(out, " <- ");
    relative_path_add(out, text_string(&start), text_string(path));
    text_release(&start);
    return 0;
}

PyObject *
location_line(TerminalReporter *self, PyObject *nodeid, PyObject *location)
{
    PyObject *path_object = PySequence_GetItem(location, 0);
    PyObject *domain_object = path_object ? PySequence_GetItem(location, 2) : NULL;
    PyObject *result = NULL;
    struct text id = {0};
    struct text path = {0};
    struct text domain = {0};
    struct text line = {0};

    if (!domain_object || text_add_object(&id, nodeid) < 0 || text_add_object(&domain, domain_object) < 0) {
        goto done;
    }
    if (path_object != Py_None && text_add_object(&path, path_object) < 0) {
        goto done;
    }
    if (!path.length) {
        text_add_string(&line, "[location]");
    } else {
        if (nodeid_add_relative(self, &line, text_string(&id), id.length) < 0) {
            goto done;
        }
        if (domain.length && ends_with(&line, &domain)) {
            line.length -= domain.length;
            domain_add(&line, &domain);
        }
        if (origin_add(self, &line, &id, &path) < 0) {
            goto done;
        }
    }
    text_add_char(&line, ' ');
    result = py_text_from(&line);
done:
    text_release(&id);
    text_release(&path);
    text_release(&domain);
    text_release(&line);
    Py_XDECREF(path_object);
    Py_XDECREF(domain_object);
    return result;
}
