/* What all files share: plugins and conftests with their fixtures and hooks. Read before threads start. */
#include "discover/records.h"
#include "discover/resolve.h"

#include "base/hash.h"
#include "base/text.h"
#include "os/file.h"

/* ---- Hooks ---- */

static bool
is_in(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(word, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Hooks that do not take part in collecting; what ends with '*' stands for all that begin so. */
static bool
is_harmless_hook(const char *name)
{
    static const char *const HARMLESS[] = {
        "pytest_runtest_*",        "pytest_report_*",           "pytest_terminal_summary", "pytest_sessionfinish",
        "pytest_unconfigure",      "pytest_assertrepr_compare", "pytest_assertion_pass",   "pytest_exception_interact",
        "pytest_warning_recorded", "pytest_fixture_*",          "pytest_pyfunc_call",      "pytest_markeval_namespace",
        "pytest_enter_pdb",        "pytest_leave_pdb",          "pytest_internalerror",    "pytest_keyboard_interrupt",
        "pytest_addoption",        "pytest_deselected",         "pytest_plugins"};

    for (size_t i = 0; i < COUNT_OF(HARMLESS); i++) {
        size_t length = strlen(HARMLESS[i]);
        if (HARMLESS[i][length - 1] == '*' ? strncmp(name, HARMLESS[i], length - 1) == 0
                                           : strcmp(name, HARMLESS[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Hooks that run once for the whole session: what they do holds for all files. */
static bool
is_global_hook(const char *name)
{
    static const char *const GLOBAL[] = {
        "pytest_collection_modifyitems", "pytest_collection_finish", "pytest_collection",   "pytest_configure",
        "pytest_sessionstart",           "pytest_plugin_registered", "pytest_cmdline_main", "pytest_cmdline_parse",
        "pytest_load_initial_conftests", "pytest_addhooks"};
    return is_in(name, GLOBAL, COUNT_OF(GLOBAL));
}

/* Whether its body does nothing but register marks and the like. */
static bool
has_harmless_words(const void *base, const struct function_facts *function)
{
    static const char *const WORDS[] = {"addinivalue_line",
                                        "config",
                                        "session",
                                        "os",
                                        "environ",
                                        "setdefault",
                                        "warnings",
                                        "simplefilter",
                                        "print",
                                        "logging",
                                        "getLogger",
                                        "setLevel",
                                        "seed",
                                        "random",
                                        "locale",
                                        "setlocale",
                                        "LC_ALL",
                                        "faulthandler",
                                        "enable",
                                        "settings",
                                        "register_profile",
                                        "load_profile",
                                        "suppress_health_check",
                                        "HealthCheck",
                                        "too_slow",
                                        "deadline",
                                        "timedelta",
                                        "milliseconds",
                                        "None",
                                        "max_examples",
                                        "derandomize",
                                        "database",
                                        "True",
                                        "False"};
    const struct function_details *details = function_details(base, function);
    const blob_offset *words = blob_at(base, details->words.first);

    for (uint32_t i = 0; i < details->words.count; i++) {
        if (!is_in(blob_text(base, words[i]), WORDS, COUNT_OF(WORDS))) {
            return false;
        }
    }
    return true;
}

/* Hooks whose effect a run can see, see records.h. */
static bool
is_visible_hook(const char *name)
{
    for (int hook = 0; hook < RECORDED_HOOK_COUNT; hook++) {
        if (RECORDED_VISIBLE & 1 << hook && strcmp(RECORDED_HOOK_NAMES[hook], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Says what the hooks of a conftest or plugin make inexact: below it, or everywhere. */
static void
check_hooks(struct resolve_work *work, const struct scope_names *names, const char *label, struct conftest *conftest)
{
    for (uint32_t i = 0; i < names->count; i++) {
        const struct scope_name *name = &names->items[i];
        if (strcmp(name->name, "pytest_addoption") == 0 && work->shared->option_adders++ && !work->shared->reason) {
            work->shared->reason = work_format(work, "%s is not the only one to add options", label);
        }
        if (!text_begins(name->name, "pytest_") || is_harmless_hook(name->name)) {
            continue;
        }
        struct object object = object_of_entry(work, name);
        bool can_be_simple = strcmp(name->name, "pytest_configure") == 0 ||
                             strcmp(name->name, "pytest_sessionstart") == 0 ||
                             strcmp(name->name, "pytest_plugin_registered") == 0;
        if (can_be_simple && !name->reason && object.kind == OBJECT_FUNCTION &&
            has_harmless_words(context_base(&object.context), object.function)) {
            continue;
        }
        if (object.kind == OBJECT_MODULE || object_is(&object, "pytest_asyncio")) {
            continue;
        }
        const char *reason = work_format(work, "the hook %s in %s may change what is collected", name->name, label);
        if (is_visible_hook(name->name)) {
            conftest->hook_reason = conftest->hook_reason ? conftest->hook_reason : reason;
            conftest->has_global_hook = conftest->has_global_hook || is_global_hook(name->name);
            continue;
        }
        if (is_global_hook(name->name) && !work->shared->reason) {
            work->shared->reason = reason;
        }
        work_fail(work, reason);
    }
}

/* ---- Plugins ---- */

static struct fixture_level *
level_new(struct resolve_work *work, const struct fixture_level *outer)
{
    struct fixture_level *level = arena_alloc_zeroed(work->arena, sizeof *level);
    level->outer = outer;
    return level;
}

static struct fixture *
level_add_known(struct resolve_work *work, struct fixture_level *level, const char *name, enum fixture_scope scope)
{
    struct fixture *fixture = arena_alloc_zeroed(work->arena, sizeof *fixture);

    fixture->name = name;
    fixture->length = (uint32_t)strlen(name);
    fixture->scope = scope;
    level->items = arena_grow(work->arena, level->items, level->count, sizeof(struct fixture *));
    level->items[level->count++] = fixture;
    return fixture;
}

/* pytest's own fixtures. */
static void
add_built_in(struct resolve_work *work, struct fixture_level *level)
{
    static const struct {
        const char *name;
        enum fixture_scope scope;
        const char *arguments[3];
    } BUILT_IN[] = {
        {"cache", FIXTURE_FUNCTION_SCOPE, {"request"}},
        {"capfd", FIXTURE_FUNCTION_SCOPE, {"request"}},
        {"capfdbinary", FIXTURE_FUNCTION_SCOPE, {"request"}},
        {"caplog", FIXTURE_FUNCTION_SCOPE, {"request"}},
        {"capsys", FIXTURE_FUNCTION_SCOPE, {"request"}},
        {"capsysbinary", FIXTURE_FUNCTION_SCOPE, {"request"}},
        {"capteesys", FIXTURE_FUNCTION_SCOPE, {"request"}},
        {"doctest_namespace", FIXTURE_SESSION_SCOPE, {NULL}},
        {"monkeypatch", FIXTURE_FUNCTION_SCOPE, {NULL}},
        {"pytestconfig", FIXTURE_SESSION_SCOPE, {"request"}},
        {"record_property", FIXTURE_FUNCTION_SCOPE, {"request"}},
        {"record_testsuite_property", FIXTURE_SESSION_SCOPE, {"request"}},
        {"record_xml_attribute", FIXTURE_FUNCTION_SCOPE, {"request"}},
        {"recwarn", FIXTURE_FUNCTION_SCOPE, {NULL}},
        {"subtests", FIXTURE_FUNCTION_SCOPE, {"request"}},
        {"tmp_path", FIXTURE_FUNCTION_SCOPE, {"request", "tmp_path_factory"}},
        {"tmp_path_factory", FIXTURE_SESSION_SCOPE, {"request"}},
        {"tmpdir", FIXTURE_FUNCTION_SCOPE, {"tmp_path"}},
        {"tmpdir_factory", FIXTURE_SESSION_SCOPE, {"request"}},
        {"pytester", FIXTURE_FUNCTION_SCOPE, {"request", "tmp_path_factory", "monkeypatch"}},
        {"testdir", FIXTURE_FUNCTION_SCOPE, {"pytester"}},
    };

    for (size_t i = 0; i < COUNT_OF(BUILT_IN); i++) {
        struct fixture *fixture = level_add_known(work, level, BUILT_IN[i].name, BUILT_IN[i].scope);
        fixture->arguments = arena_alloc(work->arena, 3 * sizeof(char *));
        for (; fixture->argument_count < 3 && BUILT_IN[i].arguments[fixture->argument_count];
             fixture->argument_count++) {
            fixture->arguments[fixture->argument_count] = BUILT_IN[i].arguments[fixture->argument_count];
        }
    }
}

static const char **
copy_texts(struct resolve_work *work, const void *base, struct blob_range range)
{
    const char **texts = arena_alloc(work->arena, (range.count + 1) * sizeof *texts);
    const blob_offset *offsets = blob_at(base, range.first);

    for (uint32_t i = 0; i < range.count; i++) {
        texts[i] = blob_text(base, offsets[i]);
    }
    return texts;
}

/* Whether the run loads the recorded plugin. */
static bool
is_loaded(const struct resolver *resolver, const struct recorded_plugin *plugin)
{
    const void *base = resolver->plugins;
    const char *name = blob_text(base, plugin->name);

    for (size_t i = 0; i < resolver->python_path->plugin_count; i++) {
        if ((plugin->flags & PLUGIN_IS_ENTRY_POINT) && strcmp(resolver->python_path->plugins[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void
add_recorded(struct resolve_work *work, struct fixture_level *level)
{
    const struct plugin_facts *facts = work->resolver->plugins;
    const struct recorded_plugin *plugins = facts ? blob_at(facts, facts->plugins.first) : NULL;

    for (uint32_t i = 0; facts && i < facts->plugins.count; i++) {
        const struct recorded_fixture *fixtures = blob_at(facts, plugins[i].fixtures.first);
        for (uint32_t k = 0; is_loaded(work->resolver, &plugins[i]) && k < plugins[i].fixtures.count; k++) {
            const struct recorded_fixture *recorded = &fixtures[k];
            struct fixture *fixture =
                level_add_known(work, level, blob_text(facts, recorded->name), (enum fixture_scope)recorded->scope);
            fixture->is_autouse = (recorded->flags & FIXTURE_IS_AUTOUSE) != 0;
            fixture->has_params = (recorded->flags & FIXTURE_HAS_PARAMS) != 0;
            fixture->arguments = copy_texts(work, facts, recorded->arguments);
            fixture->argument_count = recorded->arguments.count;
            if (recorded->flags & FIXTURE_HAS_IDS) {
                fixture->known_ids = copy_texts(work, facts, recorded->ids);
                fixture->known_id_count = recorded->ids.count;
            }
            if (recorded->flags & FIXTURE_HAS_DYNAMIC_SCOPE) {
                fixture->scope_reason = "its scope is computed";
            }
            level->has_autouse = level->has_autouse || fixture->is_autouse;
            level->has_params = level->has_params || fixture->has_params;
        }
    }
}

/* ---- Conftests ---- */

static struct resolve_work
shared_work(const struct resolver *resolver)
{
    struct resolve_shared *shared = resolver->shared;
    struct resolve_work work = {.resolver = resolver, .shared = shared, .arena = &shared->arena};

    work.used_roots = arena_alloc_zeroed(&shared->arena, shared->root_count + 1);
    return work;
}

void
work_release(struct resolve_work *work)
{
    table_release(&work->classes);
    table_release(&work->known_classes);
    table_release(&work->seen);
    table_release(&work->followed);
    table_release(&work->names);
    table_release(&work->made);
    table_release(&work->used_marks);
}

static const char *
source_label(const struct resolver *resolver, const struct source *source)
{
    const char *root = resolver->settings->project.root_folder;
    size_t length = strlen(root);

    if (strncmp(source->path, root, length) == 0 && source->path[length] == '/') {
        return source->path + length + 1;
    }
    return source->path;
}

static struct conftest *
conftest_read(const struct resolver *resolver, struct source *source)
{
    struct resolve_work work = shared_work(resolver);
    struct conftest *conftest = arena_alloc_zeroed(work.arena, sizeof *conftest);
    const char *label = source_label(resolver, source);

    conftest->module = module_of(&work, source);
    const struct facts *facts = conftest->module->facts;
    if (facts->error_line) {
        work_fail(&work, work_format(&work, "%s is no Python", label));
    } else {
        struct scope_names names = scope_names_of(&work, &conftest->module->scope);
        if (facts->scope_flags & SCOPE_TOUCHES_NAMESPACE) {
            work_fail(&work, work_format(&work, "%s changes its own names", label));
        }
        if (facts->scope_flags & SCOPE_SKIPS) {
            work_fail(&work, work_format(&work, "%s may raise or skip", label));
        }
        if (resolver->settings->import_mode == IMPORT_MODE_APPEND &&
            source_name_clashes(resolver, source, source_root(resolver, source, work.arena))) {
            work_fail(&work, work_format(&work, "%s is not the only one of its name", label));
        }
        module_check_body(&work, conftest->module, label);
        const char *reason = module_definitions_reason(&work, conftest->module);
        if (reason) {
            work_fail(&work, work_format(&work, "%s %s", label, reason));
        }
        fixture_level_read(&work, &names, false, &conftest->level);
        check_hooks(&work, &names, label, conftest);
        module_check_imports(&work, conftest->module);
        module_check_packages(&work, source);
    }
    conftest->reason = work.file_reason;
    conftest->sources = work.sources;
    conftest->source_count = work.source_count;
    conftest->missing = work.missing;
    conftest->missing_count = work.missing_count;
    conftest->used_roots = work.used_roots;
    work_release(&work);
    table_set(&resolver->shared->conftests, (const char *)&conftest->module->source, sizeof source, conftest);
    return conftest;
}

struct conftest *
conftest_of(const struct resolve_shared *shared, const struct source *source)
{
    return table_find(&shared->conftests, (const char *)&source, sizeof source);
}

/* ---- Plugins that are named: -p, pytest_plugins ---- */

static void conftest_load_plugins(const struct resolver *resolver, struct conftest *conftest);

static void
add_named_plugin(const struct resolver *resolver, const char *name, struct conftest *asked_by)
{
    static const char *const BUILT_IN[] = {"pytester",     "doctest",   "unittest",        "cacheprovider",
                                           "terminal",     "pastebin",  "junitxml",        "logging",
                                           "faulthandler", "capture",   "monkeypatch",     "recwarn",
                                           "tmpdir",       "debugging", "assertion",       "skipping",
                                           "stepwise",     "warnings",  "threadexception", "unraisableexception"};
    struct resolve_shared *shared = resolver->shared;
    struct resolve_work work = shared_work(resolver);

    for (size_t i = 0; i < resolver->python_path->plugin_count; i++) {
        if (strcmp(resolver->python_path->plugins[i].name, name) == 0 ||
            strcmp(resolver->python_path->plugins[i].module, name) == 0) {
            work_release(&work);
            return;
        }
    }
    if (is_in(name, BUILT_IN, COUNT_OF(BUILT_IN)) || text_begins(name, "_pytest.")) {
        work_release(&work);
        return;
    }
    struct place place = module_find(&work, name, strlen(name));
    if (place.kind != PLACE_SOURCE) {
        const char *reason = work_format(&work, "loads the plugin %s, which is not known", name);
        if (asked_by) {
            asked_by->reason = asked_by->reason ? asked_by->reason : reason;
        }
        shared->reason = shared->reason ? shared->reason : reason;
    } else if (!conftest_of(shared, place.source)) {
        struct conftest *plugin = conftest_read(resolver, place.source);
        plugin->level.outer = shared->plugin_level;
        shared->plugin_level = &plugin->level;
        plugin->next = shared->plugins;
        shared->plugins = plugin;
        plugin->reason = plugin->reason ? plugin->reason : plugin->hook_reason;
        if (plugin->reason && !shared->reason) {
            shared->reason = plugin->reason;
        }
        conftest_load_plugins(resolver, plugin);
    }
    work_release(&work);
}

/* Whether pytest loads the conftest before it begins to collect: of the arguments' folders, or above or right below. */
static bool
is_loaded_early(const struct resolver *resolver, const struct source *source)
{
    const struct discover_settings *settings = resolver->settings;
    const size_t folder_length = (size_t)(strrchr(source->path, '/') - source->path);
    bool is_early = false;

    for (size_t i = 0; i < settings->argument_count && !is_early; i++) {
        struct text path = {0};
        struct text given = {0};
        text_add(&given, settings->arguments[i], strcspn(settings->arguments[i], "["));
        char *names = strstr(text_string(&given), "::");
        if (names) {
            *names = '\0';
        }
        path_add_absolute(&path, settings->folder, text_string(&given));
        const size_t length = path.length;
        const bool is_folder = file_is_folder(text_string(&path));
        is_early = strncmp(text_string(&path), source->path, folder_length) == 0 &&
                   (path.bytes[folder_length] == '/' || !path.bytes[folder_length]);
        if (is_folder && folder_length > length && strncmp(source->path, path.bytes, length) == 0) {
            const char *below = source->path + length;
            is_early = is_early || (text_begins(below, "/test") && !memchr(below + 1, '/', folder_length - length - 1));
        }
        text_release(&path);
        text_release(&given);
    }
    return is_early;
}

static void
conftest_load_plugins(const struct resolver *resolver, struct conftest *conftest)
{
    struct resolve_work work = shared_work(resolver);
    struct context context = {&conftest->module->scope, UINT32_MAX};
    struct object object = {.kind = OBJECT_MISSING};

    if (!conftest->module->facts->error_line) {
        object = object_find(&work, context, "pytest_plugins", 14);
    }
    const struct source *source = conftest->module->source;
    if (object.kind != OBJECT_MISSING && source->folder && !is_loaded_early(resolver, source)) {
        conftest->reason = work_format(&work, "%s has pytest_plugins, too late", source_label(resolver, source));
        conftest->is_late = true;
        work_release(&work);
        return;
    }
    if (object.kind == OBJECT_VALUE && object.value->kind == VALUE_STRING) {
        add_named_plugin(resolver, blob_text(context_base(&object.context), object.value->text), conftest);
    } else if (object.kind == OBJECT_VALUE && (object.value->kind == VALUE_LIST || object.value->kind == VALUE_TUPLE) &&
               !scope_may_change(&work, &conftest->module->scope, "pytest_plugins")) {
        for (uint32_t i = 0; i < object.value->items.count; i++) {
            const struct value *item = value_item(context_base(&object.context), object.value, i);
            const char *name = value_string(&work, object.context, item, NULL);
            if (name) {
                add_named_plugin(resolver, name, conftest);
            } else {
                conftest->reason = "its pytest_plugins are computed";
            }
        }
    } else if (object.kind != OBJECT_MISSING) {
        conftest->reason = "its pytest_plugins are computed";
        resolver->shared->reason = conftest->reason;
    }
    work_release(&work);
}

const char *
conftest_ignore_reason(const struct resolver *resolver, const struct source *source)
{
    static const char *const NAMES[] = {"collect_ignore", "collect_ignore_glob"};
    struct conftest *conftest = conftest_of(resolver->shared, source);
    const char *reason = NULL;

    if (!conftest || conftest->module->scope.star_count == 0) {
        return NULL;
    }
    struct resolve_work work = shared_work(resolver);
    struct context context = {&conftest->module->scope, UINT32_MAX};
    for (size_t i = 0; i < COUNT_OF(NAMES) && !reason; i++) {
        size_t length = strlen(NAMES[i]);
        if (!scope_last(&conftest->module->scope, NAMES[i], length) &&
            object_find(&work, context, NAMES[i], length).kind != OBJECT_MISSING) {
            reason = work_format(&work, "%s may import %s with a star", source->nodeid, NAMES[i]);
        }
    }
    work_release(&work);
    return reason;
}

/* ---- Starting ---- */

static void
link_conftests(struct resolver *resolver)
{
    struct resolve_shared *shared = resolver->shared;

    for (size_t i = 0; i < resolver->walk->conftest_count; i++) {
        const struct source *source = resolver->walk->conftests[i];
        struct conftest *conftest = conftest_of(shared, source);
        const struct source_folder *folder = source->folder ? source->folder->parent : NULL;
        while (folder && !folder->conftest) {
            folder = folder->parent;
        }
        struct conftest *outer = folder ? conftest_of(shared, folder->conftest) : NULL;
        conftest->level.outer = outer ? &outer->level : shared->plugin_level;
        if (conftest->hook_reason) {
            shared->hooking = arena_grow(&shared->arena, shared->hooking, shared->hooking_count, sizeof(void *));
            shared->hooking[shared->hooking_count++] = conftest;
            resolver->has_hooking_conftests = true;
            if (conftest->has_global_hook && !resolver->hook_reason) {
                resolver->hook_reason = conftest->hook_reason;
            }
        }
        if (resolver->settings->import_mode != IMPORT_MODE_IMPORTLIB) {
            conftest->root = root_number(shared, source_root(resolver, source, &shared->arena));
        }
    }
}

void
resolver_start(struct resolver *resolver)
{
    struct resolve_shared *shared = memory_alloc_zeroed(sizeof *shared);
    const struct discover_settings *settings = resolver->settings;
    struct text text = {0};

    resolver->shared = shared;
    lock_init(&shared->lock);
    resolver_find_roots(resolver);
    struct resolve_work work = shared_work(resolver);
    struct fixture_level *level = level_new(&work, NULL);
    add_built_in(&work, level);
    add_recorded(&work, level);
    work_release(&work);
    shared->plugin_level = level;
    for (const char *const *name = settings->early_plugins; name && *name; name++) {
        if (!text_begins(*name, "no:")) {
            add_named_plugin(resolver, *name, NULL);
        }
    }
    for (size_t i = 0; i < resolver->walk->conftest_count; i++) {
        struct source *source = resolver->walk->conftests[i];
        struct conftest *conftest = conftest_of(shared, source);
        conftest_load_plugins(resolver, conftest ? conftest : conftest_read(resolver, source));
    }
    link_conftests(resolver);
    for (size_t i = 0; i < shared->root_count; i++) {
        text_add(&text, shared->roots[i], strlen(shared->roots[i]) + 1);
    }
    for (size_t i = 0; i < resolver->walk->conftest_count; i++) {
        if (conftest_of(shared, resolver->walk->conftests[i])->is_late) { /* that depends on the arguments */
            text_add_string(&text, resolver->walk->conftests[i]->path);
        }
    }
    hash_128(text_string(&text), text.length, shared->key);
    text_release(&text);
    if (settings->considers_namespace_packages && !shared->reason) {
        shared->reason = "consider_namespace_packages is set";
    }
    resolver->reason = shared->reason;
    memcpy(resolver->key, shared->key, sizeof resolver->key);
}

/* Whether the file lies below the conftest. */
static bool
is_below(const struct source *source, const struct conftest *conftest)
{
    const struct source_folder *folder = source->folder;

    while (folder && folder != conftest->module->source->folder) {
        folder = folder->parent;
    }
    return folder != NULL;
}

const char *
resolver_find_hooks(const struct resolver *resolver, const struct source *source, struct arena *arena,
                    struct string_list *conftests, struct string_list *imports)
{
    const struct resolve_shared *shared = resolver->shared;
    const char *reason = NULL;

    for (size_t i = 0; i < shared->hooking_count; i++) {
        const struct conftest *conftest = shared->hooking[i];
        if (!conftest->has_global_hook && !is_below(source, conftest)) {
            continue;
        }
        reason = reason ? reason : conftest->hook_reason;
        string_list_add(conftests, arena, conftest->module->source->path);
        for (size_t j = 0; j < conftest->source_count; j++) {
            string_list_add(imports, arena, conftest->sources[j]->path);
        }
    }
    return reason;
}

void
resolver_stop(struct resolver *resolver)
{
    struct resolve_shared *shared = resolver->shared;

    if (!shared) {
        return;
    }
    for (size_t i = 0; i < shared->listings.count; i++) {
        table_release(shared->listings.entries[i].value);
    }
    table_release(&shared->listings);
    table_release(&shared->missing);
    table_release(&shared->names);
    table_release(&shared->places);
    table_release(&shared->conftests);
    table_release(&shared->root_numbers);
    table_release(&shared->first_names);
    table_release(&shared->changes);
    arena_release(&shared->arena);
    lock_release(&shared->lock);
    memory_free(shared);
    resolver->shared = NULL;
}
