/* perform_collect: from arguments to items. */
#include "collect/internal.h"

#include "os/folder.h"

/* Some ten megabytes of small containers. */
enum { COLLECT_GC_THRESHOLD = 100 * 1000 };

enum file_kind
path_kind(PyObject *path)
{
    PyObject *holder = NULL;
    const char *text = py_fs_text(path, &holder);
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
    if (path_kind(path) == FILE_FOLDER) {
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

int
report_passed(struct engine *engine, PyObject *report)
{
    return py_attr_is_true(engine->state, report, engine->state->names.passed);
}

/* session._collect_one_node(): *is_duplicate when the report was there already. */
PyObject *
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

int
notify_report(Node *collector, PyObject *report)
{
    PyObject *relay = node_relay(collector);
    return relay ? hook_notify(relay, HOOK_collectreport, &report) : -1;
}

/* ---- Items of a tree ---- */

int
session_generate_items(Node *node, PyObject *items)
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
    int leaves_out = leave_out(node, items);
    if (leaves_out != 0) {
        return leaves_out < 0 ? -1 : 0;
    }
    struct clean_watch watch;
    clean_watch_start(node, items, &watch);
    PyObject *report = collect_cached(node, !(node->kind & NODE_FILE), &is_duplicate);
    int status = report ? report_passed(engine, report) : -1;
    collect_engine(engine)->failed_report_count += status == 0;
    if (status > 0) {
        PyObject *result = py_attr(engine->state, report, "result");
        status = result ? 0 : -1;
        for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(result); i++) {
            PyObject *child = py_list_item(result, i);
            if (!node_check(engine->state, child)) {
                PyErr_SetNone(PyExc_AssertionError);
                status = -1;
            } else {
                status = session_generate_items((Node *)child, items);
            }
            Py_DECREF(child);
        }
        Py_XDECREF(result);
    }
    if (status == 0 && !is_duplicate) {
        status = notify_report(node, report);
    }
    if (status >= 0) {
        status = clean_watch_end(node, report, items, &watch);
    }
    Py_XDECREF(report);
    return status < 0 ? -1 : 0;
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
        if (session_generate_items((Node *)PyList_GetItem(result, i), items) < 0) {
            Py_CLEAR(items);
            break;
        }
    }
done:
    Py_XDECREF(report);
    Py_XDECREF(result);
    return items;
}

static int
modify_items(struct engine *engine, PyObject *items)
{
    PyObject *hook_args[] = {engine->session, engine->config, items};

    return hooks_seen_before(engine, items) < 0 ||
                   hook_notify(engine->relay, HOOK_collection_modifyitems, hook_args) < 0
               ? -1
               : hooks_seen_after(engine, items);
}

static PyObject *
perform(struct engine *engine, PyObject *args, bool wants_items, bool may_leave_out)
{
    struct collect_engine *room = collect_engine(engine);
    int keeps_duplicates = option_is_true(engine, "keepduplicates");
    PyObject *items = NULL;
    PyObject *checked = NULL;

    if (keeps_duplicates < 0 || arguments_resolve(engine, args, &room->arguments) < 0) {
        return NULL;
    }
    room->keeps_duplicates = keeps_duplicates;
    if (!keeps_duplicates) {
        arguments_normalize(&room->arguments);
    }
    if (set_initial_paths(engine) < 0) {
        return NULL;
    }
    if (may_leave_out && leave_out_prepare(engine) < 0) {
        return NULL;
    }
    items = collect_items(engine, (Node *)engine->session, wants_items);
    if (items && leave_out_settle(engine, items) < 0) {
        Py_CLEAR(items);
    }
    if (!items) {
        return NULL;
    }
    checked = PyObject_CallMethod(engine->pluginmanager, "check_pending", NULL);
    if (!checked || modify_items(engine, items) < 0) {
        Py_CLEAR(items);
    }
    Py_XDECREF(checked);
    return items;
}

/*
 * Collecting makes objects that stay: the garbage collector would walk all of them again and again. Its first threshold
 * is raised meanwhile; it stays enabled, and a module that sets it otherwise has its way. The thresholds to put back:
 * a new reference, None when there is nothing to put back.
 */
