/* A hash table from byte strings to pointers. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct table_entry {
    const char *key; /* borrowed from whoever set it; not necessarily NUL-terminated */
    size_t key_length;
    void *value;
};

/* Zero-initialised is the empty table. Iterate `entries[0..count)`: insertion order. Entries are not removed. */
struct table {
    struct table_entry *entries;
    size_t count;
    size_t capacity;
    unsigned *slots; /* index + 1 into entries; 0 is free */
    size_t slot_count;
};

/* NULL when absent. */
void *table_find(const struct table *table, const char *key, size_t key_length);

/* Adds or replaces. The key must outlive the table. */
void table_set(struct table *table, const char *key, size_t key_length, void *value);
/* Adds; false: the key is there, and keeps its value. */
bool table_add(struct table *table, const char *key, size_t key_length, void *value);

void table_release(struct table *table);

#endif
