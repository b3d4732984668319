/* Enumerations that the enum module refuses to make: by names, values, makers, and what they derive from. */
#include "discover/definitions.h"

/* Whether members stand in the body of an enumeration: then nothing may derive from it. */
static bool
has_members(const struct class_info *info)
{
    const void *base = context_base(&info->context);

    for (uint32_t i = 0; i < info->scope.count; i++) {
        const struct binding *binding = &info->scope.bindings[i];
        if (binding->kind != BINDING_FUNCTION && binding->kind != BINDING_ANNOTATION &&
            !text_begins(blob_text(base, binding->name), "__")) {
            return true;
        }
    }
    return false;
}

/* "_x_" and "__x__" */
static bool
has_own_meaning(const char *name)
{
    const size_t length = strlen(name);
    return length > 2 && *name == '_' && name[length - 1] == '_';
}

/* Whether the binding makes a member. */
static bool
is_member(const struct class_info *info, const struct binding *binding)
{
    return binding->kind != BINDING_FUNCTION && binding->kind != BINDING_ANNOTATION &&
           binding->kind != BINDING_ATTRIBUTE && binding->kind != BINDING_STAR &&
           !has_own_meaning(blob_text(context_base(&info->context), binding->name)) &&
           !text_begins(blob_text(context_base(&info->context), binding->name), "__");
}

/* Whether each member calls __init__ or __new__ with as many arguments as it takes, as far as literals tell. */
static void
check_maker(struct definitions *definitions, struct class_info *info, const char *maker_name)
{
    struct resolve_work *work = definitions->work;
    const void *base = context_base(&info->context);
    const struct scope_name *entry;
    uint32_t most = 0, least = 0;
    bool is_clear = true;

    if (info->reason || !class_find(work, info, maker_name, &entry)) {
        return;
    }
    struct object maker = object_of_entry(work, entry);
    is_clear = maker.kind == OBJECT_FUNCTION && !maker.function->details;
    const void *maker_base = is_clear ? context_base(&maker.context) : NULL;
    const struct blob_range parameters =
        is_clear ? function_parameters(maker_base, maker.function) : (struct blob_range){0};
    for (uint32_t i = 0; is_clear && i < parameters.count; i++) {
        const struct parameter *parameter = (const struct parameter *)blob_at(maker_base, parameters.first) + i;
        most = parameter->kind == PARAMETER_STAR ? UINT32_MAX : most + (parameter->kind <= PARAMETER_PLAIN);
        least += parameter->kind <= PARAMETER_PLAIN && !parameter->has_default;
        is_clear = is_clear && most != UINT32_MAX;
    }
    is_clear = is_clear || most == UINT32_MAX;
    for (uint32_t i = 0; i < info->scope.count; i++) {
        const struct binding *binding = &info->scope.bindings[i];
        if (!is_member(info, binding)) {
            continue;
        }
        const struct value *value = binding->kind == BINDING_VALUE ? blob_at(base, binding->target) : NULL;
        uint32_t count = 1 + (value && value->kind == VALUE_TUPLE ? value->items.count : 1);
        bool is_literal = value && value->kind != VALUE_NAME && value->kind != VALUE_UNKNOWN;
        if (!is_clear || !is_literal || count < least || count > most) {
            definitions_fail(definitions, work_format(work, "%s.%s may not fit %s", info->name,
                                                      blob_text(base, binding->name), maker_name));
        }
    }
}

/* ---- Values ---- */

/* What the values of members have to be. */
enum member_kind {
    MEMBER_ANYTHING,
    MEMBER_INTEGER,
    MEMBER_NUMBER,
    MEMBER_STRING,
    MEMBER_FLAG,    /* an integer that is not negative, or a combination of members */
    MEMBER_UNCLEAR, /* a type is mixed in whose ways are not known */
};

