/* The order of tests: as collected, then brought together by parameters of classes and modules, as pytest does it. */
#include <stdio.h>

#include "discover/id_values.h"

enum { SCOPES = 3 }; /* session and package, module, class: 0, 1, 2 */

struct key_items {
    uint32_t *items; /* in the order of the dict that pytest keeps */
    size_t count;
};

struct sorter {
    struct resolve_work *work;
    const struct collected_list *functions;
    struct found_test *tests;
    uint32_t count;
    struct {
        uint32_t **keys; /* of each item: its keys' numbers */
        uint32_t *key_counts;
        struct table numbers; /* key -> 1 + number */
        struct key_items *by_key;
        size_t key_count;
    } scopes[SCOPES];
};

/* The scope's place in the sorter; -1: of functions. */
static int
scope_index(enum fixture_scope scope)
{
    return scope == FIXTURE_CLASS_SCOPE      ? 2
           : scope == FIXTURE_MODULE_SCOPE   ? 1
           : scope == FIXTURE_FUNCTION_SCOPE ? -1
                                             : 0;
}

/* Adds what tells a parameter's value from others. False: not known. */
static bool
add_value_key(struct sorter *sorter, const struct parametrization *made, const struct param_set *set, size_t value,
              size_t fallback, struct text *text)
{
    bool is_unhashable = false;
    size_t start = text->length;

    (void)made;
    if (set->is_empty) {
        text_add_string(text, "NOTSET");
        return true;
    }
    if (set->is_number) {
        text_add_format(text, "%u:%d:%ld", VALUE_INTEGER, snprintf(NULL, 0, "%ld", set->number), set->number);
        return true;
    }
    if (set->is_recorded) {
        return false;
    }
    if (value_add_key(sorter->work, set->context, set->values[value], text, &is_unhashable)) {
        return true;
    }
    if (is_unhashable) {
        text->length = start;
        text_add_format(text, "#%zu", fallback);
        return true;
    }
    return false;
}

static void
add_key(struct sorter *sorter, int scope, uint32_t item, const struct text *text)
{
    struct arena *arena = sorter->work->arena;
    struct table *numbers = &sorter->scopes[scope].numbers;
    uint32_t number = (uint32_t)(uintptr_t)table_find(numbers, text->bytes, text->length);

    if (!number) {
        number = (uint32_t)++sorter->scopes[scope].key_count;
        sorter->scopes[scope].by_key =
            arena_grow(arena, sorter->scopes[scope].by_key, number - 1U, sizeof *sorter->scopes[scope].by_key);
        sorter->scopes[scope].by_key[number - 1] = (struct key_items){NULL, 0};
        table_set(numbers, arena_copy_bytes(arena, text->bytes, text->length), text->length, (void *)(uintptr_t)number);
    }
    uint32_t *count = &sorter->scopes[scope].key_counts[item];
    for (uint32_t i = 0; i < *count; i++) {
        if (sorter->scopes[scope].keys[item][i] == number - 1) {
            return;
        }
    }
    sorter->scopes[scope].keys[item] = arena_grow(arena, sorter->scopes[scope].keys[item], *count, sizeof(uint32_t));
    sorter->scopes[scope].keys[item][(*count)++] = number - 1;
    struct key_items *items = &sorter->scopes[scope].by_key[number - 1];
    items->items = arena_grow(arena, items->items, items->count, sizeof(uint32_t));
    items->items[items->count++] = item;
}

static bool
add_item_keys(struct sorter *sorter, uint32_t item)
{
    const struct found_test *test = &sorter->tests[item];
    const struct collected *function = &sorter->functions->items[test->function];
    struct text text = {0};
    bool is_known = true;

    for (size_t i = 0; is_known && i < function->parametrization_count; i++) {
        const struct parametrization *made = &function->parametrizations[i];
        int scope = scope_index(made->scope);
        uint32_t set = function->calls[test->id].set_indexes[i];
        for (size_t k = 0; scope >= 0 && is_known && k < made->name_count; k++) {
            text_clear(&text);
            text_add_format(&text, "%s\n%p\n", made->names[k],
                            made->scope == FIXTURE_CLASS_SCOPE ? function->class_key : NULL);
            is_known = add_value_key(sorter, made, &made->sets[set], k, made->is_indirect[k] ? set : test->id, &text);
            if (is_known) {
                add_key(sorter, scope, item, &text);
            }
        }
    }
    text_release(&text);
    return is_known;
}

