/* What a body's dict holds when it has run: names in order, rebound, deleted, and brought by stars. */
#include "discover/resolve.h"

#include <stdlib.h>

struct builder {
    struct resolve_work *work;
    const struct scope *scope;
    struct scope_name *items;
    uint32_t count, capacity;
    uint32_t clock;
    uint32_t *item_of;    /* of each binding: 1 + its item */
    struct table by_name; /* where stars are */
    bool is_moved;
};

enum { MOST_STARS = 30 }; /* that follow each other */

static const char IS_CONDITIONAL[] = "is bound under a condition";
static const char IS_IN_TRY[] = "is bound in a try or with, which something before it may end";
static const char IS_REBOUND[] = "is bound again under a condition"; /* its place in the dict is certain */

static SELDOM void
builder_grow(struct builder *builder)
{
    uint32_t capacity = builder->capacity ? builder->capacity * 2 : builder->scope->count + 1;
    struct scope_name *items = arena_alloc(builder->work->arena, capacity * sizeof *items);

    if (builder->count) {
        memcpy(items, builder->items, builder->count * sizeof *items);
    }
    builder->items = items;
    builder->capacity = capacity;
}

/* A new item without binding; returns 1 + its index. */
static inline uint32_t
builder_add(struct builder *builder, const char *name, size_t length)
{
    if (builder->count == builder->capacity) {
        builder_grow(builder);
    }
    builder->items[builder->count++] =
        (struct scope_name){.name = name, .length = (uint32_t)length, .position = ++builder->clock};
    if (builder->scope->star_count) {
        table_set(&builder->by_name, name, length, (void *)(uintptr_t)builder->count);
    }
    return builder->count;
}

/* The item of a binding's name. */
static struct scope_name *
builder_find(struct builder *builder, uint32_t i)
{
    const struct scope *scope = builder->scope;
    const char *name = blob_text(scope->module->facts, scope->bindings[i].name);
    size_t length = blob_text_length(scope->module->facts, scope->bindings[i].name);
    uint32_t number;

    if (scope->star_count) {
        number = (uint32_t)(uintptr_t)table_find(&builder->by_name, name, length);
    } else {
        number = scope->previous[i] ? builder->item_of[scope->previous[i] - 1] : 0;
    }
    if (!number) {
        number = builder_add(builder, name, length);
    }
    builder->item_of[i] = number;
    return &builder->items[number - 1];
}

static void
builder_bind(struct builder *builder, struct scope_name *item, const struct binding *binding, const struct scope *scope)
{
    if (!item->binding && item->position != builder->clock) {
        item->position = ++builder->clock; /* deleted, and bound again: it moves */
        builder->is_moved = true;
    }
    item->binding = binding;
    item->scope = scope;
}

/* 1: the binding takes effect whenever the body runs to its end; 0: it never does; -1: not known. */
static int
binding_is_certain(const struct builder *builder, const struct scope *scope, const struct binding *binding)
{
    if (binding->flags & BINDING_TYPE_CHECKING) {
        return 0;
    }
    if (!(binding->flags & BINDING_CONDITIONAL)) {
        return 1;
    }
    if (binding->condition) {
        return condition_holds(builder->work, scope->module->facts, blob_at(scope->module->facts, binding->condition));
    }
    return -1;
}

static void
builder_step(struct builder *builder, uint32_t i)
{
    const struct binding *binding = &builder->scope->bindings[i];
    int is_certain = binding_is_certain(builder, builder->scope, binding);
    struct scope_name *item = builder_find(builder, i);

    if (is_certain == 0 || (binding->kind == BINDING_DELETED && (binding->flags & BINDING_IN_EXCEPT))) {
        return;
    }
    if (is_certain < 0) {
        /* An alternative to an import that may fail: object_find() decides when somebody looks. */
        bool is_alternative = (binding->flags & BINDING_IN_EXCEPT) && item->binding &&
                              (item->binding->flags & BINDING_IN_TRY) && item->binding->kind == BINDING_IMPORT;
        if (is_alternative) {
            return;
        }
        item->reason = item->binding && (!item->reason || item->reason == IS_REBOUND) ? IS_REBOUND : IS_CONDITIONAL;
    }
    if (binding->kind == BINDING_DELETED) {
        if (is_certain > 0 && !item->binding && !(binding->flags & BINDING_IN_TRY) && !builder->scope->star_count &&
            !builder->scope->module->is_outside) {
            work_fail(builder->work, "it deletes a name that nothing binds");
        }
        if (is_certain > 0) {
            item->binding = NULL;
            item->reason = NULL;
        }
        return;
    }
    if (is_certain > 0 && item->reason == IS_REBOUND) {
        item->reason = NULL;
    }
    if (is_certain > 0 && (binding->flags & BINDING_IN_TRY) && binding->kind != BINDING_IMPORT) {
        item->reason = item->binding && !item->reason ? IS_REBOUND : IS_IN_TRY;
    }
    builder_bind(builder, item, binding, builder->scope);
}

