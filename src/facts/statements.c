/* Simple statements of modules and classes: what they bind, and what else they do. */
#include <string.h>

#include "facts/reader.h"

static bool
is_word(const struct facts_reader *reader, uint32_t at, const char *word)
{
    return facts_token_is_word(reader, &reader->tokens[at], word);
}

void
facts_bind(struct facts_reader *reader, const struct context *context, enum binding_kind kind, blob_offset name,
           uint32_t line, blob_offset target)
{
    struct binding binding = {
        .name = name,
        .kind = (uint16_t)kind,
        .flags = context->flags,
        .line = line,
        .target = target,
        .condition = context->condition,
    };

    facts_push(reader, &binding, sizeof binding);
    text_add(&reader->bound, (const char *)&name, sizeof name);
}

/* ---- Targets ---- */

/* The index behind the names and dots that begin at `at`. */
static uint32_t
dotted_end(const struct facts_reader *reader, uint32_t at, uint32_t end)
{
    at++;
    while (at + 1 < end && token_is(&reader->tokens[at], OPERATOR1('.')) && reader->tokens[at + 1].kind == TOKEN_NAME) {
        at += 2;
    }
    return at;
}

static bool
is_target_end(const struct facts_reader *reader, uint32_t at, uint32_t end)
{
    return at >= end || token_is(&reader->tokens[at], OPERATOR1(',')) || token_closes(&reader->tokens[at]);
}

/* Binds the name at `at`, or changes the attribute there. */
static void
name_bind(struct facts_reader *reader, uint32_t at, uint32_t end, enum binding_kind kind, blob_offset target,
          const struct context *context)
{
    uint32_t line = reader->tokens[at].line;

    if (end == at + 1) {
        facts_bind(reader, context, kind, facts_token_text(reader, &reader->tokens[at]), line, target);
    } else {
        facts_bind(reader, context, BINDING_ATTRIBUTE, facts_dotted_text(reader, at, end), line, target);
    }
}

/* A subscript or call behind the name is the target: what the name stands for changes. */
static void
part_bind(struct facts_reader *reader, uint32_t at, uint32_t end, const struct context *context)
{
    blob_offset dotted = facts_dotted_text(reader, at, end);
    struct text text = {0};

    text_add(&text, blob_text(reader->blob->bytes, dotted), blob_text_length(reader->blob->bytes, dotted));
    text_add_string(&text, ".[]");
    facts_bind(reader, context, BINDING_ATTRIBUTE, facts_text(reader, text.bytes, text.length), reader->tokens[at].line,
               0);
    text_release(&text);
}

void
facts_targets_bind(struct facts_reader *reader, uint32_t first, uint32_t end, enum binding_kind kind,
                   const struct context *context)
{
    uint32_t at = first;

    while (at < end) {
        const struct token *token = &reader->tokens[at];
        if (token_opens(token) || token_closes(token) || token_is(token, OPERATOR1(',')) ||
            token_is(token, OPERATOR1('*'))) {
            at++; /* elements of a tuple follow, or the next one does */
            continue;
        }
        if (facts_token_is_plain_name(reader, token)) {
            uint32_t name_end = dotted_end(reader, at, end);
            if (is_target_end(reader, name_end, end)) {
                name_bind(reader, at, name_end, kind, 0, context);
                at = name_end;
                continue;
            }
            part_bind(reader, at, name_end, context);
        }
        /* a[b] and a().b bind no name. */
        while (!is_target_end(reader, at, end)) {
            at = token_opens(&reader->tokens[at]) ? facts_token_close(reader, at) + 1 : at + 1;
        }
    }
}

/* One target of an assignment whose value is at `value`: a sole name gets it. */
static void
target_bind(struct facts_reader *reader, uint32_t first, uint32_t end, blob_offset value, const struct context *context)
{
    while (end > first + 2 && token_is(&reader->tokens[first], OPERATOR1('(')) &&
           facts_token_close(reader, first) == end - 1) {
        first++;
        end--;
    }
    if (first < end && facts_token_is_plain_name(reader, &reader->tokens[first]) &&
        dotted_end(reader, first, end) == end) {
        name_bind(reader, first, end, BINDING_VALUE, value, context);
    } else {
        facts_targets_bind(reader, first, end, BINDING_UNKNOWN, context);
    }
}