/* The item becomes the first of all its keys. */
static void
move_to_front(struct sorter *sorter, uint32_t item)
{
    for (int scope = 0; scope < SCOPES; scope++) {
        for (uint32_t k = 0; k < sorter->scopes[scope].key_counts[item]; k++) {
            struct key_items *items = &sorter->scopes[scope].by_key[sorter->scopes[scope].keys[item][k]];
            size_t at = 0;
            while (items->items[at] != item) {
                at++;
            }
            memmove(items->items + 1, items->items, at * sizeof *items->items);
            items->items[0] = item;
        }
    }
}

struct pass {
    struct sorter *sorter;
    int scope;
    const uint32_t *items;
    uint32_t count;
    unsigned char *is_member, *is_done, *is_waiting, *is_ignored;
    uint32_t *queue; /* a stack: the next item on top */
    size_t queue_count, queue_capacity;
    uint32_t *done;
    uint32_t done_count;
};

static uint32_t sort_scope(struct sorter *sorter, int scope, const uint32_t *items, uint32_t count, uint32_t *out);

/* The last of the item's keys that is not done with; UINT32_MAX: none. */
static uint32_t
slicing_key(const struct pass *pass, uint32_t item)
{
    const uint32_t *keys = pass->sorter->scopes[pass->scope].keys[item];

    for (uint32_t i = pass->sorter->scopes[pass->scope].key_counts[item]; i-- > 0;) {
        if (!pass->is_ignored[keys[i]]) {
            return keys[i];
        }
    }
    return UINT32_MAX;
}

static void
push(struct pass *pass, uint32_t item)
{
    if (pass->queue_count == pass->queue_capacity) {
        size_t capacity = pass->queue_capacity ? pass->queue_capacity * 2 : 2 * (size_t)pass->count;
        uint32_t *queue = arena_alloc(pass->sorter->work->arena, capacity * sizeof *queue);
        if (pass->queue_count) {
            memcpy(queue, pass->queue, pass->queue_count * sizeof *queue);
        }
        pass->queue = queue;
        pass->queue_capacity = capacity;
    }
    pass->queue[pass->queue_count++] = item;
}

/* Puts the items of a key on top of the queue, in their order. */
static void
push_matching(struct pass *pass, uint32_t key)
{
    struct arena *arena = pass->sorter->work->arena;
    const struct key_items *own = &pass->sorter->scopes[pass->scope].by_key[key];
    uint32_t *matching = arena_alloc(arena, (own->count + 1) * sizeof *matching);
    size_t count = 0;

    for (size_t i = 0; i < own->count; i++) {
        if (pass->is_member[own->items[i]]) {
            matching[count++] = own->items[i];
        }
    }
    while (count-- > 0) {
        push(pass, matching[count]);
        move_to_front(pass->sorter, matching[count]);
    }
}

/* Takes items until one has a key: those before it go through the next scope. */
static void
sort_slice(struct pass *pass)
{
    struct arena *arena = pass->sorter->work->arena;
    uint32_t *waiting = arena_alloc(arena, (pass->count + 1) * sizeof *waiting);
    uint32_t waiting_count = 0;
    uint32_t key = UINT32_MAX;

    while (pass->queue_count && key == UINT32_MAX) {
        uint32_t item = pass->queue[--pass->queue_count];
        if (pass->is_done[item] || pass->is_waiting[item]) {
            continue;
        }
        key = slicing_key(pass, item);
        if (key == UINT32_MAX) {
            pass->is_waiting[item] = 1;
            waiting[waiting_count++] = item;
        } else {
            push_matching(pass, key);
        }
    }
    uint32_t added = sort_scope(pass->sorter, pass->scope + 1, waiting, waiting_count, pass->done + pass->done_count);
    for (uint32_t i = 0; i < added; i++) {
        pass->is_done[pass->done[pass->done_count + i]] = 1;
    }
    pass->done_count += added;
    for (uint32_t i = 0; i < waiting_count; i++) {
        pass->is_waiting[waiting[i]] = 0;
    }
    if (key != UINT32_MAX) {
        pass->is_ignored[key] = 1;
    }
}

