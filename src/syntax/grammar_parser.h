/* What the two halves of the grammar share: expressions, and statements. Private to syntax/. */
#ifndef SYNTAX_GRAMMAR_PARSER_H
#define SYNTAX_GRAMMAR_PARSER_H

#include "syntax/grammar.h"
#include "syntax/lexer.h"

enum keyword {
    KEYWORD_NONE, /* a name, also of a soft keyword, or no NAME at all */
    KEYWORD_FALSE,
    KEYWORD_NULL,
    KEYWORD_TRUE,
    KEYWORD_AND,
    KEYWORD_AS,
    KEYWORD_ASSERT,
    KEYWORD_ASYNC,
    KEYWORD_AWAIT,
    KEYWORD_BREAK,
    KEYWORD_CLASS,
    KEYWORD_CONTINUE,
    KEYWORD_DEF,
    KEYWORD_DEL,
    KEYWORD_ELIF,
    KEYWORD_ELSE,
    KEYWORD_EXCEPT,
    KEYWORD_FINALLY,
    KEYWORD_FOR,
    KEYWORD_FROM,
    KEYWORD_GLOBAL,
    KEYWORD_IF,
    KEYWORD_IMPORT,
    KEYWORD_IN,
    KEYWORD_IS,
    KEYWORD_LAMBDA,
    KEYWORD_NONLOCAL,
    KEYWORD_NOT,
    KEYWORD_OR,
    KEYWORD_PASS,
    KEYWORD_RAISE,
    KEYWORD_RETURN,
    KEYWORD_TRY,
    KEYWORD_WHILE,
    KEYWORD_WITH,
    KEYWORD_YIELD,
};

/* What can be done with an expression. */
enum shape {
    SHAPE_OTHER,
    SHAPE_TARGET,   /* a name, an attribute, a subscript */
    SHAPE_SEQUENCE, /* a tuple or list of targets */
    SHAPE_STARRED,  /* the same, one of them starred */
};

/* What stands within an expression and is refused in some places around it. */
enum odd_kind {
    ODD_WALRUS, /* start, end: the name that it binds */
    ODD_YIELD,
    ODD_AWAIT,
    ODD_LOOSE_AWAIT, /* outside of async functions: only a generator expression may hold it */
    ODD_ASYNC_COMPREHENSION,
};

struct odd {
    enum odd_kind kind;
    uint32_t start, end;
    uint32_t line;
};

/* Of names: parameters, keywords of a call, what a pattern binds. */
struct span {
    uint32_t start, end;
};

enum { MOST_ODDS = 64, MOST_NAMES = 1024 };

/* Stacks that the parser's parts share. */
struct parser_notes {
    struct odd odds[MOST_ODDS];
    struct span names[MOST_NAMES];
};

struct scopes; /* grammar_scopes.c */

/* What a statement stands in. */
struct surroundings {
    bool is_in_function, is_in_class, is_in_async, is_in_loop;
    bool is_in_group;                 /* an except*: no return */
    bool has_yield, has_return_value; /* the function, so far */
    uint8_t block_depth;              /* of what may be left: loops, try, with */
};

struct parser {
    const char *source;
    struct lexer lexer;
    struct token token; /* looked at */
    enum keyword keyword;
    struct token next; /* behind it; only when has_next */
    bool has_next;
    bool needs_care;   /* the next token: names are to be checked, it was peeked at, or nothing is taken any more */
    unsigned depth;    /* of recursion */
    bool has_failed;   /* and `token` is where; nothing is taken any more */
    bool has_given_up; /* it was too deep, and may be Python */
    bool is_ascii;
    bool is_past_futures;  /* imports from __future__ come too late */
    unsigned field_depth;  /* of formatted strings */
    bool has_declarations; /* global or nonlocal */
    struct surroundings around;
    uint32_t next_backslash; /* the first one from where strings were looked at */
    uint32_t tuple_end;      /* of the last one in parentheses */
    uint32_t odd_count;      /* of this statement so far */
    uint32_t name_count;
    struct parser_notes *notes;
    struct scopes *scopes; /* NULL: nobody asks for them */
    struct grammar found;
};

enum keyword parser_keyword_of(const char *text, size_t length);
void parser_advance(struct parser *parser);
const struct token *parser_peek(struct parser *parser);
void parser_fail(struct parser *parser);
/* It may not compile: keeps the first reason. */
void parser_doubt(struct parser *parser, const char *doubt);
void parser_needs(struct parser *parser, unsigned minor);
void parser_give_up(struct parser *parser); /* too deep */

enum { MOST_DEEP = 2000 }; /* CPython gives up there, too */

/* False: too deep, or failed before; then parser_leave() is not called. */
static inline bool
parser_enter(struct parser *parser)
{
    if (parser->has_failed) {
        return false;
    }
    if (parser->depth == MOST_DEEP) {
        parser_give_up(parser);
        return false;
    }
    parser->depth++;
    return true;
}

static inline void
parser_leave(struct parser *parser)
{
    parser->depth--;
}

/* Takes it if it is next. */
static inline bool
parser_take(struct parser *parser, uint32_t operator_code)
{
    if (parser->token.operator_code != operator_code) {
        return false;
    }
    parser_advance(parser);
    return true;
}

static inline bool
parser_take_keyword(struct parser *parser, enum keyword keyword)
{
    if (parser->keyword != keyword) {
        return false;
    }
    parser_advance(parser);
    return true;
}

/* Fails unless it is next, and takes it. */
static inline void
parser_need(struct parser *parser, uint32_t operator_code)
{
    if (!parser_take(parser, operator_code)) {
        parser_fail(parser);
    }
}

