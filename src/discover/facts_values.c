/* Expressions as far as they are literal: parsed to nodes first, so that what turns out unknown leaves nothing behind.
 */
#include <string.h>

#include "base/arena.h"
#include "discover/facts_reader.h"

static uint32_t expression_parse_value(struct facts_reader *reader, unsigned depth);

static const struct token *
current(const struct facts_reader *reader)
{
    return &reader->tokens[reader->at];
}

static bool
is_operator(const struct facts_reader *reader, uint32_t code)
{
    return token_is(current(reader), code);
}

static bool
is_word(const struct facts_reader *reader, const char *word)
{
    return facts_token_is_word(reader, current(reader), word);
}

/* Index 0 is given again and again when there are too many: then the whole is unknown. */
static uint32_t
node_new(struct facts_reader *reader)
{
    if (reader->node_count == VALUE_MAX_NODES) {
        return 0;
    }
    if (reader->node_count == reader->node_capacity) {
        reader->node_capacity = reader->node_capacity ? reader->node_capacity * 2 : 64;
        reader->nodes = memory_resize(reader->nodes, reader->node_capacity * sizeof *reader->nodes);
    }
    reader->nodes[reader->node_count] = (struct value_node){.kind = VALUE_UNKNOWN};
    return reader->node_count++;
}

static void
node_add_child(struct facts_reader *reader, uint32_t parent, uint32_t child)
{
    struct value_node *node = &reader->nodes[parent];

    if (!child) {
        return;
    }
    if (node->last_child) {
        reader->nodes[node->last_child].next = child;
    } else {
        node->first_child = child;
    }
    node->last_child = child;
    if (reader->nodes[child].is_keyword) {
        node->keyword_count++;
    } else {
        node->item_count++;
    }
}

/* The node is all of the source from a token on to the current one, and nothing is known about it. */
static void
node_set_unknown(struct facts_reader *reader, uint32_t index, uint32_t first_token)
{
    const struct token *first = &reader->tokens[first_token];
    uint32_t end = reader->at > first_token ? reader->tokens[reader->at - 1].end : first->start;
    uint32_t length = end - first->start;

    if (length > VALUE_MAX_TEXT) {
        length = VALUE_MAX_TEXT;
        while (length && ((unsigned char)reader->source[first->start + length] & 0xC0) == 0x80) {
            length--;
        }
    }
    reader->nodes[index] = (struct value_node){
        .kind = facts_token_is_word(reader, first, "lambda") ? VALUE_LAMBDA : VALUE_UNKNOWN,
        .text_start = first->start,
        .text_length = length,
    };
    if (reader->node_count < VALUE_MAX_NODES) { /* else it stays full: the whole is unknown */
        reader->node_count = index + 1;
    }
}

/* ---- Skipping ---- */

/* On to what ends an expression outside of brackets: a comma, a closing bracket, `for`, ... */
static void
expression_skip(struct facts_reader *reader)
{
    uint32_t lambda_count = 0; /* whose colon is still to come */

    for (; current(reader)->kind != TOKEN_END; reader->at++) {
        const struct token *token = current(reader);
        if (token_opens(token)) {
            reader->at = facts_token_close(reader, reader->at);
            if (current(reader)->kind == TOKEN_END) {
                return;
            }
        } else if (token->kind == TOKEN_NAME) {
            if (is_word(reader, "lambda")) {
                lambda_count++;
            } else if (is_word(reader, "for") || is_word(reader, "async")) {
                return;
            }
        } else if (token_is(token, OPERATOR1(':')) && lambda_count) {
            lambda_count--;
        } else if (token_closes(token) || token_is(token, OPERATOR1(';')) ||
                   (!lambda_count && (token_is(token, OPERATOR1(',')) || token_is(token, OPERATOR1(':')) ||
                                      token_is(token, OPERATOR1('='))))) {
            return;
        }
    }
}

/* On to the bracket that closes the one that the current token is in. */
static void
brackets_leave(struct facts_reader *reader)
{
    while (current(reader)->kind != TOKEN_END && !token_closes(current(reader))) {
        if (token_opens(current(reader))) {
            reader->at = facts_token_close(reader, reader->at);
            if (current(reader)->kind == TOKEN_END) {
                return;
            }
        }
        reader->at++;
    }
}

