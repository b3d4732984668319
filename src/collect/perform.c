/* perform_collect: from arguments to items. */
#include "collect/internal.h"

#include "base/text.h"
#include "os/folder.h"

/* Some ten megabytes of small containers. */
enum { MAX_UNCOLLECTED_OBJECTS = 100 * 1000 };

static enum file_kind
kind_of(PyObject *path)
{
    PyObject *holder = NULL;
    const char *text = path_encode(path, &holder);
    enum file_kind kind = text ? file_kind_of(text, NULL) : FILE_MISSING;

    if (!text) {
        PyErr_Clear(); /* not encodable: no such file */
    }
    Py_XDECREF(holder);
    return kind;
}

PyObject *
relay_for_path(struct engine *engine, PyObject *path)
{
    if (kind_of(path) == FILE_FOLDER) {
        return hook_relay_for_directory(engine, path);
    }
    PyObject *directory = path_directory(path);
    PyObject *relay = directory ? hook_relay_for_directory(engine, directory) : NULL;
    Py_XDECREF(directory);
    return relay;
}

/* ---- One collector ---- */

/* The report's leftover CallInfo: interactive plugins hear of what was raised. */
static int
interact(Node *collector, PyObject *report, PyObject *call)
{
    struct state *state = collector->engine->state;
    PyObject *check = py_import_attr("_pytest.runner", "check_interactive_exception");
    PyObject *answer = check ? py_call2(check, call, report) : NULL;
    int is_interactive = answer ? PyObject_IsTrue(answer) : -1;

    (void)state;
    Py_XDECREF(check);
    Py_XDECREF(answer);
    if (is_interactive > 0) {
        PyObject *args[] = {(PyObject *)collector, call, report};
        return hook_notify(node_relay(collector), HOOK_exception_interact, args);
    }
    return is_interactive;
}

PyObject *
collect_one_node(Node *collector)
{
    struct state *state = collector->engine->state;
    PyObject *relay = node_relay(collector);
    PyObject *argument = (PyObject *)collector;
    PyObject *call = NULL;

    if (!relay || hook_notify(relay, HOOK_collectstart, &argument) < 0) {
        return NULL;
    }
    PyObject *report = hook_call(relay, HOOK_make_collect_report, &argument);
    if (!report) {
        return NULL;
    }
    int found = py_find_attr(state, report, state->names.call, &call);
    if (found > 0) {
        found = PyObject_SetAttr(report, state->names.call, NULL);
        if (found == 0 && call != Py_None) {
            found = interact(collector, report, call);
        }
    }
    Py_XDECREF(call);
    if (found < 0) {
        Py_CLEAR(report);
    }
    return report;
}

/* Directories collected again are the nodes they were: fixtures are bound to them. */
static int
keep_directories(struct engine *engine, PyObject *previous, PyObject *report)
{
    PyObject *old = PyObject_GetAttrString(previous, "result");
    PyObject *result = old ? PyObject_GetAttrString(report, "result") : NULL;
    PyObject *merged = result ? PySequence_List(result) : NULL;
    int status = merged && PyList_Check(old) ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(merged); i++) {
        Node *child = (Node *)PyList_GetItem(merged, i);
        if (!node_check(engine->state, (PyObject *)child) || !(child->kind & NODE_DIRECTORY)) {
            continue;
        }
        for (Py_ssize_t j = 0; status == 0 && j < PyList_Size(old); j++) {
            Node *other = (Node *)PyList_GetItem(old, j);
            if (node_check(engine->state, (PyObject *)other) && other->kind & NODE_DIRECTORY &&
                PyUnicode_Compare(other->path_text, child->path_text) == 0) {
                status = PyList_SetItem(merged, i, Py_NewRef((PyObject *)other));
                break;
            }
        }
    }
    if (status == 0) {
        status = PyObject_SetAttrString(report, "result", merged);
    }
    Py_XDECREF(old);
    Py_XDECREF(result);
    Py_XDECREF(merged);
    return status;
}

static int
report_passed(struct engine *engine, PyObject *report)
{
    return py_attr_is_true(engine->state, report, engine->state->names.passed);
}