static void
builder_bind_star(struct builder *builder, const struct scope_name *from, const char *reason)
{
    uint32_t number = (uint32_t)(uintptr_t)table_find(&builder->by_name, from->name, from->length);

    if (!number) {
        number = builder_add(builder, from->name, from->length);
    }
    struct scope_name *item = &builder->items[number - 1];
    builder_bind(builder, item, from->binding, from->scope);
    item->reason = reason ? reason : from->reason;
}

/* The names in `__all__`, in its order. */
static void
builder_add_listed(struct builder *builder, const struct scope_names *names, const struct object *list,
                   const char *reason)
{
    const void *base = context_base(&list->context);

    for (uint32_t i = 0; i < list->value->items.count; i++) {
        const struct value *item = value_item(base, list->value, i);
        if (item->kind != VALUE_STRING) {
            reason = "comes from a star import whose __all__ is computed";
            continue;
        }
        for (uint32_t k = 0; k < names->count; k++) {
            const struct scope_name *name = &names->items[k];
            if (name->length == blob_text_length(base, item->text) &&
                memcmp(name->name, blob_text(base, item->text), name->length) == 0) {
                builder_bind_star(builder, name, reason);
            }
        }
    }
}

/* What is made on the way to that body (NULL: all) would be other names if it began elsewhere: it is not kept. */
static void
mark_partial(struct resolve_work *work, const struct scope *until)
{
    for (; work && (!until || work->making != until); work = work->asker) {
        work->is_partial = true;
    }
}

/* `from module import *` */
static void
builder_add_star(struct builder *builder, const struct binding *binding)
{
    struct resolve_work *work = builder->work;
    const struct scope *scope = builder->scope;
    int is_certain = binding_is_certain(builder, scope, binding);
    const char *reason = is_certain < 0 ? IS_CONDITIONAL : NULL;

    if (is_certain == 0) {
        return;
    }
    struct place place = module_find_import(work, scope->module, blob_at(scope->module->facts, binding->target));
    if (work->depth > MOST_STARS) {
        mark_partial(work, NULL);
    }
    if (place.kind != PLACE_SOURCE || work->depth > MOST_STARS) {
        if (place.kind != PLACE_COMPILED) {
            work_note_more(work, "it imports all names of a module that was not found");
        }
        return;
    }
    struct module *module = module_of(work, place.source);
    work_use(work, module);
    work->depth++;
    struct scope_names names = scope_names_of(work, &module->scope);
    work->depth--;
    struct object list = object_find(work, (struct context){&module->scope, UINT32_MAX}, "__all__", strlen("__all__"));
    bool is_list = list.kind == OBJECT_VALUE && (list.value->kind == VALUE_LIST || list.value->kind == VALUE_TUPLE);

    if (is_list && !scope_may_change(work, &module->scope, "__all__")) {
        builder_add_listed(builder, &names, &list, reason);
        return;
    }
    if (list.kind != OBJECT_MISSING) {
        reason = "comes from a star import whose __all__ is computed";
    }
    for (uint32_t i = 0; i < names.count; i++) {
        if (names.items[i].name[0] != '_') {
            builder_bind_star(builder, &names.items[i], reason);
        }
    }
}

static int
compare_positions(const void *left, const void *right)
{
    uint32_t a = ((const struct scope_name *)left)->position;
    uint32_t b = ((const struct scope_name *)right)->position;
    return (a > b) - (a < b);
}

static struct scope_names
scope_names_make(struct resolve_work *work, const struct scope *scope)
{
    struct builder builder = {.work = work, .scope = scope};
    uint32_t kept = 0;

    builder.item_of = arena_alloc(work->arena, (scope->count + 1) * sizeof *builder.item_of);
    for (uint32_t i = 0; i < scope->count; i++) {
        const struct binding *binding = &scope->bindings[i];
        if (binding->kind == BINDING_STAR) {
            builder_add_star(&builder, binding);
        } else if (binding->kind != BINDING_ATTRIBUTE && binding->kind != BINDING_ANNOTATION) {
            builder_step(&builder, i);
        } else {
            builder.item_of[i] = 0;
        }
    }
    table_release(&builder.by_name);
    for (uint32_t i = 0; i < builder.count; i++) {
        if (builder.items[i].binding && kept++ != i) {
            builder.items[kept - 1] = builder.items[i];
        }
    }
    if (builder.is_moved) {
        qsort(builder.items, kept, sizeof *builder.items, compare_positions);
    }
    return (struct scope_names){builder.items, kept};
}

/* ---- Bodies with stars: made once ---- */

