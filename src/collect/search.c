/* Session.collect(): follows each argument from the root of the tree to the nodes that it names. */
#include "collect/internal.h"

/* [path, ..., names]: parts from the root of the tree to what the argument names. A new list; paths come first. */
static PyObject *
argument_parts(struct engine *engine, const struct argument *argument, Py_ssize_t *path_count)
{
    PyObject *parts = PyList_New(0);
    PyObject *path = NULL;
    int status = parts ? PyList_Append(parts, argument->path) : -1;

    if (status == 0 && argument->module_name) {
        PyObject *dot = PyUnicode_FromString(".");
        PyObject *names = dot ? PyUnicode_Split(argument->module_name, dot, -1) : NULL;
        Py_ssize_t i = names ? PyList_Size(names) - 2 : -1;
        path = path_directory(argument->path);
        while (names && path && i >= 0 && status == 0) {
            PyObject *name = path_name(path);
            bool matches = name && PyUnicode_Compare(name, PyList_GetItem(names, i)) == 0;
            Py_XDECREF(name);
            if (!matches) {
                break;
            }
            status = PyList_Insert(parts, 0, path);
            py_replace_take(&path, path_directory(path));
            i--;
        }
        Py_XDECREF(dot);
        Py_XDECREF(names);
    } else if (status == 0) {
        PyObject *confcutdir = plugin_confcutdir(engine); /* borrowed */
        path = path_directory(argument->path);
        PyObject *current = Py_NewRef(argument->path);
        while (status == 0 && path && PyUnicode_Compare(path, current) != 0) {
            /* Outside of confcutdir: above it. */
            PyObject *below = confcutdir ? path_relative(confcutdir, path) : NULL;
            bool is_above = below && PyUnicode_CompareWithASCIIString(below, ".") != 0;
            Py_XDECREF(below);
            if (is_above) {
                break;
            }
            status = PyList_Insert(parts, 0, path);
            py_replace(&current, path);
            py_replace_take(&path, path_directory(path));
        }
        Py_DECREF(current);
    }
    *path_count = status == 0 ? PyList_Size(parts) : 0;
    if (status == 0) {
        status = PyList_SetSlice(parts, *path_count, *path_count, argument->names);
    }
    Py_XDECREF(path);
    if (status < 0) {
        Py_CLEAR(parts);
    }
    return parts;
}

/* Session._collect_path(): the collectors of a path directly below the session. A new list. */
static PyObject *
collect_path(Node *session, PyObject *path, PyObject *cache)
{
    struct engine *engine = session->engine;
    PyObject *args[] = {path, (PyObject *)session};
    PyObject *collectors = NULL;

    if (py_dict_find(cache, path, &collectors) != 0) {
        return collectors;
    }
    enum file_kind kind = path_kind(path);
    PyObject *directory = path_directory(path);
    PyObject *relay = directory ? hook_relay_for_directory(engine, directory) : NULL;
    if (relay && kind == FILE_FOLDER) {
        PyObject *collector = hook_call(relay, HOOK_collect_directory, args);
        collectors = collector ? PyList_New(0) : NULL;
        if (collectors && collector != Py_None && PyList_Append(collectors, collector) < 0) {
            Py_CLEAR(collectors);
        }
        Py_XDECREF(collector);
    } else if (relay && kind == FILE_REGULAR) {
        collectors = hook_call(relay, HOOK_collect_file, args);
    } else if (relay) {
        collectors = PyList_New(0);
    }
    Py_XDECREF(directory);
    if (collectors && PyDict_SetItem(cache, path, collectors) < 0) {
        Py_CLEAR(collectors);
    }
    return collectors;
}

/* What the search for one argument carries along. */
struct search {
    struct engine *engine;
    const struct argument *argument;
    PyObject *parts;       /* list */
    Py_ssize_t path_count; /* the first so many parts are paths */
    PyObject *path_cache;
    PyObject *found;     /* list: matching nodes, in order */
    PyObject *not_found; /* list: collectors without a match */
    bool has_match;
};

static bool
node_is_match(struct search *search, Node *node, Py_ssize_t depth)
{
    PyObject *part = PyList_GetItem(search->parts, depth);
    PyObject *params = search->argument->params;

    if (depth < search->path_count) {
        return node->path_text && PyUnicode_Compare(node->path_text, part) == 0;
    }
    if (!node->name || !PyUnicode_Check(node->name)) {
        return false;
    }
    if (depth + 1 < PyList_Size(search->parts)) {
        return PyUnicode_Compare(node->name, part) == 0;
    }
    Py_ssize_t length = PyUnicode_GetLength(part);
    if (PyUnicode_Tailmatch(node->name, part, 0, length, -1) != 1) {
        return false;
    }
    Py_ssize_t name_length = PyUnicode_GetLength(node->name);
    if (params) {
        return name_length == length + PyUnicode_GetLength(params) &&
               PyUnicode_Tailmatch(node->name, params, length, name_length, -1) == 1;
    }
    return name_length == length || PyUnicode_ReadChar(node->name, length) == '[';
}

