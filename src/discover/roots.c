/* The folders that modules are imported from: those of pythonpath, of conftests and of test files. */
#include "discover/resolve.h"

const char *
source_root(const struct resolver *resolver, const struct source *source, struct arena *arena)
{
    const struct source_folder *folder = source->folder;

    if (!folder) {
        return module_root(resolver, source->path, arena);
    }
    if (!folder->init) {
        return folder->path;
    }
    return module_root(resolver, source->path, arena);
}

/* 1 + its index. */
static unsigned
add_root(struct resolve_shared *shared, const char *root)
{
    size_t length = strlen(root);
    unsigned number = (unsigned)(uintptr_t)table_find(&shared->root_numbers, root, length);

    if (!number) {
        shared->roots = arena_grow(&shared->arena, shared->roots, shared->root_count, sizeof(char *));
        shared->roots[shared->root_count++] = root;
        number = (unsigned)shared->root_count;
        table_set(&shared->root_numbers, root, length, (void *)(uintptr_t)number);
    }
    return number;
}

static unsigned
add_source_root(const struct resolver *resolver, const struct source *source, const struct source_folder **last,
                unsigned *last_number)
{
    if (!source->folder || source->folder != *last) {
        *last = source->folder;
        *last_number = add_root(resolver->shared, source_root(resolver, source, &resolver->shared->arena));
    }
    return *last_number;
}

/* The name under which a file is imported begins with this: its own, or that of its outermost package. */
static const char *
first_name(const struct source *source, const char *root, size_t *length_out)
{
    size_t root_length = strlen(root);
    const char *name = source->path + root_length + (root_length > 1);

    *length_out = strcspn(name, "/");
    if (!name[*length_out]) {
        const char *ending = strrchr(name, '.');
        *length_out = ending ? (size_t)(ending - name) : *length_out;
    }
    return name;
}

static const char CLASHES[] = "";

static void
add_module_name(const struct resolver *resolver, const struct source *source, const char *root)
{
    struct resolve_shared *shared = resolver->shared;
    size_t length;
    const char *name = first_name(source, root, &length);
    const char *other = table_find(&shared->first_names, name, length);

    if (!other) {
        table_set(&shared->first_names, name, length, (void *)(uintptr_t)root);
    } else if (other != CLASHES && strcmp(other, root) != 0) {
        table_set(&shared->first_names, name, length, (void *)(uintptr_t)CLASHES);
    }
}

bool
source_name_clashes(const struct resolver *resolver, const struct source *source, const char *root)
{
    size_t length;
    const char *name = first_name(source, root, &length);

    return table_find(&resolver->shared->first_names, name, length) == CLASHES;
}

void
resolver_find_roots(struct resolver *resolver)
{
    struct resolve_shared *shared = resolver->shared;
    const struct discover_settings *settings = resolver->settings;
    const struct source_folder *last = NULL;
    unsigned number = 0;

    for (size_t i = 0; i < COUNT_OF(settings->python_path_ini) && settings->python_path_ini[i]; i++) {
        add_root(shared, settings->python_path_ini[i]);
    }
    shared->ini_root_count = shared->root_count;
    if (settings->import_mode == IMPORT_MODE_IMPORTLIB) {
        return;
    }
    for (size_t i = 0; i < resolver->walk->conftest_count; i++) {
        add_source_root(resolver, resolver->walk->conftests[i], &last, &number);
        if (settings->import_mode == IMPORT_MODE_APPEND) {
            add_module_name(resolver, resolver->walk->conftests[i], shared->roots[number - 1]);
        }
    }
    for (size_t i = 0; i < resolver->walk->file_count; i++) {
        const struct source *source = resolver->walk->files[i].source;
        add_source_root(resolver, source, &last, &number);
        add_module_name(resolver, source, shared->roots[number - 1]);
    }
}

unsigned
root_number(const struct resolve_shared *shared, const char *root)
{
    return (unsigned)(uintptr_t)table_find(&shared->root_numbers, root, strlen(root));
}
