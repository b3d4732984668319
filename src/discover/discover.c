/* A discovery from the question to the answer: the stages of internal.h, files side by side. */
#include <string.h>

#include "base/hash.h"
#include "base/path.h"
#include "discover/internal.h"
#include "discover/string_list.h"
#include "os/thread.h"

enum { FEW_FILES = 48 }; /* so few that starting threads takes longer than doing it all */

struct thread_memory {
    struct arena kept;    /* as long as the discovery */
    struct arena scratch; /* as long as a file */
    struct blob found;
    struct tests_in_order in_order; /* in `kept` */
};

struct discovery_memory {
    const struct discover_question *question; /* while it is answered */
    struct arena arena;
    struct arena path_arena; /* of python_path */
    struct discover_settings settings;
    struct python_path python_path;
    struct index *index; /* NULL: none */
    struct library *library;
    struct walk walk;
    struct selection *selection;
    struct records *records; /* NULL: not needed */
    struct resolver resolver;
    unsigned char key[16]; /* what all files depend on */
    bool has_reason;       /* nothing but what was recorded is exact */
    struct hooks_left hooks;
    const struct recorded_run **runs; /* of each file: the one that saw what hooks leave of it; NULL */
    struct discovered_file *files;
    struct thread_memory *threads;
    unsigned thread_count;    /* of `threads` */
    struct thread_pool *pool; /* until all is saved */
    bool is_saving;
    bool is_saved;
    struct error save_error;
    bool wants_imports;
};

/* ---- One file ---- */

static void
file_key(const struct discovery_memory *memory, const struct source *source, unsigned char key_out[16])
{
    unsigned char parts[33] = {0};

    memcpy(parts, memory->key, 16);
    if (source->folder) {
        memcpy(parts + 16, source->folder->key, 16);
        parts[32] = source->folder->reason ? 1 : 0;
    }
    hash_128(parts, sizeof parts, key_out);
}

/* Takes back what resolving said of a file that may not be collected at all. */
static void
make_inexact(struct blob *blob, const char *reason)
{
    struct blob_range old = ((const struct found_file *)blob->bytes)->details;
    blob_offset text = blob_add_text(blob, reason, strlen(reason));
    blob_offset place = blob_reserve(blob, (old.count + 1) * sizeof(struct found_details));
    struct found_file *file = (struct found_file *)blob->bytes;
    struct found_function *functions = (struct found_function *)(blob->bytes + file->functions.first);
    struct found_details *details = (struct found_details *)(blob->bytes + place);

    /* Those that had none have one more in common. */
    memcpy(details, blob->bytes + old.first, old.count * sizeof *details);
    file->details = (struct blob_range){place, old.count + 1};
    for (uint32_t i = 0; i <= old.count; i++) {
        details[i].reason = details[i].reason ? details[i].reason : text;
    }
    for (uint32_t i = 0; i < file->functions.count; i++) {
        functions[i].flags &= (uint16_t)~TEST_EXACT;
        functions[i].details = functions[i].details ? functions[i].details : old.count + 1;
    }
    file->flags &= ~(uint32_t)FILE_EXACT;
    file->reason = file->reason ? file->reason : text;
    file->size_bytes = (uint32_t)blob->size_bytes;
}

static void
keep_imports(const struct dependencies *dependencies, struct arena *arena, struct discovered_file *file)
{
    const char **paths = arena_alloc(arena, (dependencies->source_count + 1) * sizeof *paths);

    for (size_t i = 0; i < dependencies->source_count; i++) {
        paths[i] = dependencies->sources[i]->path;
    }
    file->imports = paths;
    file->import_count = dependencies->source_count;
}

