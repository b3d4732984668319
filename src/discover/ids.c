/* Parameter sets and their ids: from a list of values and what `ids` says. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "discover/id_values.h"

struct set_reader {
    struct resolve_work *work;
    struct parametrization *made;
    bool is_tuple; /* one name: each item is one value */
};

/* ---- Lists ---- */

/* The literal list, tuple or set behind an expression. NULL, or why it is not known. */
static const char *
find_list(struct resolve_work *work, struct context context, const struct value *value, struct object *list_out)
{
    const void *base = context_base(&context);
    const char *text = blob_text(base, value->text);
    struct object object = object_of_value(work, context, value);

    if (object.kind == OBJECT_VALUE && object.value->kind == VALUE_CALL && object.value->items.count == 1 &&
        !object.value->keywords.count) {
        const void *own = context_base(&object.context);
        struct object callee = object_find_dotted(work, object.context, blob_text(own, object.value->text));
        if (object_is(&callee, "builtins.list") || object_is(&callee, "builtins.tuple")) {
            return find_list(work, object.context, value_item(own, object.value, 0), list_out);
        }
    }
    if (object.kind != OBJECT_VALUE) {
        return work_format(work, "parametrized with %s", object.text ? object.text : text);
    }
    if (object.value->kind != VALUE_LIST && object.value->kind != VALUE_TUPLE && object.value->kind != VALUE_CALL) {
        return work_format(work, "parametrized with %s, which is computed",
                           blob_text(context_base(&object.context), object.value->text));
    }
    if (value->kind == VALUE_NAME && object.value->kind == VALUE_LIST) {
        const char *dot = strrchr(text, '.');
        if (scope_may_change(work, object.context.scope, dot ? dot + 1 : text)) {
            return work_format(work, "parametrized with %s, which may change", text);
        }
        work->takes_lists = work->takes_lists || object.context.scope->module != work->module;
    }
    *list_out = object;
    return NULL;
}

static bool
is_star(const void *base, const struct value *value)
{
    return value->kind == VALUE_UNKNOWN && *blob_text(base, value->text) == '*';
}

/* ---- Sets ---- */

static void
set_add_value(struct set_reader *reader, struct param_set *set, const struct value *value)
{
    const struct value **values = (const struct value **)set->values;

    values = arena_grow(reader->work->arena, values, set->value_count, sizeof *values);
    values[set->value_count++] = value;
    set->values = values;
}

static void
read_param_marks(struct set_reader *reader, struct context context, const struct value *marks, struct param_set *set)
{
    const void *base = context_base(&context);
    struct mark mark;

    if (marks->kind == VALUE_LIST || marks->kind == VALUE_TUPLE) {
        for (uint32_t i = 0; i < marks->items.count; i++) {
            read_param_marks(reader, context, value_item(base, marks, i), set);
        }
    } else if (!mark_read(reader->work, context, marks, &mark)) {
        mark_list_add(reader->work, &set->marks, &mark);
    } else {
        set->has_unknown_marks = true;
    }
}

/* pytest.param(...) */
static const char *
read_param(struct set_reader *reader, struct context context, const struct value *call, struct param_set *set)
{
    const void *base = context_base(&context);
    const struct value_keyword *keywords = blob_at(base, call->keywords.first);

    set->context = context;
    for (uint32_t i = 0; i < call->items.count; i++) {
        if (is_star(base, value_item(base, call, i))) {
            return "parametrized with computed values";
        }
        set_add_value(reader, set, value_item(base, call, i));
    }
    for (uint32_t i = 0; i < call->keywords.count; i++) {
        const char *name = keywords[i].name ? blob_text(base, keywords[i].name) : "**";
        const struct value *value = &keywords[i].value;
        if (strcmp(name, "marks") == 0) {
            read_param_marks(reader, context, value, set);
        } else if (strcmp(name, "id") == 0) {
            struct object object = object_of_value(reader->work, context, value);
            uint32_t length;
            const char *id = value_string(reader->work, context, value, &length);
            set->is_hidden = object_is(&object, "pytest.HIDDEN_PARAM");
            if (id) {
                struct text text = {0};
                id_add_string(reader->work, id, length, &text);
                set->id = arena_copy_bytes(reader->work->arena, text_string(&text), text.length);
                set->has_own_id = true;
                text_release(&text);
            } else if (!set->is_hidden && (object.kind != OBJECT_VALUE || object.value->kind != VALUE_NONE)) {
                return "parametrized with an id that is computed";
            }
        } else {
            return "parametrized with computed arguments of pytest.param()";
        }
    }
    return NULL;
}

