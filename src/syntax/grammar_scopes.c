/*
 * Where names are declared global or nonlocal: not behind a use in the same scope, not for parameters, and nonlocal
 * only what a function around binds. Kept as a list of events, in the order of the source.
 */
#include <string.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/text.h"
#include "syntax/grammar_parser.h"

#define NO_SCOPE UINT32_MAX

struct name_event {
    uint32_t scope; /* NO_SCOPE: a comprehension's */
    uint32_t start, length;
    uint32_t line;
    uint32_t hash;
    uint8_t use; /* enum name_use */
    bool may_be_target;
};

struct scope_record {
    uint32_t parent; /* NO_SCOPE: none */
    enum scope_kind kind;
};

struct scopes {
    const char *source;
    struct text records; /* struct scope_record */
    struct text events;  /* struct name_event */
    uint32_t current;
    const char *doubt;
    uint32_t doubt_line;
    size_t steps; /* so that it stays linear */
};

enum { MOST_STEPS = 20 * 1000 * 1000 };

static struct name_event *
event_at(const struct scopes *scopes, uint32_t index)
{
    return (struct name_event *)(void *)scopes->events.bytes + index;
}

static const struct scope_record *
record_at(const struct scopes *scopes, uint32_t scope)
{
    return (const struct scope_record *)(const void *)scopes->records.bytes + scope;
}

static void
doubt(struct scopes *scopes, const char *text, uint32_t line)
{
    if (!scopes->doubt) {
        scopes->doubt = text;
        scopes->doubt_line = line;
    }
}

struct scopes *
scopes_new(const char *source)
{
    struct scopes *scopes = memory_alloc_zeroed(sizeof *scopes);

    scopes->source = source;
    scopes->current = NO_SCOPE;
    scopes_enter(scopes, scopes_open(scopes, SCOPE_OF_MODULE));
    return scopes;
}

void
scopes_free(struct scopes *scopes)
{
    if (scopes) {
        text_release(&scopes->records);
        text_release(&scopes->events);
        memory_free(scopes);
    }
}

uint32_t
scopes_open(struct scopes *scopes, enum scope_kind kind)
{
    const struct scope_record record = {.parent = scopes->current, .kind = kind};

    text_add(&scopes->records, (const char *)&record, sizeof record);
    return (uint32_t)(scopes->records.length / sizeof record) - 1;
}

void
scopes_enter(struct scopes *scopes, uint32_t scope)
{
    scopes->current = scope;
}

void
scopes_leave(struct scopes *scopes)
{
    scopes->current = record_at(scopes, scopes->current)->parent;
}

/* ---- Events ---- */

uint32_t
scopes_event_count(const struct scopes *scopes)
{
    return (uint32_t)(scopes->events.length / sizeof(struct name_event));
}

void
scopes_forget(struct scopes *scopes, uint32_t event_count)
{
    scopes->events.length = event_count * sizeof(struct name_event);
}

static bool
is_same_name(const struct scopes *scopes, const struct name_event *a, const struct name_event *b)
{
    return a->hash == b->hash && a->length == b->length &&
           memcmp(scopes->source + a->start, scopes->source + b->start, a->length) == 0;
}

/* A declaration: nothing of the scope before it may name the same, but a declaration like it. */
static void
check_declaration(struct scopes *scopes, const struct name_event *declared)
{
    const uint32_t count = scopes_event_count(scopes);

    for (uint32_t i = count; i-- > 0 && scopes->steps < MOST_STEPS;) {
        const struct name_event *event = event_at(scopes, i);
        scopes->steps++;
        if (event->scope == declared->scope && is_same_name(scopes, event, declared) && event->use != declared->use) {
            doubt(scopes, "a name that is declared global or nonlocal behind its use", declared->line);
            return;
        }
    }
}

static void
add_event(struct scopes *scopes, uint32_t scope, const struct token *name, enum name_use use)
{
    struct name_event event = {.scope = scope,
                               .start = name->start,
                               .length = name->end - name->start,
                               .line = name->line,
                               .use = (uint8_t)use,
                               .may_be_target = use == NAME_USED};

    event.hash = event.length;
    for (uint32_t i = 0; i < event.length; i++) {
        event.hash = (event.hash ^ (unsigned char)scopes->source[event.start + i]) * 0x01000193U;
    }
    if (use == NAME_GLOBAL || use == NAME_NONLOCAL) {
        check_declaration(scopes, &event);
    }
    text_add(&scopes->events, (const char *)&event, sizeof event);
}