static uint32_t
sort_scope(struct sorter *sorter, int scope, const uint32_t *items, uint32_t count, uint32_t *out)
{
    struct arena *arena = sorter->work->arena;
    struct pass pass = {.sorter = sorter, .scope = scope, .items = items, .count = count, .done = out};

    if (scope >= SCOPES || count < 3) {
        memcpy(out, items, count * sizeof *out);
        return count;
    }
    pass.is_member = arena_alloc_zeroed(arena, 3 * (size_t)sorter->count + sorter->scopes[scope].key_count + 1);
    pass.is_done = pass.is_member + sorter->count;
    pass.is_waiting = pass.is_done + sorter->count;
    pass.is_ignored = pass.is_waiting + sorter->count;
    for (uint32_t i = count; i-- > 0;) {
        pass.is_member[items[i]] = 1;
        push(&pass, items[i]);
    }
    while (pass.queue_count) {
        sort_slice(&pass);
    }
    return pass.done_count;
}

static void
sort_tests(struct resolve_work *work, const struct collected_list *functions, struct test_order *order)
{
    struct sorter sorter = {
        .work = work, .functions = functions, .tests = order->tests, .count = (uint32_t)order->count};
    bool is_known = true;

    for (int scope = 0; scope < SCOPES; scope++) {
        sorter.scopes[scope].keys = arena_alloc_zeroed(work->arena, (order->count + 1) * sizeof(uint32_t *));
        sorter.scopes[scope].key_counts = arena_alloc_zeroed(work->arena, (order->count + 1) * sizeof(uint32_t));
    }
    for (uint32_t i = 0; is_known && i < sorter.count; i++) {
        is_known = add_item_keys(&sorter, i);
    }
    if (is_known) {
        uint32_t *items = arena_alloc(work->arena, (order->count + 1) * sizeof *items);
        uint32_t *sorted = arena_alloc(work->arena, (order->count + 1) * sizeof *sorted);
        struct found_test *tests = arena_alloc(work->arena, (order->count + 1) * sizeof *tests);
        for (uint32_t i = 0; i < sorter.count; i++) {
            items[i] = i;
        }
        sort_scope(&sorter, 0, items, sorter.count, sorted);
        for (uint32_t i = 0; i < sorter.count; i++) {
            tests[i] = order->tests[sorted[i]];
        }
        order->tests = tests;
    } else {
        work_fail(work, "it has parameters of a class or module that are computed, by which tests are sorted");
    }
    for (int scope = 0; scope < SCOPES; scope++) {
        table_release(&sorter.scopes[scope].numbers);
    }
}

void
reorder_tests(struct resolve_work *work, const struct collected_list *functions, struct test_order *order_out)
{
    size_t total = 0;
    int widest = FIXTURE_FUNCTION_SCOPE;

    for (size_t i = 0; i < functions->count; i++) {
        const struct collected *function = &functions->items[i];
        total += function->call_count ? function->call_count : 1;
        for (size_t k = 0; k < function->parametrization_count; k++) {
            int scope = (int)function->parametrizations[k].scope;
            widest = scope > widest ? scope : widest;
        }
    }
    if (total == functions->count && widest == FIXTURE_FUNCTION_SCOPE) {
        *order_out = (struct test_order){NULL, total};
        return;
    }
    order_out->tests = arena_alloc(work->arena, (total + 1) * sizeof *order_out->tests);
    order_out->count = 0;
    for (uint32_t i = 0; i < functions->count; i++) {
        const struct collected *function = &functions->items[i];
        for (uint32_t k = 0; k == 0 || k < function->call_count; k++) {
            order_out->tests[order_out->count++] = (struct found_test){i, k};
        }
    }
    if (widest >= FIXTURE_PACKAGE_SCOPE) {
        work_fail(work, "it has parameters of a package or the session, by which tests of several files are sorted");
    }
    if (widest > FIXTURE_FUNCTION_SCOPE && work->more_reason) {
        work_fail(work, "it has parameters of a class or module, and may have more tests");
    }
    if (widest > FIXTURE_FUNCTION_SCOPE) {
        for (size_t i = 0; i < functions->count; i++) {
            if (functions->items[i].reason) {
                work_fail(work, "it has parameters of a class or module, and tests that are not known");
                return;
            }
        }
        sort_tests(work, functions, order_out);
    }
}
