/* What the tests of if and elif say before anything runs. */
#include <string.h>

#include "facts/reader.h"

enum { TEST_MAX_TOKENS = 500 };

enum test_outcome {
    TEST_OUTCOME_UNKNOWN,
    TEST_OUTCOME_FALSE,
    TEST_OUTCOME_TRUE,
    TEST_OUTCOME_TYPE_CHECKING,     /* false at run time */
    TEST_OUTCOME_NOT_TYPE_CHECKING, /* true at run time */
    TEST_OUTCOME_PLATFORM,          /* version, platform */
};

static enum test_outcome test_evaluate(const struct facts_reader *reader, uint32_t first, uint32_t end);

static bool
is_word(const struct facts_reader *reader, uint32_t at, const char *word)
{
    return facts_token_is_word(reader, &reader->tokens[at], word);
}

/* ---- Single tests ---- */

/* Whether it is sys.version_info, sys.platform or os.name, beginning at a token. */
static bool
is_platform_name(const struct facts_reader *reader, uint32_t at, uint32_t end)
{
    if (end - at < 3 || !token_is(&reader->tokens[at + 1], OPERATOR1('.'))) {
        return false;
    }
    return (is_word(reader, at, "sys") &&
            (is_word(reader, at + 2, "version_info") || is_word(reader, at + 2, "platform"))) ||
           (is_word(reader, at, "os") && is_word(reader, at + 2, "name"));
}

static bool
is_platform_operator(const struct token *token)
{
    switch (token->operator_code) {
    case OPERATOR1('('):
    case OPERATOR1(')'):
    case OPERATOR1('['):
    case OPERATOR1(']'):
    case OPERATOR1('{'):
    case OPERATOR1('}'):
    case OPERATOR1(','):
    case OPERATOR1(':'):
    case OPERATOR1('<'):
    case OPERATOR1('>'):
    case OPERATOR2('<', '='):
    case OPERATOR2('>', '='):
    case OPERATOR2('=', '='):
    case OPERATOR2('!', '='):
        return true;
    default:
        return false;
    }
}

/* Nothing but names of version and platform, literals, and what compares them. */
static bool
is_platform_test(const struct facts_reader *reader, uint32_t first, uint32_t end)
{
    static const char *const MEMBERS[] = {"major", "minor", "micro", "startswith"};
    bool has_name = false;

    for (uint32_t at = first; at < end; at++) {
        const struct token *token = &reader->tokens[at];
        if (is_platform_name(reader, at, end)) {
            has_name = true;
            at += 2;
        } else if (token_is(token, OPERATOR1('.'))) {
            bool is_member = false;
            for (size_t i = 0; at + 1 < end && i < COUNT_OF(MEMBERS); i++) {
                is_member = is_member || is_word(reader, at + 1, MEMBERS[i]);
            }
            if (!is_member) {
                return false;
            }
            at++;
        } else if (token->kind != TOKEN_NUMBER && token->kind != TOKEN_STRING && !is_platform_operator(token) &&
                   !is_word(reader, at, "in") && !is_word(reader, at, "not")) {
            return false;
        }
    }
    return has_name;
}

static bool
is_main_text(const struct facts_reader *reader, const struct token *token)
{
    static const char MAIN[] = "__main__";

    return token->kind == TOKEN_STRING && token->end - token->start == sizeof MAIN - 1 + 2 &&
           memcmp(reader->source + token->start + 1, MAIN, sizeof MAIN - 1) == 0;
}

/* __name__ == "__main__": never while tests are collected. */
static enum test_outcome
main_test_evaluate(const struct facts_reader *reader, uint32_t first)
{
    const struct token *tokens = &reader->tokens[first];

    if ((is_word(reader, first, "__name__") && is_main_text(reader, &tokens[2])) ||
        (is_main_text(reader, &tokens[0]) && is_word(reader, first + 2, "__name__"))) {
        if (token_is(&tokens[1], OPERATOR2('=', '='))) {
            return TEST_OUTCOME_FALSE;
        }
        if (token_is(&tokens[1], OPERATOR2('!', '='))) {
            return TEST_OUTCOME_TRUE;
        }
    }
    return TEST_OUTCOME_UNKNOWN;
}

