/* What the definitions of a body may raise when the module is imported: classes that Python refuses, marks. */
#include "discover/definitions.h"
#include "base/arena.h"
#include "syntax/syntax.h"

void
definitions_fail(struct definitions *definitions, const char *reason)
{
    if (!definitions->reason) {
        definitions->reason = work_format(definitions->work, "may raise when imported: %s", reason);
    }
}

/* ---- Classes ---- */

static bool
is_known_class(const struct class_info *info, const char *name)
{
    return info->known && strcmp(info->known, name) == 0;
}

static bool
derives_directly(const struct class_info *info, const char *name)
{
    for (size_t i = 0; i < info->base_count; i++) {
        if (is_known_class(info->bases[i], name)) {
            return true;
        }
    }
    return false;
}

/* Names that a named tuple's body may not bind; fields, besides, may not begin with an underscore. */
static void
check_tuple_body(struct definitions *definitions, const struct class_info *info)
{
    static const char *const REFUSED[] = {"__new__", "__init__", "__slots__", "__getnewargs__"};
    const void *base = context_base(&info->context);
    bool has_default = false;

    for (uint32_t i = 0; i < info->scope.count; i++) {
        const char *name = blob_text(base, info->scope.bindings[i].name);
        bool is_refused = *name == '_' && name[1] != '_';
        for (size_t k = 0; k < COUNT_OF(REFUSED); k++) {
            is_refused = is_refused || strcmp(name, REFUSED[k]) == 0;
        }
        if (is_refused) {
            definitions_fail(definitions,
                             work_format(definitions->work, "the named tuple %s has %s", info->name, name));
        }
        if (info->scope.bindings[i].kind == BINDING_ANNOTATION) {
            const bool has_value = scope_last(&info->scope, name, strlen(name)) != NULL;
            if (has_default && !has_value) {
                definitions_fail(definitions, work_format(definitions->work, "%s.%s has no default", info->name, name));
            }
            has_default = has_default || has_value;
        }
    }
}

/* What typing's own classes allow beside them. */
static void
check_special_bases(struct definitions *definitions, const struct class_info *info)
{
    bool is_protocol = derives_directly(info, "typing.Protocol");
    bool is_tuple = derives_directly(info, "typing.NamedTuple");

    if (is_tuple) {
        check_tuple_body(definitions, info);
    }

    for (size_t i = 0; i < info->base_count; i++) {
        const struct class_info *one = info->bases[i];
        bool is_generic = is_known_class(one, "typing.Generic");
        bool is_allowed = is_generic || !(is_protocol || is_tuple);
        if (is_tuple) {
            is_allowed = is_allowed || is_known_class(one, "typing.NamedTuple");
        } else if (is_protocol) {
            is_allowed = is_allowed || derives_directly(one, "typing.Protocol") ||
                         is_known_class(one, "typing.Protocol") || is_known_class(one, "builtins.object") ||
                         (one->known && text_begins(one->known, "collections.abc."));
        }
        if (!is_allowed) {
            definitions_fail(definitions,
                             work_format(definitions->work, "%s may not have the base %s", info->name, one->name));
        }
    }
}

static bool
is_exception(const char *known)
{
    return strstr(known, "Error") || strstr(known, "Exception") || strstr(known, "Warning");
}

/* Built-in classes whose instances look different cannot be bases of one class; some can be no base at all. */
static void
check_layout(struct definitions *definitions, const struct class_info *info)
{
    static const char *const FINAL[] = {"bool", "range", "slice", "memoryview"};
    const char *solid = NULL;

    for (size_t i = 0; i < info->mro_count; i++) {
        const char *known = info->mro[i]->known;
        if (!known || !text_begins(known, "builtins.") || strcmp(known, "builtins.object") == 0) {
            continue;
        }
        known += strlen("builtins.");
        for (size_t k = 0; k < COUNT_OF(FINAL); k++) {
            if (strcmp(known, FINAL[k]) == 0) {
                definitions_fail(definitions,
                                 work_format(definitions->work, "%s is no base for %s", known, info->name));
            }
        }
        if (solid && strcmp(solid, known) != 0 && !(is_exception(solid) && is_exception(known))) {
            definitions_fail(definitions,
                             work_format(definitions->work, "%s has the bases %s and %s", info->name, solid, known));
        }
        solid = known;
    }
}

/* A name in __slots__ that the class binds, too. */
static void
check_slots(struct definitions *definitions, const struct class_info *info)
{
    const void *base = context_base(&info->context);
    const struct binding *slots = scope_last(&info->scope, "__slots__", 9);

    if (!slots || slots->kind != BINDING_VALUE) {
        return;
    }
    const struct value *value = blob_at(base, slots->target);
    const struct value *items = value->kind == VALUE_STRING ? value : blob_at(base, value->items.first);
    const uint32_t count = value->kind == VALUE_STRING ? 1 : value->items.count;
    for (uint32_t i = 0; i < count; i++) {
        if (items[i].kind == VALUE_STRING &&
            scope_last(&info->scope, blob_text(base, items[i].text), blob_text_length(base, items[i].text))) {
            definitions_fail(definitions, work_format(definitions->work, "%s binds %s, which is one of its slots",
                                                      info->name, blob_text(base, items[i].text)));
        }
    }
}

