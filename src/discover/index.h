/*
 * The index on disk, and in memory. Private to discover/.
 *
 * The file is a head and segments. A segment holds blobs and a directory of the files that it knows, and is never
 * changed: what it says of a file counts until a later one says something about the same; of the tests of a file, that
 * is under the same key. The entries of a later one may point to blobs of earlier ones. Where a segment has two entries
 * for a file, the first one is the newer, and the other one tells of tests only. Its head is written last, and holds a
 * checksum of itself, of the directory, and through that of every blob: a reader sees a segment whole or not at all.
 */
#ifndef DISCOVER_INDEX_H
#define DISCOVER_INDEX_H

#include <stdatomic.h>

#include "base/text.h"
#include "discover/internal.h"
#include "os/mapped_file.h"
#include "os/thread.h"

/* ---- On disk: native byte order, everything aligned to 8 ---- */

#define INDEX_MAGIC "fastest\x01"
#define INDEX_VERSION 1u
#define SEGMENT_MAGIC UINT64_C(0x31746e656d676573)
#define NO_SET UINT32_MAX

enum { INDEX_BUFFER_BYTES = 64 * 1024 }; /* written at once */

struct index_head {
    char magic[8];
    uint32_t byte_order; /* 0x01020304 */
    uint32_t version;
    uint32_t facts_format;
    uint32_t found_format;
    unsigned char build[16]; /* of the sources that made it: another build may see other tests */
    uint64_t generation;     /* another one in each file written anew */
    uint64_t checksum;       /* of all before */
};

struct segment_head {
    uint64_t magic;
    uint64_t generation; /* the file's */
    uint64_t position;   /* where it stands in the file */
    uint64_t size_bytes; /* with this head */
    uint64_t directory;  /* position in the file */
    uint64_t directory_checksum;
    uint64_t dead_bytes; /* in all segments up to this: of blobs that nothing points to */
    uint32_t entry_count, slot_count, set_count, dependency_count;
    uint64_t text_bytes;
    uint64_t checksum; /* of all before */
};

struct index_part {
    uint64_t position; /* in the file */
    uint64_t checksum;
    uint32_t size_bytes; /* 0: there is none */
    uint32_t unused;
};

/* The directory: entries, slots (uint32_t: number of an entry + 1), sets, dependencies, texts. */
struct index_entry {
    uint64_t path_hash;
    uint32_t path, path_length;
    struct file_stamp stamp; /* all zero: the file was not at rest */
    unsigned char hash[16];
    unsigned char key[16];
    struct index_part facts, found;
    uint32_t set; /* what `found` rests on */
    uint32_t unused;
};

struct index_set {
    uint32_t first, source_count; /* dependencies: first the sources, then the missing paths */
    uint32_t missing_count, unused;
};

struct index_dependency {
    uint32_t path, path_length;
    unsigned char hash[16]; /* of sources */
};

/* ---- In memory ---- */

struct segment {
    const struct segment_head *head;
    const struct index_entry *entries;
    const uint32_t *slots;
    const struct index_set *sets;
    const struct index_dependency *dependencies;
    const char *texts;
    atomic_uchar *set_states; /* enum set_state */
};

enum set_state { SET_UNKNOWN, SET_HOLDS, SET_IS_STALE };

enum part_kind { PART_NONE, PART_SPOOLED, PART_IN_MEMORY, PART_CARRIED };

/* A blob on its way into a segment. */
struct kept_part {
    enum part_kind kind;
    const void *bytes;      /* IN_MEMORY, CARRIED */
    struct index_part part; /* SPOOLED: position from the start of the facts; CARRIED: as it is in the file now */
};

/* What the next segment will say of a file. */
struct kept_entry {
    const char *path;
    size_t path_length;
    struct file_stamp stamp;
    unsigned char hash[16];
    unsigned char key[16];
    struct kept_part facts, found;
    uint32_t set;                       /* number in `sets`; NO_SET */
    const struct segment *carried_from; /* found.kind CARRIED: of which segment `set` is one */
    const struct index_entry *replaced; /* what was said of it before; NULL: nothing */
};

/* Sets of dependencies, each once, as the directory will hold them. */
struct set_builder {
    struct index_set *sets;
    struct index_dependency *dependencies;
    struct text texts; /* the directory's: paths, each with a NUL behind it */
    size_t set_count, set_capacity, dependency_count, dependency_capacity;
    struct table known;    /* digest -> number + 1 */
    struct table texts_at; /* text -> position + 1 */
    struct arena arena;
};

struct index {
    char *path; /* of the file; its folder is made when it is written */
    struct mapped_file mapped;
    struct segment *segments;
    size_t segment_count;
    uint64_t generation;
    uint64_t end;     /* of the last whole segment; 0: there is no usable file */
    struct lock lock; /* of all below */
    struct kept_entry *kept;
    size_t kept_count, kept_capacity;
    size_t expected_count;
    struct table kept_by_path; /* -> number + 1 */
    struct set_builder sets;
    unsigned char *facts; /* not yet in the spool */
    unsigned char *spare; /* to take its place while it is written; NULL: none */
    size_t facts_length, facts_capacity, spare_capacity;
    uint64_t spooled_bytes;
    struct lock opening; /* of the spool, before `lock`: making the folders takes long */
    bool is_spool_refused;
    int spool_fd; /* -1: none; else it becomes the new file. Changed under both locks */
    char spool_path[4200];
    bool is_broken; /* the spool cannot be written: nothing will be saved */
};

/* What index_open does once the file is mapped; no bytes: there is none. Takes `path`; index_close unmaps. */
struct index *index_over(char *path, const struct mapped_file *mapped);

/* Steps through the entries for a path, the newest one first. */
struct entry_cursor {
    const struct index *index;
    const char *path;
    size_t length;
    uint64_t hash;
    size_t segment; /* number + 1 */
    uint32_t tried; /* slots of it */
};
struct entry_cursor index_entries(const struct index *index, const char *path);
const struct index_entry *index_next(struct entry_cursor *cursor, const struct segment **segment_out);
/* The newest one, and its segment. */
const struct index_entry *index_lookup(const struct index *index, const char *path, const struct segment **segment_out);

/* index_segments.c: the segment at `position`, if there is a whole one. */
bool segment_open(const struct mapped_file *mapped, uint64_t generation, uint64_t position,
                  struct segment *segment_out);
/* Whether a head stands for itself. */
bool segment_head_is_whole(const struct segment_head *head, uint64_t generation, uint64_t position);
void index_head_fill(struct index_head *head, uint64_t generation);
bool index_head_is_ours(const struct index_head *head);
void segment_head_seal(struct segment_head *head);

/* index_keep.c: a second entry for a file: its tests under another key. */
void index_keep_alternative(struct index *index, const struct kept_entry *kept, const struct index_entry *entry,
                            const struct segment *segment);
/* Facts that are too many for memory go to the file that will replace the index. */
bool index_spool_flush(struct index *index);
void index_spool_drop(struct index *index);

/* index_sets.c */
uint32_t sets_add(struct set_builder *builder, const struct dependencies *dependencies);
uint32_t sets_add_carried(struct set_builder *builder, const struct segment *segment, uint32_t set);
/* The position of a text that no dependency is expected to have: it is not looked for. */
uint32_t sets_append_text(struct set_builder *builder, const char *text, size_t length);
void sets_release(struct set_builder *builder);

#endif
