/*
 * What one source file says by itself about tests: the facts. They depend on the file's bytes alone (no path, no
 * configuration, no other file), lie in a blob without pointers, and are kept in the index.
 */
#ifndef FACTS_FACTS_H
#define FACTS_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/blob.h"
#include "syntax/syntax.h"

/* ---- Values: expressions as far as they are literal ---- */

enum value_kind {
    VALUE_UNKNOWN, /* text: the source of the expression, its first 1,000 bytes */
    VALUE_NONE,
    VALUE_FALSE,
    VALUE_TRUE,
    VALUE_ELLIPSIS,
    VALUE_INTEGER, /* text: as str() writes it, in decimal, with its sign; UNKNOWN when it has more than 4,000 digits */
    VALUE_FLOAT,   /* text: as repr() writes it */
    VALUE_COMPLEX, /* text: as repr() writes it */
    VALUE_STRING,  /* text: UTF-8, escapes resolved, adjacent ones joined; lone surrogates make it UNKNOWN */
    VALUE_BYTES,   /* text: the bytes */
    VALUE_TUPLE,   /* items */
    VALUE_LIST,    /* items */
    VALUE_SET,     /* items */
    VALUE_DICT,    /* items: key, value, key, value, ... */
    VALUE_NAME,    /* text: a dotted name, "a.b.c" */
    VALUE_CALL,    /* text: the callee's dotted name; items: positional arguments, `*x` UNKNOWN; keywords */
    VALUE_LAMBDA,  /* text: as UNKNOWN's */
    VALUE_CONTAINER, /* text: as UNKNOWN's; a list, tuple, set or dictionary whose items are not known */
    VALUE_LONG,      /* a string, or bytes, longer than FACTS_MAX_TEXT */
};

/* No deeper than 64 levels: what is deeper is UNKNOWN. */
struct value {
    uint32_t kind;
    blob_offset text;
    struct blob_range items;    /* of struct value */
    struct blob_range keywords; /* of struct value_keyword; VALUE_CALL only. `**x` has no name */
};

struct value_keyword {
    blob_offset name;
    struct value value;
};

/* ---- Decorators ---- */

/* In source order, top first: Python applies the last one first. */
struct decorator {
    struct value expression; /* NAME or CALL where it has that shape, else UNKNOWN */
    uint32_t line;
};

/* ---- Functions ---- */

enum parameter_kind {
    PARAMETER_POSITIONAL_ONLY,
    PARAMETER_PLAIN,
    PARAMETER_STAR,
    PARAMETER_KEYWORD_ONLY,
    PARAMETER_STAR_STAR
};

struct parameter {
    blob_offset name;
    uint16_t kind; /* enum parameter_kind */
    uint8_t has_default;
    uint8_t is_last; /* of its function's */
};

enum function_flags {
    FUNCTION_ASYNC = 1,
    FUNCTION_HAS_YIELD = 2,
    FUNCTION_IS_METHOD = 4, /* stands in a class's body */
};

/* 24 bytes: there is one for every test. */
struct function_facts {
    blob_offset name;
    uint32_t line, end_line; /* of `def` or `async`; from 1 */
    uint16_t column;         /* of `def` or `async`: in bytes, from 0 */
    uint16_t flags;          /* enum function_flags */
    blob_offset parameters;  /* the first struct parameter; 0: there are none. See function_parameters() */
    blob_offset details;     /* struct function_details; 0: all of it empty. See function_details() */
};

struct function_details {
    struct blob_range decorators; /* of struct decorator */
    struct blob_range words;      /* of blob_offset: the distinct names and attribute names in its body, sorted; only of
                                     functions whose name begins with "pytest_" and of those with a returned_name;
                                     "f=" where it may change attributes of f: assigns to
                                     one, or hands f to something else */
    struct blob_range inner; /* of struct function_facts: functions in its body, but not in another function's there;
                                only where it is no method and no test by pytest's default patterns */
    /*
     * The body ends with `return NAME`, every other return of it is the same, and it binds the name nowhere else than
     * as a parameter or by one `def`: enough for decorators defined in the project. Else 0. Said where `inner` is.
     */
    blob_offset returned_name;
    uint32_t first_line; /* of the first decorator; 0: there is none. See function_first_line() */
};

