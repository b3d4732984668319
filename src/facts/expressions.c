/* Expressions as far as they are literal, to nodes: what turns out unknown leaves nothing behind. */
#include "base/arena.h"
#include "base/utf8.h"
#include "facts/reader.h"

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
uint32_t
facts_node_new(struct facts_reader *reader)
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

void
facts_node_add(struct facts_reader *reader, uint32_t parent, uint32_t child)
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
void
facts_node_set_unknown(struct facts_reader *reader, uint32_t index, uint32_t first_token)
{
    const struct token *first = &reader->tokens[first_token];
    uint32_t end = reader->at > first_token ? reader->tokens[reader->at - 1].end : first->start;
    uint32_t length = end - first->start;

    if (length > VALUE_MAX_TEXT) {
        length = VALUE_MAX_TEXT;
        while (length && utf8_is_tail(reader->source[first->start + length])) {
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
void
facts_expression_skip(struct facts_reader *reader)
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
void
facts_brackets_leave(struct facts_reader *reader)
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
bool
facts_dotted_parse(struct facts_reader *reader, uint32_t index)
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

/* What items_parse() found: all of them, not how many there are, or no items at all. */
enum items { ITEMS_KNOWN, ITEMS_UNKNOWN, ITEMS_BROKEN };

/* Items up to the closing bracket, which is stepped over. In a dictionary a colon follows every other one. */
static enum items
items_parse(struct facts_reader *reader, uint32_t index, unsigned depth, bool is_dictionary, bool *has_comma_out)
{
    enum items found = ITEMS_KNOWN;

    while (found == ITEMS_KNOWN && !token_closes(current(reader))) {
        if (current(reader)->kind == TOKEN_END) {
            return ITEMS_BROKEN;
        }
        if (is_operator(reader, OPERATOR1('*')) || is_operator(reader, OPERATOR2('*', '*'))) {
            found = ITEMS_UNKNOWN;
            break;
        }
        facts_node_add(reader, index, facts_expression_parse(reader, depth));
        if (is_word(reader, "for") || is_word(reader, "async")) {
            found = ITEMS_UNKNOWN;
        } else if (is_dictionary && reader->nodes[index].item_count % 2 == 1) {
            found = is_operator(reader, OPERATOR1(':')) ? ITEMS_KNOWN : ITEMS_BROKEN;
            reader->at += found == ITEMS_KNOWN ? 1 : 0;
        } else if (is_operator(reader, OPERATOR1(','))) {
            *has_comma_out = true;
            reader->at++;
        } else {
            found = token_closes(current(reader)) ? ITEMS_KNOWN : ITEMS_BROKEN;
        }
    }
    facts_brackets_leave(reader);
    reader->at += current(reader)->kind != TOKEN_END ? 1 : 0;
    return found == ITEMS_KNOWN && is_dictionary && reader->nodes[index].item_count % 2 ? ITEMS_BROKEN : found;
}

static bool
is_star_behind(const struct facts_reader *reader, uint32_t open)
{
    return token_is(&reader->tokens[open + 1], OPERATOR1('*'));
}

/* The brackets at the current token; false when it is not known what they make. */
static bool
display_parse(struct facts_reader *reader, uint32_t index, unsigned depth, enum value_kind kind)
{
    const uint32_t first = reader->at++;
    bool has_comma = false;

    reader->nodes[index].kind = (uint8_t)kind;
    enum items found = items_parse(reader, index, depth, kind == VALUE_DICT, &has_comma);
    if (found == ITEMS_UNKNOWN) {
        /* (x for x in y) is a generator, and has a name. */
        bool is_tuple = kind == VALUE_TUPLE && (has_comma || is_star_behind(reader, first));
        facts_node_set_unknown(reader, index, first);
        reader->nodes[index].kind = kind == VALUE_TUPLE && !is_tuple ? VALUE_UNKNOWN : VALUE_CONTAINER;
        return kind != VALUE_TUPLE || is_tuple;
    }
    if (found == ITEMS_KNOWN && kind == VALUE_TUPLE && reader->nodes[index].item_count == 1 && !has_comma) {
        struct value_node child = reader->nodes[reader->nodes[index].first_child];
        child.next = reader->nodes[index].next;
        reader->nodes[index] = child;
    }
    return found == ITEMS_KNOWN;
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
        } else if (token_is(token, OPERATOR2('*', '*')) && at == reader->at + 1) {
            return true;
        } else if (token_is(token, OPERATOR1(',')) && !lambda_count) {
            return false;
        } else if (facts_token_is_word(reader, token, "lambda")) {
            lambda_count++;
        }
    }
    return false;
}

/* ---- Calls ---- */

/* One argument of a call, the current token being its first; a child of `parent`. */
void
facts_argument_parse(struct facts_reader *reader, uint32_t parent, unsigned depth)
{
    const uint32_t first = reader->at;
    const struct token *name = NULL;
    bool is_keyword = false;

    if (is_operator(reader, OPERATOR1('*'))) {
        uint32_t index = facts_node_new(reader);
        reader->at++;
        facts_expression_skip(reader);
        if (index) {
            facts_node_set_unknown(reader, index, first);
        }
        facts_node_add(reader, parent, index);
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
    const uint32_t index = facts_expression_parse(reader, depth);
    if (!index) {
        return;
    }
    if (!is_keyword && (is_word(reader, "for") || is_word(reader, "async"))) { /* a generator */
        facts_brackets_leave(reader);
        facts_node_set_unknown(reader, index, first);
    }
    reader->nodes[index].is_keyword = is_keyword;
    reader->nodes[index].name_start = name_start;
    reader->nodes[index].name_length = name_length;
    facts_node_add(reader, parent, index);
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
        facts_argument_parse(reader, index, depth);
        if (is_operator(reader, OPERATOR1(','))) {
            reader->at++;
        } else if (!token_closes(current(reader))) {
            facts_brackets_leave(reader);
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
    if (!facts_token_is_plain_name(reader, current(reader)) || !facts_dotted_parse(reader, index)) {
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
            return depth < VALUE_MAX_DEPTH && display_parse(reader, index, depth + 1, VALUE_TUPLE);
        case OPERATOR1('['):
            return depth < VALUE_MAX_DEPTH && display_parse(reader, index, depth + 1, VALUE_LIST);
        case OPERATOR1('{'):
            return depth < VALUE_MAX_DEPTH &&
                   display_parse(reader, index, depth + 1, is_dictionary_display(reader) ? VALUE_DICT : VALUE_SET);
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

/*
 * What operators that bind at least as tightly as `binding` do to the operand at `index`, which began at the token
 * `first`; false where the result is not known.
 */
static bool
operators_parse(struct facts_reader *reader, uint32_t index, uint32_t first, unsigned binding, unsigned depth)
{
    for (;;) {
        const uint32_t operator_code = current(reader)->operator_code;
        const unsigned own_binding = facts_operator_binding(operator_code);
        if (!own_binding || own_binding < binding) {
            return true;
        }
        const bool is_power = operator_code == OPERATOR2('*', '*');
        const struct token *token = &reader->tokens[first];
        const bool is_signed = token_is(token, OPERATOR1('-')) || token_is(token, OPERATOR1('+'));
        if (!facts_is_foldable(&reader->nodes[index]) || depth >= VALUE_MAX_DEPTH || (is_power && is_signed)) {
            return false;
        }
        const uint32_t right_first = ++reader->at;
        const uint32_t right = facts_node_new(reader);
        if (!right || !atom_parse(reader, right, depth + 1) ||
            !operators_parse(reader, right, right_first, is_power ? own_binding : own_binding + 1, depth + 1) ||
            !facts_fold(reader, index, operator_code, right)) {
            return false;
        }
        first = reader->at; /* -1 is a sign, (2 - 1) is none */
    }
}

/* One expression; a node that is unknown where it is none. Stops at what ends it. */
uint32_t
facts_expression_parse(struct facts_reader *reader, unsigned depth)
{
    const uint32_t first = reader->at;
    const uint32_t index = facts_node_new(reader);

    if (!index && reader->node_count == VALUE_MAX_NODES) {
        facts_expression_skip(reader);
        return 0;
    }
    if (!atom_parse(reader, index, depth) || !operators_parse(reader, index, first, 1, depth) ||
        !is_value_end(reader)) {
        facts_expression_skip(reader);
        facts_node_set_unknown(reader, index, first);
    }
    return index;
}
