/* Walks the tokens statement by statement; keeps the scopes, and parses only what follows the word assert. */
#include "syntax/spans.h"

#include "base/compiler.h"

void
span_reader_init(struct span_reader *reader, const char *source, size_t length)
{
    *reader = (struct span_reader){.is_statement_start = true, .is_line_start = true, .is_first_statement = true};
    lexer_init(&reader->lexer, source, length);
}

void
span_reader_release(struct span_reader *reader)
{
    arena_release(&reader->arena);
    memory_free(reader->tokens);
    reader->tokens = NULL;
    reader->token_capacity = 0;
}

static void
push_token(struct span_reader *reader, struct token token)
{
    if (reader->token_count == reader->token_capacity) {
        reader->token_capacity = reader->token_capacity ? reader->token_capacity * 2 : 64;
        reader->tokens = memory_resize(reader->tokens, reader->token_capacity * sizeof *reader->tokens);
    }
    reader->tokens[reader->token_count++] = token;
}

static bool
is_simple_end(const struct token *token)
{
    return token->kind == TOKEN_NEWLINE || token->kind == TOKEN_END || token_is(token, OPERATOR1(';'));
}

/* Collects the tokens up to the end of the simple statement, that one included. */
static bool
collect_statement(struct span_reader *reader)
{
    reader->token_count = 0;
    for (;;) {
        struct token token = lexer_next(&reader->lexer);
        if (token.kind == TOKEN_ERROR) {
            return false;
        }
        push_token(reader, token);
        if (is_simple_end(&token)) {
            return true;
        }
    }
}

static const struct block_scope *
innermost_class(const struct span_reader *reader)
{
    for (uint32_t i = reader->scope_count; i > 0; i--) {
        if (reader->scopes[i - 1].kind == BLOCK_CLASS) {
            return &reader->scopes[i - 1];
        }
    }
    return NULL;
}

static bool
parse_assertion(struct span_reader *reader, const struct token *keyword, struct assertion *assertion)
{
    if (!collect_statement(reader)) {
        return false;
    }
    arena_release(&reader->arena);
    struct expression_parser parser = {
        .source = reader->lexer.source,
        .tokens = reader->tokens,
        .token_count = reader->token_count,
        .arena = &reader->arena,
    };
    const struct block_scope *class_scope = innermost_class(reader);

    *assertion = (struct assertion){.start = keyword->start, .line = keyword->line, .tokens = reader->tokens};
    assertion->scope = reader->scope_count ? reader->scopes[reader->scope_count - 1].kind : BLOCK_MODULE;
    if (class_scope) {
        assertion->class_start = class_scope->name_start;
        assertion->class_end = class_scope->name_end;
    }
    assertion->test = expression_parse(&parser);
    if (!assertion->test) {
        return false;
    }
    if (token_is(&reader->tokens[parser.at], OPERATOR1(','))) {
        assertion->has_message = true;
        assertion->comma = reader->tokens[parser.at].start;
        parser.at++;
        if (parser.at == reader->token_count || !expression_parse(&parser)) {
            return false;
        }
    }
    if (parser.at + 1 != reader->token_count) {
        return false;
    }
    assertion->end = reader->tokens[parser.at - 1].end;
    for (uint32_t i = 0; i < reader->token_count; i++) {
        assertion->has_walrus |= token_is(&reader->tokens[i], OPERATOR2(':', '='));
    }
    return true;
}

static void
push_scope(struct span_reader *reader, enum block_kind kind, const struct token *name)
{
    if (reader->scope_count == SCOPE_MAX_DEPTH) {
        return; /* one per indentation level at most: not reachable */
    }
    reader->scopes[reader->scope_count++] = (struct block_scope){.kind = kind,
                                                                 .indent_count = lexer_indent_count(&reader->lexer),
                                                                 .name_start = name->start,
                                                                 .name_end = name->end};
}

/* A statement at this depth is outside of every block that was opened at this depth or deeper. */
static void
pop_scopes(struct span_reader *reader)
{
    uint32_t depth = lexer_indent_count(&reader->lexer);

    while (reader->scope_count && reader->scopes[reader->scope_count - 1].indent_count >= depth) {
        reader->scope_count--;
    }
}

/* A docstring is the first statement; one behind imports from __future__ counts, too, as it does for pytest. */
static void
note_first_statement(struct span_reader *reader, const struct token *token)
{
    if (token_is_name(token, reader->lexer.source, "from")) {
        struct token module = lexer_next(&reader->lexer);
        reader->is_first_statement = token_is_name(&module, reader->lexer.source, "__future__");
        return;
    }
    reader->is_first_statement = false;
    if (token->kind == TOKEN_STRING) {
        reader->head = (struct module_head){true, token->start, token->end};
    }
}

/* At the first token of a statement: opens scopes, and tells whether it is an assert. */
static bool
begin_statement(struct span_reader *reader, const struct token *token)
{
    const char *source = reader->lexer.source;
    bool is_class = token_is_name(token, source, "class");

    if (reader->is_first_statement) {
        note_first_statement(reader, token);
    }
    if (token_is_name(token, source, "assert")) {
        return true;
    }
    if (is_class || token_is_name(token, source, "def")) {
        struct token name = lexer_next(&reader->lexer);
        push_scope(reader, is_class ? BLOCK_CLASS : BLOCK_FUNCTION, &name);
    }
    return false;
}

bool
span_reader_next(struct span_reader *reader, struct assertion *assertion_out)
{
    while (!reader->has_failed) {
        struct token token = lexer_next(&reader->lexer);
        switch (token.kind) {
        case TOKEN_END:
            return false;
        case TOKEN_ERROR:
            reader->has_failed = true;
            return false;
        case TOKEN_NEWLINE:
            reader->is_statement_start = true;
            reader->is_line_start = true;
            continue;
        case TOKEN_INDENT:
        case TOKEN_DEDENT:
            continue;
        default:
            break;
        }
        if (reader->is_line_start) {
            pop_scopes(reader);
            reader->is_line_start = false;
        }
        bool is_start = reader->is_statement_start;
        bool is_open = reader->lexer.depth == 0;
        reader->is_statement_start = is_open && (token_is(&token, OPERATOR1(';')) || token_is(&token, OPERATOR1(':')));
        if (!is_start) {
            continue;
        }
        if (token_is_name(&token, reader->lexer.source, "async")) {
            reader->is_statement_start = true;
            continue;
        }
        if (!begin_statement(reader, &token)) {
            continue;
        }
        if (!parse_assertion(reader, &token, assertion_out)) {
            reader->has_failed = true;
            return false;
        }
        const struct token *last = &reader->tokens[reader->token_count - 1];
        reader->is_statement_start = true;
        reader->is_line_start = last->kind != TOKEN_OPERATOR;
        return true;
    }
    return false;
}
