/* Classes that the decorator of dataclasses refuses: by its arguments, defaults, and the order of fields. */
#include "discover/definitions.h"

enum { MOST_FIELDS = 400 };

struct field {
    const char *name;
    bool is_positional; /* a parameter of __init__ that may be given without its name */
    bool has_default;
};

struct fields {
    struct field *items;
    size_t count;
    bool is_known; /* all of them */
};

/* What the decorator is told. */
struct dataclass {
    const struct value *decorator;
    bool is_clear; /* all of it is understood */
    bool has_order, has_no_eq, is_frozen, is_keyword_only, has_slots, has_hash, has_no_init;
};

/* ---- The decorator ---- */

static void
read_argument(struct dataclass *dataclass, const char *name, const struct value *value)
{
    const struct {
        const char *name;
        bool *flag;
        bool is_negated;
    } FLAGS[] = {
        {"order", &dataclass->has_order, false},
        {"eq", &dataclass->has_no_eq, true},
        {"frozen", &dataclass->is_frozen, false},
        {"kw_only", &dataclass->is_keyword_only, false},
        {"slots", &dataclass->has_slots, false},
        {"unsafe_hash", &dataclass->has_hash, false},
        {"init", &dataclass->has_no_init, true},
        {"repr", NULL, false},
        {"match_args", NULL, false},
    };

    for (size_t i = 0; i < COUNT_OF(FLAGS); i++) {
        if (strcmp(name, FLAGS[i].name) == 0 && (value->kind == VALUE_TRUE || value->kind == VALUE_FALSE)) {
            if (FLAGS[i].flag) {
                *FLAGS[i].flag = (value->kind == VALUE_TRUE) != FLAGS[i].is_negated;
            }
            return;
        }
    }
    dataclass->is_clear = false;
}

/* False: it is none. */
static bool
read_decorator(struct resolve_work *work, const struct class_info *info, struct dataclass *dataclass_out)
{
    if (info->known) {
        return false;
    }
    const void *base = context_base(&info->context);
    const struct decorator *decorators = blob_at(base, info->facts->decorators.first);

    for (uint32_t i = 0; i < info->facts->decorators.count; i++) {
        const struct value *value = &decorators[i].expression;
        if (value->kind != VALUE_NAME && value->kind != VALUE_CALL) {
            continue;
        }
        struct object object = object_find_dotted(work, (struct context){info->context.scope, decorators[i].line},
                                                  blob_text(base, value->text));
        if (!object_is(&object, "dataclasses.dataclass")) {
            continue;
        }
        *dataclass_out = (struct dataclass){.decorator = value, .is_clear = !value->items.count};
        const struct value_keyword *keywords = blob_at(base, value->keywords.first);
        for (uint32_t k = 0; value->kind == VALUE_CALL && k < value->keywords.count; k++) {
            if (keywords[k].name) {
                read_argument(dataclass_out, blob_text(base, keywords[k].name), &keywords[k].value);
            } else {
                dataclass_out->is_clear = false;
            }
        }
        return true;
    }
    return false;
}

/* ---- Defaults ---- */

/* Whether instances that the call makes can be defaults: they have a hash. */
static bool
makes_hashable(struct resolve_work *work, struct context context, const struct value *value)
{
    static const char *const MAKERS[] = {
        "builtins.tuple", "builtins.frozenset", "builtins.object",    "builtins.int",   "builtins.str",
        "builtins.float", "builtins.bytes",     "builtins.bool",      "builtins.range", "decimal.Decimal",
        "re.compile",     "builtins.len",       "fractions.Fraction",
    };
    struct object object = object_find_dotted(work, context, blob_text(context_base(&context), value->text));

    if (object.kind == OBJECT_KNOWN && (text_begins(object.text, "pathlib.") || text_begins(object.text, "datetime.") ||
                                        text_begins(object.text, "uuid."))) {
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(MAKERS); i++) {
        if (object_is(&object, MAKERS[i])) {
            return true;
        }
    }
    return false;
}

static bool
is_arithmetic(const char *text)
{
    return text[strspn(text, "0123456789_ +-*/%<>()|&^~.")] == '\0';
}