static enum test_outcome
word_evaluate(const struct facts_reader *reader, uint32_t at)
{
    const struct token *token = &reader->tokens[at];

    if (token->kind == TOKEN_NUMBER && token->end - token->start == 1) {
        return reader->source[token->start] == '0' ? TEST_OUTCOME_FALSE : TEST_OUTCOME_TRUE;
    }
    if (is_word(reader, at, "True")) {
        return TEST_OUTCOME_TRUE;
    }
    if (is_word(reader, at, "False") || is_word(reader, at, "None")) {
        return TEST_OUTCOME_FALSE;
    }
    return is_word(reader, at, "TYPE_CHECKING") ? TEST_OUTCOME_TYPE_CHECKING : TEST_OUTCOME_UNKNOWN;
}

static enum test_outcome
leaf_evaluate(const struct facts_reader *reader, uint32_t first, uint32_t end)
{
    uint32_t count = end - first;

    if (count == 1) {
        return word_evaluate(reader, first);
    }
    if (count == 3 && reader->tokens[first].kind == TOKEN_NAME &&
        token_is(&reader->tokens[first + 1], OPERATOR1('.')) && is_word(reader, end - 1, "TYPE_CHECKING")) {
        return TEST_OUTCOME_TYPE_CHECKING;
    }
    if (count == 3 && main_test_evaluate(reader, first) != TEST_OUTCOME_UNKNOWN) {
        return main_test_evaluate(reader, first);
    }
    return is_platform_test(reader, first, end) ? TEST_OUTCOME_PLATFORM : TEST_OUTCOME_UNKNOWN;
}

/* ---- and, or, not, parentheses ---- */

static enum test_outcome
outcome_invert(enum test_outcome outcome)
{
    switch (outcome) {
    case TEST_OUTCOME_FALSE:
        return TEST_OUTCOME_TRUE;
    case TEST_OUTCOME_TRUE:
        return TEST_OUTCOME_FALSE;
    case TEST_OUTCOME_TYPE_CHECKING:
        return TEST_OUTCOME_NOT_TYPE_CHECKING;
    case TEST_OUTCOME_NOT_TYPE_CHECKING:
        return TEST_OUTCOME_TYPE_CHECKING;
    default:
        return outcome;
    }
}

/* `a and b`. */
static enum test_outcome
outcomes_join(enum test_outcome a, enum test_outcome b)
{
    static const enum test_outcome BY_WEIGHT[] = {
        TEST_OUTCOME_FALSE,    TEST_OUTCOME_TYPE_CHECKING,     TEST_OUTCOME_UNKNOWN,
        TEST_OUTCOME_PLATFORM, TEST_OUTCOME_NOT_TYPE_CHECKING,
    };

    for (size_t i = 0; i < COUNT_OF(BY_WEIGHT); i++) {
        if (a == BY_WEIGHT[i] || b == BY_WEIGHT[i]) {
            return BY_WEIGHT[i];
        }
    }
    return TEST_OUTCOME_TRUE;
}

/* The first `word` outside of brackets; `end` when there is none. */
static uint32_t
word_find(const struct facts_reader *reader, uint32_t first, uint32_t end, const char *word)
{
    for (uint32_t at = first; at < end; at++) {
        if (token_opens(&reader->tokens[at])) {
            at = facts_token_close(reader, at);
        } else if (is_word(reader, at, word)) {
            return at;
        }
    }
    return end;
}

static enum test_outcome
conjunction_evaluate(const struct facts_reader *reader, uint32_t first, uint32_t end)
{
    enum test_outcome outcome = TEST_OUTCOME_TRUE;

    while (first < end) {
        uint32_t part_end = word_find(reader, first, end, "and");
        uint32_t at = first;
        bool is_inverted = false;
        for (; at < part_end && is_word(reader, at, "not"); at++) {
            is_inverted = !is_inverted;
        }
        enum test_outcome part = at < part_end && token_is(&reader->tokens[at], OPERATOR1('(')) &&
                                         facts_token_close(reader, at) + 1 == part_end
                                     ? test_evaluate(reader, at + 1, part_end - 1)
                                     : leaf_evaluate(reader, at, part_end);
        outcome = outcomes_join(outcome, is_inverted ? outcome_invert(part) : part);
        first = part_end + 1;
    }
    return outcome;
}

