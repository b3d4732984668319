/*
 * Files that need not be imported: the index says that -k, -m and --deselect leave none of their tests, and an earlier
 * run imported them, with all that they import, without anything to be seen.
 */
#include "collect/internal.h"

#include <string.h>

#include "base/table.h"
#include "os/variable.h"

struct left_out {
    struct discovery discovery;
    struct table files; /* path -> struct discovered_file without a selected test */
    struct table told;  /* the paths of all files, and of all that they import as far as the sources tell */
    struct records *records;
    unsigned char key[16];
    struct indexed_file *nodes; /* what was left out; nodes are owned */
    Py_ssize_t *positions;      /* of each: where its items would have begun */
    size_t node_count, node_capacity;
    size_t test_count;     /* of tests that are deselected */
    size_t selected_count; /* tells_all: of those that are not */
    bool tells_all;        /* --collect-only: every file is left out, or none */
    bool is_incomplete;    /* something does not go: everything is collected after all */
    PyObject *relay;       /* borrowed: the one that was looked at last, only compared */
    unsigned generation;
    bool relay_is_harmless;
    bool is_over; /* from here on everything is imported */
};

void
left_out_free(struct left_out *left_out)
{
    if (left_out) {
        for (size_t i = 0; i < left_out->node_count; i++) {
            Py_DECREF((PyObject *)left_out->nodes[i].node);
        }
        memory_free(left_out->nodes);
        memory_free(left_out->positions);
        table_release(&left_out->files);
        table_release(&left_out->told);
        discovery_release(&left_out->discovery);
        memory_free(left_out);
    }
}

int
left_out_traverse(struct left_out *left_out, visitproc visit, void *arg)
{
    for (size_t i = 0; left_out && i < left_out->node_count; i++) {
        Py_VISIT((PyObject *)left_out->nodes[i].node);
    }
    return 0;
}

/* ---- Whether anybody could tell ---- */

/* Whoever implements one of these sees a file's module, its tests, or that they are deselected. */
static const enum hook_id HOOKS_THAT_SEE_TESTS[] = {
    HOOK_collectstart,       HOOK_make_collect_report,    HOOK_collectreport, HOOK_pycollect_makemodule,
    HOOK_pycollect_makeitem, HOOK_generate_tests,         HOOK_itemcollected, HOOK_make_parametrize_id,
    HOOK_deselected,         HOOK_collection_modifyitems,
};

static bool
relay_is_harmless(PyObject *relay)
{
    for (size_t i = 0; i < COUNT_OF(HOOKS_THAT_SEE_TESTS); i++) {
        if (!hook_is_pytests(relay, HOOKS_THAT_SEE_TESTS[i])) {
            return false;
        }
    }
    return true;
}

/* With --collect-only also those who see the session afterwards. */
static const enum hook_id HOOKS_THAT_SEE_THE_SESSION[] = {
    HOOK_collection, HOOK_collection_finish, HOOK_runtestloop, HOOK_sessionfinish, HOOK_terminal_summary,
};

/* 1, 0 or -1: whether all tests may be told without collecting any. */
static int
may_tell_all(struct engine *engine)
{
    int only_collects = option_is_true(engine, "collectonly");

    for (size_t i = 0; only_collects > 0 && i < COUNT_OF(HOOKS_THAT_SEE_THE_SESSION); i++) {
        only_collects = hook_is_pytests(engine->relay, HOOKS_THAT_SEE_THE_SESSION[i]);
    }
    /* More verbosely docstrings are shown. */
    return only_collects > 0 ? config_verbosity(engine, NULL) <= 0 && config_verbosity(engine, "test_cases") <= 0
                             : only_collects;
}

