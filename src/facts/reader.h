/* What the files of facts/ share: the state of reading one source. Private to it. */
#ifndef FACTS_READER_H
#define FACTS_READER_H

#include "base/text.h"
#include "facts/facts.h"
#include "syntax/syntax.h"

enum {
    VALUE_MAX_DEPTH = 64,
    VALUE_MAX_TEXT = 1000,      /* of the source of an unknown expression */
    FOLDED_MAX_BYTES = 1 << 20, /* in one source */
    VALUE_MAX_NODES = 1 << 20,  /* in one expression: a larger one is unknown */
    TOKENS_MAX = 1 << 22,       /* of one statement: what comes behind them is not looked at */
    CLASS_MAX_DEPTH = 100,
    INNER_MAX_DEPTH = 8,
    CONDITION_MAX_EARLIER = 16,
};

/* A value while it is parsed: its text lies in the source or among the decoded ones. */
struct value_node {
    uint8_t kind; /* enum value_kind */
    bool is_decoded;
    bool is_keyword;
    uint32_t text_start, text_length;
    uint32_t name_start, name_length; /* of a keyword, in the source */
    uint32_t item_count, keyword_count;
    uint32_t first_child, last_child, next; /* indices; 0 is none: the root is nobody's child */
};

struct text_slot {
    uint32_t hash;
    blob_offset offset; /* 0: free */
};

/* Of an entry that is a function or a class. */
struct definition {
    blob_offset name;
    bool is_told; /* as a binding's target or among inner functions */
};

/* Which records of facts.imports an outline entry gave. */
struct import_span {
    uint32_t entry;
    uint32_t first, count;
};

struct facts_reader {
    const char *source;
    size_t length;
    const struct outline *outline;
    struct blob *blob;

    struct text_slot *slots; /* of texts in the blob */
    uint32_t slot_count;     /* a power of 2 */
    uint32_t text_count;

    struct token *tokens; /* of the current statement, and one END behind them */
    uint32_t token_count; /* without that END */
    uint32_t token_capacity;
    uint32_t at; /* the next token to parse */

    struct value_node *nodes;
    uint32_t node_count;
    uint32_t node_capacity;
    struct text decoded;
    size_t folded_bytes; /* of texts that operators made: bounded */

    bool is_ascii;                  /* all of the source */
    bool may_declare;               /* names global, somewhere */
    bool has_odd_names;             /* Python may know some by another spelling, or they are cut off */
    struct text records;            /* a stack of records whose range is not complete */
    struct text calls;              /* of blob_offset */
    struct text used, bound;        /* of blob_offset: names that statements use, and those that anything binds */
    struct definition *definitions; /* by entry */
    struct blob_range imports;
    struct import_span *import_spans;
    uint32_t import_span_count;
    uint32_t import_span_capacity;
};

/* Where statements stand: in which scope, and whether they are reached. */
struct scope {
    uint32_t flags; /* enum scope_flags */
    uint32_t depth; /* of classes */
    bool is_class;
};

struct context {
    struct scope *scope;
    uint8_t flags; /* enum binding_flags */
    blob_offset condition;
};

/* ---- facts_texts.c ---- */

/* The offset of a text, the same one for equal texts. */
blob_offset facts_text(struct facts_reader *reader, const char *bytes, size_t length);
/* The same for an identifier, or several with dots. */
blob_offset facts_name_text(struct facts_reader *reader, const char *bytes, size_t length);
/* Pushes a record; those pushed since `mark` (the stack's length then) become a range of the blob. */
void facts_push(struct facts_reader *reader, const void *record, size_t size_bytes);
static inline struct blob_range
facts_take(struct facts_reader *reader, size_t mark, size_t size_bytes)
{
    const size_t length = reader->records.length - mark;
    struct blob_range range = {.count = (uint32_t)(length / size_bytes)};

    if (range.count) {
        range.first = blob_add(reader->blob, reader->records.bytes + mark, length);
        reader->records.length = mark;
    }
    return range;
}

/* ---- facts_tokens.c ---- */

/* Reads the tokens of source[start, end) and begins at the first one. */
void facts_tokens_read(struct facts_reader *reader, uint32_t start, uint32_t end, uint32_t line);
bool facts_word_is_keyword(const char *word, size_t length);
bool facts_token_is_plain_name(const struct facts_reader *reader, const struct token *token); /* and no keyword */
bool facts_token_is_word(const struct facts_reader *reader, const struct token *token, const char *word);
blob_offset facts_token_text(struct facts_reader *reader, const struct token *token);
static inline bool
token_opens(const struct token *token)
{
    return token_is(token, OPERATOR1('(')) || token_is(token, OPERATOR1('[')) || token_is(token, OPERATOR1('{'));
}
static inline bool
token_closes(const struct token *token)
{
    return token_is(token, OPERATOR1(')')) || token_is(token, OPERATOR1(']')) || token_is(token, OPERATOR1('}'));
}
/* The index of the bracket that closes the one at `open`, or of the END. */
uint32_t facts_token_close(const struct facts_reader *reader, uint32_t open);
/* "a.b" of the names and dots tokens[first, end). */
blob_offset facts_dotted_text(struct facts_reader *reader, uint32_t first, uint32_t end);

/* ---- facts_literals.c: each fills the node's kind and text, or returns false ---- */

bool facts_number_read(struct facts_reader *reader, const struct token *token, bool is_negative,
                       struct value_node *node);
/* Adjacent literals tokens[first, end). */
bool facts_strings_read(struct facts_reader *reader, uint32_t first, uint32_t end, struct value_node *node);

