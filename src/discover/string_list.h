/* A growing list of strings in an arena. Private to discover/. */
#ifndef DISCOVER_STRING_LIST_H
#define DISCOVER_STRING_LIST_H

#include <stddef.h>

#include "base/arena.h"

/* Zero-initialised is empty. */
struct string_list {
    const char **items; /* string_list_end() puts a NULL behind the last one */
    size_t count;
};

/* The string is borrowed. */
void string_list_add(struct string_list *list, struct arena *arena, const char *string);

/* By bytes. */
void string_list_sort(struct string_list *list);

/* The items, with a NULL behind them. */
const char *const *string_list_end(struct string_list *list, struct arena *arena);

#endif
