/* Open addressing with linear probing over an insertion-ordered array. */
#include "base/table.h"

#include <string.h>

#include "base/arena.h"
#include "base/hash.h"

/* The slot that holds the key, or the free one where it belongs. */
static size_t
table_probe(const struct table *table, const char *key, size_t key_length)
{
    size_t mask = table->slot_count - 1;
    size_t slot = hash_64(key, key_length) & mask;
    while (table->slots[slot]) {
        const struct table_entry *entry = &table->entries[table->slots[slot] - 1];
        if (entry->key_length == key_length && memcmp(entry->key, key, key_length) == 0) {
            break;
        }
        slot = (slot + 1) & mask;
    }
    return slot;
}

static void
table_grow(struct table *table)
{
    table->capacity = table->capacity ? table->capacity * 2 : 16;
    table->entries = memory_resize(table->entries, table->capacity * sizeof *table->entries);
    memory_free(table->slots);
    table->slot_count = table->capacity * 2;
    table->slots = memory_alloc_zeroed(table->slot_count * sizeof *table->slots);
    for (size_t i = 0; i < table->count; i++) {
        size_t slot = table_probe(table, table->entries[i].key, table->entries[i].key_length);
        table->slots[slot] = (unsigned)(i + 1);
    }
}

void *
table_find(const struct table *table, const char *key, size_t key_length)
{
    if (!table->count) {
        return NULL;
    }
    unsigned number = table->slots[table_probe(table, key, key_length)];
    return number ? table->entries[number - 1].value : NULL;
}

/* The key's entry; `is_new_out`: it was not there. */
static struct table_entry *
table_place(struct table *table, const char *key, size_t key_length, bool *is_new_out)
{
    if (table->count == table->capacity) {
        table_grow(table);
    }
    size_t slot = table_probe(table, key, key_length);
    *is_new_out = table->slots[slot] == 0;
    if (*is_new_out) {
        table->entries[table->count] = (struct table_entry){key, key_length, NULL};
        table->slots[slot] = (unsigned)++table->count;
    }
    return &table->entries[table->slots[slot] - 1];
}

void
table_set(struct table *table, const char *key, size_t key_length, void *value)
{
    bool is_new;

    table_place(table, key, key_length, &is_new)->value = value;
}

bool
table_add(struct table *table, const char *key, size_t key_length, void *value)
{
    bool is_new;
    struct table_entry *entry = table_place(table, key, key_length, &is_new);

    entry->value = is_new ? value : entry->value;
    return is_new;
}

void
table_release(struct table *table)
{
    memory_free(table->entries);
    memory_free(table->slots);
    *table = (struct table){0};
}