void parser_need_keyword(struct parser *parser, enum keyword keyword);
void parser_need_name(struct parser *parser);       /* of an attribute or a keyword */
void parser_need_bound_name(struct parser *parser); /* that is bound here */

static inline bool
parser_is(const struct parser *parser, uint32_t operator_code)
{
    return parser->token.operator_code == operator_code;
}

static inline bool
parser_is_name(const struct parser *parser)
{
    return parser->token.kind == TOKEN_NAME && parser->keyword == KEYWORD_NONE;
}

/* ---- grammar_notes.c ---- */

void parser_note(struct parser *parser, enum odd_kind kind, const struct token *token);
/* Whether something of the kind stands among those from `first` on. */
bool parser_has_odd(const struct parser *parser, uint32_t first, enum odd_kind kind);
/* At the end of a statement. */
void parser_forget_odds(struct parser *parser);
/* Puts a name on the stack; false: it is there already, from `first` on. */
bool parser_add_name(struct parser *parser, uint32_t first, const struct token *token);
/* Whether the token is this word. */
static inline bool
parser_is_word(const struct parser *parser, const struct token *token, const char *word)
{
    return token->kind == TOKEN_NAME && token_is_name(token, parser->source, word);
}

/* ---- grammar_literals.c, grammar_formatted.c ---- */

/* Whether a name that is not all ASCII has only letters that are surely allowed. */
void check_name(struct parser *parser, const struct token *token);
/* For a number that begins with 0, or has many digits: CPython reads 4,300. */
enum { MANY_DIGITS = 4000 };
void check_number(struct parser *parser, const struct token *token);
/* For a word right behind a number: `1if x`. */
void check_behind_number(struct parser *parser);
/* A literal's prefix, and what is escaped in it. Formatted ones are parsed. */
void check_string(struct parser *parser, const struct token *token);
/* Escapes in part of a literal. */
void check_escapes(struct parser *parser, uint32_t start, uint32_t end, bool is_bytes);
void check_formatted(struct parser *parser, const struct token *token, uint32_t quote, bool is_raw);

/* ---- grammar_scopes.c: which names are declared where they may not be; only in files with declarations ---- */

enum scope_kind { SCOPE_OF_MODULE, SCOPE_OF_CLASS, SCOPE_OF_FUNCTION };
enum name_use { NAME_USED, NAME_BOUND, NAME_WALRUS, NAME_GLOBAL, NAME_NONLOCAL };

struct scopes *scopes_new(const char *source);
void scopes_free(struct scopes *scopes);
/* A scope within the present one, not yet entered. */
uint32_t scopes_open(struct scopes *scopes, enum scope_kind kind);
void scopes_enter(struct scopes *scopes, uint32_t scope);
void scopes_leave(struct scopes *scopes);
uint32_t scopes_event_count(const struct scopes *scopes);
void scopes_forget(struct scopes *scopes, uint32_t event_count);
void scopes_use(struct scopes *scopes, const struct token *name, enum name_use use);
void scopes_add_parameter(struct scopes *scopes, uint32_t scope, const struct token *name);
/* The names used from `first` on were part of something that is no target. */
void scopes_keep_from_binding(struct scopes *scopes, uint32_t first);
/* The names used from `first` on are targets. */
void scopes_bind(struct scopes *scopes, uint32_t first);
/* The names used from `first` on belong to a comprehension, but for those in between. */
void scopes_hide(struct scopes *scopes, uint32_t first, uint32_t outer_first, uint32_t outer_end);
/* An annotated target: it may not be declared. */
void scopes_annotate(struct scopes *scopes, uint32_t first);
/* What may be refused, when all is read: a clause; NULL. */
const char *scopes_judge(struct scopes *scopes, uint32_t *line_out);

static inline uint32_t
parser_event_count(const struct parser *parser)
{
    return parser->scopes ? scopes_event_count(parser->scopes) : 0;
}

/* A soft keyword, perhaps. */
static inline bool
parser_is_soft(const struct parser *parser, const char *word)
{
    return parser_is_name(parser) && token_is_name(&parser->token, parser->source, word);
}

/* ---- grammar_blocks.c, grammar_simple.c ---- */

void parse_statement(struct parser *parser);
void parse_simple_statements(struct parser *parser); /* of one line, and its end */
void parse_bound_targets(struct parser *parser, bool is_deletion);
void parse_type_parameters(struct parser *parser); /* if there are any */

/* ---- grammar_brackets.c: behind the opening bracket to the closing one ---- */

enum shape parse_elements(struct parser *parser, bool is_tuple);
void parse_braces(struct parser *parser);
void parse_arguments(struct parser *parser, bool is_class);
void parse_slices(struct parser *parser);
/* The shape of a list so far with one element more. */
enum shape shape_add(enum shape shape, enum shape element, bool is_starred);
/* Whether the name is __debug__, which nothing may bind. */
bool parser_is_debug(const struct parser *parser, const struct token *token);

/* ---- grammar_expressions.c ---- */

enum shape parse_sum(struct parser *parser);     /* arithmetic, without comparisons */
enum shape parse_logical(struct parser *parser); /* without lambda and conditions */
enum shape parse_expression(struct parser *parser);
enum shape parse_named_expression(struct parser *parser);
enum shape parse_star_expressions(struct parser *parser); /* a, *b */
void parse_yield_or_expressions(struct parser *parser);
void parse_targets(struct parser *parser, bool is_deletion); /* of `for` and `del` */
enum shape parse_target(struct parser *parser);
/* Up to what ends them; `scope`: theirs. */
void parse_parameters(struct parser *parser, bool is_lambda, uint32_t scope);

/* ---- grammar_patterns.c ---- */

/* Of a `case`; whether it matches whatever comes. */
bool parse_patterns(struct parser *parser);

#endif