static const struct found_file *
resolve(struct discovery_memory *memory, struct thread_memory *thread, struct source *source,
        const unsigned char key[16], struct discovered_file *file)
{
    struct dependencies dependencies = {0};

    blob_clear(&thread->found);
    if (source_is_python(source)) {
        resolve_file(&memory->resolver, source, &thread->scratch, &thread->found, &dependencies);
    } else {
        resolve_text(memory->library, source, &thread->found);
    }
    if (source->folder && source->folder->reason) {
        make_inexact(&thread->found, source->folder->reason);
    }
    if (memory->wants_imports) {
        keep_imports(&dependencies, &thread->kept, file);
    }
    struct found_file *found = arena_alloc(&thread->kept, thread->found.size_bytes);
    memcpy(found, thread->found.bytes, thread->found.size_bytes);
    if (memory->index && !source->failure && !dependencies.is_unproven) {
        index_keep_tests(memory->index, memory->library, source, key, found, &dependencies);
    }
    arena_clear(&thread->scratch);
    return found;
}

/* Reads a file once, also when many records rest on it. */
static bool
library_holds(struct library *library, const char *path, const struct recorded_source *recorded)
{
    struct source *source = library_source(library, path);

    return source && source_identify(library, source) && memcmp(source->hash, recorded->hash, sizeof source->hash) == 0;
}

static bool
is_same_source(const struct source_check *check, const char *path, const struct recorded_source *recorded)
{
    const struct discovery_memory *memory = check->memory;

    if (!path_is_python(path)) {
        return SOURCE_CHECK_ON_DISK.is_same(check, path, recorded); /* the library reads all as Python */
    }
    return library_holds(memory->library, path, recorded);
}

/* Whether hooks leave the file what its sources say; what cannot be collected is left alone. */
static void
look_at_hooks(struct discovery_memory *memory, struct thread_memory *thread, size_t item)
{
    const struct source_check check = {.is_same = is_same_source, .memory = memory};
    struct discovered_file *file = &memory->files[item];

    if (memory->hooks.is_asked && !file->found->error) {
        memory->runs[item] = hooks_left_file(&memory->hooks, &memory->resolver, memory->walk.files[item].source, &check,
                                             &thread->kept, file);
    }
}

static void
look_at_file(void *context, unsigned number, size_t item)
{
    struct discovery_memory *memory = context;
    struct thread_memory *thread = &memory->threads[number];
    const struct walked_file *walked = &memory->walk.files[item];
    struct source *source = walked->source;
    struct discovered_file *file = &memory->files[item];
    unsigned char key[16];

    file_key(memory, source, key);
    file->path = source->path;
    file->nodeid = source->nodeid;
    if (memory->index) {
        file->found = index_find_tests(memory->index, memory->library, source, key);
        if (file->found && memory->wants_imports) {
            file->import_count =
                index_find_imports(memory->index, source->path, file->found, &thread->kept, &file->imports);
        }
    }
    if (!file->found) {
        file->found = resolve(memory, thread, source, key, file);
        source_forget_facts(memory->library, source);
    }
    file->effects = file->found->flags & (FILE_KEEPS_TO_ITSELF | FILE_IMPORTS_KEEP | FILE_LOADS_PLUGINS |
                                          FILE_CHANGES_LISTS | FILE_TAKES_LISTS);
    look_at_hooks(memory, thread, item);
    if (memory->records && !memory->settings.reason && !memory->hooks.is_random &&
        (memory->has_reason || file->reason || !(file->found->flags & FILE_EXACT))) {
        const struct source_check check = {.is_same = is_same_source, .memory = memory};
        const struct found_file *recorded = records_find_tests(memory->records, source->path, key, &check);
        file->found = recorded ? recorded : file->found;
        file->reason = recorded ? NULL : file->reason;
    }
    selection_apply(memory->selection, walked, &thread->in_order, &thread->kept, file);
}

/* ---- All of them ---- */

/* What was recorded of the installed plugins; NULL. */
static const struct plugin_facts *
find_plugin_facts(struct discovery_memory *memory, const struct discover_question *question)
{
    struct text folder = {0};

    if (question->without_records || !memory->settings.cache_folder) {
        return NULL;
    }
    text_add_format(&folder, "%s/d/fastest", memory->settings.cache_folder);
    memory->records = records_open(folder.bytes);
    text_release(&folder);
    return memory->python_path.plugin_count ? records_find_plugins(memory->records, memory->python_path.plugin_key)
                                            : NULL;
}

