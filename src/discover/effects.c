/*
 * Whether importing a module may change what other modules see, or depends on more than sources: statements that call
 * something or assign to what is not the module's own; classes and decorators that tell others of what they are on.
 */
#include "discover/resolve.h"

enum { MOST_NESTED = 20 };

struct effects {
    struct resolve_work *work;
    const struct scope *module;
    unsigned depth;
};

/* ---- What names stand for ---- */

static bool value_is_quiet(struct effects *effects, const struct scope *scope, const struct value *value);
static bool call_is_quiet(struct effects *effects, const struct scope *scope, const char *dotted);

static struct object
root_of(struct effects *effects, const struct scope *scope, const char *dotted)
{
    return object_find(effects->work, (struct context){scope, UINT32_MAX}, dotted, strcspn(dotted, "."));
}

/* Of another project, or of Python: it knows nothing of this one's modules. */
static bool
is_foreign(struct effects *effects, const struct object *object)
{
    const struct place *place = object->place;

    switch (object->kind) {
    case OBJECT_KNOWN:
        return true;
    case OBJECT_FUNCTION:
    case OBJECT_CLASS:
        return object->context.scope->module->is_outside;
    case OBJECT_MODULE:
        return place->kind == PLACE_COMPILED || place->is_standard ||
               (place->source && module_of(effects->work, place->source)->is_outside);
    default:
        return false;
    }
}

/* A value that the module itself has made: nobody else has it yet. */
static bool
is_own_value(struct effects *effects, const struct object *object)
{
    if (object->kind != OBJECT_VALUE || object->context.scope->module != effects->module->module) {
        return object->kind == OBJECT_CLASS && object->context.scope->module == effects->module->module;
    }
    switch ((enum value_kind)object->value->kind) {
    case VALUE_UNKNOWN:
    case VALUE_NAME:
    case VALUE_LAMBDA:
        return false;
    case VALUE_CALL:
        return call_is_quiet(effects, object->context.scope,
                             blob_text(context_base(&object->context), object->value->text));
    default:
        return true;
    }
}

/* ---- Calls in values ---- */

