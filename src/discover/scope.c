/* The names that a module's or a class's body binds: found by name, in the order of its dict, and conditions on them.
 */
#include "discover/resolve.h"

#include <stdlib.h>

#include "base/hash.h"
#include "os/platform.h"

/* The slot that holds the name, or the free one where it belongs. */
static uint32_t
scope_probe(const struct scope *scope, const char *name, size_t length)
{
    const void *base = scope->module->facts;
    uint32_t slot = (uint32_t)hash_64(name, length) & scope->mask;

    while (scope->slots[slot]) {
        blob_offset other = scope->bindings[scope->slots[slot] - 1].name;
        if (blob_text_length(base, other) == length && memcmp(blob_text(base, other), name, length) == 0) {
            break;
        }
        slot = (slot + 1) & scope->mask;
    }
    return slot;
}

void
scope_make(struct scope *scope, struct module *module, const struct class_facts *owner, struct arena *arena)
{
    struct blob_range range = owner ? owner->bindings : module->facts->bindings;
    uint32_t size = 8;

    *scope = (struct scope){.module = module, .owner = owner, .count = range.count};
    scope->bindings = blob_at(module->facts, range.first);
    while (size < 2 * range.count) {
        size *= 2;
    }
    scope->mask = size - 1;
    scope->slots = arena_alloc_zeroed(arena, (size + range.count) * sizeof *scope->slots);
    scope->previous = scope->slots + size;
    for (uint32_t i = 0; i < range.count; i++) {
        const struct binding *binding = &scope->bindings[i];
        if (binding->kind == BINDING_STAR) {
            scope->star_count++;
            continue;
        }
        if (binding->kind == BINDING_ANNOTATION) {
            continue;
        }
        scope->attribute_count += binding->kind == BINDING_ATTRIBUTE;
        uint32_t slot =
            scope_probe(scope, blob_text(module->facts, binding->name), blob_text_length(module->facts, binding->name));
        scope->previous[i] = scope->slots[slot];
        scope->slots[slot] = i + 1;
    }
}

const struct binding *
scope_last(const struct scope *scope, const char *name, size_t length)
{
    if (!scope->count) {
        return NULL;
    }
    uint32_t number = scope->slots[scope_probe(scope, name, length)];
    return number ? &scope->bindings[number - 1] : NULL;
}

const struct binding *
scope_previous(const struct scope *scope, const struct binding *binding)
{
    uint32_t number = scope->previous[binding - scope->bindings];
    return number ? &scope->bindings[number - 1] : NULL;
}

/* ---- Conditions ---- */

enum comparison { IS_LESS, IS_AT_MOST, IS_EQUAL, IS_UNEQUAL, IS_AT_LEAST, IS_MORE, IS_NONE };

static const char *
skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

static enum comparison
read_comparison(const char **text)
{
    static const struct {
        const char *words;
        enum comparison comparison;
    } TABLE[] = {{"<=", IS_AT_MOST},  {"==", IS_EQUAL}, {"!=", IS_UNEQUAL},
                 {">=", IS_AT_LEAST}, {"<", IS_LESS},   {">", IS_MORE}};

    for (size_t i = 0; i < COUNT_OF(TABLE); i++) {
        if (text_begins(*text, TABLE[i].words)) {
            *text = skip_blanks(*text + strlen(TABLE[i].words));
            return TABLE[i].comparison;
        }
    }
    return IS_NONE;
}

static bool
comparison_holds(enum comparison comparison, long difference)
{
    switch (comparison) {
    case IS_LESS:
        return difference < 0;
    case IS_AT_MOST:
        return difference <= 0;
    case IS_EQUAL:
        return difference == 0;
    case IS_UNEQUAL:
        return difference != 0;
    case IS_AT_LEAST:
        return difference >= 0;
    default:
        return difference > 0;
    }
}

/* Reads "(3, 8)"; returns how many numbers; 0: it is something else. */
static int
read_tuple(const char *text, long numbers[static 4])
{
    int count = 0;

    if (*text++ != '(') {
        return 0;
    }
    for (;;) {
        char *end;
        text = skip_blanks(text);
        if (*text == ')' && count) {
            return text[1] ? 0 : count;
        }
        numbers[count] = strtol(text, &end, 10);
        if (end == text || ++count == 4) {
            return 0;
        }
        text = skip_blanks(end);
        if (*text == ',') {
            text++;
        } else if (*text != ')') {
            return 0;
        }
    }
}

/* What stands behind "sys.version_info". */
static int
version_condition(const char *text, int minor)
{
    long numbers[4] = {0};
    bool is_cut = text_begins(text, "[:2]");
    bool is_major = text_begins(text, "[0]") || text_begins(text, ".major");
    bool is_minor = text_begins(text, "[1]") || text_begins(text, ".minor");

    text = skip_blanks(text + (is_cut ? 4 : is_major ? (*text == '[' ? 3 : 6) : is_minor ? (*text == '[' ? 3 : 6) : 0));
    enum comparison comparison = read_comparison(&text);
    if (comparison == IS_NONE || !minor) {
        return -1;
    }
    if (is_major || is_minor) {
        char *end;
        long number = strtol(text, &end, 10);
        return end == text || *end ? -1 : comparison_holds(comparison, (is_major ? 3 : minor) - number);
    }
    int count = read_tuple(text, numbers);
    long difference = 3 - numbers[0];
    if (!count) {
        return -1;
    }
    if (!difference && count > 1) {
        difference = minor - numbers[1];
    }
    if (!difference && count > 2) {
        return is_cut ? comparison_holds(comparison, -1) : -1;
    }
    if (!difference && !(is_cut && count == 2)) {
        difference = 1; /* the longer tuple */
    }
    return comparison_holds(comparison, difference);
}

/* What stands behind sys.platform and os.name. */
static int
word_condition(const char *text, const char *word)
{
    bool is_start = text_begins(text, ".startswith(");
    text = skip_blanks(text + (is_start ? 12 : 0));
    enum comparison comparison = is_start ? IS_EQUAL : read_comparison(&text);
    size_t length = strlen(text);

    if ((comparison != IS_EQUAL && comparison != IS_UNEQUAL) || length < 2 || (is_start && text[--length] != ')') ||
        (*text != '"' && *text != '\'') || text[length - 1] != *text) {
        return -1;
    }
    length -= 2;
    text++;
    if (memchr(text, text[-1], length) || memchr(text, '\\', length)) {
        return -1;
    }
    bool is_same = strncmp(word, text, length) == 0 && (is_start || strlen(word) == length);
    return is_same == (comparison == IS_EQUAL);
}

static int
test_holds(const struct resolve_work *work, const char *text)
{
    if (text_begins(text, "sys.version_info")) {
        return version_condition(skip_blanks(text + 16), work->resolver->python_path->minor);
    }
    if (text_begins(text, "sys.platform")) {
        return word_condition(skip_blanks(text + 12), platform_name());
    }
    if (text_begins(text, "os.name")) {
        return word_condition(skip_blanks(text + 7), "posix");
    }
    return -1;
}

int
condition_holds(const struct resolve_work *work, const void *base, const struct condition *condition)
{
    const blob_offset *earlier = blob_at(base, condition->earlier.first);
    bool is_known = true;

    for (uint32_t i = 0; i < condition->earlier.count; i++) {
        int holds = test_holds(work, blob_text(base, earlier[i]));
        if (holds > 0) {
            return 0;
        }
        is_known = is_known && holds == 0;
    }
    int holds = condition->test ? test_holds(work, blob_text(base, condition->test)) : 1;
    return holds == 0 ? 0 : is_known ? holds : -1;
}