static void
start_resolver(struct discovery_memory *memory, const struct discover_question *question)
{
    const struct discover_settings *settings = &memory->settings;
    const struct plugin_facts *plugins = find_plugin_facts(memory, question);
    struct text text = {0};

    memory->resolver = (struct resolver){
        .settings = settings,
        .python_path = &memory->python_path,
        .plugins = plugins,
        .library = memory->library,
        .walk = &memory->walk,
    };
    text_add(&text, (const char *)settings->key, sizeof settings->key);
    text_add(&text, (const char *)memory->python_path.key, sizeof memory->python_path.key);
    if (plugins) {
        text_add(&text, (const char *)plugins, plugins->size_bytes);
    }
    text_add_string(&text, settings->project.root_folder);
    resolver_start(&memory->resolver);
    text_add(&text, (const char *)memory->resolver.key, sizeof memory->resolver.key);
    hash_128(text.bytes, text.length, memory->key);
    text_release(&text);
}

/* Conftests that may keep files out by what they import with a star: what is below them is not exact. */
static void
mark_imported_rules(struct discovery_memory *memory)
{
    for (size_t i = 0; i < memory->walk.conftest_count; i++) {
        const struct source *conftest = memory->walk.conftests[i];
        const char *reason = conftest_ignore_reason(&memory->resolver, conftest);
        for (size_t j = 0; reason && j < memory->walk.file_count; j++) {
            struct source_folder *folder = memory->walk.files[j].source->folder;
            const struct source_folder *above = folder;
            while (above && above != conftest->folder) {
                above = above->parent;
            }
            folder->reason = above && !folder->reason ? reason : folder->reason;
        }
    }
}

/* Why nothing is exact; NULL. `more`: one that counts after those of settings and environment. */
static const char *
find_reason(struct discovery_memory *memory, const char *more)
{
    const struct resolver *resolver = &memory->resolver;

    if (memory->settings.reason) {
        return memory->settings.reason;
    }
    if (memory->python_path.reason) {
        return memory->python_path.reason;
    }
    if (more) {
        return more;
    }
    const char *reason = plugins_find_reason(resolver->settings, resolver->python_path, resolver->plugins,
                                             memory->library, &memory->arena, &memory->hooks);
    return reason ? reason : resolver->reason;
}

static void
prepare_hooks(struct discovery_memory *memory)
{
    const struct source_check check = {.is_same = is_same_source, .memory = memory};
    const struct python_path *path = &memory->python_path;
    struct hooks_left *hooks = &memory->hooks;

    if (memory->has_reason || (!hooks->reason && !memory->resolver.has_hooking_conftests)) {
        return;
    }
    hooks->is_asked = true;
    hooks->needs_marks = memory->settings.keyword || memory->settings.marks;
    memory->wants_imports = true;
    records_hooks_key(memory->settings.key, path->steering_key, path->minor, hooks->key);
    const char **paths = memory_alloc((memory->walk.file_count + 1) * sizeof *paths);
    for (size_t i = 0; i < memory->walk.file_count; i++) {
        paths[i] = memory->walk.files[i].source->path;
    }
    const struct recorded_question question = {paths, memory->walk.file_count, !memory->settings.has_arguments};
    if (memory->records && records_prepare_hooks(memory->records, hooks->key, &question, &check)) {
        hooks->records = memory->records;
    }
    memory_free(paths);
}

static void
look_at_files(struct discovery_memory *memory)
{
    size_t count = memory->walk.file_count;

    memory->thread_count = count < FEW_FILES ? 1 : memory->thread_count;
    memory->threads = memory_alloc_zeroed(memory->thread_count * sizeof *memory->threads);
    memory->files = arena_alloc_zeroed(&memory->arena, (count + 1) * sizeof *memory->files);
    if (memory->index) {
        index_expect(memory->index, count);
    }
    memory->runs = arena_alloc_zeroed(&memory->arena, (count + 1) * sizeof(struct recorded_run *));
    if (memory->thread_count > 1) {
        thread_pool_for(memory->pool, count, look_at_file, memory);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        look_at_file(memory, 0, i);
    }
}

