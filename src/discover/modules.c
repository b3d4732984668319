/* Modules: found by name as the interpreter would find them, and read once. */
#include "discover/resolve.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "os/file.h"
#include "os/folder.h"

/* ---- What the answer rests on ---- */

void
work_fail(struct resolve_work *work, const char *reason)
{
    if (!work->file_reason) {
        work->file_reason = reason;
    }
}

void
work_note_more(struct resolve_work *work, const char *reason)
{
    if (!work->more_reason) {
        work->more_reason = reason;
    }
}

const char *
work_format(struct resolve_work *work, const char *fmt, ...)
{
    char buffer[400];
    va_list arguments;

    va_start(arguments, fmt);
    vsnprintf(buffer, sizeof buffer, fmt, arguments);
    va_end(arguments);
    return arena_copy_string(work->arena, buffer);
}

void
work_use_source(struct resolve_work *work, struct source *source)
{
    const struct module *module = __atomic_load_n((struct module **)&source->resolution, __ATOMIC_ACQUIRE);

    if (table_add(&work->seen, (const char *)&module->source, sizeof module->source, source)) {
        work->sources = arena_grow(work->arena, work->sources, work->source_count, sizeof(struct source *));
        work->sources[work->source_count++] = source;
    }
}

void
work_use_missing(struct resolve_work *work, const struct missing_path *const *missing, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t number = missing[i]->number;
        if (number >= work->number_count) {
            bool *larger = arena_alloc_zeroed(work->arena, 2 * number + 64);
            if (work->number_count) {
                memcpy(larger, work->is_missing, work->number_count);
            }
            work->is_missing = larger;
            work->number_count = 2 * number + 64;
        }
        if (!work->is_missing[number]) {
            work->is_missing[number] = true;
            work->missing = arena_grow(work->arena, work->missing, work->missing_count, sizeof *work->missing);
            work->missing[work->missing_count++] = missing[i];
        }
    }
}

void
work_use(struct resolve_work *work, const struct module *module)
{
    if (module != work->module && !module->is_outside) {
        work_use_source(work, module->source);
    }
}

static void
work_use_place(struct resolve_work *work, const struct place *place)
{
    if (place->root) {
        work->used_roots[place->root - 1] = true;
    }
    work_use_missing(work, place->missing, place->missing_count);
}

/* ---- Reading ---- */

static bool
is_outside_path(const char *path)
{
    return strstr(path, "/site-packages/") || strstr(path, "/dist-packages/") || strstr(path, "/lib/python3");
}