/* Whether an item that is not known may hold another number of values than there are names: pytest gives up then. */
static bool
may_have_other_length(struct resolve_work *work, const struct object *object)
{
    if (object->kind == OBJECT_UNKNOWN || object->kind == OBJECT_MEMBER) {
        return false; /* whoever wrote the name knows */
    }
    if (object->kind == OBJECT_VALUE && object->value->kind == VALUE_CALL) {
        struct object callee =
            object_find_dotted(work, object->context, blob_text(context_base(&object->context), object->value->text));
        return callee.kind == OBJECT_KNOWN;
    }
    return true;
}

/* An item that is a sequence of as many values as there are names. */
static const char *
read_sequence(struct set_reader *reader, struct context context, const struct value *value, struct param_set *set)
{
    struct object object = object_of_value(reader->work, context, value);

    if (object.kind != OBJECT_VALUE || (object.value->kind != VALUE_TUPLE && object.value->kind != VALUE_LIST)) {
        reader->made->is_refused = reader->made->is_refused || may_have_other_length(reader->work, &object);
        return "parametrized with sets that are computed";
    }
    const void *base = context_base(&object.context);
    set->context = object.context;
    for (uint32_t i = 0; i < object.value->items.count; i++) {
        const struct value *item = value_item(base, object.value, i);
        if (is_star(base, item)) {
            return "parametrized with sets that are computed";
        }
        set_add_value(reader, set, item);
    }
    return NULL;
}

/* Whether a value may be a pytest.param() itself. */
static bool
may_be_param(struct resolve_work *work, const struct object *object)
{
    switch (object->kind) {
    case OBJECT_VALUE:
        break;
    case OBJECT_FUNCTION:
    case OBJECT_CLASS:
    case OBJECT_MEMBER:
    case OBJECT_MODULE:
        return false;
    case OBJECT_KNOWN:
        return !text_begins(object->text, "builtins.");
    default:
        return true;
    }
    if (object->value->kind == VALUE_CALL) {
        struct object callee =
            object_find_dotted(work, object->context, blob_text(context_base(&object->context), object->value->text));
        return callee.kind != OBJECT_CLASS && (callee.kind != OBJECT_KNOWN || text_begins(callee.text, "pytest."));
    }
    return object->value->kind == VALUE_UNKNOWN;
}

static const char *
read_set(struct set_reader *reader, struct context context, const struct value *value, struct param_set *set)
{
    struct resolve_work *work = reader->work;
    struct object object = object_of_value(work, context, value);

    if (is_star(context_base(&context), value)) {
        return "parametrized with values that are computed";
    }
    if (object.kind == OBJECT_VALUE && object.value->kind == VALUE_CALL) {
        struct object callee =
            object_find_dotted(work, object.context, blob_text(context_base(&object.context), object.value->text));
        if (object_is(&callee, "pytest.param")) {
            return read_param(reader, object.context, object.value, set);
        }
    }
    if (!reader->is_tuple) {
        return read_sequence(reader, context, value, set);
    }
    if (may_be_param(work, &object)) {
        return work_format(work, "parametrized with %s, whose id is not known",
                           blob_text(context_base(&context), value->text));
    }
    set->context = context;
    set_add_value(reader, set, value);
    return NULL;
}

/* range(...) of literals: the numbers as values that are made up here. */
static const char *
read_range(struct set_reader *reader, const struct object *call)
{
    const void *base = context_base(&call->context);
    struct parametrization *made = reader->made;
    long numbers[3] = {0, 0, 1};
    uint32_t count = call->value->items.count;

    if (!reader->is_tuple || !count || count > 3 || call->value->keywords.count) {
        return "parametrized with a range";
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct value *item = value_item(base, call->value, i);
        if (item->kind != VALUE_INTEGER || blob_text_length(base, item->text) > 9) {
            return "parametrized with a range";
        }
        numbers[count == 1 ? 1 : i] = strtol(blob_text(base, item->text), NULL, 10);
    }
    if (!numbers[2] || (numbers[1] - numbers[0]) / numbers[2] > 100000) {
        return "parametrized with a range";
    }
    for (long n = numbers[0]; numbers[2] > 0 ? n < numbers[1] : n > numbers[1]; n += numbers[2]) {
        made->sets = arena_grow(reader->work->arena, made->sets, made->set_count, sizeof *made->sets);
        struct param_set *set = &made->sets[made->set_count++];
        *set = (struct param_set){.context = call->context, .number = n, .is_number = true, .value_count = 1};
    }
    return NULL;
}