/* session._collect_one_node(): *is_duplicate when the report was there already. */
static PyObject *
collect_cached(Node *collector, bool handles_duplicates, bool *is_duplicate)
{
    struct engine *engine = collector->engine;
    struct collect_engine *room = collect_engine(engine);
    PyObject *previous = NULL;
    PyObject *report = NULL;

    *is_duplicate = false;
    if (!room->reports) {
        room->reports = PyDict_New();
    }
    if (!room->reports || py_dict_find(room->reports, (PyObject *)collector, &previous) < 0) {
        return NULL;
    }
    if (previous && handles_duplicates) {
        *is_duplicate = true;
        return previous;
    }
    report = collect_one_node(collector);
    if (report && previous) {
        int passed = report_passed(engine, report);
        if (passed < 0 || (passed && keep_directories(engine, previous, report) < 0)) {
            Py_CLEAR(report);
        }
    }
    if (report && PyDict_SetItem(room->reports, (PyObject *)collector, report) < 0) {
        Py_CLEAR(report);
    }
    Py_XDECREF(previous);
    return report;
}

static int
notify_report(Node *collector, PyObject *report)
{
    PyObject *relay = node_relay(collector);
    return relay ? hook_notify(relay, HOOK_collectreport, &report) : -1;
}

/* ---- Items of a tree ---- */

/* While the collector rests: what modules leave behind when imported must not pile up. */
static int
collect_garbage(struct engine *engine)
{
    struct collect_engine *room = collect_engine(engine);

    if (PyGC_IsEnabled()) {
        return 0;
    }
    if (!room->gc_count) {
        room->gc_count = py_import_attr("gc", "get_count");
    }
    PyObject *counts = room->gc_count ? py_call0(room->gc_count) : NULL;
    long young = counts ? PyLong_AsLong(PyTuple_GetItem(counts, 0)) : -1;
    Py_XDECREF(counts);
    if (young > MAX_UNCOLLECTED_OBJECTS) {
        PyGC_Collect();
    }
    return young < 0 ? -1 : 0;
}

static int
generate_items(Node *node, PyObject *items)
{
    struct engine *engine = node->engine;
    PyObject *argument = (PyObject *)node;
    bool is_duplicate = false;

    if (node->kind & NODE_ITEM) {
        PyObject *relay = node_relay(node);
        if (!relay || hook_notify(relay, HOOK_itemcollected, &argument) < 0) {
            return -1;
        }
        return PyList_Append(items, argument);
    }
    PyObject *report = collect_cached(node, !(node->kind & NODE_FILE), &is_duplicate);
    int status = report ? report_passed(engine, report) : -1;
    if (status > 0) {
        PyObject *result = PyObject_GetAttrString(report, "result");
        status = result ? 0 : -1;
        for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(result); i++) {
            PyObject *child = py_list_item(result, i);
            if (!node_check(engine->state, child)) {
                PyErr_SetNone(PyExc_AssertionError);
                status = -1;
            } else {
                status = generate_items((Node *)child, items);
            }
            Py_DECREF(child);
        }
        Py_XDECREF(result);
    }
    if (status == 0 && !is_duplicate) {
        status = notify_report(node, report);
    }
    if (status == 0 && node->kind & NODE_FILE) {
        status = collect_garbage(engine);
    }
    Py_XDECREF(report);
    return status < 0 ? -1 : 0;
}

/* ---- Matching the arguments ---- */

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
    enum file_kind kind = kind_of(path);
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
    PyObject *found;      /* list: matching nodes, in order */
    PyObject *not_found;  /* list: collectors without a match */
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
                        kind_of(PyList_GetItem(search->parts, depth)) == FILE_REGULAR;
    PyObject *report = collect_cached(node, !is_last_file, &is_duplicate);
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
    PyObject *separator = PyUnicode_FromString("::");
    PyObject *parts = PySequence_List(argument->names);
    PyObject *text = NULL;

    if (separator && parts && PyList_Insert(parts, 0, argument->path) == 0) {
        text = PyUnicode_Join(separator, parts);
    }
    Py_XDECREF(separator);
    Py_XDECREF(parts);
    return text;
}