struct module *
module_of(struct resolve_work *work, struct source *source)
{
    struct module *module = __atomic_load_n((struct module **)&source->resolution, __ATOMIC_ACQUIRE);
    struct module *other = NULL;

    if (module) {
        return module;
    }
    module = memory_alloc_zeroed(sizeof *module);
    module->source = source;
    module->facts = source_facts(work->resolver->library, source);
    module->is_outside = is_outside_path(source->path);
    scope_make(&module->scope, module, NULL, &module->arena);
    if (!__atomic_compare_exchange_n((struct module **)&source->resolution, &other, module, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        resolution_free(module);
        return other;
    }
    return module;
}

void
resolution_free(void *resolution)
{
    struct module *module = resolution;

    if (module) {
        arena_release(&module->arena);
        memory_free(module);
    }
}

/* ---- Finding ---- */

static const char *
join_path(struct arena *arena, const char *folder, const char *name, size_t length, const char *ending)
{
    size_t folder_length = strlen(folder);
    size_t ending_length = strlen(ending);
    char *path = arena_alloc(arena, folder_length + length + ending_length + 2);

    memcpy(path, folder, folder_length);
    path[folder_length] = '/';
    memcpy(path + folder_length + 1, name, length);
    memcpy(path + folder_length + 1 + length, ending, ending_length + 1);
    return path;
}

/* Whether the folder holds an extension of this name: NAME.so, NAME.abi3.so, NAME.cpython-313-...so, NAME.pyc. */
static bool
has_compiled(const char *folder, const char *name, size_t length)
{
    struct text names = {0};
    bool is_found = false;

    if (!folder_list(folder, &names)) {
        return false;
    }
    for (const char *entry = names.bytes; entry && entry < names.bytes + names.length; entry += strlen(entry) + 1) {
        const char *ending = strrchr(entry, '.');
        is_found = is_found || (strncmp(entry, name, length) == 0 && entry[length] == '.' && ending &&
                                (strcmp(ending, ".so") == 0 || strcmp(ending, ".pyc") == 0));
    }
    text_release(&names);
    return is_found;
}

/* A module in a folder, as the path finder looks for it. Allocates in the shared arena: the lock is held. */
static struct place
probe_folder(struct resolve_work *work, const char *folder, const char *name, size_t length, bool looks_for_compiled)
{
    struct arena *arena = &work->shared->arena;
    struct library *library = work->resolver->library;
    const char *package = join_path(arena, folder, name, length, "");
    struct place place = {.kind = PLACE_NONE};

    if (library_has_path(library, package)) {
        place.folder = package;
        place.source = library_source(library, join_path(arena, package, "__init__", 8, ".py"));
        if (place.source) {
            place.kind = PLACE_SOURCE;
            return place;
        }
    }
    struct source *source = library_source(library, join_path(arena, folder, name, length, ".py"));
    if (source) {
        return (struct place){.kind = PLACE_SOURCE, .source = source};
    }
    if (looks_for_compiled && has_compiled(folder, name, length)) {
        return (struct place){.kind = PLACE_COMPILED};
    }
    if (place.folder && file_is_folder(place.folder)) {
        place.kind = PLACE_NAMESPACE;
        return place;
    }
    return (struct place){.kind = PLACE_NONE};
}

/* The names in a folder of the path, up to their first dot: read once. */
static const struct table *
list_folder(struct resolve_work *work, const char *folder)
{
    struct resolve_shared *shared = work->shared;
    struct table *table = table_find(&shared->listings, folder, strlen(folder));
    struct text names = {0};

    if (table) {
        return table;
    }
    table = arena_alloc_zeroed(&shared->arena, sizeof *table);
    if (folder_list(folder, &names)) {
        for (const char *entry = names.bytes; entry && entry < names.bytes + names.length; entry += strlen(entry) + 1) {
            size_t length = strcspn(entry, ".");
            table_set(table, arena_copy_bytes(&shared->arena, entry, length), length, table);
        }
    }
    text_release(&names);
    table_set(&shared->listings, folder, strlen(folder), table);
    return table;
}

static struct place
find_on_path(struct resolve_work *work, const char *name, size_t length)
{
    static const char *const BUILT_IN[] = {
        "sys",     "builtins",     "time",       "_thread",   "_io",     "_warnings", "_weakref",  "_imp",
        "marshal", "posix",        "errno",      "itertools", "gc",      "atexit",    "_signal",   "_sre",
        "_codecs", "_collections", "_functools", "_operator", "_stat",   "_abc",      "_symtable", "faulthandler",
        "pwd",     "_tracemalloc", "_string",    "_ast",      "_locale", "__main__",  "__future__"};
    const char *const *folders = work->resolver->python_path->folders;
    struct place namespace = {.kind = PLACE_NONE};

    for (size_t i = 0; i < COUNT_OF(BUILT_IN); i++) {
        if (text_equals(name, length, BUILT_IN[i])) {
            return (struct place){.kind = PLACE_COMPILED, .is_standard = true};
        }
    }
    for (; folders && *folders; folders++) {
        if (!table_find(list_folder(work, *folders), name, length)) {
            continue;
        }
        struct place place = probe_folder(work, *folders, name, length, true);
        if (place.kind == PLACE_NAMESPACE) {
            namespace = place;
        } else if (place.kind != PLACE_NONE) {
            const char *path = place.source ? place.source->path : *folders;
            place.is_standard =
                strstr(path, "/lib/python3") && !strstr(path, "/site-packages") && !strstr(path, "/dist-packages");
            return place;
        }
    }
    return namespace;
}

/* The lock is held. */
static void
add_missing_path(struct resolve_shared *shared, struct place *place, const char *path)
{
    size_t length = strlen(path);
    struct missing_path *missing = table_find(&shared->missing, path, length);

    if (!missing) {
        missing = arena_alloc(&shared->arena, sizeof *missing);
        *missing = (struct missing_path){arena_copy_bytes(&shared->arena, path, length), shared->missing.count};
        table_set(&shared->missing, missing->path, length, missing);
    }
    place->missing = arena_grow(&shared->arena, place->missing, place->missing_count, sizeof missing);
    place->missing[place->missing_count++] = missing;
}

/* A package is found before a module of its name. */
static void
add_missing_package(struct resolve_work *work, struct place *place, const char *folder, const char *name, size_t length)
{
    add_missing_path(work->shared, place, join_path(work->arena, folder, name, length, "/__init__.py"));
}

static void
add_missing(struct resolve_work *work, struct place *place, const char *folder, const char *name, size_t length)
{
    add_missing_path(work->shared, place, join_path(work->arena, folder, name, length, ".py"));
    add_missing_package(work, place, folder, name, length);
}

/* A module that is in no package: in one of the roots, or on the path. The lock is held. */
static struct place
find_top(struct resolve_work *work, const char *name, size_t length)
{
    struct resolve_shared *shared = work->shared;
    struct place installed = find_on_path(work, name, length);
    struct place place = {.kind = PLACE_NONE};
    struct place missing = {.kind = PLACE_NONE};
    struct place namespace = {.kind = PLACE_NONE};

    for (size_t i = 0; i < shared->root_count; i++) {
        struct place found = probe_folder(work, shared->roots[i], name, length, false);
        if (found.kind == PLACE_NONE || found.kind == PLACE_NAMESPACE) {
            namespace = found.kind == PLACE_NAMESPACE ? found : namespace;
            if (found.kind == PLACE_NAMESPACE) {
                namespace.root = (unsigned)i + 1;
            }
            add_missing(work, &missing, shared->roots[i], name, length);
            continue;
        }
        if (place.kind != PLACE_NONE) {
            const char *reason = work_format(work, "%.*s, which several folders have", (int)length, name);
            return (struct place){.kind = PLACE_UNCLEAR, .reason = arena_copy_string(&shared->arena, reason)};
        }
        place = found;
        place.root = (unsigned)i + 1;
        if (!found.folder) {
            add_missing_package(work, &missing, shared->roots[i], name, length);
        }
    }
    bool is_first = work->resolver->settings->import_mode == IMPORT_MODE_PREPEND;
    if (place.kind != PLACE_NONE && !is_first && installed.kind != PLACE_NONE && installed.source != place.source) {
        const char *reason = work_format(work, "%.*s, which is also installed", (int)length, name);
        return (struct place){.kind = PLACE_UNCLEAR, .reason = arena_copy_string(&shared->arena, reason)};
    }
    if (place.kind != PLACE_NONE && installed.is_standard) {
        const char *reason = work_format(work, "%.*s, which is also in the standard library", (int)length, name);
        return (struct place){.kind = PLACE_UNCLEAR, .reason = arena_copy_string(&shared->arena, reason)};
    }
    if (place.kind == PLACE_NONE || installed.source == place.source) {
        place = installed.kind == PLACE_NONE || installed.kind == PLACE_NAMESPACE
                    ? (namespace.kind == PLACE_NONE ? installed : namespace)
                    : installed;
    }
    if (!place.is_standard) {
        place.missing = missing.missing;
        place.missing_count = missing.missing_count;
    }
    if (place.kind == PLACE_NONE && work->resolver->python_path->has_import_hooks) {
        place.kind = PLACE_UNCLEAR;
        place.reason = "a module that only an import hook may find";
    }
    return place;
}

/* Keeps the place under the name. The lock is held. */
static struct place
keep_place(struct resolve_shared *shared, const char *dotted, size_t length, struct place place)
{
    struct place *kept = arena_alloc(&shared->arena, sizeof *kept);

    *kept = place;
    table_set(&shared->places, arena_copy_bytes(&shared->arena, dotted, length), length, kept);
    return place;
}

static struct place
find_below(struct resolve_work *work, const struct place *package, const char *name, size_t length)
{
    if (!package->folder || package->kind == PLACE_UNCLEAR) {
        return (struct place){.kind = PLACE_NONE};
    }
    struct place place = probe_folder(work, package->folder, name, length, true);
    place.root = package->root;
    place.is_standard = package->is_standard;
    if (place.kind != PLACE_SOURCE && !is_outside_path(package->folder)) {
        add_missing(work, &place, package->folder, name, length);
    } else if (!place.folder && !is_outside_path(package->folder)) {
        add_missing_package(work, &place, package->folder, name, length);
    }
    return place;
}

struct place
module_find_below(struct resolve_work *work, const struct place *package, const char *name, size_t length)
{
    lock_enter(&work->shared->lock);
    struct place place = find_below(work, package, name, length);
    lock_leave(&work->shared->lock);
    work_use_place(work, &place);
    return place;
}

/* Of a module: each of its packages is kept under its whole name. */
enum { LONGEST_NAME = 1000 };

/* The lock is held. */
static struct place
find_dotted(struct resolve_work *work, const char *dotted, size_t length)
{
    if (length > LONGEST_NAME) {
        return (struct place){.kind = PLACE_UNCLEAR, .reason = "a module with a name of thousands of letters"};
    }
    const struct place *kept = table_find(&work->shared->places, dotted, length);
    const char *last = memrchr(dotted, '.', length);

    if (kept) {
        return *kept;
    }
    if (!last) {
        return keep_place(work->shared, dotted, length, find_top(work, dotted, length));
    }
    if (text_equals(dotted, length, "os.path")) {
        return (struct place){.kind = PLACE_COMPILED, .is_standard = true};
    }
    size_t package_length = (size_t)(last - dotted);
    struct place package = find_dotted(work, dotted, package_length);
    if (package.kind == PLACE_COMPILED || package.kind == PLACE_UNCLEAR) {
        return package;
    }
    if (package.kind == PLACE_SOURCE && !package.folder && is_outside_path(package.source->path)) {
        /* Such as six.moves: a module that brings modules. */
        return (struct place){.kind = PLACE_UNCLEAR, .reason = "a module that another one makes"};
    }
    return keep_place(work->shared, dotted, length, find_below(work, &package, last + 1, length - package_length - 1));
}

struct place
module_find(struct resolve_work *work, const char *dotted, size_t length)
{
    lock_enter(&work->shared->lock);
    struct place place = find_dotted(work, dotted, length);
    lock_leave(&work->shared->lock);
    work_use_place(work, &place);
    return place;
}

/* The package that `from .`*level stands for in a file. */
static struct place
find_package_above(struct resolve_work *work, const struct module *from, unsigned level)
{
    const char *path = from->source->path;
    size_t length = strlen(path);
    struct place place = {.kind = PLACE_NONE};

    for (unsigned i = 0; i < level; i++) {
        while (length && path[length - 1] != '/') {
            length--;
        }
        length -= length > 1;
    }
    place.folder = arena_copy_bytes(&work->shared->arena, path, length);
    place.source =
        library_source(work->resolver->library, join_path(&work->shared->arena, place.folder, "__init__", 8, ".py"));
    if (place.source) {
        place.kind = PLACE_SOURCE;
    } else if (from->is_outside) {
        place.kind = PLACE_NAMESPACE;
    } else {
        place.kind = PLACE_UNCLEAR;
        place.reason = "a relative import outside of a package";
    }
    return place;
}

struct place
module_find_import(struct resolve_work *work, const struct module *from, const struct import_facts *import)
{
    const char *dotted = blob_text(from->facts, import->module);
    size_t length = blob_text_length(from->facts, import->module);

    if (!import->level) {
        return module_find(work, dotted, length);
    }
    lock_enter(&work->shared->lock);
    struct place place = find_package_above(work, from, import->level);
    while (length && place.kind != PLACE_UNCLEAR && place.kind != PLACE_COMPILED) {
        size_t part = strcspn(dotted, ".");
        place = find_below(work, &place, dotted, part);
        dotted += part + (part < length);
        length -= part + (part < length);
    }
    lock_leave(&work->shared->lock);
    work_use_place(work, &place);
    return place;
}

const char *
module_root(const struct resolver *resolver, const char *path, struct arena *arena)
{
    size_t length = strlen(path);
    struct text name = {0};

    for (;;) {
        while (length && path[length - 1] != '/') {
            length--;
        }
        length -= length > 1;
        text_clear(&name);
        text_add(&name, path, length);
        text_add_string(&name, "/__init__.py");
        const char *folder = memrchr(path, '/', length);
        bool is_identifier = folder && folder[1] && !(folder[1] >= '0' && folder[1] <= '9');
        for (const char *at = folder ? folder + 1 : path; at < path + length; at++) {
            is_identifier = is_identifier && (*at == '_' || (*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'z') ||
                                              (*at >= 'A' && *at <= 'Z') || (unsigned char)*at >= 0x80);
        }
        if (length <= 1 || !is_identifier || !library_has_path(resolver->library, name.bytes)) {
            break;
        }
    }
    text_release(&name);
    return arena_copy_bytes(arena, path, length);
}