/* 1, 0 or -1: whether the options ask for a selection that the index can make, and for nothing that it cannot. */
static int
options_allow(struct engine *engine)
{
    static const char *const SELECTING[] = {"keyword", "markexpr", "deselect", "collectonly"};
    /* Live logs show what modules log while they are imported. */
    static const char *const FORBIDDING_INIS[] = {"log_cli", "log_file"};
    static const char *const FORBIDDING[] = {"debug",    "log_cli_level",  "log_file",
                                             "lf",       "failedfirst",    "newfirst",
                                             "stepwise", "keepduplicates", "doctestmodules"};
    int allows = 0;

    for (size_t i = 0; allows == 0 && i < COUNT_OF(SELECTING); i++) {
        allows = option_is_true(engine, SELECTING[i]);
    }
    for (size_t i = 0; allows > 0 && i < COUNT_OF(FORBIDDING); i++) {
        int forbids = option_is_true(engine, FORBIDDING[i]);
        allows = forbids < 0 ? -1 : !forbids;
    }
    for (size_t i = 0; allows > 0 && i < COUNT_OF(FORBIDDING_INIS); i++) {
        PyObject *value = ini_get(engine, FORBIDDING_INIS[i]);
        int forbids = value ? PyObject_IsTrue(value) : -1;
        allows = forbids < 0 ? -1 : !forbids;
        Py_XDECREF(value);
    }
    if (allows > 0) {
        PyObject *mode = option_get(engine, "importmode");
        allows = !mode ? -1 : !py_text_equals(mode, "append");
        Py_XDECREF(mode);
    }
    return allows;
}

/* ---- Asking the index ---- */

/* The strings of a tuple or list as C text, in the arena; NULL with an exception. */
static const char **
texts_of(PyObject *strings, size_t count, struct arena *arena)
{
    const char **texts = arena_alloc(arena, (count + 1) * sizeof *texts);

    for (size_t i = 0; i < count; i++) {
        PyObject *string = PySequence_GetItem(strings, (Py_ssize_t)i);
        PyObject *holder = NULL;
        const char *text = string && PyUnicode_Check(string) ? py_fs_text(string, &holder) : NULL;
        texts[i] = text ? arena_copy_string(arena, text) : NULL;
        Py_XDECREF(holder);
        Py_XDECREF(string);
        if (!text) {
            if (!PyErr_Occurred()) {
                PyErr_SetString(PyExc_TypeError, "arguments are strings");
            }
            return NULL;
        }
    }
    texts[count] = NULL;
    return texts;
}

/* A str as C text in the arena. */
static const char *
text_of(PyObject *string, struct arena *arena)
{
    PyObject *holder = NULL;
    const char *text = py_fs_text(string, &holder);
    const char *copy = text ? arena_copy_string(arena, text) : NULL;
    Py_XDECREF(holder);
    return copy;
}

int
question_fill(struct engine *engine, struct arena *arena, struct discover_question *question)
{
    PyObject *params = PyObject_GetAttrString(engine->config, "invocation_params");
    PyObject *args = params ? PyObject_GetAttrString(params, "args") : NULL;
    Py_ssize_t count = args ? PySequence_Size(args) : -1;
    PyObject *borrowed_executable = PySys_GetObject("executable");

    if (count >= 0) {
        question->arguments = texts_of(args, (size_t)count, arena);
        question->argument_count = (size_t)count;
        question->folder = text_of(config_invocation_dir(engine), arena);
        question->environment = environment_variables();
        question->interpreter = borrowed_executable ? text_of(borrowed_executable, arena) : NULL;
    }
    Py_XDECREF(args);
    Py_XDECREF(params);
    return question->arguments && question->folder && question->interpreter ? 0 : -1;
}

/* Whether the discovery saw the same project. */
static bool
is_same_project(struct engine *engine, const struct discovery *discovery, struct arena *arena)
{
    PyObject *inipath = config_inipath(engine);
    PyObject *inipath_text = inipath == Py_None ? NULL : py_path_text(engine->state, inipath);
    const char *root = text_of(config_rootpath(engine), arena);
    const char *ini = inipath_text ? text_of(inipath_text, arena) : NULL;
    bool is_same = root && strcmp(root, discovery->root_folder) == 0 &&
                   (ini ? discovery->config_file && strcmp(ini, discovery->config_file) == 0
                        : inipath == Py_None && !discovery->config_file);

    PyErr_Clear(); /* names that cannot be written are nobody's */
    Py_XDECREF(inipath_text);
    return is_same;
}