static const char *
read_sets(struct set_reader *reader, struct context context, const struct value *values)
{
    struct parametrization *made = reader->made;
    struct object list;
    const char *reason = find_list(reader->work, context, values, &list);

    if (reason) {
        return reason;
    }
    const void *base = context_base(&list.context);
    if (list.value->kind == VALUE_CALL) {
        struct object callee = object_find_dotted(reader->work, list.context, blob_text(base, list.value->text));
        return object_is(&callee, "builtins.range")
                   ? read_range(reader, &list)
                   : work_format(reader->work, "parametrized with %s(), which is computed",
                                 blob_text(base, list.value->text));
    }
    made->sets = arena_alloc_zeroed(reader->work->arena, (list.value->items.count + 1) * sizeof *made->sets);
    for (uint32_t i = 0; i < list.value->items.count; i++) {
        struct param_set *set = &made->sets[made->set_count++];
        const char *unclear = read_set(reader, list.context, value_item(base, list.value, i), set);
        reason = reason ? reason : unclear; /* those behind it may be refused */
        if (!unclear && set->value_count != made->name_count) {
            made->is_refused = true;
            return "parametrized with another number of values than of names";
        }
    }
    return reason;
}

/* ---- Ids ---- */

/* The id of a set that has none of its own: from `given`, or from its values. */
static const char *
make_id(struct id_maker *maker, const struct parametrization *made, size_t index, const struct object *given)
{
    struct param_set *set = &made->sets[index];
    const char *reason = NULL;

    text_clear(&maker->text);
    maker->index = index;
    maker->is_given = false;
    if (given && index < given->value->items.count) {
        const void *base = context_base(&given->context);
        const struct value *item = value_item(base, given->value, (uint32_t)index);
        struct object object = object_of_value(maker->work, given->context, item);
        if (object_is(&object, "pytest.HIDDEN_PARAM")) {
            set->is_hidden = true;
            return NULL;
        }
        if (object.kind != OBJECT_VALUE || object.value->kind != VALUE_NONE) {
            maker->is_given = true;
            reason = is_star(base, item) ? "parametrized with ids that are computed"
                                         : id_add_value(maker, given->context, item);
            set->id = arena_copy_bytes(maker->work->arena, text_string(&maker->text), maker->text.length);
            return reason;
        }
    }
    for (size_t i = 0; !reason && i < set->value_count; i++) {
        if (i) {
            text_add_char(&maker->text, '-');
        }
        maker->name = made->names[i];
        if (set->is_number) {
            text_add_format(&maker->text, "%ld", set->number);
        } else {
            reason = id_add_value(maker, set->context, set->values[i]);
        }
    }
    set->id = arena_copy_bytes(maker->work->arena, text_string(&maker->text), maker->text.length);
    return reason;
}

static uintptr_t
count_of(const struct table *counts, const char *id)
{
    return (uintptr_t)table_find(counts, id, strlen(id));
}

static void
change_count(struct table *counts, const char *id, int by)
{
    table_set(counts, id, strlen(id), (void *)(count_of(counts, id) + (uintptr_t)by));
}

/* Puts numbers behind ids that occur more than once. */
static const char *
number_duplicates(struct resolve_work *work, struct parametrization *made, const struct table *counts)
{
    struct table present = {0};
    struct table numbers = {0};

    for (size_t i = 0; i < counts->count; i++) {
        table_set(&present, counts->entries[i].key, counts->entries[i].key_length, counts->entries[i].value);
    }
    for (size_t i = 0; i < made->set_count; i++) {
        struct param_set *set = &made->sets[i];
        const char *id = set->id;
        if (set->is_hidden || count_of(counts, id) < 2) {
            continue;
        }
        const char *between = *id && isdigit((unsigned char)id[strlen(id) - 1]) ? "_" : "";
        size_t length = strlen(id) + 24;
        char *numbered = arena_alloc(work->arena, length);
        snprintf(numbered, length, "%s%s%zu", id, between, (size_t)count_of(&numbers, id));
        while (count_of(&present, numbered)) {
            change_count(&numbers, id, 1);
            snprintf(numbered, length, "%s%s%zu", id, between, (size_t)count_of(&numbers, id));
        }
        change_count(&numbers, id, 1);
        change_count(&present, id, -1);
        change_count(&present, numbered, 1);
        set->id = numbered;
    }
    table_release(&present);
    table_release(&numbers);
    return NULL;
}