/* The names of a module, and what telling them rested on: the same for every file that asks. */
struct kept_names {
    const struct scope *scope;
    struct scope_names names;
    struct source **sources;
    size_t source_count;
    const struct missing_path **missing;
    size_t missing_count;
    bool *used_roots;
    const char *file_reason, *more_reason;
};

static void *
copy_items(struct arena *arena, const void *items, size_t size_bytes)
{
    void *copy = arena_alloc(arena, size_bytes + 1);

    if (size_bytes) {
        memcpy(copy, items, size_bytes);
    }
    return copy;
}

static void
keep_names(struct resolve_shared *shared, const struct kept_names *made)
{
    struct arena *arena = &shared->arena;

    lock_enter(&shared->lock);
    struct kept_names *kept = copy_items(arena, made, sizeof *made);
    kept->names.items = copy_items(arena, made->names.items, made->names.count * sizeof *made->names.items);
    kept->sources = copy_items(arena, made->sources, made->source_count * sizeof *made->sources);
    kept->missing = copy_items(arena, made->missing, made->missing_count * sizeof *made->missing);
    kept->used_roots = copy_items(arena, made->used_roots, shared->root_count);
    kept->file_reason = made->file_reason ? arena_copy_string(arena, made->file_reason) : NULL;
    kept->more_reason = made->more_reason ? arena_copy_string(arena, made->more_reason) : NULL;
    table_set(&shared->names, (const char *)&kept->scope, sizeof kept->scope, kept);
    lock_leave(&shared->lock);
}

/* What the names rest on counts for who asks, too. */
static void
use_names(struct resolve_work *work, const struct kept_names *names)
{
    for (size_t i = 0; i < names->source_count; i++) {
        work_use_source(work, names->sources[i]);
    }
    work_use_missing(work, names->missing, names->missing_count);
    for (size_t i = 0; i < work->shared->root_count; i++) {
        work->used_roots[i] = work->used_roots[i] || names->used_roots[i];
    }
    if (names->file_reason) {
        work_fail(work, names->file_reason);
    }
    if (names->more_reason) {
        work_note_more(work, names->more_reason);
    }
}

/* Modules that import all of each other see as much of what is being made as has run by then: it is not followed. */
static bool
is_being_made(struct resolve_work *work, const struct scope *scope)
{
    for (const struct resolve_work *one = work; one; one = one->asker) {
        if (one->making == scope) {
            mark_partial(work, scope);
            work_fail(work, "it imports all names of modules that import all of each other's");
            return true;
        }
    }
    return false;
}

static struct scope_names
module_names(struct resolve_work *work, const struct scope *scope)
{
    struct resolve_shared *shared = work->shared;

    lock_enter(&shared->lock);
    const struct kept_names *kept = table_find(&shared->names, (const char *)&scope, sizeof scope);
    lock_leave(&shared->lock);
    if (kept) {
        use_names(work, kept);
        return kept->names;
    }
    struct resolve_work own = {.resolver = work->resolver,
                               .shared = shared,
                               .arena = work->arena,
                               .module = scope->module,
                               .depth = work->depth,
                               .class_depth = work->class_depth,
                               .asker = work,
                               .making = scope};
    own.used_roots = arena_alloc_zeroed(work->arena, shared->root_count + 1);
    struct scope_names names = scope_names_make(&own, scope);
    struct kept_names made = {.scope = scope,
                              .names = names,
                              .sources = own.sources,
                              .source_count = own.source_count,
                              .missing = own.missing,
                              .missing_count = own.missing_count,
                              .used_roots = own.used_roots,
                              .file_reason = own.file_reason,
                              .more_reason = own.more_reason};
    if (!own.is_partial) {
        keep_names(shared, &made);
    }
    use_names(work, &made);
    work_release(&own);
    return names;
}

struct scope_names
scope_names_of(struct resolve_work *work, const struct scope *scope)
{
    const struct module *module =
        __atomic_load_n((struct module **)&scope->module->source->resolution, __ATOMIC_ACQUIRE);

    if (!scope->star_count) {
        return scope_names_make(work, scope);
    }
    struct scope_names *known = table_find(&work->names, (const char *)&scope, sizeof scope);
    if (known) {
        return *known;
    }
    if (is_being_made(work, scope)) {
        return (struct scope_names){0};
    }
    known = arena_alloc_zeroed(work->arena, sizeof *known);
    const struct scope **key = copy_items(work->arena, &scope, sizeof scope);
    if (module && scope == &module->scope) {
        *known = module_names(work, scope);
        table_set(&work->names, (const char *)key, sizeof scope, known);
    } else {
        table_set(&work->names, (const char *)key, sizeof scope, known);
        *known = scope_names_make(work, scope);
    }
    return *known;
}