/* Whether the value is surely no list, dict, set or other thing without a hash. */
static bool
is_hashable(struct resolve_work *work, struct context context, const struct value *value)
{
    const struct object object = object_of_value(work, context, value);

    switch (object.kind) {
    case OBJECT_KNOWN:
        return !text_begins(object.text, "dataclasses.");
    case OBJECT_MODULE:
    case OBJECT_FUNCTION:
    case OBJECT_CLASS:
    case OBJECT_MEMBER:
        return true;
    case OBJECT_VALUE:
        break;
    default:
        return false;
    }
    switch ((enum value_kind)object.value->kind) {
    case VALUE_LIST:
    case VALUE_SET:
    case VALUE_DICT:
    case VALUE_CONTAINER:
        return false;
    case VALUE_UNKNOWN:
        return is_arithmetic(blob_text(context_base(&object.context), object.value->text));
    case VALUE_CALL:
        return makes_hashable(work, object.context, object.value);
    default:
        return true;
    }
}

/* Whether the value is field(...). */
static bool
is_field_call(struct resolve_work *work, struct context context, const struct value *value)
{
    if (value->kind != VALUE_CALL) {
        return false;
    }
    struct object object = object_find_dotted(work, context, blob_text(context_base(&context), value->text));
    return object_is(&object, "dataclasses.field");
}

/* field(...): false: it may be refused. */
static bool
read_field_call(struct resolve_work *work, struct context context, const struct value *value, struct field *field)
{
    const void *base = context_base(&context);
    const struct value_keyword *keywords = blob_at(base, value->keywords.first);
    unsigned default_count = 0;

    field->has_default = false;
    for (uint32_t i = 0; i < value->keywords.count; i++) {
        const char *name = keywords[i].name ? blob_text(base, keywords[i].name) : "";
        const struct value *given = &keywords[i].value;
        const bool is_truth = given->kind == VALUE_TRUE || given->kind == VALUE_FALSE;
        if (strcmp(name, "default") == 0 || strcmp(name, "default_factory") == 0) {
            default_count++;
            field->has_default = true;
            if (!name[strlen("default")] && !is_hashable(work, context, given)) {
                return false;
            }
        } else if (strcmp(name, "init") == 0 && is_truth) {
            field->is_positional = field->is_positional && given->kind == VALUE_TRUE;
        } else if (strcmp(name, "kw_only") == 0 && is_truth) {
            field->is_positional = given->kind == VALUE_FALSE;
        } else if (strcmp(name, "repr") != 0 && strcmp(name, "compare") != 0 && strcmp(name, "hash") != 0 &&
                   strcmp(name, "metadata") != 0) {
            return false;
        }
    }
    return default_count < 2 && !value->items.count;
}

/* ---- Fields ---- */

static void
add_field(struct resolve_work *work, struct fields *fields, const struct field *field)
{
    for (size_t i = 0; i < fields->count; i++) {
        if (strcmp(fields->items[i].name, field->name) == 0) {
            fields->items[i] = *field; /* where the base has it */
            return;
        }
    }
    fields->items = arena_grow(work->arena, fields->items, fields->count, sizeof *fields->items);
    fields->items[fields->count++] = *field;
    fields->is_known = fields->is_known && fields->count < MOST_FIELDS;
}

/* What the annotation says, as its source has it. */
static const char *
annotation_text(const void *base, const struct binding *binding)
{
    const struct value *value = blob_at(base, binding->target);
    return value->text ? blob_text(base, value->text) : "";
}

/* The default of a field of the class; false: it may be refused. */
static bool
read_default(struct resolve_work *work, struct class_info *info, struct field *field)
{
    const struct scope_name *entry;
    struct class_info *holder = class_find(work, info, field->name, &entry);

    if (!holder) {
        return !info->reason;
    }
    const struct binding *binding = entry->binding;
    if (entry->reason || binding->flags) {
        return false;
    }
    field->has_default = true;
    if (binding->kind == BINDING_FUNCTION || binding->kind == BINDING_CLASS) {
        return true;
    }
    if (binding->kind != BINDING_VALUE) {
        return false;
    }
    const struct context context = {entry->scope, binding->line};
    const struct value *value = blob_at(context_base(&context), binding->target);
    if (is_field_call(work, context, value)) {
        const bool is_good = read_field_call(work, context, value, field);
        return is_good && (holder == info || !field->has_default);
    }
    return is_hashable(work, context, value);
}

