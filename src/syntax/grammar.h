/* Whether a text is Python: the grammar of 3.8 to 3.15, without building anything. */
#ifndef SYNTAX_GRAMMAR_H
#define SYNTAX_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * False: some version refuses it that has all that newer ones added, and *line_out is where. Never refuses Python, and
 * does not find all that is none: what is wrong within an f-string, with names, or with their scopes passes. Linear.
 */
bool grammar_check(const char *source, size_t length, uint32_t *line_out);

#endif