static void
gather_files(struct left_out *left_out, const struct remembered_failures *failures)
{
    const struct discovery *discovery = &left_out->discovery;
    size_t told_count = 0;

    for (size_t i = 0; i < discovery->file_count; i++) {
        const struct discovered_file *file = &discovery->files[i];
        /* With --collect-only no test runs that could see what importing a file does. */
        bool is_harmless = left_out->tells_all || file->effects & FILE_KEEPS_TO_ITSELF;
        bool is_told = is_harmless && file->found && file->found->flags & FILE_EXACT &&
                       !(file->found->flags & FILE_NOT_PYTHON) && !file->reason && !file->undecided &&
                       !file->unmatched && !failures_concern(failures, file);
        told_count += is_told;
        table_set(&left_out->told, file->path, strlen(file->path), left_out);
        for (size_t k = 0; k < file->import_count; k++) {
            table_set(&left_out->told, file->imports[k], strlen(file->imports[k]), left_out);
        }
        if (is_told && (file->selected_count == 0 || left_out->tells_all)) {
            table_set(&left_out->files, file->path, strlen(file->path), (void *)file);
        }
    }
    if (left_out->tells_all && (told_count < discovery->file_count || !discovery->is_order_exact ||
                                discovery->problem_count || left_out->files.count < discovery->file_count)) {
        table_release(&left_out->files);
    }
}

/* What can be left out: NULL, also with an exception, when nothing can. */
static struct left_out *
left_out_new(struct engine *engine, struct records *records, bool tells_all)
{
    struct left_out *left_out = memory_alloc_zeroed(sizeof *left_out);
    struct discover_question question = {0};
    struct remembered_failures failures = {0};
    struct arena arena = {0};
    struct error error = ERROR_INIT;

    question.wants_imports = true;
    left_out->records = records;
    left_out->tells_all = tells_all;
    /* A command line that the discovery refuses is refused in collecting, too. */
    bool is_made = collect_key(engine, left_out->key) == 0 && records_have_run(records, left_out->key) &&
                   question_fill(engine, &arena, &question) == 0 &&
                   discovery_make(&question, &left_out->discovery, &error) && !left_out->discovery.reason &&
                   is_same_project(engine, &left_out->discovery, &arena) && failures_read(engine, &failures) == 0;
    if (is_made) {
        gather_files(left_out, &failures);
    }
    failures_release(&failures);
    arena_release(&arena);
    if (left_out->files.count == 0) {
        left_out_free(left_out);
        left_out = NULL;
    }
    return left_out;
}

/* 1, 0 or -1: whether somebody watches every line that is run: a coverage tool, a profiler, a debugger. */
static int
is_traced(void)
{
    static const char *const WATCHERS[] = {"gettrace", "getprofile"};
    PyObject *borrowed_monitoring = PySys_GetObject("monitoring"); /* from Python 3.12 on */
    int is_traced = 0;

    for (size_t i = 0; is_traced == 0 && i < COUNT_OF(WATCHERS); i++) {
        PyObject *borrowed_get = PySys_GetObject(WATCHERS[i]);
        PyObject *watcher = borrowed_get ? PyObject_CallObject(borrowed_get, NULL) : NULL;
        is_traced = watcher ? watcher != Py_None : -1;
        Py_XDECREF(watcher);
    }
    for (int tool = 0; borrowed_monitoring && is_traced == 0 && tool < 6; tool++) {
        PyObject *name = PyObject_CallMethod(borrowed_monitoring, "get_tool", "i", tool);
        is_traced = name ? name != Py_None : -1;
        Py_XDECREF(name);
    }
    return is_traced;
}

