/* Classes: their bases through modules, their MRO, what they hold. */
#include "discover/resolve.h"

/* Classes that are known by heart; a name that ends with a dot stands for all below it. */
static const struct {
    const char *name;
    unsigned flags;
    const char *base;
} KNOWN_CLASSES[] = {
    {"builtins.object", 0, NULL},
    {"unittest.TestCase", CLASS_IS_UNITTEST, "builtins.object"},
    {"unittest.IsolatedAsyncioTestCase", CLASS_IS_UNITTEST, "unittest.TestCase"},
    {"abc.ABCMeta", CLASS_HAS_CONSTRUCTOR, "builtins.type"},
    {"enum.EnumMeta", CLASS_HAS_CONSTRUCTOR, "enum.EnumType"},
    {"enum.EnumType", CLASS_HAS_CONSTRUCTOR, "builtins.type"},
    {"typing.NamedTupleMeta", CLASS_HAS_CONSTRUCTOR, "builtins.type"},
    {"abc.ABC", CLASS_HAS_ABC_META, "builtins.object"},
    {"typing.Generic", 0, "builtins.object"},
    {"typing.Protocol", CLASS_HAS_ABC_META | CLASS_HAS_CONSTRUCTOR, "typing.Generic"},
    {"typing.NamedTuple", CLASS_HAS_CONSTRUCTOR, "builtins.object"},
    {"typing.TypedDict", CLASS_HAS_CONSTRUCTOR, "builtins.object"},
    {"enum.Enum", CLASS_HAS_CONSTRUCTOR | CLASS_IS_ENUM, "builtins.object"},
    {"enum.IntEnum", CLASS_HAS_CONSTRUCTOR | CLASS_IS_ENUM, "builtins.object"},
    {"enum.StrEnum", CLASS_HAS_CONSTRUCTOR | CLASS_IS_ENUM, "builtins.object"},
    {"enum.Flag", CLASS_HAS_CONSTRUCTOR | CLASS_IS_ENUM, "builtins.object"},
    {"enum.IntFlag", CLASS_HAS_CONSTRUCTOR | CLASS_IS_ENUM, "builtins.object"},
    {"builtins.", CLASS_HAS_CONSTRUCTOR, "builtins.object"},
    {"pathlib.", CLASS_HAS_CONSTRUCTOR, "builtins.object"},
    {"decimal.", CLASS_HAS_CONSTRUCTOR, "builtins.object"},
    {"datetime.", CLASS_HAS_CONSTRUCTOR, "builtins.object"},
    {"fractions.", CLASS_HAS_CONSTRUCTOR, "builtins.object"},
    {"uuid.UUID", CLASS_HAS_CONSTRUCTOR, "builtins.object"},
    {"types.SimpleNamespace", CLASS_HAS_CONSTRUCTOR, "builtins.object"},
    {"collections.abc.", CLASS_HAS_ABC_META, "builtins.object"},
    {"collections.", CLASS_HAS_CONSTRUCTOR, "builtins.object"},
    {"unittest.mock.Mock", CLASS_HAS_CONSTRUCTOR, "builtins.object"},
    {"unittest.mock.MagicMock", CLASS_HAS_CONSTRUCTOR, "builtins.object"},
};

static struct class_info *known_class(struct resolve_work *work, const char *name);

/* NULL: `type`. */
static const struct class_info *
known_metaclass(struct resolve_work *work, const struct class_info *info)
{
    if (info->flags & CLASS_HAS_ABC_META) {
        return known_class(work, "abc.ABCMeta");
    }
    if (info->flags & CLASS_IS_ENUM) {
        return known_class(work, "enum.EnumType");
    }
    if (strcmp(info->known, "typing.NamedTuple") == 0 || strcmp(info->known, "typing.TypedDict") == 0) {
        return known_class(work, "typing.NamedTupleMeta");
    }
    return NULL;
}