/* ---- What all statements may hold ---- */

static bool
is_attribute(const struct facts_reader *reader, uint32_t at)
{
    return at > 0 && token_is(&reader->tokens[at - 1], OPERATOR1('.'));
}

/* Behind "NAME.", which stands at the statement's start or behind what is no dot. */
static bool
is_attribute_of(const struct facts_reader *reader, uint32_t at, const char *name)
{
    return at > 1 && is_attribute(reader, at) && is_word(reader, at - 2, name) &&
           (at == 2 || !is_attribute(reader, at - 2));
}

static bool
is_called(const struct facts_reader *reader, uint32_t at)
{
    return token_is(&reader->tokens[at + 1], OPERATOR1('('));
}

static bool
is_one_of(const struct facts_reader *reader, uint32_t at, const char *const *words)
{
    for (; *words; words++) {
        if (is_word(reader, at, *words)) {
            return true;
        }
    }
    return false;
}

static unsigned
word_flags(const struct facts_reader *reader, uint32_t at)
{
    static const char *const NAMESPACES[] = {"globals", "locals", "exec", "eval", "setattr", "delattr", NULL};
    static const char *const ENDS[] = {"skip", "importorskip", "exit", "fail", "xfail", NULL};

    if (is_attribute(reader, at)) {
        if (is_word(reader, at, "__dict__") || (is_word(reader, at, "modules") && is_attribute_of(reader, at, "sys"))) {
            return SCOPE_TOUCHES_NAMESPACE;
        }
        bool is_end = (is_attribute_of(reader, at, "pytest") && is_one_of(reader, at, ENDS)) ||
                      (is_attribute_of(reader, at, "sys") && is_word(reader, at, "exit"));
        return is_end && is_called(reader, at) ? SCOPE_SKIPS : 0;
    }
    if (is_one_of(reader, at, NAMESPACES) || (is_word(reader, at, "vars") && is_called(reader, at))) {
        return token_is(&reader->tokens[at + 1], OPERATOR1('=')) ? 0 : SCOPE_TOUCHES_NAMESPACE;
    }
    return (is_one_of(reader, at, ENDS) || is_word(reader, at, "quit")) && is_called(reader, at) ? SCOPE_SKIPS : 0;
}

/* A skip that only an exception leads to is told apart. */
static unsigned
skip_flag(const struct context *context, unsigned flags)
{
    return (flags & SCOPE_SKIPS) && (context->flags & BINDING_IN_EXCEPT)
               ? (flags & ~(unsigned)SCOPE_SKIPS) | SCOPE_SKIPS_IN_EXCEPT
               : flags;
}

void
facts_tokens_note(struct facts_reader *reader, const struct context *context)
{
    const bool is_run = !(context->flags & BINDING_TYPE_CHECKING);

    facts_uses_note(reader, context);
    for (uint32_t at = 0; at < reader->token_count; at++) {
        const struct token *token = &reader->tokens[at];
        if (token_is(token, OPERATOR2(':', '=')) && at && facts_token_is_plain_name(reader, token - 1)) {
            name_bind(reader, at - 1, at, BINDING_UNKNOWN, 0, context);
        } else if (token->kind == TOKEN_NAME && is_run) {
            context->scope->flags |= skip_flag(context, word_flags(reader, at));
        }
    }
}

/* ---- Statements ---- */

/* Where the signs stand that make a statement an assignment. */
struct assignment {
    uint32_t colon;  /* of an annotation; or the number of tokens */
    uint32_t equals; /* the first `=` or augmented one */
    uint32_t last;   /* the last `=` */
    bool is_augmented;
};