static void check_scope(struct definitions *definitions, const struct scope *scope);

static void
check_class(struct definitions *definitions, const struct object *object)
{
    struct resolve_work *work = definitions->work;
    struct class_info *info = class_of(work, object);

    if (info->refusal) {
        definitions_fail(definitions, info->refusal);
    }
    if (info->flags & CLASS_IS_ENUM) {
        enumeration_check(definitions, info);
    }
    dataclass_check(definitions, info);
    check_special_bases(definitions, info);
    check_slots(definitions, info);
    check_layout(definitions, info);
    check_scope(definitions, &info->scope);
}

/* ---- Bodies ---- */

/* Whether decorators of a function may raise: those of fixtures with marks, and marks that are refused. */
static void
check_function(struct definitions *definitions, const struct object *object)
{
    struct resolve_work *work = definitions->work;
    const void *base = context_base(&object->context);
    const struct function_details *details = function_details(base, object->function);
    const struct decorator *decorators = blob_at(base, details->decorators.first);
    bool has_fixture = false;
    bool has_mark = false;
    unsigned fixture_count = 0;

    for (uint32_t i = 0; details->decorators.count > 1 && i < details->decorators.count; i++) {
        const struct value *value = &decorators[i].expression;
        struct object decorator = {.kind = OBJECT_UNKNOWN};
        if (value->kind == VALUE_NAME || value->kind == VALUE_CALL) {
            struct context context = {object->context.scope, decorators[i].line};
            struct mark mark;
            decorator = object_find_dotted(work, context, blob_text(base, value->text));
            has_mark = !mark_read(work, context, value, &mark) || has_mark;
        }
        has_fixture = object_is(&decorator, "pytest.fixture") || object_is(&decorator, "pytest.yield_fixture") ||
                      object_is(&decorator, "pytest_asyncio.fixture");
        fixture_count += has_fixture;
    }
    if (fixture_count && (has_mark || fixture_count > 1)) {
        definitions_fail(definitions, work_format(work, "%s is a fixture with marks, or twice",
                                                  blob_text(base, object->function->name)));
    }
}

/* Whether a binding is never made here. */
static bool
is_left_out(struct resolve_work *work, const struct scope *scope, const struct binding *binding)
{
    const void *base = scope->module->facts;

    return (binding->flags & BINDING_TYPE_CHECKING) ||
           (binding->condition && condition_holds(work, base, blob_at(base, binding->condition)) == 0);
}

static void
check_scope(struct definitions *definitions, const struct scope *scope)
{
    enum { MOST_NESTED = 20 };

    if (definitions->depth > MOST_NESTED) {
        definitions_fail(definitions, "its classes are nested too deep");
        return;
    }
    definitions->depth++;
    for (uint32_t i = 0; i < scope->count && !definitions->reason; i++) {
        const struct binding *binding = &scope->bindings[i];
        bool is_class = binding->kind == BINDING_CLASS;
        bool is_decorated = binding->kind == BINDING_FUNCTION && binding_function(scope, binding)->details;
        if ((!is_class && !is_decorated) || is_left_out(definitions->work, scope, binding)) {
            continue;
        }
        struct object object = object_of_binding(definitions->work, scope, binding);
        if (is_class) {
            check_class(definitions, &object);
        } else {
            check_function(definitions, &object);
        }
    }
    definitions->depth--;
}

/* ---- Marks under strict markers ---- */

/* Steps through the source outside of the bodies of functions. */
struct mark_reader {
    struct lexer lexer;
    uint32_t body_indents; /* not 0: the indents outside of the function that the tokens are in, plus 1 */
    bool is_in_header;
};

/* False at the end. */
static bool
next_outside(struct mark_reader *reader, const char *source, struct token *token)
{
    for (;;) {
        *token = lexer_next(&reader->lexer);
        if (token->kind == TOKEN_END || token->kind == TOKEN_ERROR) {
            return false;
        }
        if (reader->body_indents && !reader->is_in_header) {
            if (token->kind == TOKEN_NEWLINE || token->kind == TOKEN_INDENT || token->kind == TOKEN_DEDENT ||
                lexer_indent_count(&reader->lexer) >= reader->body_indents) {
                continue;
            }
            reader->body_indents = 0;
        }
        if (token_is_name(token, source, "def")) {
            reader->is_in_header = true;
            reader->body_indents = lexer_indent_count(&reader->lexer) + 1;
        } else if (reader->is_in_header && token_is(token, OPERATOR1(':')) && !reader->lexer.depth) {
            reader->is_in_header = false;
            do { /* a body on the same line */
                *token = lexer_next(&reader->lexer);
            } while (token->kind != TOKEN_NEWLINE && token->kind != TOKEN_END && token->kind != TOKEN_ERROR);
        }
        return true;
    }
}