static struct class_info *
known_class(struct resolve_work *work, const char *name)
{
    struct class_info *info = table_find(&work->known_classes, name, strlen(name));

    if (info) {
        return info;
    }
    info = arena_alloc_zeroed(work->arena, sizeof *info);
    info->name = info->known = arena_copy_string(work->arena, name);
    table_set(&work->known_classes, info->name, strlen(name), info);
    for (size_t i = 0; i < COUNT_OF(KNOWN_CLASSES); i++) {
        size_t length = strlen(KNOWN_CLASSES[i].name);
        bool is_group = KNOWN_CLASSES[i].name[length - 1] == '.';
        if (strncmp(name, KNOWN_CLASSES[i].name, length) != 0 || (!is_group && name[length])) {
            continue;
        }
        info->flags = KNOWN_CLASSES[i].flags;
        info->metaclass = known_metaclass(work, info);
        struct class_info *base = KNOWN_CLASSES[i].base ? known_class(work, KNOWN_CLASSES[i].base) : NULL;
        info->mro_count = 1 + (base ? base->mro_count : 0);
        info->mro = arena_alloc(work->arena, info->mro_count * sizeof(struct class_info *));
        info->mro[0] = info;
        for (size_t k = 0; base && k < base->mro_count; k++) {
            info->mro[k + 1] = base->mro[k];
        }
        if (is_group && strcmp(KNOWN_CLASSES[i].name, "collections.abc.") == 0) {
            info->doubt = work_format(work, "has the base %s", name);
        }
        return info;
    }
    info->reason = work_format(work, "the class %s is not known", name);
    return info;
}

/* ---- The MRO ---- */

/* Each class of a chain lists all those before it: no chain that a person wrote is longer. */
enum { MOST_BASES = 500, DEEPEST_BASE = 100 };

struct merge {
    struct class_info ***lists;
    size_t *counts;
    size_t list_count;
};

static bool
is_in_a_tail(const struct merge *merge, const struct class_info *info)
{
    for (size_t i = 0; i < merge->list_count; i++) {
        for (size_t k = 1; k < merge->counts[i]; k++) {
            if (merge->lists[i][k] == info) {
                return true;
            }
        }
    }
    return false;
}

static struct class_info *
merge_next(struct merge *merge)
{
    for (size_t i = 0; i < merge->list_count; i++) {
        if (merge->counts[i] && !is_in_a_tail(merge, merge->lists[i][0])) {
            return merge->lists[i][0];
        }
    }
    return NULL;
}

/* Of a class with one base: the class, and then the base's. */
static void
extend_mro(struct resolve_work *work, struct class_info *info, const struct class_info *base)
{
    info->mro_count = base->mro_count + 1;
    info->mro = arena_alloc(work->arena, info->mro_count * sizeof(struct class_info *));
    info->mro[0] = info;
    memcpy(info->mro + 1, base->mro, base->mro_count * sizeof(struct class_info *));
}

/* Linearizes as Python does. False: the bases contradict each other. */
static bool
make_mro(struct resolve_work *work, struct class_info *info, struct class_info **bases, size_t base_count)
{
    size_t total = 1;
    struct merge merge = {.list_count = base_count + 1};

    merge.lists = arena_alloc(work->arena, (base_count + 1) * sizeof *merge.lists);
    merge.counts = arena_alloc(work->arena, (base_count + 1) * sizeof *merge.counts);
    for (size_t i = 0; i < base_count; i++) {
        merge.lists[i] = bases[i]->mro;
        merge.counts[i] = bases[i]->mro_count;
        total += bases[i]->mro_count;
    }
    merge.lists[base_count] = bases;
    merge.counts[base_count] = base_count;
    info->mro = arena_alloc(work->arena, total * sizeof(struct class_info *));
    info->mro[info->mro_count++] = info;
    for (;;) {
        size_t left = 0;
        for (size_t i = 0; i <= base_count; i++) {
            left += merge.counts[i];
        }
        if (!left) {
            return true;
        }
        struct class_info *next = merge_next(&merge);
        if (!next) {
            return false;
        }
        info->mro[info->mro_count++] = next;
        for (size_t i = 0; i <= base_count; i++) {
            if (merge.counts[i] && merge.lists[i][0] == next) {
                merge.lists[i]++;
                merge.counts[i]--;
            }
        }
    }
}