/* By the classes that the enumeration derives from: the type that is mixed in makes the members. */
static enum member_kind
member_kind_of(const struct class_info *info)
{
    static const struct {
        const char *name;
        enum member_kind kind;
    } KINDS[] = {
        {"enum.Enum", MEMBER_ANYTHING},   {"builtins.object", MEMBER_ANYTHING}, {"enum.IntEnum", MEMBER_INTEGER},
        {"enum.StrEnum", MEMBER_STRING},  {"enum.Flag", MEMBER_FLAG},           {"enum.IntFlag", MEMBER_FLAG},
        {"builtins.int", MEMBER_INTEGER}, {"builtins.float", MEMBER_NUMBER},    {"builtins.str", MEMBER_STRING},
    };
    enum member_kind kind = MEMBER_ANYTHING;

    if (info->reason) {
        return MEMBER_UNCLEAR;
    }
    for (size_t i = 0; i < info->mro_count; i++) {
        const char *known = info->mro[i]->known;
        if (!known) {
            continue; /* methods; what else makes instances is looked at by check_maker() */
        }
        size_t k = 0;
        while (k < COUNT_OF(KINDS) && strcmp(KINDS[k].name, known) != 0) {
            k++;
        }
        if (k == COUNT_OF(KINDS)) {
            return MEMBER_UNCLEAR;
        }
        kind = kind == MEMBER_ANYTHING ? KINDS[k].kind : kind;
    }
    return kind;
}

/* Whether an expression has nothing but names that the body bound before, numbers and `|`, `&`, `~`, `<<`. */
static bool
is_combination(const struct class_info *info, const struct binding *binding, const char *text)
{
    const void *base = context_base(&info->context);

    while (*text) {
        size_t length = strspn(text, " |<()0123456789");
        text += length;
        length = strcspn(text, " |<()&~^-+*/%.,:[]{}'\"=>@!\n");
        if (!length) {
            return *text == '\0';
        }
        bool is_bound = false;
        for (uint32_t i = 0; &info->scope.bindings[i] < binding; i++) {
            is_bound = is_bound || (is_member(info, &info->scope.bindings[i]) &&
                                    blob_text_length(base, info->scope.bindings[i].name) == length &&
                                    memcmp(blob_text(base, info->scope.bindings[i].name), text, length) == 0);
        }
        if (!is_bound) {
            return false;
        }
        text += length;
    }
    return true;
}

static bool
value_fits(struct resolve_work *work, const struct class_info *info, const struct binding *binding,
           enum member_kind kind)
{
    const void *base = context_base(&info->context);
    const struct value *value = binding->kind == BINDING_VALUE ? blob_at(base, binding->target) : NULL;

    if (kind == MEMBER_ANYTHING || binding->kind == BINDING_CLASS) {
        return true;
    }
    if (!value || kind == MEMBER_UNCLEAR) {
        return false;
    }
    switch ((enum value_kind)value->kind) {
    case VALUE_INTEGER:
        return kind == MEMBER_INTEGER || kind == MEMBER_NUMBER ||
               (kind == MEMBER_FLAG && *blob_text(base, value->text) != '-');
    case VALUE_TRUE:
    case VALUE_FALSE:
        return kind == MEMBER_INTEGER || kind == MEMBER_NUMBER;
    case VALUE_FLOAT:
        return kind == MEMBER_NUMBER;
    case VALUE_STRING:
        return kind == MEMBER_STRING;
    case VALUE_CALL: {
        struct object object =
            object_find_dotted(work, (struct context){&info->scope, binding->line}, blob_text(base, value->text));
        return object_is(&object, "enum.auto") && !value->items.count;
    }
    case VALUE_NAME: /* of a member before it */
        return is_combination(info, binding, blob_text(base, value->text));
    case VALUE_UNKNOWN:
        return kind == MEMBER_FLAG && is_combination(info, binding, blob_text(base, value->text));
    default:
        return false;
    }
}

/* Whether a call is one of enum.auto, as far as that is known. */
static bool
may_be_auto(struct resolve_work *work, const struct class_info *info, const struct binding *binding,
            const struct value *value)
{
    const struct context context = {&info->scope, binding->line};
    const struct object object =
        object_find_dotted(work, context, blob_text(context_base(&info->context), value->text));

    return object_is(&object, "enum.auto") || object.kind == OBJECT_UNKNOWN || object.kind == OBJECT_MISSING;
}

/* auto() counts on from the values before it: all of them are to be integers, or strings of StrEnum. */
static bool
may_count(struct resolve_work *work, const struct class_info *info, enum member_kind kind)
{
    const void *base = context_base(&info->context);
    bool has_auto = false, has_other = false;

    for (uint32_t i = 0; i < info->scope.count; i++) {
        const struct binding *binding = &info->scope.bindings[i];
        if (!is_member(info, binding)) {
            continue;
        }
        const struct value *value = binding->kind == BINDING_VALUE ? blob_at(base, binding->target) : NULL;
        const bool is_auto = value && value->kind == VALUE_CALL && may_be_auto(work, info, binding, value);
        has_auto = has_auto || is_auto;
        has_other = has_other || !value || (!is_auto && value->kind != VALUE_INTEGER);
    }
    return !has_auto || !has_other || kind == MEMBER_STRING || kind == MEMBER_FLAG;
}