int
leave_out_prepare(struct engine *engine)
{
    struct collect_engine *room = collect_engine(engine);
    int allows = options_allow(engine);

    if (allows > 0) {
        int traces = is_traced();
        allows = traces < 0 ? -1 : !traces;
    }
    struct records *records = allows > 0 && relay_is_harmless(engine->relay) ? collect_records(engine) : NULL;

    int tells_all = records ? may_tell_all(engine) : 0;

    left_out_free(room->left_out);
    room->left_out = records && tells_all >= 0 ? left_out_new(engine, records, tells_all > 0) : NULL;
    return PyErr_Occurred() ? -1 : 0;
}

/* ---- Leaving out ---- */

static bool
is_same_in_discovery(const struct source_check *check, const char *path, const struct recorded_source *source)
{
    return discovery_is_same(check->memory, path, source);
}

/* Whether the file may stay as it is on the disk. */
static bool
file_is_clean(struct left_out *left_out, const struct discovered_file *file)
{
    const struct source_check check = {.is_same = is_same_in_discovery, .memory = &left_out->discovery};
    size_t test_count = 0;

    return records_is_clean(left_out->records, left_out->key, file->path, file->imports, file->import_count,
                            &left_out->told, &check, &test_count) &&
           test_count == file->selected_count + file->deselected_count;
}

/* Hooks of conftests that lie deeper are known by now. */
static bool
nobody_sees(struct left_out *left_out, Node *node)
{
    PyObject *relay = node_relay(node);
    unsigned generation = hook_generation(node->engine);

    if (relay != left_out->relay || generation != left_out->generation) {
        left_out->relay = relay;
        left_out->generation = generation;
        left_out->relay_is_harmless = relay && relay_is_harmless(relay) && relay_is_harmless(node->engine->relay);
    }
    return left_out->relay_is_harmless;
}

static void
keep_left_out(struct left_out *left_out, Node *node, const struct discovered_file *file, Py_ssize_t position)
{
    if (left_out->node_count == left_out->node_capacity) {
        left_out->node_capacity = left_out->node_capacity ? left_out->node_capacity * 2 : 64;
        left_out->nodes = memory_resize(left_out->nodes, left_out->node_capacity * sizeof *left_out->nodes);
        left_out->positions = memory_resize(left_out->positions, left_out->node_capacity * sizeof(Py_ssize_t));
    }
    left_out->positions[left_out->node_count] = position;
    left_out->nodes[left_out->node_count++] =
        (struct indexed_file){.node = (Node *)Py_NewRef((PyObject *)node), .file = file};
    left_out->test_count += file->deselected_count;
    left_out->selected_count += file->selected_count;
}

int
leave_out(Node *node, PyObject *items)
{
    struct left_out *left_out = collect_engine(node->engine)->left_out;
    PyObject *holder = NULL;

    if (!left_out || left_out->is_over || Py_TYPE((PyObject *)node) != collect_types(node->engine->state)->module) {
        return 0;
    }
    const char *path = py_fs_text(node->path_text, &holder);
    const struct discovered_file *file = path ? table_find(&left_out->files, path, strlen(path)) : NULL;
    int leaves = file && nobody_sees(left_out, node) && file_is_clean(left_out, file);
    PyErr_Clear(); /* a name that cannot be encoded is in no table */
    Py_XDECREF(holder);
    if (leaves) {
        keep_left_out(left_out, node, file, PyList_Size(items));
        leaves = module_prepare_path(node->engine, node->path_text) < 0 ? -1 : 1;
    } else if (left_out->tells_all) {
        left_out->is_incomplete = left_out->is_over = true;
    }
    return leaves;
}

/* Whether --collect-only has met what the index does not tell. */
static bool
misses_something(struct engine *engine, const struct left_out *left_out, PyObject *items)
{
    const struct collect_engine *room = collect_engine(engine);

    return left_out->node_count < left_out->discovery.file_count || PyList_Size(items) > 0 ||
           room->failed_report_count > 0;
}