static struct assignment
assignment_find(const struct facts_reader *reader)
{
    const uint32_t count = reader->token_count;
    struct assignment found = {.colon = count, .equals = count, .last = count};
    uint32_t lambda_count = 0;

    for (uint32_t at = 0; at < count; at++) {
        const struct token *token = &reader->tokens[at];
        if (token_opens(token)) {
            at = facts_token_close(reader, at);
        } else if (is_word(reader, at, "lambda")) {
            lambda_count++;
        } else if (token_is(token, OPERATOR1(':'))) {
            if (lambda_count) {
                lambda_count--;
            } else if (found.colon == count && found.equals == count) {
                found.colon = at;
            }
        } else if (!lambda_count && (token_is(token, OPERATOR1('=')) || token_is_augmented(token))) {
            found.is_augmented = !token_is(token, OPERATOR1('='));
            found.equals = found.equals == count ? at : found.equals;
            found.last = at;
            if (found.is_augmented) {
                break;
            }
        }
    }
    return found;
}

/* `name: annotation` in a class. */
static void
annotation_note(struct facts_reader *reader, const struct assignment *found, const struct context *context)
{
    if (found->colon != 1 || !facts_token_is_plain_name(reader, &reader->tokens[0])) {
        return;
    }
    reader->at = found->colon + 1;
    const struct value value = facts_value_read(reader, found->equals, true);
    facts_bind(reader, context, BINDING_ANNOTATION, facts_token_text(reader, &reader->tokens[0]),
               reader->tokens[0].line, blob_add(reader->blob, &value, sizeof value));
}

static void
assignment_read(struct facts_reader *reader, const struct assignment *found, const struct context *context)
{
    const uint32_t targets_end = found->colon < found->equals ? found->colon : found->equals;
    struct value value = {0};
    blob_offset offset = 0;

    if (found->colon < found->equals && context->scope->is_class) {
        annotation_note(reader, found, context);
    }
    if (found->equals == reader->token_count) {
        return; /* an annotation alone */
    }
    if (found->is_augmented) {
        facts_targets_bind(reader, 0, found->equals, BINDING_UNKNOWN, context);
        return;
    }
    reader->at = found->last + 1;
    value = facts_value_read(reader, reader->token_count, true);
    offset = blob_add(reader->blob, &value, sizeof value);
    target_bind(reader, 0, targets_end, offset, context);
    for (uint32_t equals = found->equals; equals < found->last;) {
        uint32_t end = equals + 1;
        while (end < found->last && !token_is(&reader->tokens[end], OPERATOR1('='))) {
            end = token_opens(&reader->tokens[end]) ? facts_token_close(reader, end) + 1 : end + 1;
        }
        target_bind(reader, equals + 1, end, offset, context);
        equals = end;
    }
}

/* The dotted name that ends at `at` and begins no earlier than at a keyword or an operator; `at` + 1 for none. */
static uint32_t
dotted_start(const struct facts_reader *reader, uint32_t at)
{
    uint32_t first = at;

    if (!facts_token_is_plain_name(reader, &reader->tokens[at]) && !is_attribute(reader, at)) {
        return at + 1;
    }
    while (first > 1 && is_attribute(reader, first)) {
        if (reader->tokens[first - 2].kind != TOKEN_NAME) {
            return at + 1;
        }
        first -= 2;
    }
    return first;
}

static void
call_add(struct facts_reader *reader, blob_offset name)
{
    const size_t count = reader->calls.length / sizeof name;

    /* Distinct among the last ones: enough, and linear. */
    for (size_t i = count > 32 ? count - 32 : 0; i < count; i++) {
        if (memcmp(reader->calls.bytes + i * sizeof name, &name, sizeof name) == 0) {
            return;
        }
    }
    text_add(&reader->calls, (const char *)&name, sizeof name);
}

/* Something is called: by this name, or by none. */
static void
call_note(struct facts_reader *reader, struct scope *scope, blob_offset name)
{
    scope->flags |= SCOPE_CALLS | (name ? 0U : (unsigned)SCOPE_CALLS_UNNAMED);
    if (name && !scope->is_class) {
        call_add(reader, name);
    }
}

static bool
is_word_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '_' || (unsigned char)byte >= 0x80;
}