static bool
is_value_end(const struct facts_reader *reader)
{
    const struct token *token = current(reader);

    return token->kind == TOKEN_END || token_closes(token) || token_is(token, OPERATOR1(',')) ||
           token_is(token, OPERATOR1(':')) || token_is(token, OPERATOR1('=')) || token_is(token, OPERATOR1(';')) ||
           is_word(reader, "for") || is_word(reader, "async");
}

/* ---- Atoms ---- */

static bool
number_parse(struct facts_reader *reader, uint32_t index)
{
    bool is_negative = false;

    for (; is_operator(reader, OPERATOR1('-')) || is_operator(reader, OPERATOR1('+')); reader->at++) {
        is_negative = is_negative != is_operator(reader, OPERATOR1('-'));
    }
    if (current(reader)->kind != TOKEN_NUMBER) {
        return false;
    }
    return facts_number_read(reader, &reader->tokens[reader->at++], is_negative, &reader->nodes[index]);
}

static bool
strings_parse(struct facts_reader *reader, uint32_t index)
{
    uint32_t first = reader->at;
    bool is_formatted = false;

    for (; current(reader)->kind == TOKEN_STRING || current(reader)->kind == TOKEN_FORMATTED_STRING; reader->at++) {
        is_formatted = is_formatted || current(reader)->kind == TOKEN_FORMATTED_STRING;
    }
    return !is_formatted && facts_strings_read(reader, first, reader->at, &reader->nodes[index]);
}

static bool
constant_parse(struct facts_reader *reader, uint32_t index)
{
    static const struct {
        const char *word;
        enum value_kind kind;
    } CONSTANTS[] = {{"None", VALUE_NONE}, {"True", VALUE_TRUE}, {"False", VALUE_FALSE}};

    for (size_t i = 0; i < COUNT_OF(CONSTANTS); i++) {
        if (is_word(reader, CONSTANTS[i].word)) {
            reader->nodes[index].kind = (uint8_t)CONSTANTS[i].kind;
            reader->at++;
            return true;
        }
    }
    return false;
}

/* "a.b.c": false when a dot is followed by no name. */
static bool
dotted_parse(struct facts_reader *reader, uint32_t index)
{
    struct value_node *node = &reader->nodes[index];
    uint32_t first = reader->at++;

    while (is_operator(reader, OPERATOR1('.'))) {
        reader->at++;
        if (current(reader)->kind != TOKEN_NAME) {
            return false;
        }
        reader->at++;
    }
    node->kind = VALUE_NAME;
    node->text_start = reader->tokens[first].start;
    node->text_length = reader->tokens[reader->at - 1].end - node->text_start;
    uint32_t token_bytes = 0;
    for (uint32_t i = first; i < reader->at; i++) {
        token_bytes += reader->tokens[i].end - reader->tokens[i].start;
    }
    if (token_bytes != node->text_length) { /* there is space between them */
        node->is_decoded = true;
        node->text_start = (uint32_t)reader->decoded.length;
        node->text_length = token_bytes;
        for (uint32_t i = first; i < reader->at; i++) {
            text_add(&reader->decoded, reader->source + reader->tokens[i].start,
                     reader->tokens[i].end - reader->tokens[i].start);
        }
    }
    return true;
}

/* ---- Brackets ---- */

/*
 * Items up to the closing bracket, which is stepped over; false when there is something that makes the number of
 * items unknown.
 */