/* What reads files, starts programs, imports, or changes what everybody sees. */
static bool
reads_or_changes(const char *dotted)
{
    static const char *const NAMES[] = {
        "open",          "exec",      "eval",         "setattr",     "delattr",     "__import__", "input",
        "import_module", "run",       "check_output", "check_call",  "Popen",       "read",       "read_text",
        "read_bytes",    "load",      "seed",         "setdefault",  "append",      "insert",     "update",
        "add",           "register",  "urlopen",      "get",         "connect",     "chdir",      "putenv",
        "setlocale",     "getoutput", "use",          "load_module", "exec_module", "run_path",   "run_module",
    };
    const char *last = strrchr(dotted, '.');

    last = last ? last + 1 : dotted;
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (strcmp(NAMES[i], last) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether making an instance runs no code of the project. */
static bool
makes_plain_instances(struct effects *effects, const struct object *object)
{
    static const char *const MAKERS[] = {"__init__", "__new__", "__post_init__"};
    struct class_info *info = class_of(effects->work, object);
    bool is_plain = !info->reason && !info->refusal && !info->has_unclear_metaclass;

    for (size_t i = 0; is_plain && i < info->mro_count; i++) {
        for (size_t k = 0; is_plain && !info->mro[i]->known && k < COUNT_OF(MAKERS); k++) {
            is_plain = !scope_last(&info->mro[i]->scope, MAKERS[k], strlen(MAKERS[k]));
        }
    }
    return is_plain;
}

/* Whether calling the object runs no code of the project. */
static bool
is_plain_maker(struct effects *effects, const struct object *object)
{
    if (object->kind == OBJECT_VALUE && object->value->kind == VALUE_CALL) {
        const char *maker = blob_text(context_base(&object->context), object->value->text);
        struct object known = object_find_dotted(effects->work, object->context, maker);
        return object_is(&known, "collections.namedtuple");
    }
    return object->kind == OBJECT_CLASS && makes_plain_instances(effects, object);
}

static bool
call_is_quiet(struct effects *effects, const struct scope *scope, const char *dotted)
{
    static const char *const QUIET[] = {"os.environ.get", "pytest.importorskip"};

    for (size_t i = 0; i < COUNT_OF(QUIET); i++) {
        if (strcmp(dotted, QUIET[i]) == 0) {
            return true;
        }
    }
    if (effects->depth > MOST_NESTED || reads_or_changes(dotted)) {
        return false;
    }
    effects->depth++;
    struct object root = root_of(effects, scope, dotted);
    bool is_method = strchr(dotted, '.');
    bool is_quiet = is_foreign(effects, &root) || (is_method ? root.kind == OBJECT_VALUE && is_own_value(effects, &root)
                                                             : is_plain_maker(effects, &root));
    effects->depth--;
    return is_quiet;
}

static bool
is_word_byte(char byte)
{
    return byte == '_' || byte == '.' || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z') || (unsigned char)byte >= 0x80;
}

/* An expression that is known by its text only. */
static bool
text_is_quiet(struct effects *effects, const struct scope *scope, const char *text, size_t length)
{
    enum { CUT_OFF = 1000 };
    bool is_quiet = length < CUT_OFF;

    for (size_t at = 1; is_quiet && at < length; at++) {
        size_t first = at;
        if (text[at] != '(') {
            continue;
        }
        while (first > 0 && is_word_byte(text[first - 1])) {
            first--;
        }
        if (first < at) {
            const char *name = arena_copy_bytes(effects->work->arena, text + first, at - first);
            /* Of what a call or subscript gives: the name alone decides. */
            is_quiet = *name == '.' ? !reads_or_changes(name) : call_is_quiet(effects, scope, name);
        } else {
            is_quiet = text[at - 1] != ')' && text[at - 1] != ']';
        }
    }
    return is_quiet;
}

static bool
value_is_quiet(struct effects *effects, const struct scope *scope, const struct value *value)
{
    const void *base = scope->module->facts;
    const struct value_keyword *keywords = blob_at(base, value->keywords.first);

    if (effects->depth > MOST_NESTED) {
        return false;
    }
    if (value->kind == VALUE_UNKNOWN || value->kind == VALUE_CONTAINER) {
        return text_is_quiet(effects, scope, blob_text(base, value->text), blob_text_length(base, value->text));
    }
    if (value->kind == VALUE_CALL && !call_is_quiet(effects, scope, blob_text(base, value->text))) {
        return false;
    }
    bool is_quiet = true;
    effects->depth++;
    for (uint32_t i = 0; is_quiet && i < value->items.count; i++) {
        is_quiet = value_is_quiet(effects, scope, value_item(base, value, i));
    }
    for (uint32_t i = 0; is_quiet && i < value->keywords.count; i++) {
        is_quiet = value_is_quiet(effects, scope, &keywords[i].value);
    }
    effects->depth--;
    return is_quiet;
}

/* ---- Definitions ---- */

/* Of a property. */
static bool
is_accessor(const char *dotted)
{
    const char *last = strrchr(dotted, '.');

    return last && (strcmp(last, ".setter") == 0 || strcmp(last, ".getter") == 0 || strcmp(last, ".deleter") == 0);
}

static bool
decorators_are_quiet(struct effects *effects, const struct scope *scope, struct blob_range range)
{
    const struct decorator *decorators = blob_at(scope->module->facts, range.first);

    for (uint32_t i = 0; i < range.count; i++) {
        const struct value *value = &decorators[i].expression;
        const char *name = blob_text(scope->module->facts, value->text);
        bool is_quiet = value->kind == VALUE_NAME   ? is_accessor(name) || call_is_quiet(effects, scope, name)
                        : value->kind == VALUE_CALL ? value_is_quiet(effects, scope, value)
                                                    : false;
        if (!is_quiet) {
            return false;
        }
    }
    return true;
}

static bool scope_is_quiet(struct effects *effects, const struct scope *scope);

/* Whether neither its metaclass nor a base hears of it. */
static bool
class_is_quiet(struct effects *effects, const struct scope *scope, const struct object *object)
{
    static const char *const METACLASSES[] = {"abc.ABCMeta", "enum.EnumType", "typing.NamedTupleMeta"};
    struct class_info *info = class_of(effects->work, object);
    const char *metaclass = info->metaclass ? info->metaclass->known : NULL;
    bool is_plain = !info->metaclass;

    for (size_t i = 0; metaclass && i < COUNT_OF(METACLASSES); i++) {
        is_plain = is_plain || strcmp(metaclass, METACLASSES[i]) == 0;
    }
    if (!is_plain || info->has_unclear_metaclass || info->reason || info->refusal ||
        (info->facts->scope_flags & (SCOPE_CALLS | SCOPE_TOUCHES_NAMESPACE)) ||
        !decorators_are_quiet(effects, scope, info->facts->decorators)) {
        return false;
    }
    for (size_t i = 1; i < info->mro_count; i++) {
        const struct class_info *one = info->mro[i];
        if (!one->known && scope_last(&one->scope, "__init_subclass__", 17)) {
            return false;
        }
    }
    return scope_is_quiet(effects, &info->scope);
}

/* `a.b = value`, `a[b] = value`, `a += value` where it is no name of the body's own. */
static bool
change_is_quiet(struct effects *effects, const struct scope *scope, const struct binding *binding)
{
    const char *name = blob_text(scope->module->facts, binding->name);

    if (binding->kind == BINDING_UNKNOWN) {
        const struct binding *before = scope_previous(scope, binding);
        return !before || before->kind != BINDING_IMPORT;
    }
    struct object root = root_of(effects, scope, name);
    return is_own_value(effects, &root) ||
           (root.kind == OBJECT_FUNCTION && root.context.scope->module == effects->module->module);
}

static bool
binding_is_quiet(struct effects *effects, const struct scope *scope, const struct binding *binding)
{
    const void *base = scope->module->facts;

    switch ((enum binding_kind)binding->kind) {
    case BINDING_FUNCTION: {
        const struct function_details *details = function_details(base, blob_at(base, binding->target));
        return !details->decorators.count || decorators_are_quiet(effects, scope, details->decorators);
    }
    case BINDING_CLASS: {
        struct object object = object_of_binding(effects->work, scope, binding);
        return object.kind == OBJECT_CLASS && class_is_quiet(effects, scope, &object);
    }
    case BINDING_VALUE:
        return value_is_quiet(effects, scope, blob_at(base, binding->target));
    case BINDING_IMPORT:
    case BINDING_STAR:
        /* Which of the project's modules it brings is not known, unless the condition is. */
        return !(binding->flags & BINDING_CONDITIONAL) || binding->condition;
    case BINDING_ATTRIBUTE:
    case BINDING_UNKNOWN:
        return change_is_quiet(effects, scope, binding);
    case BINDING_DELETED:
    case BINDING_ANNOTATION:
        return true;
    }
    return false;
}

static bool
scope_is_quiet(struct effects *effects, const struct scope *scope)
{
    bool is_quiet = effects->depth <= MOST_NESTED;

    effects->depth++;
    for (uint32_t i = 0; is_quiet && i < scope->count; i++) {
        is_quiet =
            (scope->bindings[i].flags & BINDING_TYPE_CHECKING) || binding_is_quiet(effects, scope, &scope->bindings[i]);
    }
    effects->depth--;
    return is_quiet;
}

/* ---- The module ---- */

bool
module_keeps_to_itself(struct resolve_work *work, struct module *module)
{
    const struct facts *facts = module->facts;
    const blob_offset *calls = blob_at(facts, facts->calls.first);
    struct effects effects = {.work = work, .module = &module->scope};

    if (facts->scope_flags & (SCOPE_TOUCHES_NAMESPACE | SCOPE_CALLS_UNNAMED | SCOPE_SKIPS)) {
        return false;
    }
    for (uint32_t i = 0; i < facts->calls.count; i++) {
        /* Nobody takes what it gives: it is called for what it does. */
        struct object root = root_of(&effects, &module->scope, blob_text(facts, calls[i]));
        if (!strchr(blob_text(facts, calls[i]), '.') || root.kind != OBJECT_VALUE || !is_own_value(&effects, &root)) {
            return false;
        }
    }
    return scope_is_quiet(&effects, &module->scope);
}

/* ---- Lists of others ---- */

static bool
is_held_elsewhere(const struct module *module, const struct object *object)
{
    if (object->kind != OBJECT_VALUE || object->context.scope->module == module ||
        object->context.scope->module->is_outside) {
        return false;
    }
    switch ((enum value_kind)object->value->kind) {
    case VALUE_LIST:
    case VALUE_SET:
    case VALUE_DICT:
    case VALUE_CONTAINER:
        return true;
    default:
        return false;
    }
}

/* Whether a change of the attribute "a.b", or of "a.[]", changes what another module of the project holds. */
static bool
changes_elsewhere(struct resolve_work *work, struct module *module, const char *dotted, uint32_t line)
{
    const char *dot = strrchr(dotted, '.');
    struct context context = {&module->scope, line};

    if (!dot) {
        return false;
    }
    const char *holder = arena_copy_bytes(work->arena, dotted, (size_t)(dot - dotted));
    struct object object = object_find_dotted(work, context, holder);
    bool is_module = object.kind == OBJECT_MODULE && object.place->kind == PLACE_SOURCE && !object.place->is_standard &&
                     !module_of(work, object.place->source)->is_outside;
    return is_module || is_held_elsewhere(module, &object);
}

bool
module_changes_lists(struct resolve_work *work, struct module *module)
{
    const struct facts *facts = module->facts;
    const struct scope *scope = &module->scope;
    const blob_offset *calls = blob_at(facts, facts->calls.first);
    bool changes = false;

    for (uint32_t i = 0; !changes && i < facts->calls.count; i++) {
        const char *call = blob_text(facts, calls[i]);
        const char *dot = strrchr(call, '.');
        struct object object = {.kind = OBJECT_MISSING};
        if (dot) {
            const char *holder = arena_copy_bytes(work->arena, call, (size_t)(dot - call));
            object = object_find_dotted(work, (struct context){scope, UINT32_MAX}, holder);
        }
        changes = is_held_elsewhere(module, &object);
    }
    for (uint32_t i = 0; !changes && i < scope->count; i++) {
        const struct binding *binding = &scope->bindings[i];
        const char *name = blob_text(facts, binding->name);
        if (binding->kind == BINDING_ATTRIBUTE) {
            changes = changes_elsewhere(work, module, name, UINT32_MAX);
        } else if (binding->kind == BINDING_UNKNOWN && scope_previous(scope, binding)) {
            struct object object = object_find(work, (struct context){scope, binding->line}, name, strlen(name));
            changes = is_held_elsewhere(module, &object);
        }
    }
    return changes;
}