/* f"{len(x)}": whatever stands before a parenthesis in it, also where that is only text. */
static void
formatted_calls_read(struct facts_reader *reader, const struct token *token, struct scope *scope)
{
    uint32_t word = token->start; /* of the dotted name that ends here */

    for (uint32_t at = token->start; at < token->end; at++) {
        char byte = reader->source[at];
        if (byte == '(' && at > token->start) {
            char before = reader->source[at - 1];
            if (word < at && reader->source[word] != '.') {
                if (!facts_word_is_keyword(reader->source + word, at - word)) {
                    call_note(reader, scope, facts_text(reader, reader->source + word, at - word));
                }
            } else if (word < at || before == ')' || before == ']') {
                call_note(reader, scope, 0);
            }
        }
        if (!is_word_byte(byte) && byte != '.') {
            word = at + 1;
        }
    }
}

/* An expression statement: what it calls. */
static void
calls_read(struct facts_reader *reader, struct scope *scope)
{
    for (uint32_t at = 0; at < reader->token_count; at++) {
        const struct token *token = &reader->tokens[at];
        if (token->kind == TOKEN_FORMATTED_STRING) {
            formatted_calls_read(reader, token, scope);
        }
        if (at == 0 || !token_is(token, OPERATOR1('('))) {
            continue;
        }
        if (token[-1].kind == TOKEN_NAME) {
            uint32_t first = dotted_start(reader, at - 1);
            if (first < at) {
                call_note(reader, scope, facts_dotted_text(reader, first, at));
            } else if (is_attribute(reader, at - 1)) {
                call_note(reader, scope, 0);
            }
        } else if (token_closes(token - 1)) {
            call_note(reader, scope, 0);
        }
    }
}

/* Whether what stands there begins as a constant that is false. */
static bool
is_never_true(const struct facts_reader *reader, uint32_t at)
{
    static const char *const WORDS[] = {"False", "None", "not", "0", NULL};
    const struct token *token = &reader->tokens[at];

    for (const char *const *word = WORDS; *word; word++) {
        if (token->end - token->start == strlen(*word) &&
            memcmp(reader->source + token->start, *word, strlen(*word)) == 0) {
            return true;
        }
    }
    return false;
}

/* Statements that begin with a keyword; false: it is none of them. */
static bool
keyword_statement_read(struct facts_reader *reader, const struct context *context)
{
    const bool is_run = !(context->flags & BINDING_TYPE_CHECKING);

    if (is_word(reader, 0, "type") && facts_token_is_plain_name(reader, &reader->tokens[1])) {
        facts_bind(reader, context, BINDING_UNKNOWN, facts_token_text(reader, &reader->tokens[1]),
                   reader->tokens[0].line, 0);
        return true;
    }
    if (reader->tokens[0].kind != TOKEN_NAME || facts_token_is_plain_name(reader, &reader->tokens[0])) {
        return false;
    }
    if (is_word(reader, 0, "del")) {
        facts_targets_bind(reader, 1, reader->token_count, BINDING_DELETED, context);
    } else if (is_word(reader, 0, "raise")) {
        context->scope->flags |= is_run ? skip_flag(context, SCOPE_SKIPS) : 0;
    } else if (is_word(reader, 0, "assert") && is_never_true(reader, 1)) {
        context->scope->flags |= is_run ? skip_flag(context, SCOPE_SKIPS) : 0;
    } else if (is_word(reader, 0, "global") || is_word(reader, 0, "nonlocal")) {
        context->scope->flags |= context->scope->is_class ? SCOPE_TOUCHES_NAMESPACE : 0;
    } else {
        static const char *const OTHERS[] = {"pass", "assert", "break", "continue", "return", NULL};
        return is_one_of(reader, 0, OTHERS);
    }
    return true;
}

void
facts_statement_read(struct facts_reader *reader, uint32_t index, const struct context *context)
{
    const struct outline_entry *entry = &reader->outline->entries[index];

    facts_tokens_read(reader, entry->start, entry->end, entry->line);
    if (!reader->token_count) {
        return;
    }
    if (facts_statement_is_lazy_import(reader)) {
        facts_import_bind(reader, index, context);
        return;
    }
    facts_tokens_note(reader, context);
    if (keyword_statement_read(reader, context)) {
        return;
    }
    const struct assignment found = assignment_find(reader);
    if (found.colon < reader->token_count || found.equals < reader->token_count) {
        assignment_read(reader, &found, context);
    } else if (!(context->flags & BINDING_TYPE_CHECKING)) {
        calls_read(reader, context->scope);
    }
}
