/* What names and dotted names stand for: through bodies, modules and imports, as far as it can be proved. */
#include "discover/resolve.h"

enum { MAX_DEPTH = 40 };

/*
 * Modules that are known by heart: what comes from them is told by its dotted name, and not looked up. With them their
 * other names.
 */
static const char *const KNOWN_MODULES[][2] = {
    {"pytest", "pytest"},
    {"unittest", "unittest"},
    {"unittest.case", "unittest"},
    {"unittest.async_case", "unittest"},
    {"unittest.mock", "unittest.mock"},
    {"mock", "unittest.mock"},
    {"typing", "typing"},
    {"typing_extensions", "typing"},
    {"abc", "abc"},
    {"functools", "functools"},
    {"contextlib", "contextlib"},
    {"enum", "enum"},
    {"dataclasses", "dataclasses"},
    {"collections", "collections"},
    {"collections.abc", "collections.abc"},
    {"asyncio", "asyncio"},
    {"re", "re"},
    {"os", "os"},
    {"os.path", "os.path"},
    {"sys", "sys"},
    {"builtins", "builtins"},
    {"decimal", "decimal"},
    {"fractions", "fractions"},
    {"datetime", "datetime"},
    {"pathlib", "pathlib"},
    {"uuid", "uuid"},
    {"itertools", "itertools"},
    {"operator", "operator"},
    {"warnings", "warnings"},
    {"types", "types"},
    {"pytest_asyncio", "pytest_asyncio"},
    {"hypothesis", "hypothesis"},
};

static const char BUILTIN_NAMES[] =
    " ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError BrokenPipeError"
    " BufferError BytesWarning ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError"
    " ConnectionResetError DeprecationWarning EOFError Ellipsis EncodingWarning EnvironmentError Exception"
    " ExceptionGroup FileExistsError FileNotFoundError FloatingPointError FutureWarning GeneratorExit IOError"
    " ImportError ImportWarning IndentationError IndexError InterruptedError IsADirectoryError KeyError"
    " KeyboardInterrupt LookupError MemoryError ModuleNotFoundError NameError NotADirectoryError NotImplemented"
    " NotImplementedError OSError OverflowError PendingDeprecationWarning PermissionError ProcessLookupError"
    " RecursionError ReferenceError ResourceWarning RuntimeError RuntimeWarning StopAsyncIteration StopIteration"
    " SyntaxError SyntaxWarning SystemError SystemExit TabError TimeoutError TypeError UnboundLocalError"
    " UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning UserWarning ValueError"
    " Warning ZeroDivisionError abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr"
    " classmethod compile complex delattr dict dir divmod enumerate eval exec exit filter float format frozenset"
    " getattr globals hasattr hash help hex id input int isinstance issubclass iter len list locals map max memoryview"
    " min next object oct open ord pow print property range repr reversed round set setattr slice sorted staticmethod"
    " str sum super tuple type vars zip __import__ __debug__ __build_class__ ";

struct object
object_unknown(const char *reason)
{
    return (struct object){.kind = OBJECT_UNKNOWN, .text = reason};
}

static struct object
object_missing(void)
{
    return (struct object){.kind = OBJECT_MISSING, .text = "a name that nothing binds"};
}

static struct object
object_known(struct resolve_work *work, const char *module, const char *name, size_t length)
{
    size_t module_length = strlen(module);
    char *text = arena_alloc(work->arena, module_length + length + 2);

    memcpy(text, module, module_length);
    text[module_length] = '.';
    memcpy(text + module_length + 1, name, length);
    text[module_length + 1 + length] = '\0';
    for (size_t i = 0; i < COUNT_OF(KNOWN_MODULES); i++) {
        if (strcmp(KNOWN_MODULES[i][0], text) == 0) {
            return (struct object){.kind = OBJECT_KNOWN, .text = KNOWN_MODULES[i][1]};
        }
    }
    return (struct object){.kind = OBJECT_KNOWN, .text = text};
}

bool
object_is(const struct object *object, const char *known)
{
    return object->kind == OBJECT_KNOWN && strcmp(object->text, known) == 0;
}

/* Its name here; NULL: not known by heart. */
static const char *
known_module(const char *dotted, size_t length)
{
    for (size_t i = 0; i < COUNT_OF(KNOWN_MODULES); i++) {
        if (text_equals(dotted, length, KNOWN_MODULES[i][0])) {
            return KNOWN_MODULES[i][1];
        }
    }
    return NULL;
}

