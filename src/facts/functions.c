/* Functions: their parameters, their decorators, and what they hold. */
#include <string.h>

#include "facts/reader.h"

static const char TEST_PREFIX[] = "test"; /* pytest's default for python_functions */
static const char HOOK_PREFIX[] = "pytest_";

uint32_t
facts_subtree_end(const struct facts_reader *reader, uint32_t index)
{
    const struct outline *outline = reader->outline;
    uint32_t end = index + 1;

    while (end < outline->count && outline->entries[end].parent != OUTLINE_NO_PARENT &&
           outline->entries[end].parent >= index) {
        end++;
    }
    return end;
}

uint32_t
facts_column(const struct facts_reader *reader, uint32_t start)
{
    uint32_t at = start;

    while (at > 0 && reader->source[at - 1] != '\n' && reader->source[at - 1] != '\r') {
        at--;
    }
    return start - at;
}

blob_offset
facts_name(const struct facts_reader *reader, uint32_t index)
{
    return reader->definitions[index].name;
}

blob_offset
facts_name_tell(struct facts_reader *reader, uint32_t index)
{
    reader->definitions[index].is_told = true;
    return reader->definitions[index].name;
}

/* ---- Decorators ---- */

struct blob_range
facts_decorators_read(struct facts_reader *reader, uint32_t first, uint32_t end)
{
    const size_t mark = reader->records.length;

    for (uint32_t i = first; i < end; i++) {
        const struct outline_entry *entry = &reader->outline->entries[i];
        struct decorator decorator = {.line = entry->line};
        facts_tokens_read(reader, entry->name_start, entry->end, entry->line);
        const uint32_t start = reader->tokens[0].start;
        decorator.expression = facts_value_read(reader, reader->token_count, false);
        if (decorator.expression.kind != VALUE_NAME && decorator.expression.kind != VALUE_CALL) {
            uint32_t length = entry->end > start ? entry->end - start : 0;
            decorator.expression = (struct value){.kind = VALUE_UNKNOWN};
            decorator.expression.text =
                facts_text(reader, reader->source + start, length < VALUE_MAX_TEXT ? length : VALUE_MAX_TEXT);
        }
        facts_push(reader, &decorator, sizeof decorator);
    }
    return facts_take(reader, mark, sizeof(struct decorator));
}

/* ---- Parameters ---- */

static bool
is_word_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '_' || (unsigned char)byte >= 0x80;
}

/* Those that were pushed since `mark`. */
static struct blob_range
parameters_take(struct facts_reader *reader, size_t mark)
{
    struct parameter last;
    char *place = NULL;

    if (reader->records.length > mark) {
        place = reader->records.bytes + reader->records.length - sizeof last;
        memcpy(&last, place, sizeof last);
        last.is_last = 1;
        memcpy(place, &last, sizeof last);
    }
    return facts_take(reader, mark, sizeof last);
}

/* Names and commas, as most parameters are, without a lexer. False: nothing was read. */
static bool
plain_parameters_read(struct facts_reader *reader, const struct outline_entry *entry, struct blob_range *range_out)
{
    const char *source = reader->source;
    const size_t mark = reader->records.length;
    uint32_t at = entry->name_start + entry->name_length;

    if (at >= entry->end || source[at++] != '(') {
        return false;
    }
    for (;;) {
        while (source[at] == ' ') { /* the head ends with a colon */
            at++;
        }
        uint32_t start = at;
        while (is_word_byte(source[at])) {
            at++;
        }
        if (at > start) {
            struct parameter parameter = {.kind = PARAMETER_PLAIN};
            parameter.name = facts_name_text(reader, source + start, at - start);
            facts_push(reader, &parameter, sizeof parameter);
        }
        if (source[at] == ')') {
            break;
        }
        if (source[at] != ',' || at == start) {
            reader->records.length = mark;
            return false;
        }
        at++;
    }
    *range_out = parameters_take(reader, mark);
    return true;
}

/* Over an annotation and a default; whether there was a default. */
static bool
parameter_rest_skip(struct facts_reader *reader, uint32_t close)
{
    uint32_t lambda_count = 0;
    bool has_default = false;

    for (; reader->at < close; reader->at++) {
        const struct token *token = &reader->tokens[reader->at];
        if (token_opens(token)) {
            reader->at = facts_token_close(reader, reader->at);
        } else if (facts_token_is_word(reader, token, "lambda")) {
            lambda_count++;
        } else if (lambda_count) {
            lambda_count -= token_is(token, OPERATOR1(':')) ? 1 : 0;
        } else if (token_is(token, OPERATOR1(','))) {
            break;
        } else if (token_is(token, OPERATOR1('='))) {
            has_default = true;
        }
    }
    return has_default;
}

/* All parameters so far are positional-only: a slash followed them. */
static void
parameters_set_positional(struct facts_reader *reader, size_t mark)
{
    struct parameter parameter;

    for (size_t at = mark; at < reader->records.length; at += sizeof parameter) {
        memcpy(&parameter, reader->records.bytes + at, sizeof parameter);
        parameter.kind = PARAMETER_POSITIONAL_ONLY;
        memcpy(reader->records.bytes + at, &parameter, sizeof parameter);
    }
}