/* Never NULL. */
static inline const struct function_details *
function_details(const void *base, const struct function_facts *function)
{
    static const struct function_details NONE = {.returned_name = 0};
    return function->details ? (const struct function_details *)blob_at(base, function->details) : &NONE;
}

/* Of struct parameter. */
static inline struct blob_range
function_parameters(const void *base, const struct function_facts *function)
{
    const struct parameter *parameters = (const struct parameter *)blob_at(base, function->parameters);
    struct blob_range range = {function->parameters, function->parameters ? 1 : 0};

    while (range.count && !parameters[range.count - 1].is_last) {
        range.count++;
    }
    return range;
}

/* What pytest shows: co_firstlineno. */
static inline uint32_t
function_first_line(const void *base, const struct function_facts *function)
{
    const uint32_t first_line = function_details(base, function)->first_line;
    return first_line ? first_line : function->line;
}

/* ---- Bindings: what a module's or a class's body gives a name to, in order ---- */

enum binding_kind {
    BINDING_FUNCTION, /* target: struct function_facts */
    BINDING_CLASS,    /* target: struct class_facts */
    BINDING_IMPORT,   /* target: struct import_facts, bound name in `name` */
    BINDING_STAR,     /* target: struct import_facts; no name */
    BINDING_VALUE,    /* target: struct value: `name = value`, also of annotated assignments */
    BINDING_UNKNOWN,  /* loop variables, `with ... as`, unpacking, augmented assignments, walrus, ... */
    BINDING_DELETED,  /* `del name`, and the end of `except ... as name` */
    /*
     * `a.b = value` (BINDING_VALUE's target; 0: augmented, unpacked, deleted): it binds nothing, but changes something.
     * name: "a.b"; "a.b.[]" of `a.b[c] = value` and the like.
     */
    BINDING_ATTRIBUTE,
    /* `name: annotation` in a class, with or without a value (which is a binding of its own, behind this one): it binds
     * nothing. target: struct value of the annotation. */
    BINDING_ANNOTATION,
};

/* What is never reached at collection (`if False`, `if __name__ == "__main__"`) is left out. */
enum binding_flags {
    BINDING_CONDITIONAL = 1,   /* inside of an if, loop, match or except whose outcome is not known (see condition) */
    BINDING_TYPE_CHECKING = 2, /* under `if TYPE_CHECKING:`, at run time never reached */
    BINDING_IN_TRY = 4,        /* in a try's body or else, or in a with: happens unless something before it raises */
    BINDING_IN_EXCEPT = 8,     /* always CONDITIONAL, too */
};

/* In the order of the source; names that functions declare global come last, UNKNOWN and CONDITIONAL. */
struct binding {
    blob_offset name;
    uint16_t kind;  /* enum binding_kind */
    uint16_t flags; /* enum binding_flags */
    uint32_t line;
    blob_offset target;
    /*
     * CONDITIONAL under exactly one `if`/`elif`/`else` chain whose tests are sys.version_info, sys.platform or os.name
     * against literals: the struct condition; else 0.
     */
    blob_offset condition;
};

/* One test after the other is false, and then `test` decides: `else` has no test (its text is 0). */
struct condition {
    struct blob_range earlier; /* of blob_offset: texts of the tests before, as in the source; at most 16 */
    blob_offset test;
};

/* ---- Classes ---- */

struct class_facts {
    blob_offset name;
    uint32_t line, column, end_line, first_line;
    uint32_t has_keywords;        /* metaclass=..., or *args */
    struct blob_range keywords;   /* of struct value_keyword: metaclass=... */
    struct blob_range bases;      /* of struct value: NAME where it is a dotted name; subscripts `G[T]` give NAME "G" */
    struct blob_range decorators; /* of struct decorator */
    struct blob_range bindings;   /* of struct binding */
    uint32_t scope_flags;         /* enum scope_flags of its body */
};