static int
search_argument(Node *session, const struct argument *argument, PyObject *path_cache, PyObject *found)
{
    struct collect_engine *room = collect_engine(session->engine);
    struct search search = {
        .engine = session->engine, .argument = argument, .path_cache = path_cache, .found = found};
    int status = -1;

    search.parts = argument_parts(session->engine, argument, &search.path_count);
    search.not_found = search.parts ? PyList_New(0) : NULL;
    if (search.not_found) {
        status = search_node(&search, session, 0);
    }
    if (status == 0 && !search.has_match) {
        PyObject *text = argument_report_text(argument);
        room->not_found = room->not_found ? room->not_found : PyList_New(0);
        status = text && room->not_found
                     ? py_list_append_take(room->not_found, PyTuple_Pack(2, text, search.not_found))
                     : -1;
        Py_XDECREF(text);
    }
    Py_XDECREF(search.parts);
    Py_XDECREF(search.not_found);
    return status;
}

/* Session.collect(): a new list of the nodes that the arguments name. */
static PyObject *
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

/* ---- perform_collect ---- */

static int
set_initial_paths(struct engine *engine)
{
    struct collect_engine *room = collect_engine(engine);
    PyObject *paths = PySet_New(NULL);
    PyObject *with_parents = paths ? PySet_New(NULL) : NULL;
    int status = with_parents ? 0 : -1;

    for (size_t i = 0; status == 0 && i < room->arguments.count; i++) {
        PyObject *path = Py_NewRef(room->arguments.items[i].path);
        status = PySet_Add(paths, path);
        while (status == 0) {
            PyObject *parent = path_directory(path);
            status = parent ? PySet_Add(with_parents, path) : -1;
            bool is_root = parent && PyUnicode_Compare(parent, path) == 0;
            py_replace_take(&path, parent);
            if (is_root || !parent) {
                break;
            }
        }
        Py_XDECREF(path);
    }
    if (status == 0) {
        py_replace(&room->initial_paths, paths);
        py_replace(&room->initial_paths_with_parents, with_parents);
        status = nodes_set_initial_paths(engine, paths);
    }
    Py_XDECREF(paths);
    Py_XDECREF(with_parents);
    return status;
}

/* The UsageError for arguments that named nothing. */
static void
raise_not_found(struct engine *engine, PyObject *not_found)
{
    PyObject *errors = PyList_New(0);
    PyObject *args = NULL;
    PyObject *error = NULL;

    for (Py_ssize_t i = 0; errors && i < PyList_Size(not_found); i++) {
        PyObject *entry = PyList_GetItem(not_found, i);
        PyObject *text = PyTuple_GetItem(entry, 0);
        PyObject *collectors = PyTuple_GetItem(entry, 1);
        PyObject *message = PyList_Size(collectors)
                                ? PyUnicode_FromFormat("not found: %U\n(no match in any of %R)", text, collectors)
                                : PyUnicode_FromFormat("found no collectors for %U", text);
        if (py_list_append_take(errors, message) < 0) {
            Py_CLEAR(errors);
        }
    }
    args = errors ? PyList_AsTuple(errors) : NULL;
    error = args ? PyObject_Call(hooks_types(engine->state)->usage_error, args, NULL) : NULL;
    if (error) {
        PyErr_SetObject(hooks_types(engine->state)->usage_error, error);
    }
    Py_XDECREF(errors);
    Py_XDECREF(args);
    Py_XDECREF(error);
}

/* Items (or, without genitems, collectors) of the arguments: a new list. */
static PyObject *
collect_items(struct engine *engine, Node *session, bool wants_items)
{
    struct collect_engine *room = collect_engine(engine);
    PyObject *report = collect_one_node(session);
    PyObject *items = NULL;
    PyObject *result = NULL;

    if (!report || notify_report(session, report) < 0) {
        goto done;
    }
    if (room->not_found && PyList_Size(room->not_found) > 0) {
        raise_not_found(engine, room->not_found);
        goto done;
    }
    int passed = report_passed(engine, report);
    if (passed > 0) {
        result = PyObject_GetAttrString(report, "result");
        passed = result ? 1 : -1;
    }
    if (passed < 0) {
        goto done;
    }
    if (!wants_items) {
        items = result ? Py_NewRef(result) : PyList_New(0);
        goto done;
    }
    items = Py_NewRef(session_items(engine));
    for (Py_ssize_t i = 0; result && i < PyList_Size(result); i++) {
        if (generate_items((Node *)PyList_GetItem(result, i), items) < 0) {
            Py_CLEAR(items);
            break;
        }
    }
done:
    Py_XDECREF(report);
    Py_XDECREF(result);
    return items;
}