/* What the expression tokens[first, end) is worth at collection. */
static enum test_outcome
test_evaluate(const struct facts_reader *reader, uint32_t first, uint32_t end)
{
    enum test_outcome inverted = TEST_OUTCOME_TRUE; /* a or b: not (not a and not b) */

    if (first >= end || end - first > TEST_MAX_TOKENS || word_find(reader, first, end, "if") < end ||
        word_find(reader, first, end, "lambda") < end) {
        return TEST_OUTCOME_UNKNOWN;
    }
    while (first < end) {
        uint32_t part_end = word_find(reader, first, end, "or");
        inverted = outcomes_join(inverted, outcome_invert(conjunction_evaluate(reader, first, part_end)));
        first = part_end + 1;
    }
    return outcome_invert(inverted);
}

/* ---- Chains ---- */

static blob_offset
condition_make(struct facts_reader *reader, const struct chain *chain, blob_offset test)
{
    struct condition condition = {.test = test};

    if (chain->earlier_count) {
        condition.earlier.first =
            blob_add(reader->blob, chain->earlier, chain->earlier_count * sizeof chain->earlier[0]);
        condition.earlier.count = chain->earlier_count;
    }
    return blob_add(reader->blob, &condition, sizeof condition);
}

static void
context_set_conditional(struct facts_reader *reader, const struct chain *chain, blob_offset test, bool is_known,
                        struct context *context)
{
    bool is_only = !(context->flags & BINDING_CONDITIONAL);

    context->flags |= BINDING_CONDITIONAL;
    context->condition = is_only && is_known && !chain->has_unknown ? condition_make(reader, chain, test) : 0;
}

static void
chain_add(struct chain *chain, enum test_outcome outcome, blob_offset test)
{
    if (outcome == TEST_OUTCOME_PLATFORM && chain->earlier_count < CONDITION_MAX_EARLIER) {
        chain->earlier[chain->earlier_count++] = test;
    } else {
        chain->has_unknown = true;
    }
}

/* Its source, when it decides anything. */
static blob_offset
test_text(struct facts_reader *reader, enum test_outcome outcome, uint32_t first, uint32_t end)
{
    uint32_t start = reader->tokens[first].start;

    return outcome == TEST_OUTCOME_PLATFORM
               ? facts_text(reader, reader->source + start, reader->tokens[end - 1].end - start)
               : 0;
}

bool
facts_chain_branch(struct facts_reader *reader, struct chain *chain, uint32_t first, uint32_t end,
                   const struct context *outer, struct context *context_out)
{
    enum test_outcome outcome = first < end ? test_evaluate(reader, first, end) : TEST_OUTCOME_TRUE;

    *context_out = *outer;
    if (chain->is_over) {
        context_out->flags |= BINDING_TYPE_CHECKING;
        return chain->is_checked;
    }
    switch (outcome) {
    case TEST_OUTCOME_FALSE:
        return false;
    case TEST_OUTCOME_TYPE_CHECKING:
        context_out->flags |= BINDING_TYPE_CHECKING;
        return true;
    case TEST_OUTCOME_TRUE:
    case TEST_OUTCOME_NOT_TYPE_CHECKING:
        chain->is_over = true;
        chain->is_checked = outcome == TEST_OUTCOME_NOT_TYPE_CHECKING;
        if (chain->earlier_count || chain->has_unknown) {
            context_set_conditional(reader, chain, 0, true, context_out);
        }
        return true;
    default: {
        blob_offset test = test_text(reader, outcome, first, end);
        context_set_conditional(reader, chain, test, test != 0, context_out);
        chain_add(chain, outcome, test);
        return true;
    }
    }
}
