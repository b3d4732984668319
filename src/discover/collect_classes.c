/* Tests of classes: of pytest's by name, of unittest's by base. */
#include "discover/collecting.h"

#include <stdlib.h>

/* ---- What its dicts hold ---- */

struct entries {
    const struct scope_name **items;
    uint32_t *ends; /* of each class of the MRO: behind its entries */
    uint32_t count;
};

/* The names of all classes of the MRO, each where the first of them binds it. */
static struct entries
entries_of(struct resolve_work *work, struct class_info *info)
{
    struct entries entries = {0};
    struct table seen = {0};
    size_t classes = info->mro_count ? info->mro_count : 1;

    entries.ends = arena_alloc(work->arena, (classes + 1) * sizeof *entries.ends);
    for (size_t i = 0; i < classes; i++) {
        struct class_info *one = info->mro_count ? info->mro[i] : info;
        struct scope_names names = class_names(work, one);
        for (uint32_t k = 0; !one->known && k < names.count; k++) {
            const struct scope_name *name = &names.items[k];
            if (classes > 2) {
                if (table_find(&seen, name->name, name->length)) {
                    continue;
                }
                table_set(&seen, name->name, name->length, info);
            }
            entries.items = arena_grow(work->arena, entries.items, entries.count, sizeof *entries.items);
            entries.items[entries.count++] = name;
        }
        entries.ends[i] = entries.count;
    }
    table_release(&seen);
    return entries;
}

static const struct scope_name *
entries_find(const struct entries *entries, const char *name)
{
    for (uint32_t i = 0; i < entries->count; i++) {
        if (text_equals(entries->items[i]->name, entries->items[i]->length, name)) {
            return entries->items[i];
        }
    }
    return NULL;
}

static void
read_level(struct resolve_work *work, const struct entries *entries, struct holder *holder)
{
    struct scope_names all = {arena_alloc(work->arena, (entries->count + 1) * sizeof *all.items), entries->count};

    for (uint32_t i = 0; i < entries->count; i++) {
        all.items[i] = *entries->items[i];
    }
    holder_read_fixtures(work, &all, holder);
}

/* ---- Marks ---- */

static void
add_class_marks(struct resolve_work *work, struct class_info *info, struct mark_list *list)
{
    for (size_t i = info->mro_count; i-- > 0;) {
        struct class_info *one = info->mro[i];
        if (one->known) {
            continue;
        }
        const void *base = context_base(&one->context);
        const struct decorator *decorators = blob_at(base, one->facts->decorators.first);
        marks_of_scope(work, &one->scope, list);
        for (uint32_t k = one->facts->decorators.count; k-- > 0;) {
            struct mark mark;
            struct context context = {one->context.scope, decorators[k].line};
            if (!mark_read(work, context, &decorators[k].expression, &mark)) {
                mark_list_add(work, list, &mark);
            }
        }
    }
}

/* ---- Whether it is collected ---- */

/* What a name means in the class: MISSING where no class of its MRO binds it. */
static struct object
find_attribute(struct resolve_work *work, const struct entries *entries, const char *name)
{
    const struct scope_name *entry = entries_find(entries, name);

    return entry ? object_of_entry(work, entry) : (struct object){.kind = OBJECT_MISSING};
}

/* Whether unittest can make an instance with the name of a method. */
static bool
takes_method_name(const struct object *object)
{
    const void *base = context_base(&object->context);
    const struct parameter *parameters = blob_at(base, object->function->parameters);
    uint32_t count = function_parameters(base, object->function).count;
    uint32_t positional = 0;
    uint32_t required = 0;
    bool has_star = false;

    for (uint32_t i = 0; i < count; i++) {
        has_star = has_star || parameters[i].kind == PARAMETER_STAR;
        positional += parameters[i].kind <= PARAMETER_PLAIN;
        required += parameters[i].kind <= PARAMETER_PLAIN && !parameters[i].has_default;
        if (parameters[i].kind == PARAMETER_KEYWORD_ONLY && !parameters[i].has_default) {
            return false;
        }
    }
    return required <= 2 && (has_star || positional >= 2);
}

/* Whether pytest refuses it for its constructor: 1, 0, -1 not known. */
static int
has_constructor(struct resolve_work *work, struct class_info *info, const struct entries *entries)
{
    struct object init = find_attribute(work, entries, "__init__");
    struct object maker = find_attribute(work, entries, "__new__");

    if ((init.kind != OBJECT_MISSING && init.kind != OBJECT_FUNCTION) ||
        (maker.kind != OBJECT_MISSING && maker.kind != OBJECT_FUNCTION)) {
        return -1;
    }
    return init.kind == OBJECT_FUNCTION || maker.kind == OBJECT_FUNCTION || (info->flags & CLASS_HAS_CONSTRUCTOR);
}