void
scopes_use(struct scopes *scopes, const struct token *name, enum name_use use)
{
    if (use == NAME_NONLOCAL && record_at(scopes, scopes->current)->kind == SCOPE_OF_MODULE) {
        doubt(scopes, "nonlocal outside of functions", name->line);
    }
    add_event(scopes, scopes->current, name, use);
}

void
scopes_add_parameter(struct scopes *scopes, uint32_t scope, const struct token *name)
{
    add_event(scopes, scope, name, NAME_BOUND);
}

void
scopes_keep_from_binding(struct scopes *scopes, uint32_t first)
{
    for (uint32_t i = first; i < scopes_event_count(scopes); i++) {
        event_at(scopes, i)->may_be_target = false;
    }
}

void
scopes_bind(struct scopes *scopes, uint32_t first)
{
    for (uint32_t i = first; i < scopes_event_count(scopes); i++) {
        struct name_event *event = event_at(scopes, i);
        if (event->may_be_target && event->scope == scopes->current) {
            event->use = NAME_BOUND;
        }
        event->may_be_target = false;
    }
}

void
scopes_hide(struct scopes *scopes, uint32_t first, uint32_t outer_first, uint32_t outer_end)
{
    for (uint32_t i = first; i < scopes_event_count(scopes); i++) {
        struct name_event *event = event_at(scopes, i);
        event->may_be_target = false;
        if (event->scope == scopes->current && event->use != NAME_WALRUS && (i < outer_first || i >= outer_end)) {
            event->scope = NO_SCOPE;
        }
    }
}

void
scopes_annotate(struct scopes *scopes, uint32_t first)
{
    const uint32_t count = scopes_event_count(scopes);

    for (uint32_t k = first; k < count; k++) {
        const struct name_event *target = event_at(scopes, k);
        for (uint32_t i = 0; target->may_be_target && i < first && scopes->steps < MOST_STEPS; i++) {
            const struct name_event *event = event_at(scopes, i);
            scopes->steps++;
            if (event->scope == target->scope && (event->use == NAME_GLOBAL || event->use == NAME_NONLOCAL) &&
                is_same_name(scopes, event, target)) {
                doubt(scopes, "an annotated name that is declared global or nonlocal", target->line);
            }
        }
    }
}

/* ---- When all is read ---- */

/* How the scope itself has the name: bound, declared, or only used. */
static enum name_use
use_in(struct scopes *scopes, uint32_t scope, const struct name_event *name)
{
    enum name_use use = NAME_USED;

    for (uint32_t i = 0; i < scopes_event_count(scopes) && scopes->steps < MOST_STEPS; i++) {
        const struct name_event *event = event_at(scopes, i);
        scopes->steps++;
        if (event->scope != scope || event->use == NAME_USED || !is_same_name(scopes, event, name)) {
            continue;
        }
        if (event->use == NAME_GLOBAL || event->use == NAME_NONLOCAL) {
            return (enum name_use)event->use;
        }
        use = NAME_BOUND;
    }
    return use;
}

/* Whether a function around the scope binds the name. */
static bool
is_bound_around(struct scopes *scopes, const struct name_event *name)
{
    for (uint32_t scope = record_at(scopes, name->scope)->parent; scope != NO_SCOPE;
         scope = record_at(scopes, scope)->parent) {
        if (record_at(scopes, scope)->kind != SCOPE_OF_FUNCTION) {
            continue;
        }
        enum name_use use = use_in(scopes, scope, name);
        if (use == NAME_BOUND || use == NAME_GLOBAL) {
            return use == NAME_BOUND;
        }
    }
    return false;
}

const char *
scopes_judge(struct scopes *scopes, uint32_t *line_out)
{
    for (uint32_t i = 0; i < scopes_event_count(scopes) && !scopes->doubt; i++) {
        const struct name_event *event = event_at(scopes, i);
        if (event->use == NAME_NONLOCAL && event->scope != NO_SCOPE && !is_bound_around(scopes, event)) {
            doubt(scopes, "a nonlocal name that no function around binds", event->line);
        }
    }
    if (scopes->steps >= MOST_STEPS) {
        doubt(scopes, "very many names that are declared global or nonlocal", 1);
    }
    *line_out = scopes->doubt ? scopes->doubt_line : *line_out;
    return scopes->doubt;
}