/* ---- Imports ---- */

enum import_flags {
    IMPORT_IN_FUNCTION = 1,
    IMPORT_CONDITIONAL = 2,
    IMPORT_TYPE_CHECKING = 4,
    IMPORT_STAR = 8,
    IMPORT_IN_TRY = 16
};

struct import_facts {
    blob_offset module;  /* "a.b"; 0 for `from . import x` */
    blob_offset name;    /* from ... import NAME; 0 of `import a.b` and of a star */
    blob_offset as_name; /* 0 when there is none */
    uint16_t level;      /* leading dots */
    uint16_t flags;
    uint32_t line;
};

/* ---- The file ---- */

/* What a body does beside binding names, and could bind or raise in ways that cannot be seen. */
enum scope_flags {
    /*
     * globals(), vars(), locals(), exec(), eval(), setattr(), sys.modules, __dict__; of a module also: some names have
     * characters that Python may spell otherwise (NFKC), or are cut off.
     */
    SCOPE_TOUCHES_NAMESPACE = 1,
    SCOPE_SKIPS = 2,            /* pytest.skip/importorskip/exit/fail, raise, sys.exit, unittest.SkipTest */
    SCOPE_CALLS = 4,            /* an expression statement that calls something, by name or not */
    SCOPE_CALLS_UNNAMED = 8,    /* some of these calls have no dotted name */
    SCOPE_SKIPS_IN_EXCEPT = 16, /* as SCOPE_SKIPS, but only behind `except` */
};

struct facts {
    uint32_t format; /* FACTS_FORMAT */
    uint32_t size_bytes;
    uint32_t line_count;           /* 0: its outline has errors */
    uint32_t error_line;           /* not 0: no Python there, and nothing else is said */
    blob_offset error;             /* what the outline said */
    blob_offset doubt;             /* why it may not compile, as "may not compile: line 3 has ..."; 0: it does */
    uint32_t newer_minor;          /* of Python 3: what older ones do not compile; 0: all of them do */
    uint32_t newer_line;           /* for what stands there */
    uint32_t compile_may_warn;     /* compiling it may tell warnings */
    uint32_t scope_flags;          /* enum scope_flags of the module's body */
    struct blob_range bindings;    /* of struct binding: of the module's body */
    struct blob_range imports;     /* of struct import_facts: all in the file, in order, those in functions included */
    struct blob_range definitions; /* of struct definition_line: functions and classes that neither a binding nor a
                                      function's `inner` leads to; with those they are all, nested ones included */
    struct blob_range calls; /* of blob_offset: dotted names that expression statements of the body call, distinct */
    struct blob_range uses; /* of blob_offset: names that statements use when it is imported, and nothing in it binds */
    blob_offset docstring;  /* of the module, as its text; 0 when there is none, or a long one */
    uint32_t has_dont_rewrite; /* the docstring holds PYTEST_DONT_REWRITE */
};

/*
 * For later features: what lies between which lines. No two definitions begin in one line, and they lie in each other
 * by their lines.
 */
struct definition_line {
    blob_offset name;
    uint32_t line;
    uint32_t end_line : 31;
    uint32_t is_class : 1;
};

#define FACTS_FORMAT 10u

/* No text is longer. Of longer names the start is told, and that names are touched. */
enum { FACTS_MAX_TEXT = 4096 };

/*
 * Reads a source (UTF-8, no byte order mark) into a blob that begins with a struct facts. `outline` is scratch memory.
 * Never fails: a source that is no Python gives facts with an error.
 */
void facts_read(const char *source, size_t length, struct outline *outline, struct blob *blob_out);

/*
 * Whether `size_bytes` bytes hold facts whose every offset, range and text lies inside of them: only then may they be
 * read. For what comes from a file.
 */
bool facts_check(const void *bytes, size_t size_bytes);

#endif
