/* What each word of a command line is, before it is known which words are values of options. */
#ifndef HOOKS_OPTION_WORDS_H
#define HOOKS_OPTION_WORDS_H

#include "hooks/config_internal.h"

enum word_kind {
    WORD_POSITIONAL,
    WORD_OPTION, /* also "--" itself, with no argument */
    WORD_UNKNOWN,
    WORD_ODD, /* argparse must sort it out */
};

struct word {
    enum word_kind kind;
    Argument *argument; /* borrowed */
    const char *joined; /* the value in the same word, borrowed from the str; NULL when there is none */
    bool has_equals;    /* joined by "=" */
    bool is_long;
};

/*
 * The list with each "@FILE" replaced by the lines of the file: a new reference, to `args` itself when there is none.
 * NULL, perhaps with an exception, for what argparse must complain about.
 */
PyObject *option_words_expand(PyObject *args);

/* Reads a list of str into as many words; false when one of them is odd. */
bool option_words_read(Parser *parser, PyObject *args, struct word *words);

#endif