/* Whether the module binds the name otherwise than by `def`: to what may be a class. */
static bool
may_be_class(const struct facts *facts, const char *name, size_t length)
{
    const struct binding *bindings = blob_at(facts, facts->bindings.first);

    for (uint32_t i = 0; i < facts->bindings.count; i++) {
        bool is_it = blob_text_length(facts, bindings[i].name) == length &&
                     memcmp(blob_text(facts, bindings[i].name), name, length) == 0;
        if (bindings[i].kind == BINDING_STAR || (is_it && bindings[i].kind != BINDING_FUNCTION)) {
            return true;
        }
    }
    return false;
}

/* Fails where an argument names a part that an exact file does not have: not a class without tests, but no such thing.
 */
static bool
check_arguments(const struct discovery *discovery, struct error *error)
{
    for (size_t i = 0; i < discovery->file_count; i++) {
        const struct discovered_file *file = &discovery->files[i];
        struct source *source = discovery->memory->walk.files[i].source;
        if (!file->unmatched || discovery->reason || !(file->found->flags & FILE_EXACT) || file->found->error) {
            continue;
        }
        size_t length = strcspn(file->unmatched, ":[");
        if (!may_be_class(source_facts(discovery->memory->library, source), file->unmatched, length)) {
            return error_set(error, ERROR_USAGE, "not found: %s::%.*s\n(no match in any of [<Module %s>])", file->path,
                             (int)strcspn(file->unmatched, "["), file->unmatched, strrchr(file->path, '/') + 1);
        }
    }
    return true;
}

/* Whether one run saw the hooks leave all these files in their order. */
static bool
hooks_keep_order(const struct discovery_memory *memory)
{
    const struct recorded_run *run = NULL;

    for (size_t i = 0; i < memory->walk.file_count; i++) {
        const struct recorded_run *one = memory->runs[i];
        if (one && (!(one->flags & RUN_KEPT_ORDER) || (run && one != run))) {
            return false;
        }
        run = one ? one : run;
    }
    return true;
}

/* The hooks that concern all files are why nothing is exact if nobody has seen what they leave of any. */
static const char *
hooks_find_reason(const struct discovery_memory *memory)
{
    const char *reason = memory->hooks.reason ? memory->hooks.reason : memory->resolver.hook_reason;

    for (size_t i = 0; i < memory->walk.file_count; i++) {
        if (memory->files[i].reason != reason) {
            return NULL;
        }
    }
    return reason;
}

/* What some file changes when it is imported, others may have read before or after. */
static void
doubt_lists(struct discovery_memory *memory)
{
    size_t count = memory->walk.file_count;
    bool is_any_changed = false;

    for (size_t i = 0; i < count && !is_any_changed; i++) {
        is_any_changed = memory->files[i].effects & FILE_CHANGES_LISTS;
    }
    for (size_t i = 0; i < count && is_any_changed; i++) {
        struct discovered_file *file = &memory->files[i];
        if (file->effects & FILE_TAKES_LISTS && !file->reason && !(file->found->flags & FILE_RECORDED)) {
            file->reason = "its parameters come from a module whose lists another module may change";
        }
    }
}

static void
sum_up(struct discovery *discovery)
{
    const struct discovery_memory *memory = discovery->memory;

    discovery->reason = discovery->reason ? discovery->reason : hooks_find_reason(memory);

    discovery->root_folder = memory->settings.project.root_folder;
    discovery->config_file = memory->settings.project.config_file;
    discovery->files = memory->files;
    discovery->file_count = memory->walk.file_count;
    discovery->problems = memory->walk.problems;
    discovery->problem_count = memory->walk.problem_count;
    discovery->scanned_count = library_scanned_count(memory->library);
    for (size_t i = 0; i < discovery->file_count && !discovery->reason; i++) {
        if (memory->files[i].effects & FILE_LOADS_PLUGINS) {
            discovery->reason = "a test module has pytest_plugins, which hold for all that is collected";
        }
    }
    discovery->is_order_exact = !discovery->reason && hooks_keep_order(memory);
    for (size_t i = 0; i < discovery->file_count; i++) {
        /* Files were recorded one by one: how hooks order them among others was not seen. */
        discovery->is_order_exact = discovery->is_order_exact && !(memory->files[i].found->flags & FILE_RECORDED);
        discovery->selected_count += memory->files[i].selected_count;
        discovery->deselected_count += memory->files[i].deselected_count;
    }
}