/* Adds the fields that the body has. Returns what may be refused; NULL. */
static const char *
read_body(struct resolve_work *work, struct class_info *info, const struct dataclass *dataclass, struct fields *fields)
{
    const void *base = context_base(&info->context);
    bool is_keyword_only = dataclass->is_keyword_only;

    for (uint32_t i = 0; i < info->scope.count; i++) {
        const struct binding *binding = &info->scope.bindings[i];
        if (binding->kind != BINDING_ANNOTATION) {
            continue;
        }
        const char *text = annotation_text(base, binding);
        struct field field = {.name = blob_text(base, binding->name), .is_positional = !is_keyword_only};
        if (strstr(text, "KW_ONLY")) {
            is_keyword_only = true;
            continue;
        }
        if (strstr(text, "ClassVar")) {
            const struct binding *value = scope_last(&info->scope, field.name, strlen(field.name));
            if (value && value->kind == BINDING_VALUE &&
                is_field_call(work, (struct context){&info->scope, value->line}, blob_at(base, value->target))) {
                return work_format(work, "%s.%s is a field, and no field", info->name, field.name);
            }
            continue;
        }
        if (binding->flags || !read_default(work, info, &field)) {
            return work_format(work, "the field %s of %s may be refused", field.name, info->name);
        }
        add_field(work, fields, &field);
    }
    return NULL;
}

static bool
has_annotation(const struct class_info *info, blob_offset name)
{
    for (uint32_t i = 0; i < info->scope.count; i++) {
        if (info->scope.bindings[i].kind == BINDING_ANNOTATION && info->scope.bindings[i].name == name) {
            return true;
        }
    }
    return false;
}

/* field() without an annotation; methods that the decorator makes itself. */
static const char *
check_names(struct resolve_work *work, const struct class_info *info, const struct dataclass *dataclass)
{
    const void *base = context_base(&info->context);
    const struct {
        bool is_made;
        const char *name;
    } MADE[] = {
        {dataclass->has_order, "__lt__"},  {dataclass->has_order, "__le__"},      {dataclass->has_order, "__gt__"},
        {dataclass->has_order, "__ge__"},  {dataclass->is_frozen, "__setattr__"}, {dataclass->is_frozen, "__delattr__"},
        {dataclass->has_hash, "__hash__"}, {dataclass->has_slots, "__slots__"},
    };

    for (size_t i = 0; i < COUNT_OF(MADE); i++) {
        if (MADE[i].is_made && scope_last(&info->scope, MADE[i].name, strlen(MADE[i].name))) {
            return work_format(work, "%s has %s, and is to get another one", info->name, MADE[i].name);
        }
    }
    for (uint32_t i = 0; i < info->scope.count; i++) {
        const struct binding *binding = &info->scope.bindings[i];
        if (binding->kind == BINDING_VALUE && !has_annotation(info, binding->name) &&
            is_field_call(work, (struct context){&info->scope, binding->line}, blob_at(base, binding->target))) {
            return work_format(work, "%s.%s is a field without an annotation", info->name,
                               blob_text(base, binding->name));
        }
    }
    return NULL;
}

static const char *
check_order(struct resolve_work *work, const struct class_info *info, const struct fields *fields)
{
    bool has_default = !fields->is_known;

    for (size_t i = 0; i < fields->count; i++) {
        const struct field *field = &fields->items[i];
        if (!field->is_positional) {
            continue;
        }
        if (has_default && !field->has_default) {
            return work_format(work, "%s.%s has no default, and may be behind one that has", info->name, field->name);
        }
        has_default = has_default || field->has_default;
    }
    return NULL;
}

void
dataclass_check(struct definitions *definitions, struct class_info *info)
{
    struct resolve_work *work = definitions->work;
    struct fields fields = {.is_known = !info->reason};
    struct dataclass dataclass, other;
    const char *reason = NULL;

    if (!read_decorator(work, info, &dataclass)) {
        return;
    }
    if (!dataclass.is_clear || (dataclass.has_order && dataclass.has_no_eq)) {
        reason = work_format(work, "the arguments of dataclass() at %s may be refused", info->name);
    }
    for (size_t i = info->mro_count; i-- > 1 && !reason;) {
        struct class_info *base = info->mro[i];
        if (base->known || !read_decorator(work, base, &other)) {
            continue;
        }
        if (other.is_frozen != dataclass.is_frozen) {
            reason = work_format(work, "%s or its base %s is frozen", info->name, base->name);
        }
        fields.is_known = fields.is_known && !read_body(work, base, &other, &fields);
    }
    reason = reason ? reason : read_body(work, info, &dataclass, &fields);
    reason = reason ? reason : check_names(work, info, &dataclass);
    reason = reason || dataclass.has_no_init ? reason : check_order(work, info, &fields);
    if (reason) {
        definitions_fail(definitions, reason);
    }
}