/* Assignments to attributes of the class and its bases, where they are defined and where the tests are. */
static const char *
read_attributes(struct collecting *collecting, struct class_info *info, const char *name, uint32_t line,
                bool *is_no_test_out)
{
    struct resolve_work *work = collecting->work;
    const char *reason = attributes_read(work, &work->module->scope, name, line, is_no_test_out);

    for (size_t i = 0; i < info->mro_count && !reason; i++) {
        struct class_info *one = info->mro[i];
        bool is_no_test = false;
        if (one->known || one->is_outside) {
            continue;
        }
        reason = attributes_read(work, one->context.scope, one->name, one->facts->line, &is_no_test);
        if (is_no_test) {
            reason = i ? "__test__ of a base is assigned to" : reason;
            *is_no_test_out = *is_no_test_out || i == 0;
        }
    }
    return reason;
}

/* ---- Collecting ---- */

static void
collect_in_order(struct collecting *collecting, struct holder *holder, const struct entries *entries)
{
    size_t classes = holder->info->mro_count ? holder->info->mro_count : 1;

    for (size_t i = classes; i-- > 0;) {
        for (uint32_t k = i ? entries->ends[i - 1] : 0; k < entries->ends[i]; k++) {
            if (entries->items[k]->name[0] != '_' || entries->items[k]->name[1] != '_') {
                collect_entry(collecting, holder, entries->items[k]);
            }
        }
    }
}

static int
compare_entries(const void *left, const void *right)
{
    return strcmp((*(const struct scope_name *const *)left)->name, (*(const struct scope_name *const *)right)->name);
}

/* A method of a unittest class. Returns whether it may be a test. */
static bool
collect_method(struct collecting *collecting, struct holder *holder, const struct scope_name *entry)
{
    struct resolve_work *work = collecting->work;
    struct object object = entry->reason && entry->binding->kind == BINDING_FUNCTION
                               ? object_of_binding(work, entry->scope, entry->binding)
                               : object_of_entry(work, entry);
    struct function_state state;
    bool is_no_test = false;

    if (object.kind == OBJECT_VALUE && object.value->kind != VALUE_UNKNOWN && object.value->kind != VALUE_CALL &&
        object.value->kind != VALUE_LAMBDA) {
        return false;
    }
    if (object.kind != OBJECT_FUNCTION) {
        work_note_more(work, work_format(work, "%s.%s may be a test", holder->info->name, entry->name));
        return true;
    }
    function_read(work, &object, &state);
    if (state.kind == FUNCTION_NO_CALLABLE && !state.reason) {
        return false;
    }
    const char *reason = attributes_read(work, entry->scope, entry->name, entry->binding->line, &is_no_test);
    if (is_no_test) {
        return false;
    }
    if (!reason && entry->reason) {
        reason = work_format(work, "it %s", entry->reason);
    }
    if (!reason && state.kind == FUNCTION_FIXTURE) {
        reason = "a fixture is called as a test";
    }
    collect_test(collecting, holder, &object, &state, entry->name, reason);
    return true;
}

static void
collect_unittest(struct collecting *collecting, struct holder *holder, const struct entries *entries)
{
    struct resolve_work *work = collecting->work;
    const struct scope_name **sorted = arena_alloc(work->arena, (entries->count + 1) * sizeof *sorted);
    size_t count = 0;
    bool is_something_found = false;

    for (uint32_t i = 0; i < entries->count; i++) {
        if (text_begins(entries->items[i]->name, "test")) {
            sorted[count++] = entries->items[i];
        }
    }
    qsort(sorted, count, sizeof *sorted, compare_entries);
    for (size_t i = 0; i < count; i++) {
        is_something_found = collect_method(collecting, holder, sorted[i]) || is_something_found;
    }
    const struct scope_name *run = is_something_found ? NULL : entries_find(entries, "runTest");
    if (run) {
        collect_method(collecting, holder, run);
    }
}

static void
make_path(struct collecting *collecting, struct holder *holder, const struct scope_name *entry)
{
    struct resolve_work *work = collecting->work;
    const char *outer = holder->outer->path;
    size_t outer_length = outer ? strlen(outer) : 0;

    if (!outer) {
        holder->path = entry->name;
        return;
    }
    char *path = arena_alloc(work->arena, outer_length + entry->length + 3);
    memcpy(path, outer, outer_length);
    memcpy(path + outer_length, "::", 2);
    memcpy(path + outer_length + 2, entry->name, entry->length + 1);
    holder->path = path;
}