/* In its own arena: the walk uses the other one meanwhile. */
static void
find_python_path(void *context)
{
    struct discovery_memory *memory = context;
    const struct discover_question *question = memory->question;

    python_path_find(question->interpreter, question->environment, &memory->path_arena, &memory->python_path);
}

/* All that does not depend on the interpreter: settings, files, what is selected. */
static bool
find_files(struct discovery_memory *memory, struct error *error)
{
    const struct discover_question *question = memory->question;
    struct discover_settings *settings = &memory->settings;
    struct text folder = {0};

    if (!settings_read(question, &memory->arena, settings, error)) {
        return false;
    }
    settings->folder = question->folder;
    if (!question->without_index && settings->cache_folder) {
        text_add_format(&folder, "%s/d/fastest", settings->cache_folder);
        memory->index = index_open(folder.bytes);
        text_release(&folder);
    }
    memory->library = library_new(memory->index);
    return walk_sources(settings, memory->library, &memory->arena, &memory->walk, error) &&
           selection_make(settings, &memory->arena, &memory->selection, error);
}

bool
discovery_answer(const struct discover_question *question, struct discovery *discovery_out, struct error *error)
{
    struct discovery_memory *memory = memory_alloc_zeroed(sizeof *memory);
    const char *reason = NULL;

    *discovery_out = (struct discovery){.memory = memory};
    memory->question = question;
    memory->thread_count = question->thread_count ? question->thread_count : processor_count();
    memory->pool = thread_pool_new(memory->thread_count);
    thread_pool_start(memory->pool, find_python_path, memory);
    bool is_found = find_files(memory, error);
    thread_pool_join(memory->pool);
    if (!is_found) {
        return false;
    }
    start_resolver(memory, question);
    memory->wants_imports = question->wants_imports;
    mark_imported_rules(memory);
    if (!required_plugins_check(&memory->settings, &memory->python_path, &memory->arena, &reason, error) ||
        !required_marks_check(&memory->resolver, memory->selection, &memory->arena, &reason, error)) {
        return false;
    }
    discovery_out->reason = find_reason(memory, reason);
    memory->has_reason = discovery_out->reason != NULL;
    prepare_hooks(memory);
    look_at_files(memory);
    doubt_lists(memory);
    sum_up(discovery_out);
    return check_arguments(discovery_out, error);
}

static void
save(void *context)
{
    struct discovery_memory *memory = context;

    memory->is_saved = index_save(memory->index, &memory->save_error);
}

void
discovery_save_start(const struct discovery *discovery)
{
    struct discovery_memory *memory = discovery->memory;

    memory->is_saving = true;
    thread_pool_start(memory->pool, save, memory);
}

bool
discovery_save(const struct discovery *discovery, struct error *error)
{
    struct discovery_memory *memory = discovery->memory;

    if (memory->is_saving) {
        thread_pool_join(memory->pool);
    } else {
        save(memory);
    }
    if (!memory->is_saved) {
        *error = memory->save_error;
    }
    return memory->is_saved;
}

bool
discovery_make(const struct discover_question *question, struct discovery *discovery_out, struct error *error)
{
    bool is_made = discovery_answer(question, discovery_out, error) && discovery_save(discovery_out, error);

    thread_pool_free(discovery_out->memory->pool); /* a process with threads should not fork */
    discovery_out->memory->pool = NULL;
    return is_made;
}

