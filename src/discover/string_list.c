/* A list of strings whose items are copied whenever their number reaches a power of two. */
#include "discover/string_list.h"

#include <stdlib.h>
#include <string.h>

void
string_list_add(struct string_list *list, struct arena *arena, const char *string)
{
    list->items = arena_grow(arena, list->items, list->count, sizeof *list->items);
    list->items[list->count++] = string;
}

const char *const *
string_list_end(struct string_list *list, struct arena *arena)
{
    string_list_add(list, arena, NULL);
    list->count--;
    return list->items;
}

static int
compare_strings(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

void
string_list_sort(struct string_list *list)
{
    if (list->count > 1) {
        qsort(list->items, list->count, sizeof *list->items, compare_strings);
    }
}
