/* Values of expressions: from nodes to the blob. */
#include <string.h>

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

/* A literal or a name that facts do not hold. */
static bool
is_too_long(const struct value_node *node)
{
    return node->text_length > FACTS_MAX_TEXT && (node->kind == VALUE_STRING || node->kind == VALUE_BYTES ||
                                                  node->kind == VALUE_NAME || node->kind == VALUE_CALL);
}

static struct value
node_emit(struct facts_reader *reader, uint32_t index)
{
    const struct value_node node = reader->nodes[index];
    const char *texts = node.is_decoded ? text_string(&reader->decoded) : reader->source;
    struct value value = {.kind = node.kind};
    struct value_keyword keyword = {0};
    uint32_t item = 0;
    uint32_t keyword_at = 0;

    if (is_too_long(&node)) {
        bool is_literal = node.kind == VALUE_STRING || node.kind == VALUE_BYTES;
        return (struct value){.kind = is_literal ? VALUE_LONG : VALUE_UNKNOWN};
    }
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
        facts_node_add(reader, index, facts_expression_parse(reader, 1));
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
    root = facts_expression_parse(reader, 0);
    is_known = reader->at == end;
    if (allows_tuple && is_operator(reader, OPERATOR1(',')) && reader->at < end) {
        reader->at = first;
        nodes_clear(reader);
        root = facts_node_new(reader);
        is_known = bare_tuple_parse(reader, root, end);
    }
    if (!is_known || reader->node_count == VALUE_MAX_NODES) {
        reader->at = end;
        reader->node_count = 1;
        facts_node_set_unknown(reader, root, first);
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
    root = facts_node_new(reader);
    reader->nodes[root].kind = VALUE_CALL;
    reader->at++;
    while (reader->at < close) {
        const bool is_plain = facts_token_is_plain_name(reader, current(reader));
        const uint32_t first = reader->at;
        facts->has_keywords = facts->has_keywords || is_operator(reader, OPERATOR1('*'));
        if (!is_operator(reader, OPERATOR1('*'))) {
            facts_argument_parse(reader, root, 1);
        } else {
            facts_expression_skip(reader);
        }
        uint32_t last = reader->nodes[root].last_child;
        if (is_plain && last && reader->nodes[last].kind == VALUE_UNKNOWN && !reader->nodes[last].is_keyword &&
            token_is(&reader->tokens[reader->at - 1], OPERATOR1(']'))) {
            uint32_t end = reader->at;
            reader->at = first;
            struct value_node *node = &reader->nodes[last];
            struct value_node unknown = *node;
            node->is_decoded = false;
            if (!facts_dotted_parse(reader, last) || !is_operator(reader, OPERATOR1('[')) ||
                facts_token_close(reader, reader->at) + 1 != end) {
                *node = unknown;
            }
            reader->at = end;
        }
        if (reader->at < close && !is_operator(reader, OPERATOR1(','))) {
            facts_brackets_leave(reader);
        }
        reader->at += reader->at < close ? 1 : 0;
    }
    struct value call = node_emit(reader, root);
    facts->bases = call.items;
    facts->keywords = call.keywords;
    facts->has_keywords = facts->has_keywords || call.keywords.count;
}
