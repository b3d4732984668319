/* Where the assert statements of a source are, and what their tests look like. */
#ifndef SYNTAX_SPANS_H
#define SYNTAX_SPANS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "syntax/expression.h"
#include "syntax/lexer.h"

enum block_kind { BLOCK_MODULE, BLOCK_CLASS, BLOCK_FUNCTION };

enum { SCOPE_MAX_DEPTH = LEXER_MAX_INDENTS + 1 };

struct block_scope {
    enum block_kind kind;
    uint32_t indent_count;         /* of the statement that opened it */
    uint32_t name_start, name_end; /* of a class */
};

/* One `assert test[, message]`. Offsets are into the source. */
struct assertion {
    uint32_t start; /* of the word assert */
    uint32_t end;   /* of the test or the message */
    uint32_t line;  /* of the word assert */
    struct expression *test;
    const struct token *tokens; /* of test and message, for the indices in `test` */
    bool has_walrus;            /* some `:=` is in it */
    bool has_message;
    uint32_t comma; /* has_message: offset of the comma */
    enum block_kind scope;
    uint32_t class_start, class_end; /* name of the innermost class; empty: none */
};

/* What comes before the first real statement. */
struct module_head {
    bool has_docstring;
    uint32_t docstring_start, docstring_end; /* with quotes */
};

/* Reads assertions one after the other. Zero-initialise nothing: span_reader_init does. */
struct span_reader {
    struct lexer lexer;
    struct arena arena; /* of the current assertion's tree */
    struct token *tokens;
    uint32_t token_count;
    uint32_t token_capacity;
    struct block_scope scopes[SCOPE_MAX_DEPTH];
    uint32_t scope_count;
    bool is_statement_start;
    bool is_line_start;
    bool is_first_statement;
    bool has_failed;
    struct module_head head;
};

void span_reader_init(struct span_reader *reader, const char *source, size_t length);
void span_reader_release(struct span_reader *reader);

/*
 * The next assertion; what it points to holds until the next call. False at the end of the source, and when the
 * source is not understood: then `has_failed` is set. (A source that Python understands is.)
 */
bool span_reader_next(struct span_reader *reader, struct assertion *assertion_out);

#endif