static struct object object_attribute(struct resolve_work *work, const struct object *object, const char *name,
                                      size_t length);

static struct object
object_of_place(struct resolve_work *work, const struct place *place, const char *dotted, size_t length)
{
    struct place *kept;

    switch (place->kind) {
    case PLACE_NONE:
        return (struct object){.kind = OBJECT_MISSING,
                               .text = work_format(work, "%.*s, which was not found", (int)length, dotted)};
    case PLACE_UNCLEAR:
        return object_unknown(place->reason);
    case PLACE_COMPILED:
        return (struct object){.kind = OBJECT_KNOWN, .text = arena_copy_bytes(work->arena, dotted, length)};
    default:
        kept = arena_alloc(work->arena, sizeof *kept);
        *kept = *place;
        return (struct object){.kind = OBJECT_MODULE, .place = kept};
    }
}

static struct object
object_of_module(struct resolve_work *work, const char *dotted, size_t length)
{
    const char *known = known_module(dotted, length);

    if (known) {
        return (struct object){.kind = OBJECT_KNOWN, .text = known};
    }
    struct place place = module_find(work, dotted, length);
    return object_of_place(work, &place, dotted, length);
}

static struct object
object_of_import(struct resolve_work *work, const struct scope *scope, const struct import_facts *import)
{
    const void *base = scope->module->facts;
    const char *dotted = blob_text(base, import->module);
    size_t length = blob_text_length(base, import->module);

    if (!import->name) {
        return object_of_module(work, dotted, import->as_name ? length : strcspn(dotted, "."));
    }
    const char *known = import->level ? NULL : known_module(dotted, length);
    const char *name = blob_text(base, import->name);
    size_t name_length = blob_text_length(base, import->name);
    if (known) {
        return object_known(work, known, name, name_length);
    }
    struct place place = module_find_import(work, scope->module, import);
    struct object module = object_of_place(work, &place, dotted, length);
    if (module.kind == OBJECT_MODULE && place.source == scope->module->source && place.folder) {
        /* A package that imports from itself while it is made: a module in it. */
        struct place below = module_find_below(work, &place, name, name_length);
        if (below.kind != PLACE_NONE) {
            return object_of_place(work, &below, name, name_length);
        }
    }
    return module.kind == OBJECT_UNKNOWN || module.kind == OBJECT_MISSING
               ? module
               : object_attribute(work, &module, name, name_length);
}

static struct object
object_of_assignment(struct resolve_work *work, const struct scope *scope, const struct binding *binding)
{
    const void *base = scope->module->facts;
    const struct context context = {scope, binding->line};
    const void *target = blob_at(base, binding->target);

    switch ((enum binding_kind)binding->kind) {
    case BINDING_VALUE:
        return object_of_value(work, context, target);
    case BINDING_IMPORT:
        return object_of_import(work, scope, target);
    default:
        return object_unknown(work_format(work, "%s, whose value is not known", blob_text(base, binding->name)));
    }
}

struct object
object_of_binding(struct resolve_work *work, const struct scope *scope, const struct binding *binding)
{
    const struct context context = {scope, binding->line};
    const void *target = blob_at(scope->module->facts, binding->target);

    if (binding->kind == BINDING_FUNCTION) {
        return (struct object){.kind = OBJECT_FUNCTION, .context = context, .function = target};
    }
    if (binding->kind == BINDING_CLASS) {
        return (struct object){.kind = OBJECT_CLASS, .context = context, .class_facts = target};
    }
    return object_of_assignment(work, scope, binding);
}

/* What a star import of the body, behind binding `after` (NULL: any), gives the name. MISSING: none does. */
static struct object
find_in_stars(struct resolve_work *work, const struct scope *scope, uint32_t line, const struct binding *after,
              const char *name, size_t length)
{
    const void *base = scope->module->facts;

    for (const struct binding *star = scope->bindings + scope->count; star-- > scope->bindings;) {
        if (star == after) {
            break;
        }
        if (star->kind != BINDING_STAR || star->line >= line || (star->flags & BINDING_TYPE_CHECKING)) {
            continue;
        }
        const struct import_facts *import = blob_at(base, star->target);
        struct place place = module_find_import(work, scope->module, import);
        if (place.kind == PLACE_COMPILED) {
            continue;
        }
        if (place.kind != PLACE_SOURCE || work->depth > MAX_DEPTH) {
            return object_unknown("a name that a star import may bind");
        }
        struct module *module = module_of(work, place.source);
        work_use(work, module);
        work->depth++;
        struct scope_names names = scope_names_of(work, scope);
        work->depth--;
        for (uint32_t i = 0; i < names.count; i++) {
            const struct scope_name *entry = &names.items[i];
            if (entry->length == length && memcmp(entry->name, name, length) == 0 && entry->scope != scope) {
                return entry->reason ? object_unknown(work_format(work, "%s %s", entry->name, entry->reason))
                                     : object_of_binding(work, entry->scope, entry->binding);
            }
        }
        return object_missing();
    }
    return object_missing();
}