void
discovery_release(struct discovery *discovery)
{
    struct discovery_memory *memory = discovery->memory;

    if (memory) {
        thread_pool_free(memory->pool);
        for (unsigned i = 0; memory->threads && i < memory->thread_count; i++) {
            arena_release(&memory->threads[i].kept);
            arena_release(&memory->threads[i].scratch);
            blob_release(&memory->threads[i].found);
        }
        memory_free(memory->threads);
        resolver_stop(&memory->resolver);
        library_free(memory->library);
        index_close(memory->index);
        records_free(memory->records);
        project_release(&memory->settings.project);
        arena_release(&memory->arena);
        arena_release(&memory->path_arena);
        memory_free(memory);
    }
    *discovery = (struct discovery){0};
}

bool
discovery_keep_collected(const struct discovery *discovery, const struct discovered_file *file,
                         const struct collected_item *items, size_t item_count, const char *const *sources,
                         size_t source_count)
{
    const struct discovery_memory *memory = discovery->memory;
    const struct source *source = memory->walk.files[file - discovery->files].source;
    struct blob tests = {0};

    if (!memory->records || memory->settings.reason || memory->hooks.is_random) {
        return false;
    }
    collected_write(source, items, item_count, sources, source_count, &tests);
    file_key(memory, source, ((struct recorded_tests *)tests.bytes)->key);
    records_add_tests(memory->records, &tests);
    blob_release(&tests);
    return true;
}

bool
discovery_save_collected(const struct discovery *discovery, struct error *error)
{
    return !discovery->memory->records || records_save(discovery->memory->records, error);
}

void
discovered_id_add(const struct discovered_file *file, const struct found_test *test, struct text *text)
{
    text_add_string(text, file->nodeid);
    text_add(text, "::", 2);
    discovered_name_add(file, test, text);
}

void
discovered_name_add(const struct discovered_file *file, const struct found_test *test, struct text *text)
{
    const struct found_file *found = file->found;
    const struct found_function *functions = blob_at(found, found->functions.first);
    const struct found_function *function = &functions[test->function];
    const struct found_details *details = found_details(found, function);

    if (function->classes) {
        text_add(text, blob_text(found, function->classes), blob_text_length(found, function->classes));
        text_add(text, "::", 2);
    }
    text_add(text, blob_text(found, function->name), blob_text_length(found, function->name));
    if (details->ids.count) {
        const blob_offset *ids = blob_at(found, details->ids.first);
        text_add_char(text, '[');
        text_add(text, blob_text(found, ids[test->id]), blob_text_length(found, ids[test->id]));
        text_add_char(text, ']');
    }
}

bool
discovery_is_same(const struct discovery *discovery, const char *path, const struct recorded_source *recorded)
{
    return library_holds(discovery->memory->library, path, recorded);
}

/* ---- What it rests on ---- */

struct folder_set {
    struct arena *arena;
    struct table known; /* path -> anything */
    struct string_list paths;
};

static void
add_folder(struct folder_set *set, const char *path, size_t length)
{
    if (length && !table_find(&set->known, path, length)) {
        char *copy = arena_copy_bytes(set->arena, path, length);
        table_set(&set->known, copy, length, copy);
        string_list_add(&set->paths, set->arena, copy);
    }
}

static void
add_folder_of(void *context, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash) {
        add_folder(context, path, slash == path ? 1 : (size_t)(slash - path));
    }
}

size_t
discovery_folders(const struct discovery *discovery, struct arena *arena, const char *const **folders_out)
{
    const struct discovery_memory *memory = discovery->memory;
    struct folder_set set = {.arena = arena};

    add_folder(&set, discovery->root_folder, strlen(discovery->root_folder));
    if (discovery->config_file) {
        add_folder_of(&set, discovery->config_file);
    }
    for (size_t i = 0; i < memory->walk.folder_count; i++) {
        add_folder(&set, memory->walk.folders[i], strlen(memory->walk.folders[i]));
    }
    library_each_path(memory->library, add_folder_of, &set);
    for (const char *const *folder = memory->python_path.folders; folder && *folder; folder++) {
        add_folder(&set, *folder, strlen(*folder));
    }
    table_release(&set.known);
    *folders_out = set.paths.items;
    return set.paths.count;
}