const char *
ids_make_unique(struct resolve_work *work, struct parametrization *made)
{
    struct table counts = {0};
    size_t hidden_count = 0;
    const char *reason = NULL;

    made->plain_ids = arena_alloc(work->arena, (made->set_count + 1) * sizeof(char *));
    for (size_t i = 0; i < made->set_count; i++) {
        struct param_set *set = &made->sets[i];
        made->plain_ids[i] = set->is_hidden ? "" : set->id;
        hidden_count += set->is_hidden;
        if (!set->is_hidden) {
            change_count(&counts, set->id, 1);
        }
    }
    if (hidden_count > 1) {
        made->is_refused = true;
        reason = "parametrized with several hidden sets";
    } else if (counts.count + hidden_count < made->set_count) {
        made->is_refused = work->resolver->settings->has_strict_parametrization_ids;
        reason = work->resolver->settings->has_strict_parametrization_ids ? "parametrized with an id twice"
                                                                          : number_duplicates(work, made, &counts);
    }
    table_release(&counts);
    return reason;
}

/* Whether `ids` that are not understood may be nothing that pytest takes, or too few. */
static bool
may_refuse_ids(struct resolve_work *work, const struct object *ids)
{
    if (ids->kind != OBJECT_VALUE) {
        return false; /* a function most likely */
    }
    switch ((enum value_kind)ids->value->kind) {
    case VALUE_UNKNOWN:
    case VALUE_NAME:
    case VALUE_LAMBDA:
    case VALUE_CONTAINER:
        return false;
    case VALUE_CALL: {
        const char *name = blob_text(context_base(&ids->context), ids->value->text);
        return object_find_dotted(work, ids->context, name).kind == OBJECT_KNOWN;
    }
    default:
        return true;
    }
}

/* What `ids` is: a function that is known, or a list. NULL, or why it is neither. */
static const char *
read_ids(struct resolve_work *work, struct context context, const struct value *ids, struct id_maker *maker,
         struct object *list_out)
{
    struct object object = object_of_value(work, context, ids);

    if (object_is(&object, "builtins.str")) {
        maker->function = ID_STR;
        return NULL;
    }
    if (object_is(&object, "builtins.repr")) {
        maker->function = ID_REPR;
        return NULL;
    }
    if (object.kind == OBJECT_VALUE && object.value->kind == VALUE_NONE) {
        return NULL;
    }
    if (find_list(work, context, ids, list_out) || list_out->value->kind == VALUE_CALL) {
        maker->is_refused = may_refuse_ids(work, &object);
        return work_format(work, "parametrized with ids that are computed: %s",
                           blob_text(context_base(&context), ids->text));
    }
    return NULL;
}

/* One set of nothing, which is skipped. */
static const char *
add_empty_set(struct resolve_work *work, struct parametrization *made)
{
    if (work->resolver->settings->empty_set_mark == EMPTY_SET_FAIL_AT_COLLECT) {
        made->is_refused = true;
        return "parametrized with nothing";
    }
    made->sets = arena_alloc_zeroed(work->arena, sizeof *made->sets);
    made->set_count = 1;
    made->sets[0].id = "NOTSET";
    made->sets[0].is_empty = true;
    bool is_xfail = work->resolver->settings->empty_set_mark == EMPTY_SET_XFAIL;
    struct mark mark = {.name = is_xfail ? "xfail" : "skip", .length = is_xfail ? 5 : 4, .is_made = true};
    mark_list_add(work, &made->sets[0].marks, &mark);
    return NULL;
}

const char *
param_sets_read(struct resolve_work *work, struct context context, const struct value *values, const struct value *ids,
                bool is_tuple, struct parametrization *made)
{
    struct set_reader reader = {.work = work, .made = made, .is_tuple = is_tuple};
    struct id_maker maker = {.work = work};
    struct object list = {.kind = OBJECT_MISSING};
    const char *reason = read_sets(&reader, context, values);

    if (!reason && !made->set_count) {
        reason = add_empty_set(work, made);
    }
    if (!reason && ids) {
        reason = read_ids(work, context, ids, &maker, &list);
    }
    const struct object *given = !reason && list.kind == OBJECT_VALUE ? &list : NULL;
    if (given && given->value->items.count && given->value->items.count != made->set_count) {
        made->is_refused = true;
        reason = "parametrized with another number of ids than of sets";
    }
    for (size_t i = 0; !reason && i < made->set_count; i++) {
        if (!made->sets[i].id && !made->sets[i].is_hidden) {
            reason = make_id(&maker, made, i, given);
        }
    }
    text_release(&maker.text);
    made->is_refused = made->is_refused || maker.is_refused ||
                       (reason && work->resolver->settings->has_strict_parametrization_ids); /* may be there twice */
    return reason ? reason : ids_make_unique(work, made);
}