/* Children of a collector on the way: 1 and a new list, 0 when its report failed, -1. */
static int
search_children(struct search *search, Node *node, Py_ssize_t depth, PyObject **children)
{
    struct engine *engine = search->engine;
    bool is_duplicate = false;

    if (node->kind & NODE_SESSION) {
        *children = collect_path(node, PyList_GetItem(search->parts, depth), search->path_cache);
        return *children ? 1 : -1;
    }
    /* A file given twice is collected twice. */
    bool is_last_file = depth + 1 == PyList_Size(search->parts) && depth < search->path_count &&
                        path_kind(PyList_GetItem(search->parts, depth)) == FILE_REGULAR;
    struct collect_engine *room = collect_engine(engine);
    bool may_pass = node->kind & NODE_DIRECTORY && !room->keeps_duplicates && directory_is_passed_through(node);
    room->passed_through = may_pass ? node : NULL;
    PyObject *report = collect_cached(node, !is_last_file, &is_duplicate);
    room->passed_through = NULL;
    int passed = report ? report_passed(engine, report) : -1;
    if (passed == 0 && !is_duplicate && notify_report(node, report) < 0) {
        passed = -1;
    }
    if (passed > 0) {
        *children = PyObject_GetAttrString(report, "result");
        passed = *children ? 1 : -1;
    }
    Py_XDECREF(report);
    return passed;
}

static int
search_node(struct search *search, Node *node, Py_ssize_t depth)
{
    PyObject *children = NULL;
    bool has_match = false;

    if (depth == PyList_Size(search->parts)) {
        search->has_match = true;
        return PyList_Append(search->found, (PyObject *)node);
    }
    if (!(node->kind & NODE_COLLECTOR)) {
        return 0;
    }
    int status = search_children(search, node, depth, &children);
    if (status <= 0) {
        return status;
    }
    status = 0;
    /* The copy: matching runs hooks, which may change the report's list. */
    PyObject *copy = PySequence_List(children);
    PyObject *matches = copy ? PyList_New(0) : NULL;
    for (Py_ssize_t i = 0; matches && status == 0 && i < PyList_Size(copy); i++) {
        PyObject *child = PyList_GetItem(copy, i);
        if (node_check(search->engine->state, child) && node_is_match(search, (Node *)child, depth)) {
            status = PyList_Append(matches, child);
        }
    }
    has_match = matches && PyList_Size(matches) > 0;
    if (!has_match && status == 0) {
        status = matches ? PyList_Append(search->not_found, (PyObject *)node) : -1;
    }
    for (Py_ssize_t i = 0; matches && status == 0 && i < PyList_Size(matches); i++) {
        status = search_node(search, (Node *)PyList_GetItem(matches, i), depth + 1);
    }
    Py_XDECREF(copy);
    Py_XDECREF(matches);
    Py_DECREF(children);
    return status;
}

static PyObject *
argument_report_text(const struct argument *argument)
{
    PyObject *parts = PySequence_List(argument->names);
    PyObject *text = NULL;

    if (parts && PyList_Insert(parts, 0, argument->path) == 0) {
        text = py_text_join("::", parts);
    }
    Py_XDECREF(parts);
    return text;
}

static int
search_argument(Node *session, const struct argument *argument, PyObject *path_cache, PyObject *found)
{
    struct collect_engine *room = collect_engine(session->engine);
    struct search search = {.engine = session->engine, .argument = argument, .path_cache = path_cache, .found = found};
    int status = -1;

    search.parts = argument_parts(session->engine, argument, &search.path_count);
    search.not_found = search.parts ? PyList_New(0) : NULL;
    if (search.not_found) {
        status = search_node(&search, session, 0);
    }
    if (status == 0 && !search.has_match) {
        PyObject *text = argument_report_text(argument);
        room->not_found = room->not_found ? room->not_found : PyList_New(0);
        status = text && room->not_found ? py_list_append_take(room->not_found, PyTuple_Pack(2, text, search.not_found))
                                         : -1;
        Py_XDECREF(text);
    }
    Py_XDECREF(search.parts);
    Py_XDECREF(search.not_found);
    return status;
}

/* Session.collect(): a new list of the nodes that the arguments name. */
PyObject *
session_collect_list(Node *session)
{
    struct collect_engine *room = collect_engine(session->engine);
    PyObject *found = PyList_New(0);
    PyObject *path_cache = found ? PyDict_New() : NULL;

    for (size_t i = 0; path_cache && found && i < room->arguments.count; i++) {
        if (search_argument(session, &room->arguments.items[i], path_cache, found) < 0) {
            Py_CLEAR(found);
        }
    }
    Py_XDECREF(path_cache);
    return found;
}