/* The try's import when it can be found; else what the except says, if that is one thing. */
static struct object
choose_alternative(struct resolve_work *work, const struct scope *scope, const struct binding *binding,
                   const struct binding *fallback, unsigned fallback_count)
{
    struct object object = object_of_binding(work, scope, binding);

    if (!fallback_count) {
        return object;
    }
    if (binding->kind != BINDING_IMPORT || fallback_count > 1) {
        return object_unknown(work_format(work, "%s, which is bound in try and in except",
                                          blob_text(scope->module->facts, binding->name)));
    }
    return object.kind == OBJECT_MISSING ? object_of_binding(work, scope, fallback) : object;
}

static struct object
find_in_scope(struct resolve_work *work, const struct scope *scope, uint32_t line, const char *name, size_t length)
{
    const void *base = scope->module->facts;
    const struct binding *fallback = NULL;
    unsigned fallback_count = 0;

    for (const struct binding *binding = scope_last(scope, name, length); binding;
         binding = scope_previous(scope, binding)) {
        int holds = 1;
        if (binding->line >= line || (binding->flags & BINDING_TYPE_CHECKING)) {
            continue;
        }
        if (scope->star_count) {
            struct object object = find_in_stars(work, scope, line, binding, name, length);
            if (object.kind != OBJECT_MISSING) {
                return object;
            }
        }
        if (binding->flags & BINDING_CONDITIONAL) {
            holds = binding->condition ? condition_holds(work, base, blob_at(base, binding->condition)) : -1;
        }
        if (holds < 0 && (binding->flags & BINDING_IN_EXCEPT)) {
            fallback_count += binding->kind != BINDING_DELETED;
            fallback = binding;
            continue;
        }
        if (holds < 0) {
            return object_unknown(
                work_format(work, "%s, which is bound under a condition", blob_text(base, binding->name)));
        }
        if (holds == 0) {
            continue;
        }
        if ((binding->flags & BINDING_IN_TRY) || fallback_count) {
            return choose_alternative(work, scope, binding, fallback, fallback_count);
        }
        return binding->kind == BINDING_DELETED ? object_missing() : object_of_binding(work, scope, binding);
    }
    if (fallback_count) {
        return object_unknown(work_format(work, "%.*s, which is bound under a condition", (int)length, name));
    }
    return scope->star_count ? find_in_stars(work, scope, line, NULL, name, length) : object_missing();
}

static bool
is_builtin(const char *name, size_t length)
{
    for (const char *at = BUILTIN_NAMES; (at = strstr(at, name)); at += length) {
        if (at[-1] == ' ' && at[length] == ' ') {
            return true;
        }
    }
    return false;
}

struct object
object_find(struct resolve_work *work, struct context context, const char *name, size_t length)
{
    struct object object = object_missing();

    if (work->depth > MAX_DEPTH) {
        return object_unknown("names that refer to each other without end");
    }
    work->depth++;
    if (context.scope->owner) {
        object = find_in_scope(work, context.scope, context.line, name, length);
    }
    if (object.kind == OBJECT_MISSING) {
        object = find_in_scope(work, &context.scope->module->scope, context.line, name, length);
    }
    work->depth--;
    if (object.kind == OBJECT_MISSING && strncmp(object.text, "a name", 6) == 0) {
        const char *copy = arena_copy_bytes(work->arena, name, length);
        if (is_builtin(copy, length)) {
            return object_known(work, "builtins", name, length);
        }
        if (context.scope->module->facts->scope_flags & SCOPE_TOUCHES_NAMESPACE) {
            return object_unknown(work_format(work, "%s, in a module that changes its own names", copy));
        }
        object.text = work_format(work, "%s, which nothing binds", copy);
    }
    return object;
}