/* enum.unique: the same value twice is refused; of literals, by their text. */
static bool
may_repeat(const struct class_info *info)
{
    const void *base = context_base(&info->context);

    for (uint32_t i = 0; i < info->scope.count; i++) {
        const struct binding *binding = &info->scope.bindings[i];
        if (!is_member(info, binding)) {
            continue;
        }
        const struct value *value = binding->kind == BINDING_VALUE ? blob_at(base, binding->target) : NULL;
        if (!value || (value->kind != VALUE_INTEGER && value->kind != VALUE_STRING)) {
            return true;
        }
        for (uint32_t k = 0; k < i; k++) {
            const struct binding *other = &info->scope.bindings[k];
            const struct value *earlier = other->kind == BINDING_VALUE ? blob_at(base, other->target) : NULL;
            if (is_member(info, other) && earlier && earlier->kind == value->kind && earlier->text == value->text) {
                return true;
            }
        }
    }
    return false;
}

static void
check_values(struct definitions *definitions, struct class_info *info)
{
    struct resolve_work *work = definitions->work;
    const void *base = context_base(&info->context);
    const enum member_kind kind = member_kind_of(info);

    for (uint32_t i = 0; i < info->scope.count; i++) {
        const struct binding *binding = &info->scope.bindings[i];
        const char *name = blob_text(base, binding->name);
        const bool is_odd = has_own_meaning(name) && name[1] != '_' && strcmp(name, "_missing_") != 0;
        if (binding->kind != BINDING_ANNOTATION && (strcmp(name, "mro") == 0 || is_odd)) {
            definitions_fail(definitions, work_format(work, "%s.%s has a meaning of its own", info->name, name));
        }
        if (is_member(info, binding) && !value_fits(work, info, binding, kind)) {
            definitions_fail(definitions, work_format(work, "%s.%s may be refused", info->name, name));
        }
    }
    if (!may_count(work, info, kind)) {
        definitions_fail(definitions, work_format(work, "%s uses auto() beside other values", info->name));
    }
}

/* Decorators of the enum module. */
static void
check_decorators(struct definitions *definitions, const struct class_info *info)
{
    struct resolve_work *work = definitions->work;
    const void *base = context_base(&info->context);
    const struct decorator *decorators = blob_at(base, info->facts->decorators.first);

    for (uint32_t i = 0; i < info->facts->decorators.count; i++) {
        const struct value *value = &decorators[i].expression;
        if (value->kind != VALUE_NAME && value->kind != VALUE_CALL) {
            continue;
        }
        struct object object = object_find_dotted(work, info->context, blob_text(base, value->text));
        if (object_is(&object, "enum.verify") || (object_is(&object, "enum.unique") && may_repeat(info))) {
            definitions_fail(definitions, work_format(work, "%s may not be %s", info->name, object.text));
        }
    }
}

void
enumeration_check(struct definitions *definitions, struct class_info *info)
{
    struct resolve_work *work = definitions->work;
    const void *base = context_base(&info->context);

    if (scope_last(&info->scope, "pytestmark", 10)) {
        definitions_fail(definitions, work_format(work, "pytestmark of %s is a member of an enumeration", info->name));
    }
    check_values(definitions, info);
    check_decorators(definitions, info);
    check_maker(definitions, info, "__init__");
    check_maker(definitions, info, "__new__");
    for (size_t i = 0; i < info->base_count; i++) {
        const struct class_info *one = info->bases[i];
        if (!one->known && (one->flags & CLASS_IS_ENUM) && has_members(one)) {
            definitions_fail(definitions,
                             work_format(work, "%s derives from %s, which has members", info->name, one->name));
        }
    }
    for (uint32_t i = 0; i < info->scope.count; i++) {
        const struct binding *binding = &info->scope.bindings[i];
        if (binding->kind == BINDING_ANNOTATION || binding->kind == BINDING_STAR) {
            continue;
        }
        const struct binding *before = scope_previous(&info->scope, binding);
        if (before && (before->kind != BINDING_FUNCTION || binding->kind != BINDING_FUNCTION) &&
            !text_begins(blob_text(base, binding->name), "_")) {
            definitions_fail(definitions, work_format(work, "%s.%s is bound twice in an enumeration", info->name,
                                                      blob_text(base, binding->name)));
        }
    }
}