/* NULL: not known; the reason is set. */
static struct class_info *
read_base(struct resolve_work *work, struct class_info *info, const struct value *base)
{
    const void *facts = context_base(&info->context);
    const char *text = blob_text(facts, base->text);
    struct object object = base->kind == VALUE_NAME || base->kind == VALUE_CALL
                               ? object_find_dotted(work, info->context, text)
                               : object_unknown("an expression");

    if (base->kind == VALUE_CALL &&
        (object_is(&object, "collections.namedtuple") || object_is(&object, "typing.NamedTuple"))) {
        return known_class(work, "builtins.tuple");
    }
    if (base->kind != VALUE_NAME || (object.kind != OBJECT_CLASS && object.kind != OBJECT_KNOWN)) {
        if (object.kind == OBJECT_MISSING && !info->is_outside) {
            work_fail(work, work_format(work, "%s has the base %s", info->name, object.text));
        }
        if (object.kind == OBJECT_FUNCTION || object.kind == OBJECT_MODULE ||
            (object.kind == OBJECT_VALUE && object.value->kind != VALUE_CALL && object.value->kind != VALUE_UNKNOWN)) {
            info->refusal = work_format(work, "the base %s of %s is no class", text, info->name);
        }
        info->is_outside_base = info->is_outside || object.kind == OBJECT_KNOWN;
        info->reason = work_format(work, "the base %s of %s is not known%s%s", text, info->name,
                                   object.text ? ": " : "", object.text ? object.text : "");
        return NULL;
    }
    struct class_info *found = class_of(work, &object);
    if (found->reason || !found->mro_count) {
        info->is_outside_base = found->is_outside_base || (found->known && !text_begins(found->known, "unittest."));
        info->reason = found->reason ? found->reason : "a class that is its own base";
        return NULL;
    }
    return found;
}

/* Beside a base that is not known, another one may bring a metaclass that does not fit, or be the same class. */
static void
check_other_bases(struct resolve_work *work, struct class_info *info, const struct value *values, uint32_t count,
                  uint32_t unknown)
{
    for (uint32_t i = 0; i < count && !info->refusal; i++) {
        if (i == unknown) {
            continue;
        }
        const char *reason = info->reason;
        const struct class_info *other = i < unknown ? info->bases[i] : read_base(work, info, &values[i]);
        info->reason = reason;
        if (!other || other->metaclass || other->has_unclear_metaclass || other->reason || other->mro_count > 2) {
            info->refusal = work_format(work, "the bases of %s may not fit each other: %s", info->name, info->reason);
        }
    }
}

static void
read_bases(struct resolve_work *work, struct class_info *info)
{
    const void *base = context_base(&info->context);
    uint32_t count = info->facts->bases.count;
    const struct value *values = blob_at(base, info->facts->bases.first);
    struct class_info **bases = arena_alloc(work->arena, (count + 1) * sizeof *bases);

    for (uint32_t i = 0; i < count; i++) {
        bases[i] = read_base(work, info, &values[i]);
        if (!bases[i]) {
            check_other_bases(work, info, values, count, i);
            return;
        }
        info->bases = bases;
        info->base_count = i + 1;
        info->flags |= bases[i]->flags;
        info->doubt = info->doubt ? info->doubt : bases[i]->doubt;
    }
    if (!count) {
        bases[count++] = known_class(work, "builtins.object");
    }
    size_t total = 0;
    for (uint32_t i = 0; i < count; i++) {
        total += bases[i]->mro_count;
    }
    if (total > MOST_BASES) {
        info->reason = work_format(work, "%s has hundreds of base classes", info->name);
        return;
    }
    if (count == 1) {
        extend_mro(work, info, bases[0]);
    } else if (!make_mro(work, info, bases, count)) {
        info->reason = work_format(work, "the bases of %s contradict each other", info->name);
        info->refusal = info->reason;
        info->mro_count = 0;
    }
}

/* ---- Metaclasses ---- */

/* Whether one metaclass is the other, or derives from it. NULL: `type`. */
static bool
is_metaclass_of(const struct class_info *one, const struct class_info *other)
{
    bool is_found = !other;

    for (size_t i = 0; one && !is_found && i < one->mro_count; i++) {
        is_found = one->mro[i] == other;
    }
    return is_found;
}

static bool
is_type(const struct class_info *info)
{
    for (size_t i = 0; i < info->mro_count; i++) {
        if (info->mro[i]->known && strcmp(info->mro[i]->known, "builtins.type") == 0) {
            return true;
        }
    }
    return false;
}