static PyObject *
raise_gc_threshold(void)
{
    PyObject *gc = PyImport_ImportModule("gc");
    PyObject *before = gc ? PyObject_CallMethod(gc, "get_threshold", NULL) : NULL;
    long first = before ? PyLong_AsLong(PyTuple_GetItem(before, 0)) : 0;

    if (first > 0 && first < COLLECT_GC_THRESHOLD) {
        PyObject *done = PyObject_CallMethod(gc, "set_threshold", "i", COLLECT_GC_THRESHOLD);
        if (!done) {
            Py_CLEAR(before);
        }
        Py_XDECREF(done);
    } else if (before) {
        py_replace(&before, Py_None); /* switched off, or higher already */
    }
    Py_XDECREF(gc);
    return before;
}

/*
 * What collecting made stays until the run is over: it joins the collector's oldest generation without being walked.
 * Frozen objects of the user's would join it, too, hence not if there are any.
 */
static int
age_collected_objects(PyObject *gc)
{
    PyObject *frozen = PyObject_CallMethod(gc, "get_freeze_count", NULL);
    PyObject *aged = frozen ? Py_NewRef(Py_None) : NULL;

    if (frozen && PyLong_AsLong(frozen) == 0) {
        py_replace_take(&aged, PyObject_CallMethod(gc, "freeze", NULL));
        if (aged) {
            py_replace_take(&aged, PyObject_CallMethod(gc, "unfreeze", NULL));
        }
    }
    Py_XDECREF(frozen);
    return py_status_take(aged);
}

static int
restore_gc_threshold_take(PyObject *before)
{
    PyObject *gc = before == Py_None ? NULL : PyImport_ImportModule("gc");
    PyObject *now = gc && age_collected_objects(gc) == 0 ? PyObject_CallMethod(gc, "get_threshold", NULL) : NULL;
    int status = before == Py_None || now ? 0 : -1;

    if (now && PyLong_AsLong(PyTuple_GetItem(now, 0)) == COLLECT_GC_THRESHOLD) {
        PyObject *set_threshold = PyObject_GetAttrString(gc, "set_threshold");
        PyObject *done = set_threshold ? PyObject_CallObject(set_threshold, before) : NULL;
        status = done ? 0 : -1;
        Py_XDECREF(done);
        Py_XDECREF(set_threshold);
    }
    Py_XDECREF(now);
    Py_XDECREF(gc);
    Py_DECREF(before);
    return status;
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
    PyObject *thresholds = raise_gc_threshold();
    if (!thresholds) {
        Py_DECREF(own_args);
        return NULL;
    }
    hooks_seen_start(engine);
    items = perform(engine, own_args, wants_items, !args && wants_items);
    PyObject *exception = py_error_take();
    if (restore_gc_threshold_take(thresholds) < 0) {
        Py_XDECREF(exception);
        exception = py_error_take();
        Py_CLEAR(items);
    }
    py_replace(&room->not_found, NULL);
    py_replace(&room->reports, NULL);
    arguments_release(&room->arguments);
    PyObject *hook_args[] = {engine->session};
    items = py_pass_on_take(items, exception, hook_notify(engine->relay, HOOK_collection_finish, hook_args));
    hooks_seen_stop(engine);
    if (items && wants_items) {
        room->tests_collected = (long)PyList_Size(items) + leave_out_selected_count(engine);
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
    return py_iterate_take(session_collect_list((Node *)op));
}

static PyObject *
method_genitems(PyObject *op, PyObject *node)
{
    struct state *state = ((Node *)op)->engine->state;
    PyObject *items = PyList_New(0);
    PyObject *iterator = NULL;

    if (items && !node_check(state, node)) {
        PyErr_SetNone(PyExc_AssertionError);
    } else if (items && session_generate_items((Node *)node, items) == 0) {
        iterator = PyObject_GetIter(items);
    }
    Py_XDECREF(items);
    return iterator;
}

PY_NAMED_ONE(method_genitems_named, method_genitems, "genitems", "node")

PyMethodDef SESSION_COLLECT_METHODS[] = {
    {"perform_collect", PY_WITH_KEYWORDS(method_perform_collect),
     "perform_collect($self, args=None, genitems=True)\n--\n\n"
     "Perform the collection phase for this session."},
    {"collect", method_collect, METH_NOARGS,
     "collect($self)\n--\n\n"
     "Collect children (items and collectors) for this collector."},
    {"genitems", PY_FAST_WITH_KEYWORDS(method_genitems_named), "genitems($self, node)\n--\n\n"},
    PY_END_METHOD,
};