static PyObject *
perform(struct engine *engine, PyObject *args, bool wants_items)
{
    struct collect_engine *room = collect_engine(engine);
    int keeps_duplicates = option_is_true(engine, "keepduplicates");
    PyObject *items = NULL;
    PyObject *checked = NULL;

    if (keeps_duplicates < 0 || arguments_resolve(engine, args, &room->arguments) < 0) {
        return NULL;
    }
    if (!keeps_duplicates) {
        arguments_normalize(&room->arguments);
    }
    if (set_initial_paths(engine) < 0) {
        return NULL;
    }
    items = collect_items(engine, (Node *)engine->session, wants_items);
    if (!items) {
        return NULL;
    }
    checked = PyObject_CallMethod(engine->pluginmanager, "check_pending", NULL);
    PyObject *hook_args[] = {engine->session, engine->config, items};
    if (!checked || hook_notify(engine->relay, HOOK_collection_modifyitems, hook_args) < 0) {
        Py_CLEAR(items);
    }
    Py_XDECREF(checked);
    return items;
}

/*
 * Collecting makes objects that stay: the garbage collector would walk all of them again and again. It rests meanwhile,
 * and collects when many objects were made (see generate_items()).
 */
static bool
rest_garbage_collector(void)
{
    return PyGC_Disable() != 0;
}

PyObject *
session_perform_collect(struct engine *engine, PyObject *args, bool wants_items)
{
    struct collect_engine *room = collect_engine(engine);
    PyObject *own_args = args ? Py_NewRef(args) : PyObject_GetAttrString(engine->config, "args");
    PyObject *items = NULL;

    if (!own_args) {
        return NULL;
    }
    py_replace(&room->not_found, NULL);
    py_replace(&room->reports, NULL);
    py_replace_take(&room->items, PyList_New(0));
    bool was_enabled = rest_garbage_collector();
    items = perform(engine, own_args, wants_items);
    if (was_enabled) {
        PyGC_Enable();
    }
    PyObject *exception = py_error_take();
    py_replace(&room->not_found, NULL);
    py_replace(&room->reports, NULL);
    arguments_release(&room->arguments);
    PyObject *hook_args[] = {engine->session};
    if (hook_notify(engine->relay, HOOK_collection_finish, hook_args) < 0) {
        Py_CLEAR(items);
        Py_XDECREF(exception);
    } else if (exception) {
        py_error_restore_take(exception);
    }
    if (items && wants_items) {
        room->tests_collected = (long)PyList_Size(items);
    }
    Py_DECREF(own_args);
    return items;
}

/* ---- Methods ---- */

static PyObject *
method_perform_collect(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"args", "genitems", NULL};
    PyObject *values[2];

    if (py_unpack_tuple("perform_collect", args, kwargs, NAMES, 2, 0, values) < 0) {
        return NULL;
    }
    int wants_items = values[1] ? PyObject_IsTrue(values[1]) : 1;
    if (wants_items < 0) {
        return NULL;
    }
    return session_perform_collect(((Node *)op)->engine, values[0] == Py_None ? NULL : values[0], wants_items == 1);
}

static PyObject *
method_collect(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *list = session_collect_list((Node *)op);
    PyObject *iterator = list ? PyObject_GetIter(list) : NULL;
    Py_XDECREF(list);
    return iterator;
}

static PyObject *
method_genitems(PyObject *op, PyObject *node)
{
    struct state *state = ((Node *)op)->engine->state;
    PyObject *items = PyList_New(0);
    PyObject *iterator = NULL;

    if (items && !node_check(state, node)) {
        PyErr_SetNone(PyExc_AssertionError);
    } else if (items && generate_items((Node *)node, items) == 0) {
        iterator = PyObject_GetIter(items);
    }
    Py_XDECREF(items);
    return iterator;
}

PyMethodDef SESSION_COLLECT_METHODS[] = {
    {"perform_collect", WITH_KEYWORDS(method_perform_collect), METH_VARARGS | METH_KEYWORDS,
     "Perform the collection phase for this session."},
    {"collect", method_collect, METH_NOARGS, "Collect children (items and collectors) for this collector."},
    {"genitems", method_genitems, METH_O, NULL},
    PY_END_METHOD,
};