static bool
items_parse(struct facts_reader *reader, uint32_t index, unsigned depth, bool is_dictionary, bool *has_comma_out)
{
    bool is_known = true;

    while (is_known && !token_closes(current(reader))) {
        is_known = !is_operator(reader, OPERATOR1('*')) && !is_operator(reader, OPERATOR2('*', '*')) &&
                   current(reader)->kind != TOKEN_END;
        if (!is_known) {
            break;
        }
        node_add_child(reader, index, expression_parse_value(reader, depth));
        if (is_dictionary && reader->nodes[index].item_count % 2 == 1) {
            is_known = is_operator(reader, OPERATOR1(':'));
            reader->at += is_known ? 1 : 0;
        } else if (is_operator(reader, OPERATOR1(','))) {
            *has_comma_out = true;
            reader->at++;
        } else {
            is_known = token_closes(current(reader));
        }
    }
    brackets_leave(reader);
    reader->at += current(reader)->kind != TOKEN_END ? 1 : 0;
    return is_known && (!is_dictionary || reader->nodes[index].item_count % 2 == 0);
}

static bool
parentheses_parse(struct facts_reader *reader, uint32_t index, unsigned depth)
{
    bool has_comma = false;

    reader->at++;
    reader->nodes[index].kind = VALUE_TUPLE;
    if (!items_parse(reader, index, depth, false, &has_comma)) {
        return false;
    }
    if (reader->nodes[index].item_count == 1 && !has_comma) {
        struct value_node child = reader->nodes[reader->nodes[index].first_child];
        child.next = reader->nodes[index].next;
        reader->nodes[index] = child;
    }
    return true;
}

static bool
list_parse(struct facts_reader *reader, uint32_t index, unsigned depth)
{
    bool has_comma = false;

    reader->at++;
    reader->nodes[index].kind = VALUE_LIST;
    return items_parse(reader, index, depth, false, &has_comma);
}

/* Whether the braces at the current token hold keys. */
static bool
is_dictionary_display(const struct facts_reader *reader)
{
    uint32_t lambda_count = 0;

    for (uint32_t at = reader->at + 1; at < reader->token_count; at++) {
        const struct token *token = &reader->tokens[at];
        if (token_opens(token)) {
            at = facts_token_close(reader, at);
        } else if (token_is(token, OPERATOR1(':'))) {
            if (!lambda_count) {
                return true;
            }
            lambda_count--;
        } else if (token_closes(token)) {
            return at == reader->at + 1;
        } else if (token_is(token, OPERATOR1(',')) && !lambda_count) {
            return false;
        } else if (facts_token_is_word(reader, token, "lambda")) {
            lambda_count++;
        }
    }
    return false;
}

static bool
braces_parse(struct facts_reader *reader, uint32_t index, unsigned depth)
{
    bool is_dictionary = is_dictionary_display(reader);
    bool has_comma = false;

    reader->at++;
    reader->nodes[index].kind = is_dictionary ? VALUE_DICT : VALUE_SET;
    return items_parse(reader, index, depth, is_dictionary, &has_comma);
}

/* ---- Calls ---- */

/* One argument of a call, the current token being its first; a child of `parent`. */
static void
argument_parse(struct facts_reader *reader, uint32_t parent, unsigned depth)
{
    const uint32_t first = reader->at;
    const struct token *name = NULL;
    bool is_keyword = false;

    if (is_operator(reader, OPERATOR1('*'))) {
        uint32_t index = node_new(reader);
        reader->at++;
        expression_skip(reader);
        if (index) {
            node_set_unknown(reader, index, first);
        }
        node_add_child(reader, parent, index);
        return;
    }
    if (is_operator(reader, OPERATOR2('*', '*'))) {
        is_keyword = true;
        reader->at++;
    } else if (current(reader)->kind == TOKEN_NAME && token_is(current(reader) + 1, OPERATOR1('='))) {
        is_keyword = true;
        name = current(reader);
        reader->at += 2;
    }
    const uint32_t name_start = name ? name->start : 0;
    const uint32_t name_length = name ? name->end - name->start : 0;
    const uint32_t index = expression_parse_value(reader, depth);
    if (!index) {
        return;
    }
    if (!is_keyword && (is_word(reader, "for") || is_word(reader, "async"))) { /* a generator */
        brackets_leave(reader);
        node_set_unknown(reader, index, first);
    }
    reader->nodes[index].is_keyword = is_keyword;
    reader->nodes[index].name_start = name_start;
    reader->nodes[index].name_length = name_length;
    node_add_child(reader, parent, index);
}