/* Whether a class of another kind than unittest's is collected. */
static bool
is_collected(struct collecting *collecting, struct holder *holder, const struct entries *entries,
             const struct scope_name *entry)
{
    struct resolve_work *work = collecting->work;
    int constructor = has_constructor(work, holder->info, entries);

    if (constructor > 0 && !holder->reason) {
        struct mark_list unused = {0};
        add_class_marks(work, holder->info, &unused); /* pytest reads them before it looks at the constructor */
        if (work->resolver->settings->has_error_filters) {
            work_fail(work, work_format(work, "%s gives a warning, which may be an error", entry->name));
        }
        return false;
    }
    if (constructor && !holder->reason) {
        holder->reason = work_format(work, "whether %s has a constructor is not known", entry->name);
    }
    if (entries_find(entries, "pytest_generate_tests") && !holder->reason) {
        holder->reason = work_format(work, "%s has pytest_generate_tests", entry->name);
    }
    return true;
}

/* Decides by name, __test__, bases. False: no tests in it. */
static bool
prepare_class(struct collecting *collecting, struct holder *holder, const struct entries *entries,
              const struct scope_name *entry)
{
    struct resolve_work *work = collecting->work;
    struct class_info *info = holder->info;
    struct object test = find_attribute(work, entries, "__test__");
    int has_none = has_no_tests(work, &test);
    bool is_no_test = false;
    const char *reason = NULL;
    bool is_named =
        is_class_name(collecting, entry->name) || (test.kind == OBJECT_VALUE && test.value->kind == VALUE_TRUE);

    holder->is_unittest = (info->flags & CLASS_IS_UNITTEST) != 0;
    if (!holder->is_unittest && !is_named && (!info->reason || info->is_outside || info->is_outside_base)) {
        return false;
    }
    if (!is_named && info->reason) {
        work_note_more(work, work_format(work, "%s may be a test: %s", entry->name, info->reason));
        return false;
    }
    reason = read_attributes(collecting, info, entry->name,
                             entry->scope == &work->module->scope ? entry->binding->line : 0, &is_no_test);
    if (has_none > 0 || is_no_test) {
        return false;
    }
    if (has_none < 0) {
        reason = work_format(work, "__test__ of %s is computed", entry->name);
    }
    reason = reason ? reason : info->reason ? info->reason : info->doubt;
    if (!reason && entry->reason) {
        reason = work_format(work, "%s %s", entry->name, entry->reason);
    }
    int is_abstract = reason ? 0 : class_is_abstract(work, info, &reason);
    holder->reason = reason ? reason : holder->outer->reason;
    if (reason) {
        work_note_more(work, reason);
    }
    if (is_abstract > 0) {
        return false;
    }
    if (!holder->is_unittest) {
        return is_collected(collecting, holder, entries, entry);
    }
    struct object init = find_attribute(work, entries, "__init__");
    if (!holder->reason &&
        ((init.kind != OBJECT_MISSING && (init.kind != OBJECT_FUNCTION || !takes_method_name(&init))) ||
         entries_find(entries, "__new__") || (info->flags & CLASS_HAS_CONSTRUCTOR))) {
        holder->reason = work_format(work, "%s has a constructor of its own", entry->name);
        work_note_more(work, holder->reason); /* without tests, too, making an instance may fail */
    }
    return true;
}

void
collect_class(struct collecting *collecting, const struct holder *outer, const struct scope_name *entry,
              const struct object *object)
{
    struct resolve_work *work = collecting->work;
    struct class_info *info = class_of(work, object);
    struct holder holder = {.outer = outer, .info = info, .level = {.outer = &outer->level}};

    if (collecting->depth > 20) {
        work_fail(work, "its classes are nested too deep");
        return;
    }
    struct entries entries = entries_of(work, info);
    if (!prepare_class(collecting, &holder, &entries, entry)) {
        return;
    }
    make_path(collecting, &holder, entry);
    add_class_marks(work, info, &holder.marks);
    read_level(work, &entries, &holder);
    collecting->depth++;
    if (holder.is_unittest) {
        collect_unittest(collecting, &holder, &entries);
    } else {
        collect_in_order(collecting, &holder, &entries);
    }
    collecting->depth--;
}