static struct object
module_attribute(struct resolve_work *work, const struct place *place, const char *name, size_t length)
{
    struct object object = object_missing();
    struct module *module = NULL;

    if (place->kind == PLACE_SOURCE) {
        module = module_of(work, place->source);
        work_use(work, module);
        if (module->facts->error_line) {
            return object_unknown("a module that is no Python");
        }
        work->depth++;
        object = work->depth > MAX_DEPTH ? object_unknown("imports that refer to each other without end")
                                         : find_in_scope(work, &module->scope, UINT32_MAX, name, length);
        work->depth--;
    }
    if (object.kind == OBJECT_MISSING && place->folder) {
        struct place below = module_find_below(work, place, name, length);
        if (below.kind != PLACE_NONE) {
            return object_of_place(work, &below, name, length);
        }
    }
    if (object.kind == OBJECT_MISSING && module &&
        ((module->facts->scope_flags & SCOPE_TOUCHES_NAMESPACE) || scope_last(&module->scope, "__getattr__", 11))) {
        return object_unknown(work_format(work, "%.*s, of a module that makes names", (int)length, name));
    }
    return object;
}

/* What an enumeration makes of a name in its body. */
static struct object
object_of_member(struct resolve_work *work, const struct object *class_object, struct class_info *info,
                 const struct scope_name *entry)
{
    if (entry->binding->kind != BINDING_VALUE || entry->scope != &info->scope || *entry->name == '_' || info->doubt) {
        return object_unknown(work_format(work, "%s.%s, whose value is not known", info->name, entry->name));
    }
    return (struct object){.kind = OBJECT_MEMBER,
                           .text = entry->name,
                           .class_facts = class_object->class_facts,
                           .context = class_object->context,
                           .value = blob_at(info->scope.module->facts, entry->binding->target)};
}

static struct object
object_attribute(struct resolve_work *work, const struct object *object, const char *name, size_t length)
{
    if (object->kind == OBJECT_KNOWN) {
        return object_known(work, object->text, name, length);
    }
    if (object->kind == OBJECT_MODULE) {
        return module_attribute(work, object->place, name, length);
    }
    if (object->kind == OBJECT_CLASS) {
        const struct scope_name *entry;
        struct class_info *info = class_of(work, object);
        struct class_info *holder = info->reason ? NULL : class_find(work, info, name, &entry);
        if (!holder || holder->known || entry->reason) {
            return object_unknown(
                work_format(work, "%s.%.*s, whose value is not known", info->name, (int)length, name));
        }
        if (info->flags & CLASS_IS_ENUM) {
            return object_of_member(work, object, info, entry);
        }
        return object_of_binding(work, entry->scope, entry->binding);
    }
    return object_unknown(work_format(work, "the attribute %.*s of a value", (int)length, name));
}

/* Whether an assignment to the dotted name stands in the body. */
static bool
is_assigned(const struct scope *scope, const char *dotted)
{
    return scope->attribute_count && scope_last(scope, dotted, strlen(dotted));
}

struct object
object_find_dotted(struct resolve_work *work, struct context context, const char *dotted)
{
    size_t length = strcspn(dotted, ".");
    struct object object = object_find(work, context, dotted, length);

    if (dotted[length] && (is_assigned(context.scope, dotted) || is_assigned(&context.scope->module->scope, dotted))) {
        return object_unknown(work_format(work, "%s, which is assigned to", dotted));
    }
    while (dotted[length] && object.kind != OBJECT_UNKNOWN && object.kind != OBJECT_MISSING) {
        const char *name = dotted += length + 1;
        length = strcspn(dotted, ".");
        object = object_attribute(work, &object, arena_copy_bytes(work->arena, name, length), length);
    }
    return object;
}

struct object
object_of_value(struct resolve_work *work, struct context context, const struct value *value)
{
    if (value->kind == VALUE_NAME) {
        return object_find_dotted(work, context, blob_text(context_base(&context), value->text));
    }
    return (struct object){.kind = OBJECT_VALUE, .value = value, .context = context};
}

struct object
object_of_entry(struct resolve_work *work, const struct scope_name *entry)
{
    const struct binding *binding = entry->binding;

    if (entry->reason) {
        return object_unknown(work_format(work, "%s, which %s", entry->name, entry->reason));
    }
    if (!(binding->flags & (BINDING_CONDITIONAL | BINDING_IN_TRY)) &&
        !entry->scope->previous[binding - entry->scope->bindings]) {
        return object_of_binding(work, entry->scope, binding);
    }
    return object_find(work, (struct context){entry->scope, UINT32_MAX}, entry->name, entry->length);
}