static bool
is_word_byte(char byte)
{
    return byte == '_' || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z') || (unsigned char)byte >= 0x80;
}

static bool
is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/*
 * Whether the word "mark" at `at` gives no reason to look closer, be it code, a comment or a part of a string: it makes
 * a registered mark, or no dot stands beside it. What is not on its line is not looked at.
 */
static bool
is_harmless_mark(const struct definitions *definitions, const char *source, const char *at)
{
    const struct resolve_work *work = definitions->work;
    const char *before = at;
    const char *after = at + 4;
    size_t length = 1;

    if (*after == '.') {
        while (is_word_byte(after[length])) {
            length++;
        }
        return length > 1 && mark_is_registered(work->resolver, arena_copy_bytes(work->arena, after + 1, length - 1));
    }
    while (before > source && is_blank(before[-1])) {
        before--;
    }
    while (is_blank(*after)) {
        after++;
    }
    return before > source && !strchr(".\\\r\n\f", before[-1]) && !strchr(".\\\r\n\f#", *after) &&
           !(after[0] == 'a' && after[1] == 's' && !is_word_byte(after[2]));
}

/* Most sources are told by this: no lexer has to run over them. */
static bool
has_harmless_marks(const struct definitions *definitions, const char *source, size_t length)
{
    const char *end = source + length;

    for (const char *at = source; (at = memmem(at, (size_t)(end - at), "mark", 4)); at += 4) {
        bool is_word = (at == source || !is_word_byte(at[-1])) && !is_word_byte(at[4]);
        if (is_word && !is_harmless_mark(definitions, source, at)) {
            return false;
        }
    }
    return true;
}

/* Marks that code of the body makes, wherever it stands, must be registered ones. */
static void
check_marks(struct definitions *definitions, const struct module *module)
{
    struct resolve_work *work = definitions->work;
    size_t length;
    char *source = source_text(work->resolver->library, module->source, &length);
    struct mark_reader reader = {.is_in_header = false};
    struct token token;

    if (!source) {
        definitions_fail(definitions, "its marks cannot be read");
        return;
    }
    if (has_harmless_marks(definitions, source, length)) {
        memory_free(source);
        return;
    }
    lexer_init(&reader.lexer, source, length);
    bool is_more = next_outside(&reader, source, &token);
    bool is_behind_dot = false;
    while (is_more && !definitions->reason) {
        bool is_mark = token_is_name(&token, source, "mark");
        bool is_attribute = is_mark && is_behind_dot;
        is_behind_dot = token_is(&token, OPERATOR1('.'));
        is_more = next_outside(&reader, source, &token);
        if (!is_mark || !is_more) {
            continue;
        }
        if (!token_is(&token, OPERATOR1('.'))) {
            if (is_attribute || token_is_name(&token, source, "as")) {
                definitions_fail(definitions,
                                 "it gives pytest.mark another name, and not every mark may be registered");
            }
            continue;
        }
        is_more = next_outside(&reader, source, &token);
        const char *name = arena_copy_bytes(work->arena, source + token.start, token.end - token.start);
        if (is_more && token.kind == TOKEN_NAME && !mark_is_registered(work->resolver, name)) {
            definitions_fail(definitions, work_format(work, "the mark %s may not be registered", name));
        }
    }
    memory_free(source);
}

/* Names that nothing binds: neither the module, nor a star in it, nor Python. */
static void
check_uses(struct definitions *definitions, const struct module *module)
{
    const blob_offset *uses = blob_at(module->facts, module->facts->uses.first);
    const struct context context = {&module->scope, UINT32_MAX};

    if (strcmp(strrchr(module->source->path, '/'), "/__init__.py") == 0) {
        return; /* its modules are names of it once they are imported */
    }
    for (uint32_t i = 0; i < module->facts->uses.count && !definitions->reason; i++) {
        const struct object object = object_find(definitions->work, context, blob_text(module->facts, uses[i]),
                                                 blob_text_length(module->facts, uses[i]));
        if (object.kind == OBJECT_MISSING) {
            definitions_fail(definitions, object.text);
        }
    }
}

const char *
module_definitions_reason(struct resolve_work *work, struct module *module)
{
    const struct discover_settings *settings = work->resolver->settings;
    struct definitions definitions = {.work = work};

    check_scope(&definitions, &module->scope);
    check_uses(&definitions, module);
    if (settings->has_strict_marks || settings->has_error_filters) {
        check_marks(&definitions, module);
    }
    return definitions.reason;
}