static bool
call_parse(struct facts_reader *reader, uint32_t index, unsigned depth)
{
    reader->at++;
    reader->nodes[index].kind = VALUE_CALL;
    while (!token_closes(current(reader))) {
        if (current(reader)->kind == TOKEN_END) {
            return false;
        }
        argument_parse(reader, index, depth);
        if (is_operator(reader, OPERATOR1(','))) {
            reader->at++;
        } else if (!token_closes(current(reader))) {
            brackets_leave(reader);
            reader->at += current(reader)->kind != TOKEN_END ? 1 : 0;
            return false;
        }
    }
    reader->at++;
    return true;
}

static bool
name_parse(struct facts_reader *reader, uint32_t index, unsigned depth)
{
    if (constant_parse(reader, index)) {
        return true;
    }
    if (!facts_token_is_plain_name(reader, current(reader)) || !dotted_parse(reader, index)) {
        return false;
    }
    return !is_operator(reader, OPERATOR1('(')) || (depth < VALUE_MAX_DEPTH && call_parse(reader, index, depth + 1));
}

/* What begins at the current token, as far as it is known how it goes on; false leaves it between brackets, not in. */
static bool
atom_parse(struct facts_reader *reader, uint32_t index, unsigned depth)
{
    const struct token *token = current(reader);

    switch (token->kind) {
    case TOKEN_NUMBER:
        return number_parse(reader, index);
    case TOKEN_STRING:
    case TOKEN_FORMATTED_STRING:
        return strings_parse(reader, index);
    case TOKEN_NAME:
        return name_parse(reader, index, depth);
    case TOKEN_OPERATOR:
        switch (token->operator_code) {
        case OPERATOR1('-'):
        case OPERATOR1('+'):
            return number_parse(reader, index);
        case OPERATOR1('('):
            return depth < VALUE_MAX_DEPTH && parentheses_parse(reader, index, depth + 1);
        case OPERATOR1('['):
            return depth < VALUE_MAX_DEPTH && list_parse(reader, index, depth + 1);
        case OPERATOR1('{'):
            return depth < VALUE_MAX_DEPTH && braces_parse(reader, index, depth + 1);
        case OPERATOR3('.', '.', '.'):
            reader->nodes[index].kind = VALUE_ELLIPSIS;
            reader->at++;
            return true;
        default:
            return false;
        }
    default:
        return false;
    }
}

/* One expression; a node that is unknown where it is none. Stops at what ends it. */
static uint32_t
expression_parse_value(struct facts_reader *reader, unsigned depth)
{
    const uint32_t first = reader->at;
    const uint32_t index = node_new(reader);

    if (!index && reader->node_count == VALUE_MAX_NODES) {
        expression_skip(reader);
        return 0;
    }
    if (!atom_parse(reader, index, depth) || !is_value_end(reader)) {
        expression_skip(reader);
        node_set_unknown(reader, index, first);
    }
    return index;
}

/* ---- From nodes to the blob ---- */

static struct value
node_emit(struct facts_reader *reader, uint32_t index)
{
    const struct value_node node = reader->nodes[index];
    const char *texts = node.is_decoded ? text_string(&reader->decoded) : reader->source;
    struct value value = {.kind = node.kind};
    struct value_keyword keyword = {0};
    uint32_t item = 0;
    uint32_t keyword_at = 0;

    if (node.kind == VALUE_UNKNOWN || (node.kind >= VALUE_INTEGER && node.kind <= VALUE_BYTES) ||
        node.kind >= VALUE_NAME) {
        value.text = node.kind == VALUE_NAME || node.kind == VALUE_CALL
                         ? facts_name_text(reader, texts + node.text_start, node.text_length)
                         : facts_text(reader, texts + node.text_start, node.text_length);
    }
    value.items.count = node.item_count;
    value.keywords.count = node.keyword_count;
    if (node.item_count) {
        value.items.first = blob_reserve(reader->blob, node.item_count * sizeof value);
    }
    if (node.keyword_count) {
        value.keywords.first = blob_reserve(reader->blob, node.keyword_count * sizeof keyword);
    }
    item = value.items.first;
    keyword_at = value.keywords.first;
    for (uint32_t child = node.first_child; child; child = reader->nodes[child].next) {
        const struct value_node *from = &reader->nodes[child];
        keyword.name =
            from->name_length ? facts_name_text(reader, reader->source + from->name_start, from->name_length) : 0;
        keyword.value = node_emit(reader, child);
        if (reader->nodes[child].is_keyword) {
            memcpy(reader->blob->bytes + keyword_at, &keyword, sizeof keyword);
            keyword_at += (uint32_t)sizeof keyword;
        } else {
            memcpy(reader->blob->bytes + item, &keyword.value, sizeof keyword.value);
            item += (uint32_t)sizeof keyword.value;
        }
    }
    return value;
}

