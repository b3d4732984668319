/* Whether a text is Python: the grammar of 3.8 to 3.15 and what its compiler refuses, without building anything. */
#ifndef SYNTAX_GRAMMAR_H
#define SYNTAX_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct grammar {
    bool is_python;       /* false: some version refuses it that has all that newer ones added */
    bool is_ascii;        /* all of the text */
    bool may_warn;        /* the compiler may have warnings to tell */
    bool may_declare;     /* names global or nonlocal: it does, or not all of it was looked at */
    uint32_t line;        /* of the first error, of the doubt, else of the end */
    const char *doubt;    /* is_python, but this may not be allowed there: a clause; NULL: it compiles */
    unsigned newer_minor; /* it takes 3.newer_minor; 0: all of them take it */
    uint32_t newer_line;  /* for what stands there */
};

/* Never refuses Python, and calls nothing Python without doubt that does not compile. Linear. */
struct grammar grammar_check(const char *source, size_t length);

#endif