/* Whether what importing the file does happens all the same: to its own modules, or because others import them, too. */
static bool
may_stay(const struct discovered_file *file, const struct table *loaded)
{
    for (size_t i = 0; !(file->effects & FILE_IMPORTS_KEEP) && i < file->import_count; i++) {
        if (!table_find(loaded, file->imports[i], strlen(file->imports[i]))) {
            return false;
        }
    }
    return true;
}

/* Collects what was left out: 0 or -1. `added` is how many items came before those that were there. */
static int
collect_late(Node *node, PyObject *items, Py_ssize_t position, Py_ssize_t *added)
{
    PyObject *late = PyList_New(0);
    int status = late ? session_generate_items(node, late) : -1;

    if (status == 0) {
        position += *added;
        *added += PyList_Size(late);
        status = PyList_SetSlice(items, position, position, late);
    }
    Py_XDECREF(late);
    return status;
}

/* Each file's tests come where they belong. */
static int
settle(struct left_out *left_out, PyObject *items, bool collects_all, const struct table *loaded)
{
    size_t kept_count = 0;
    Py_ssize_t added = 0;
    int status = 0;

    left_out->is_over = true;
    for (size_t i = 0; i < left_out->node_count; i++) {
        struct indexed_file left = left_out->nodes[i];
        if (status < 0 || (!collects_all && may_stay(left.file, loaded))) {
            left_out->nodes[kept_count++] = left;
            continue;
        }
        status = collect_late(left.node, items, left_out->positions[i], &added);
        left_out->test_count -= left.file->deselected_count;
        left_out->selected_count -= left.file->selected_count;
        Py_DECREF((PyObject *)left.node);
    }
    left_out->node_count = kept_count;
    return status;
}

int
leave_out_settle(struct engine *engine, PyObject *items)
{
    struct left_out *left_out = collect_engine(engine)->left_out;
    struct arena arena = {0};
    struct table loaded = {0};
    bool is_settled = true;
    int status = 0;

    if (!left_out) {
        return 0;
    }
    /* A conftest may have come that could tell: its hooks see all tests. */
    bool collects_all = left_out->is_incomplete || (left_out->tells_all && misses_something(engine, left_out, items)) ||
                        (left_out->node_count && !relay_is_harmless(engine->relay));
    for (size_t i = 0; is_settled && i < left_out->node_count; i++) {
        is_settled = left_out->tells_all || left_out->nodes[i].file->effects & FILE_IMPORTS_KEEP;
    }
    if (!is_settled) {
        status = loaded_modules_read(engine->state, &arena, &loaded);
    }
    if (status == 0 && (collects_all || !is_settled)) {
        status = settle(left_out, items, collects_all, &loaded);
    }
    table_release(&loaded);
    arena_release(&arena);
    return status;
}

size_t
session_left_out(struct engine *engine, size_t *test_count_out)
{
    const struct left_out *left_out = collect_engine(engine)->left_out;

    *test_count_out = left_out ? left_out->test_count : 0;
    return left_out ? left_out->node_count : 0;
}

const struct indexed_file *
session_indexed_files(struct engine *engine, size_t *count_out)
{
    const struct left_out *left_out = collect_engine(engine)->left_out;
    bool tells_all = left_out && left_out->tells_all && left_out->node_count;

    *count_out = tells_all ? left_out->node_count : 0;
    return tells_all ? left_out->nodes : NULL;
}

size_t
session_uncollected_count(struct engine *engine)
{
    const struct left_out *left_out = collect_engine(engine)->left_out;

    return left_out ? left_out->test_count + left_out->selected_count : 0;
}

long
leave_out_selected_count(struct engine *engine)
{
    const struct left_out *left_out = collect_engine(engine)->left_out;

    return left_out ? (long)left_out->selected_count : 0;
}