/* The metaclass that Python makes the class with: of all that it and its bases ask for, the most derived one. */
static void
choose_metaclass(struct resolve_work *work, struct class_info *info, const struct object *given)
{
    const struct class_info *named = NULL;
    bool is_unclear = false;

    if (given && !object_is(given, "builtins.type")) {
        named = given->kind == OBJECT_CLASS || given->kind == OBJECT_KNOWN ? class_of(work, given) : NULL;
        is_unclear = !named || named->reason || !is_type(named);
        if (named && !named->reason && !is_type(named)) {
            info->refusal = work_format(work, "the metaclass of %s is none", info->name);
        }
    }
    info->metaclass = is_unclear ? NULL : named;
    if (given && (named || is_unclear) && info->reason && !info->refusal) {
        info->refusal = work_format(work, "the metaclass of %s may not fit its base, which is not known", info->name);
    }
    for (size_t i = 0; i < info->base_count; i++) {
        const struct class_info *other = info->bases[i]->metaclass;
        if (!is_unclear && is_metaclass_of(info->metaclass, other)) {
            continue;
        }
        if (!is_unclear && is_metaclass_of(other, info->metaclass)) {
            info->metaclass = other;
        } else if (other || info->bases[i]->has_unclear_metaclass) {
            info->refusal =
                work_format(work, "the metaclass of %s may not fit that of %s", info->name, info->bases[i]->name);
        }
    }
    info->has_unclear_metaclass = is_unclear;
    for (size_t i = 0; i < info->base_count; i++) {
        info->has_unclear_metaclass = info->has_unclear_metaclass || info->bases[i]->has_unclear_metaclass;
        if (info->bases[i]->known && strcmp(info->bases[i]->known, "typing.NamedTuple") == 0) {
            info->metaclass = NULL;
        }
    }
    if (named && info->has_unclear_metaclass && !is_unclear) {
        info->refusal = work_format(work, "the metaclass of %s may not fit those of its bases", info->name);
    }
}

static void
read_keywords(struct resolve_work *work, struct class_info *info)
{
    const void *base = context_base(&info->context);
    const struct value_keyword *keywords = blob_at(base, info->facts->keywords.first);
    struct object object = {.kind = OBJECT_UNKNOWN};
    bool is_given = false;

    for (uint32_t i = 0; i < info->facts->keywords.count; i++) {
        if (strcmp(blob_text(base, keywords[i].name), "metaclass") != 0) {
            continue;
        }
        object = object_of_value(work, info->context, &keywords[i].value);
        is_given = true;
        if (object_is(&object, "abc.ABCMeta")) {
            info->flags |= CLASS_HAS_ABC_META;
        } else if (!object_is(&object, "builtins.type")) {
            info->doubt = work_format(work, "the metaclass of %s is not known", info->name);
        }
    }
    if (info->facts->has_keywords && !info->facts->keywords.count) {
        info->doubt = work_format(work, "%s has computed bases", info->name);
    }
    choose_metaclass(work, info, is_given ? &object : NULL);
}

int
mock_patch_arguments(struct resolve_work *work, struct context context, const struct value *value)
{
    const void *base = context_base(&context);
    uint32_t new_position = 1;

    if (value->kind != VALUE_CALL) {
        return -1;
    }
    struct object object = object_find_dotted(work, context, blob_text(base, value->text));
    if (object_is(&object, "unittest.mock.patch.object")) {
        new_position = 2;
    } else if (object_is(&object, "unittest.mock.patch.dict") || object_is(&object, "unittest.mock.patch.multiple")) {
        return 0;
    } else if (!object_is(&object, "unittest.mock.patch")) {
        return -1;
    }
    for (uint32_t i = 0; i < value->items.count; i++) {
        const struct value *item = value_item(base, value, i);
        if (item->kind == VALUE_UNKNOWN && *blob_text(base, item->text) == '*') {
            return -2;
        }
    }
    const struct value_keyword *keywords = blob_at(base, value->keywords.first);
    for (uint32_t i = 0; i < value->keywords.count; i++) {
        if (!keywords[i].name) {
            return -2;
        }
    }
    return value->items.count <= new_position && !value_keyword(base, value, "new");
}

/* What one decorator of the class does to it. */
static void
read_decorator(struct resolve_work *work, struct class_info *info, const struct decorator *decorator)
{
    static const char *const HARMLESS[] = {"typing.final",  "typing.runtime_checkable", "functools.total_ordering",
                                           "unittest.skip", "unittest.skipIf",          "unittest.skipUnless",
                                           "enum.unique",   "unittest.expectedFailure", "typing.no_type_check"};
    struct context context = {info->context.scope, decorator->line};
    const void *base = context_base(&context);
    const struct value *value = &decorator->expression;
    struct object object = value->kind == VALUE_NAME || value->kind == VALUE_CALL
                               ? object_find_dotted(work, context, blob_text(base, value->text))
                               : object_unknown("an expression");
    struct mark mark;

    for (size_t i = 0; i < COUNT_OF(HARMLESS); i++) {
        if (object_is(&object, HARMLESS[i])) {
            return;
        }
    }
    int mock_count = mock_patch_arguments(work, context, value);
    if (mock_count >= 0 && info->facts->bases.count == 0) {
        info->mock_count += (unsigned)mock_count;
        return;
    }
    if (object_is(&object, "dataclasses.dataclass")) {
        if (value->kind == VALUE_NAME || !value_keyword(base, value, "init")) {
            info->flags |= CLASS_HAS_CONSTRUCTOR;
            return;
        }
    } else if (!mark_read(work, context, value, &mark)) {
        return;
    }
    info->doubt =
        work_format(work, "%s is decorated by %s, whose result is not known", info->name, blob_text(base, value->text));
}