static struct blob_range
parameters_read(struct facts_reader *reader, const struct outline_entry *entry)
{
    const size_t mark = reader->records.length;
    enum parameter_kind kind = PARAMETER_PLAIN;
    uint32_t open = 0;

    facts_tokens_read(reader, entry->name_start, entry->end, entry->line);
    open = token_is(&reader->tokens[1], OPERATOR1('[')) ? facts_token_close(reader, 1) + 1 : 1;
    if (open >= reader->token_count || !token_is(&reader->tokens[open], OPERATOR1('('))) {
        return (struct blob_range){0};
    }
    const uint32_t close = facts_token_close(reader, open);
    for (reader->at = open + 1; reader->at < close; reader->at++) {
        const struct token *token = &reader->tokens[reader->at];
        enum parameter_kind own_kind = kind;
        if (token_is(token, OPERATOR1('/'))) {
            parameters_set_positional(reader, mark);
        } else if (token_is(token, OPERATOR1('*'))) {
            kind = PARAMETER_KEYWORD_ONLY;
            own_kind = PARAMETER_STAR;
            token++;
        } else if (token_is(token, OPERATOR2('*', '*'))) {
            own_kind = PARAMETER_STAR_STAR;
            token++;
        }
        if (token->kind == TOKEN_NAME) {
            struct parameter parameter = {.name = facts_token_text(reader, token), .kind = (uint16_t)own_kind};
            parameter.has_default = parameter_rest_skip(reader, close);
            facts_push(reader, &parameter, sizeof parameter);
        } else {
            parameter_rest_skip(reader, close);
        }
    }
    return parameters_take(reader, mark);
}

/* ---- Functions ---- */

static bool
name_begins(const struct facts_reader *reader, const struct outline_entry *entry, const char *prefix)
{
    size_t length = strlen(prefix);

    return entry->name_length >= length && memcmp(reader->source + entry->name_start, prefix, length) == 0;
}

static struct blob_range
inner_read(struct facts_reader *reader, uint32_t index, unsigned depth)
{
    const size_t mark = reader->records.length;
    const uint32_t end = facts_subtree_end(reader, index);
    uint32_t first_decorator = UINT32_MAX;

    for (uint32_t i = index + 1; i < end; i++) {
        const struct outline_entry *entry = &reader->outline->entries[i];
        if (entry->parent != index) {
            continue;
        }
        if (entry->kind == OUTLINE_DECORATOR) {
            first_decorator = first_decorator < i ? first_decorator : i;
            continue;
        }
        if (entry->kind == OUTLINE_FUNCTION) {
            struct function_facts facts =
                facts_function_read(reader, i, first_decorator < i ? first_decorator : i, false, depth + 1);
            facts_push(reader, &facts, sizeof facts);
        }
        first_decorator = UINT32_MAX;
    }
    return facts_take(reader, mark, sizeof(struct function_facts));
}

/* What only some functions have; 0 when it has none of it. */
static blob_offset
details_read(struct facts_reader *reader, uint32_t index, uint32_t first_decorator, unsigned depth,
             const struct function_facts *facts, struct blob_range parameters)
{
    const struct outline_entry *entry = &reader->outline->entries[index];
    struct function_details details = {.returned_name = 0};

    if (first_decorator < index) {
        details.decorators = facts_decorators_read(reader, first_decorator, index);
        details.first_line = details.decorators.count ? reader->outline->entries[first_decorator].line : 0;
    }
    if (!(facts->flags & FUNCTION_IS_METHOD) && !name_begins(reader, entry, TEST_PREFIX) && depth < INNER_MAX_DEPTH) {
        details.inner = inner_read(reader, index, depth);
        if (parameters.count || details.inner.count) {
            details.returned_name = facts_returned_name(reader, index, parameters);
        }
    }
    if (details.returned_name || (name_begins(reader, entry, HOOK_PREFIX) && !depth)) {
        details.words = facts_words_read(reader, index);
    }
    if (!details.decorators.count && !details.words.count && !details.inner.count && !details.returned_name) {
        return 0;
    }
    return blob_add(reader->blob, &details, sizeof details);
}

struct function_facts
facts_function_read(struct facts_reader *reader, uint32_t index, uint32_t first_decorator, bool is_method,
                    unsigned depth)
{
    const struct outline_entry *entry = &reader->outline->entries[index];
    const uint32_t column = facts_column(reader, entry->start);
    struct blob_range parameters = {0};
    struct function_facts facts = {
        .name = facts_name_tell(reader, index),
        .line = entry->line,
        .end_line = entry->end_line,
        .column = (uint16_t)(column < UINT16_MAX ? column : UINT16_MAX),
    };

    facts.flags =
        (uint8_t)((entry->flags & OUTLINE_ASYNC ? FUNCTION_ASYNC : 0) |
                  (entry->flags & OUTLINE_HAS_YIELD ? FUNCTION_HAS_YIELD : 0) | (is_method ? FUNCTION_IS_METHOD : 0));
    if (!plain_parameters_read(reader, entry, &parameters)) {
        parameters = parameters_read(reader, entry);
    }
    facts.parameters = parameters.first;
    facts.details = details_read(reader, index, first_decorator, depth, &facts, parameters);
    return facts;
}
