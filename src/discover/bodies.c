/* What statements of a body may do beside binding names: calls, and changes of what names stand for. */
#include "base/text.h"
#include "discover/resolve.h"
#include "os/file.h"

enum { MAX_SOURCE_BYTES = 16 << 20 };

/* ---- Calls ---- */

/* A call of something that is known, or of another project: it does not change what this module holds. */
static bool
is_harmless_call(struct resolve_work *work, const struct scope *scope, const char *dotted)
{
    struct context context = {scope, UINT32_MAX};
    size_t length = strcspn(dotted, ".");
    struct object first = object_find(work, context, dotted, length);
    struct object object = dotted[length] ? object_find_dotted(work, context, dotted) : first;

    if (object.kind == OBJECT_KNOWN) {
        return !text_begins(object.text, "builtins.setattr") && !text_begins(object.text, "builtins.delattr");
    }
    if (object.kind == OBJECT_FUNCTION || object.kind == OBJECT_CLASS) {
        return object.context.scope->module->is_outside;
    }
    if (!dotted[length]) {
        return false;
    }
    /* A method: of a value here, or of what another project's module holds. */
    return first.kind == OBJECT_VALUE || (first.kind == OBJECT_CLASS && first.context.scope->module->is_outside) ||
           (first.kind == OBJECT_MODULE && first.place->source && module_of(work, first.place->source)->is_outside);
}

void
module_check_body(struct resolve_work *work, struct module *module, const char *label)
{
    const struct facts *facts = module->facts;
    const blob_offset *calls = blob_at(facts, facts->calls.first);

    if (facts->scope_flags & SCOPE_CALLS_UNNAMED) {
        work_fail(work, work_format(work, "%s calls something without a name", label));
    }
    for (uint32_t i = 0; i < facts->calls.count; i++) {
        const char *call = blob_text(facts, calls[i]);
        if (text_begins(call, "sys.path.") || text_begins(call, "site.")) {
            work_fail(work, work_format(work, "%s changes sys.path", label));
        } else if (!is_harmless_call(work, &module->scope, call)) {
            work_fail(work, work_format(work, "%s calls %s(), whose effect is not known", label, call));
        }
    }
}

/* ---- Changes ---- */

static bool
is_word_byte(char byte)
{
    return byte == '_' || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z') || (unsigned char)byte >= 0x80;
}

/* Whether what stands behind a subscript's bracket at `at` assigns to it. */
static bool
is_subscript_assigned(const char *at, const char *end)
{
    int depth = 0;

    for (; at < end; at++) {
        depth += *at == '[' || *at == '(' || *at == '{';
        depth -= *at == ']' || *at == ')' || *at == '}';
        if (!depth) {
            at++;
            break;
        }
    }
    while (at < end && (*at == ' ' || *at == '\t' || *at == ']')) {
        at++;
    }
    return at + 1 < end && ((*at == '=' && at[1] != '=') || (at[1] == '=' && strchr("+-*/|&^%@", *at)) || *at == ',');
}

/* Whether what stands behind the name changes it. */
static bool
is_change(const char *at, const char *end)
{
    static const char *const METHODS[] = {"append",  "extend", "insert", "remove",  "pop",     "clear",      "sort",
                                          "reverse", "update", "add",    "discard", "popitem", "setdefault", "__"};

    while (at < end && (*at == ' ' || *at == '\t')) {
        at++;
    }
    if (at + 1 >= end) {
        return false;
    }
    if (*at == '[') {
        return is_subscript_assigned(at, end);
    }
    if (*at == '.') {
        at++;
        for (size_t i = 0; i < COUNT_OF(METHODS); i++) {
            size_t length = strlen(METHODS[i]);
            if ((size_t)(end - at) > length && strncmp(at, METHODS[i], length) == 0) {
                return true;
            }
        }
        return false;
    }
    return at[1] == '=' && strchr("+-*/|&^%@", *at);
}

/* Whether what stands before the name says that it is changed: `del`, `global`, `shuffle(`. */
static bool
is_changed_before(const char *start, const char *at)
{
    static const char *const WORDS[] = {"del", "global", "shuffle("};

    while (at > start && (at[-1] == ' ' || at[-1] == '\t')) {
        at--;
    }
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        size_t length = strlen(WORDS[i]);
        if ((size_t)(at - start) >= length && strncmp(at - length, WORDS[i], length) == 0) {
            return true;
        }
    }
    return false;
}

static bool
source_may_change(const struct source *source, const char *name)
{
    struct text text = {0};
    struct error error = ERROR_INIT;
    size_t length = strlen(name);
    bool is_changed = !file_read(source->path, MAX_SOURCE_BYTES, &text, &error);
    const char *end = text_string(&text) + text.length;

    for (const char *at = text_string(&text); !is_changed && (at = strstr(at, name)); at += length) {
        bool is_word = (at == text.bytes || !is_word_byte(at[-1])) && !is_word_byte(at[length]);
        is_changed = is_word && (is_change(at + length, end) || is_changed_before(text.bytes, at));
    }
    text_release(&text);
    return is_changed;
}

/* Every file that imports a package asks for its `__all__`: its source is read once for each name. */
bool
scope_may_change(struct resolve_work *work, const struct scope *scope, const char *name)
{
    static const char YES[] = "yes", NO[] = "no";
    struct resolve_shared *shared = work->shared;
    const struct source *source = scope->module->source;
    size_t length = sizeof source + strlen(name);
    char *key = arena_alloc(work->arena, length);

    memcpy(key, &source, sizeof source);
    memcpy(key + sizeof source, name, length - sizeof source);
    lock_enter(&shared->lock);
    const char *answer = table_find(&shared->changes, key, length);
    lock_leave(&shared->lock);
    if (!answer) {
        answer = source_may_change(source, name) ? YES : NO;
        lock_enter(&shared->lock);
        table_set(&shared->changes, arena_copy_bytes(&shared->arena, key, length), length, (void *)(uintptr_t)answer);
        lock_leave(&shared->lock);
    }
    return answer == YES;
}
