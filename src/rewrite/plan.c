/* Reads the plan of an assertion, node by node. */
#include "rewrite/plan.h"

uint32_t
plan_read_number(struct plan_cursor *cursor)
{
    uint32_t value = 0;
    unsigned shift = 0;

    while (cursor->at < cursor->end) {
        unsigned byte = *cursor->at++;
        value |= shift < 32 ? (byte & 0x7f) << shift : 0;
        shift += 7;
        if (!(byte & 0x80)) {
            break;
        }
    }
    return value;
}

static const char *
read_bytes(struct plan_cursor *cursor, size_t *length_out)
{
    size_t length = plan_read_number(cursor);
    const char *bytes = (const char *)cursor->at;

    if (length > (size_t)(cursor->end - cursor->at)) {
        length = (size_t)(cursor->end - cursor->at);
    }
    cursor->at += length;
    *length_out = length;
    return bytes;
}

struct plan_node
plan_read_node(struct plan_cursor *cursor)
{
    struct plan_node node = {.kind = (enum expression_kind)plan_read_number(cursor)};

    node.temporary = plan_read_number(cursor);
    switch (node.kind) {
    case EXPRESSION_NAME:
    case EXPRESSION_NAMED:
        node.flags = plan_read_number(cursor);
        node.text = node.mangled = read_bytes(cursor, &node.text_length);
        node.mangled_length = node.text_length;
        if (node.flags & NODE_IS_MANGLED) {
            node.mangled = read_bytes(cursor, &node.mangled_length);
        }
        break;
    case EXPRESSION_CONSTANT:
    case EXPRESSION_KEYWORD:
    case EXPRESSION_ATTRIBUTE:
        node.text = read_bytes(cursor, &node.text_length);
        break;
    case EXPRESSION_BOOL:
        node.operator_kind = plan_read_number(cursor) ? OPERATOR_OR : OPERATOR_AND;
        node.count = plan_read_number(cursor);
        break;
    case EXPRESSION_UNARY:
    case EXPRESSION_BINARY:
        node.operator_kind = (enum expression_operator)(plan_read_number(cursor) % OPERATOR_COUNT);
        break;
    case EXPRESSION_CALL:
    case EXPRESSION_COMPARE:
        node.count = plan_read_number(cursor);
        break;
    default:
        break;
    }
    return node;
}

/* How many children follow a node's head. */
static uint32_t
child_count(const struct plan_node *node)
{
    switch (node->kind) {
    case EXPRESSION_BOOL:
    case EXPRESSION_CALL:
    case EXPRESSION_COMPARE:
        return node->count;
    case EXPRESSION_BINARY:
        return 2;
    case EXPRESSION_UNARY:
    case EXPRESSION_STARRED:
    case EXPRESSION_KEYWORD:
    case EXPRESSION_ATTRIBUTE:
        return 1;
    default:
        return 0;
    }
}

void
plan_skip_node(struct plan_cursor *cursor)
{
    struct plan_node node = plan_read_node(cursor);
    uint32_t count = child_count(&node);

    for (uint32_t i = 0; i < count && cursor->at < cursor->end; i++) {
        if (node.kind == EXPRESSION_COMPARE && i) {
            plan_read_number(cursor);
        }
        plan_skip_node(cursor);
    }
}