/* Writes a float's repr(). */
void facts_float_write(struct text *text, double value);

/* ---- facts_folding.c ---- */

/* How tightly a binary operator binds, from 1; 0: it is none that is computed here. */
unsigned facts_operator_binding(uint32_t operator_code);
bool facts_is_foldable(const struct value_node *node);
/* Makes nodes[left] what the operator gives of both; false where that is not known. */
bool facts_fold(struct facts_reader *reader, uint32_t left, uint32_t operator_code, uint32_t right);

/* ---- facts_expressions.c: from tokens[at..] to nodes ---- */

/* Index 0 is given again and again when there are too many: then the whole is unknown. */
uint32_t facts_node_new(struct facts_reader *reader);
void facts_node_add(struct facts_reader *reader, uint32_t parent, uint32_t child);
/* The node is all of the source from a token on to the current one, and nothing is known about it. */
void facts_node_set_unknown(struct facts_reader *reader, uint32_t index, uint32_t first_token);
/* One expression; a node that is unknown where it is none. Stops at what ends it. */
uint32_t facts_expression_parse(struct facts_reader *reader, unsigned depth);
/* One argument of a call, the current token being its first; a child of `parent`. */
void facts_argument_parse(struct facts_reader *reader, uint32_t parent, unsigned depth);
/* "a.b.c": false when a dot is followed by no name. */
bool facts_dotted_parse(struct facts_reader *reader, uint32_t index);
/* On to what ends an expression outside of brackets: a comma, a closing bracket, `for`, ... */
void facts_expression_skip(struct facts_reader *reader);
/* On to the bracket that closes the one that the current token is in. */
void facts_brackets_leave(struct facts_reader *reader);

/* ---- facts_values.c ---- */

/* Parses tokens[at..] up to token `end`: what is no single expression (or, if allowed, bare tuple) is UNKNOWN. */
struct value facts_value_read(struct facts_reader *reader, uint32_t end, bool allows_tuple);
/* Arguments behind the parenthesis at `at`, as of a class: NAME[...] gives NAME. */
void facts_bases_read(struct facts_reader *reader, struct class_facts *facts);

/* ---- facts_functions.c ---- */

struct blob_range facts_decorators_read(struct facts_reader *reader, uint32_t first, uint32_t end);
/* The function at entry `index`, decorated by the entries from first_decorator on. */
struct function_facts facts_function_read(struct facts_reader *reader, uint32_t index, uint32_t first_decorator,
                                          bool is_method, unsigned depth);
uint32_t facts_subtree_end(const struct facts_reader *reader, uint32_t index);
uint32_t facts_column(const struct facts_reader *reader, uint32_t start);
blob_offset facts_name(const struct facts_reader *reader, uint32_t index);
/* The same of one that is now told of. */
blob_offset facts_name_tell(struct facts_reader *reader, uint32_t index);

/* ---- facts_words.c: what function bodies say ---- */

struct blob_range facts_words_read(struct facts_reader *reader, uint32_t index);
blob_offset facts_returned_name(struct facts_reader *reader, uint32_t index, struct blob_range parameters);
/* Binds what functions declare global. */
void facts_globals_read(struct facts_reader *reader, const struct context *context);

/* ---- facts_imports.c ---- */

void facts_imports_read(struct facts_reader *reader);
/* Whether the tokens are `lazy import` or `lazy from`. */
bool facts_statement_is_lazy_import(const struct facts_reader *reader);
/* Binds what the import at entry `index` binds, and notes where it stands. */
void facts_import_bind(struct facts_reader *reader, uint32_t index, const struct context *context);
/* The entries [first, end) are never reached. */
void facts_imports_skip(struct facts_reader *reader, uint32_t first, uint32_t end);

/* ---- facts_conditions.c ---- */

/* An if with its elif and else. */
struct chain {
    blob_offset earlier[CONDITION_MAX_EARLIER];
    uint32_t earlier_count;
    bool has_unknown; /* among the earlier tests */
    bool is_over;     /* one of them is true */
    bool is_checked;  /* and it was `not TYPE_CHECKING` */
};

/* The context of the branch whose tokens were read (`else`: first == end); false: it is never reached. */
bool facts_chain_branch(struct facts_reader *reader, struct chain *chain, uint32_t first, uint32_t end,
                        const struct context *outer, struct context *context_out);

/* ---- facts_statements.c ---- */

void facts_bind(struct facts_reader *reader, const struct context *context, enum binding_kind kind, blob_offset name,
                uint32_t line, blob_offset target);
void facts_statement_read(struct facts_reader *reader, uint32_t index, const struct context *context);
/* Binds UNKNOWN, or DELETED, what the targets tokens[first, end) name. */
void facts_targets_bind(struct facts_reader *reader, uint32_t first, uint32_t end, enum binding_kind kind,
                        const struct context *context);
/* Of the tokens just read: walrus targets are bound, what touches the scope is noted. */
void facts_tokens_note(struct facts_reader *reader, const struct context *context);

/* ---- facts_blocks.c ---- */

/* Reads the entries from `first` on whose parent is `parent`; returns the index behind them and all below them. */
uint32_t facts_body_read(struct facts_reader *reader, uint32_t first, uint32_t parent, const struct context *context);

/* ---- facts_uses.c ---- */

/* Notes the names in the statement that was read. */
void facts_uses_note(struct facts_reader *reader, const struct context *context);
/* The distinct names that were used and are bound nowhere. */
struct blob_range facts_uses_take(struct facts_reader *reader);

#endif