static void
nodes_clear(struct facts_reader *reader)
{
    reader->node_count = 0;
    text_clear(&reader->decoded);
}

/* "1, 2" without parentheses, up to a token; false when that is not all there is. */
static bool
bare_tuple_parse(struct facts_reader *reader, uint32_t index, uint32_t end)
{
    reader->nodes[index].kind = VALUE_TUPLE;
    while (reader->at < end) {
        if (is_operator(reader, OPERATOR1('*'))) {
            return false;
        }
        node_add_child(reader, index, expression_parse_value(reader, 1));
        if (reader->at < end && !is_operator(reader, OPERATOR1(','))) {
            return false;
        }
        reader->at += reader->at < end ? 1 : 0;
    }
    return reader->at == end;
}

struct value
facts_value_read(struct facts_reader *reader, uint32_t end, bool allows_tuple)
{
    const uint32_t first = reader->at;
    uint32_t root = 0;
    bool is_known = false;

    nodes_clear(reader);
    root = expression_parse_value(reader, 0);
    is_known = reader->at == end;
    if (allows_tuple && is_operator(reader, OPERATOR1(',')) && reader->at < end) {
        reader->at = first;
        nodes_clear(reader);
        root = node_new(reader);
        is_known = bare_tuple_parse(reader, root, end);
    }
    if (!is_known || reader->node_count == VALUE_MAX_NODES) {
        reader->at = end;
        reader->node_count = 1;
        node_set_unknown(reader, root, first);
        reader->nodes[root].kind = VALUE_UNKNOWN;
    }
    return node_emit(reader, root);
}

void
facts_bases_read(struct facts_reader *reader, struct class_facts *facts)
{
    const uint32_t close = facts_token_close(reader, reader->at);
    uint32_t root = 0;

    nodes_clear(reader);
    root = node_new(reader);
    reader->nodes[root].kind = VALUE_CALL;
    reader->at++;
    while (reader->at < close) {
        const bool is_plain = facts_token_is_plain_name(reader, current(reader));
        const uint32_t first = reader->at;
        facts->has_keywords = facts->has_keywords || is_operator(reader, OPERATOR1('*'));
        if (!is_operator(reader, OPERATOR1('*'))) {
            argument_parse(reader, root, 1);
        } else {
            expression_skip(reader);
        }
        uint32_t last = reader->nodes[root].last_child;
        if (is_plain && last && reader->nodes[last].kind == VALUE_UNKNOWN && !reader->nodes[last].is_keyword &&
            token_is(&reader->tokens[reader->at - 1], OPERATOR1(']'))) {
            uint32_t end = reader->at;
            reader->at = first;
            struct value_node *node = &reader->nodes[last];
            struct value_node unknown = *node;
            node->is_decoded = false;
            if (!dotted_parse(reader, last) || !is_operator(reader, OPERATOR1('[')) ||
                facts_token_close(reader, reader->at) + 1 != end) {
                *node = unknown;
            }
            reader->at = end;
        }
        if (reader->at < close && !is_operator(reader, OPERATOR1(','))) {
            brackets_leave(reader);
        }
        reader->at += reader->at < close ? 1 : 0;
    }
    struct value call = node_emit(reader, root);
    facts->bases = call.items;
    facts->keywords = call.keywords;
    facts->has_keywords = facts->has_keywords || call.keywords.count;
}