struct class_info *
class_of(struct resolve_work *work, const struct object *object)
{
    if (object->kind == OBJECT_KNOWN) {
        return known_class(work, object->text);
    }
    const struct class_facts *facts = object->class_facts;
    struct class_info *info = table_find(&work->classes, (const char *)&facts, sizeof facts);
    if (info) {
        return info;
    }
    info = arena_alloc_zeroed(work->arena, sizeof *info);
    info->facts = facts;
    info->context = object->context;
    info->is_outside = object->context.scope->module->is_outside;
    info->name = blob_text(context_base(&info->context), facts->name);
    table_set(&work->classes, (const char *)&info->facts, sizeof info->facts, info);
    scope_make(&info->scope, object->context.scope->module, facts, work->arena);
    if (work->class_depth > DEEPEST_BASE) {
        info->reason = work_format(work, "%s is a base of a base of hundreds of classes", info->name);
        return info;
    }
    work->class_depth++;
    read_bases(work, info);
    work->class_depth--;
    read_keywords(work, info);
    const struct decorator *decorators = blob_at(context_base(&info->context), facts->decorators.first);
    for (uint32_t i = 0; i < facts->decorators.count; i++) {
        read_decorator(work, info, &decorators[i]);
    }
    if (!info->is_outside && (facts->scope_flags & (SCOPE_TOUCHES_NAMESPACE | SCOPE_SKIPS))) {
        info->doubt = work_format(work, "the body of %s changes its own names, or may raise", info->name);
    }
    if (!info->reason && scope_last(&info->scope, "__init_subclass__", 17)) {
        info->doubt = work_format(work, "%s has __init_subclass__", info->name);
    }
    return info;
}

struct scope_names
class_names(struct resolve_work *work, struct class_info *info)
{
    if (!info->has_names && !info->known) {
        info->names = scope_names_of(work, &info->scope);
        info->has_names = true;
    }
    return info->names;
}

struct class_info *
class_find(struct resolve_work *work, struct class_info *info, const char *name, const struct scope_name **entry_out)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < info->mro_count; i++) {
        struct class_info *holder = info->mro[i];
        if (holder->known || !scope_last(&holder->scope, name, length)) {
            continue;
        }
        struct scope_names names = class_names(work, holder);
        for (uint32_t k = 0; k < names.count; k++) {
            if (names.items[k].length == length && memcmp(names.items[k].name, name, length) == 0) {
                *entry_out = &names.items[k];
                return holder;
            }
        }
    }
    return NULL;
}

/* Whether a name's first holder in the MRO makes it an abstract function. */
static bool
is_abstract_function(struct resolve_work *work, const struct scope_name *entry)
{
    struct object object = object_of_binding(work, entry->scope, entry->binding);
    if (object.kind != OBJECT_FUNCTION) {
        return false;
    }
    const void *base = context_base(&object.context);
    const struct function_details *details = function_details(base, object.function);
    const struct decorator *decorators = blob_at(base, details->decorators.first);
    for (uint32_t i = 0; i < details->decorators.count; i++) {
        if (decorators[i].expression.kind == VALUE_NAME) {
            struct object decorator = object_of_value(work, object.context, &decorators[i].expression);
            if (object_is(&decorator, "abc.abstractmethod") || object_is(&decorator, "abc.abstractproperty")) {
                return true;
            }
        }
    }
    return false;
}

int
class_is_abstract(struct resolve_work *work, struct class_info *info, const char **reason_out)
{
    if (!(info->flags & CLASS_HAS_ABC_META)) {
        return 0;
    }
    for (size_t i = 0; i < info->mro_count; i++) {
        struct scope_names names = class_names(work, info->mro[i]);
        for (uint32_t k = 0; k < names.count; k++) {
            const struct scope_name *entry;
            if (names.items[k].binding->kind != BINDING_FUNCTION) {
                continue;
            }
            struct class_info *holder = class_find(work, info, names.items[k].name, &entry);
            if (holder != info->mro[i]) {
                continue;
            }
            if (entry->reason) {
                *reason_out = work_format(work, "%s.%s %s", info->name, entry->name, entry->reason);
                return -1;
            }
            if (is_abstract_function(work, entry)) {
                return 1;
            }
        }
    }
    return 0;
}
