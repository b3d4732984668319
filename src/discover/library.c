/* Sources by path: read, hashed and scanned once each, whoever asks first. */
#include "discover/library.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "base/hash.h"
#include "base/path.h"
#include "base/utf8.h"
#include "os/folder.h"
#include "os/thread.h"

enum { STRIPE_COUNT = 64 };
/* Facts are several times as large as a dense source, and a blob ends at 4 GiB. */
static const size_t MOST_BYTES = (size_t)32 << 20;

struct kept_source {
    struct source source; /* first: they are told apart by nothing else */
    bool is_identified;   /* stamp and hash, or failure */
    bool is_failed;
    unsigned asked_count; /* for its facts */
    struct facts *own;    /* owned; NULL: its facts lie in the index, or are not known */
};

/* What reading a source needs, used by one thread at a time. */
struct scratch {
    struct scratch *next;
    struct outline outline;
    struct blob blob;
    struct decoded decoded;
    char *bytes;
    size_t capacity;
};

enum path_state { PATH_PRESENT = 1, PATH_MISSING };

struct library {
    struct index *index; /* NULL: none */
    struct lock lock;    /* of all but the sources */
    struct arena arena;
    struct table sources;
    struct table paths; /* those that are no source, or not known to be one -> enum path_state */
    struct kept_source **unlisted;
    size_t unlisted_count, unlisted_capacity;
    struct scratch *scratches; /* free ones */
    atomic_size_t scanned_count;
    struct lock stripes[STRIPE_COUNT]; /* each of the sources that fall to it */
};

/* ---- Making and freeing ---- */

struct library *
library_new(struct index *index)
{
    struct library *library = memory_alloc_zeroed(sizeof *library);

    library->index = index;
    lock_init(&library->lock);
    for (size_t i = 0; i < STRIPE_COUNT; i++) {
        lock_init(&library->stripes[i]);
    }
    return library;
}

/* Sources that nobody had asked for by path are found by path from now on. */
static void
list_sources(struct library *library)
{
    for (size_t i = 0; i < library->unlisted_count; i++) {
        struct kept_source *kept = library->unlisted[i];
        table_set(&library->sources, kept->source.path, strlen(kept->source.path), kept);
    }
    library->unlisted_count = 0;
}

static void
source_release(struct kept_source *kept)
{
    resolution_free(kept->source.resolution);
    memory_free(kept->own);
}

void
library_free(struct library *library)
{
    if (!library) {
        return;
    }
    for (size_t i = 0; i < library->sources.count; i++) {
        source_release(library->sources.entries[i].value);
    }
    for (size_t i = 0; i < library->unlisted_count; i++) {
        source_release(library->unlisted[i]);
    }
    while (library->scratches) {
        struct scratch *scratch = library->scratches;
        library->scratches = scratch->next;
        outline_release(&scratch->outline);
        blob_release(&scratch->blob);
        text_release(&scratch->decoded.text);
        text_release(&scratch->decoded.error);
        memory_free(scratch->bytes);
        memory_free(scratch);
    }
    for (size_t i = 0; i < STRIPE_COUNT; i++) {
        lock_release(&library->stripes[i]);
    }
    lock_release(&library->lock);
    table_release(&library->sources);
    table_release(&library->paths);
    memory_free(library->unlisted);
    arena_release(&library->arena);
    memory_free(library);
}

size_t
library_scanned_count(const struct library *library)
{
    return atomic_load(&library->scanned_count);
}

/* ---- By path ---- */

/* Under the lock. */
static struct kept_source *
new_source(struct library *library, const char *path)
{
    struct kept_source *kept = arena_alloc_zeroed(&library->arena, sizeof *kept);

    kept->source.path = path;
    kept->source.nodeid = path_name(path);
    return kept;
}

struct source *
library_add(struct library *library, const char *path, bool is_new)
{
    struct kept_source *kept = NULL;

    lock_enter(&library->lock);
    if (!is_new) {
        list_sources(library);
        kept = table_find(&library->sources, path, strlen(path));
    }
    if (!kept) {
        kept = new_source(library, path);
        if (library->unlisted_count == library->unlisted_capacity) {
            library->unlisted_capacity = library->unlisted_capacity ? library->unlisted_capacity * 2 : 64;
            library->unlisted =
                memory_resize(library->unlisted, library->unlisted_capacity * sizeof *library->unlisted);
        }
        library->unlisted[library->unlisted_count++] = kept;
    }
    lock_leave(&library->lock);
    return &kept->source;
}

/* Under the lock. */
static void
keep_state(struct library *library, const char *path, enum file_kind kind)
{
    size_t length = strlen(path);
    uintptr_t state = kind == FILE_MISSING ? PATH_MISSING : PATH_PRESENT;

    table_set(&library->paths, arena_copy_bytes(&library->arena, path, length), length, (void *)state);
}

struct source *
library_source(struct library *library, const char *path)
{
    size_t length = strlen(path);
    struct kept_source *kept = NULL;

    lock_enter(&library->lock);
    list_sources(library);
    kept = table_find(&library->sources, path, length);
    uintptr_t state = kept ? PATH_PRESENT : (uintptr_t)table_find(&library->paths, path, length);
    if (!kept && state != PATH_MISSING) {
        enum file_kind kind = file_kind_of(path, NULL);
        if (kind == FILE_REGULAR) {
            const char *copy = arena_copy_bytes(&library->arena, path, length);
            kept = new_source(library, copy);
            table_set(&library->sources, copy, length, kept);
        } else if (!state) {
            keep_state(library, path, kind);
        }
    }
    lock_leave(&library->lock);
    return kept ? &kept->source : NULL;
}

bool
library_has_path(struct library *library, const char *path)
{
    size_t length = strlen(path);

    lock_enter(&library->lock);
    uintptr_t state = (uintptr_t)table_find(&library->paths, path, length);
    if (!state) {
        keep_state(library, path, file_kind_of(path, NULL));
        state = (uintptr_t)table_find(&library->paths, path, length);
    }
    lock_leave(&library->lock);
    return state == PATH_PRESENT;
}

void
library_each_path(struct library *library, void (*tell)(void *context, const char *path), void *context)
{
    lock_enter(&library->lock);
    list_sources(library);
    for (size_t i = 0; i < library->sources.count; i++) {
        tell(context, library->sources.entries[i].key);
    }
    for (size_t i = 0; i < library->paths.count; i++) {
        tell(context, library->paths.entries[i].key);
    }
    lock_leave(&library->lock);
}

/* ---- Reading ---- */

static struct scratch *
scratch_take(struct library *library)
{
    lock_enter(&library->lock);
    struct scratch *scratch = library->scratches;
    if (scratch) {
        library->scratches = scratch->next;
    }
    lock_leave(&library->lock);
    return scratch ? scratch : memory_alloc_zeroed(sizeof *scratch);
}

static void
scratch_give(struct library *library, struct scratch *scratch)
{
    static const size_t LARGE = (size_t)4 << 20;

    if (scratch->capacity + scratch->blob.capacity > LARGE) {
        blob_release(&scratch->blob);
        outline_release(&scratch->outline);
        memory_free(scratch->bytes);
        scratch->bytes = NULL;
        scratch->capacity = 0;
    }
    lock_enter(&library->lock);
    scratch->next = library->scratches;
    library->scratches = scratch;
    lock_leave(&library->lock);
}

/* Facts that say nothing but what is wrong. */
static void
add_error_facts(struct blob *blob, uint32_t line, const char *error)
{
    blob_clear(blob);
    blob_reserve(blob, sizeof(struct facts));
    blob_offset text = blob_add_text(blob, error, strlen(error));
    struct facts *facts = (struct facts *)blob->bytes;
    facts->format = FACTS_FORMAT;
    facts->size_bytes = (uint32_t)blob->size_bytes;
    facts->error_line = line;
    facts->error = text;
}

static void
keep_own_facts(struct kept_source *kept, const struct blob *blob)
{
    kept->own = memory_alloc(blob->size_bytes);
    memcpy(kept->own, blob->bytes, blob->size_bytes);
    kept->source.facts = kept->own;
}

static void
fail(struct library *library, struct kept_source *kept, enum file_whole_result result, int number)
{
    static const char *const WORDS[] = {
        [FILE_WHOLE_TOO_LARGE] = "is larger than 32 MB, and was not looked into",
        [FILE_WHOLE_CHANGING] = "changes while it is read",
        [FILE_WHOLE_SPECIAL] = "is no regular file",
    };
    struct blob blob = {0};
    struct text words = {0};

    if (result == FILE_WHOLE_FAILED) {
        text_add_format(&words, "cannot be read: %s", strerror(number));
    } else {
        text_add_string(&words, WORDS[result]);
    }
    add_error_facts(&blob, 1, text_string(&words));
    keep_own_facts(kept, &blob);
    lock_enter(&library->lock);
    kept->source.failure = arena_copy_string(&library->arena, text_string(&words));
    lock_leave(&library->lock);
    kept->is_failed = true;
    blob_release(&blob);
    text_release(&words);
}

static void
scan(struct library *library, struct kept_source *kept, struct scratch *scratch, size_t length)
{
    atomic_fetch_add(&library->scanned_count, 1);
    blob_clear(&scratch->blob);
    if (!source_is_python(&kept->source)) {
        add_error_facts(&scratch->blob, 1, "is no Python");
    } else if (source_decode(scratch->bytes, length, &scratch->decoded)) {
        facts_read(scratch->decoded.source, scratch->decoded.length, &scratch->outline, &scratch->blob);
    } else {
        add_error_facts(&scratch->blob, scratch->decoded.error_line, text_string(&scratch->decoded.error));
    }
    keep_own_facts(kept, &scratch->blob);
    if (library->index) {
        index_keep_facts(library->index, &kept->source, kept->own, scratch->blob.size_bytes);
    }
}

/* Reads the file; its facts are known then. Under the source's lock. */
static void
read_source(struct library *library, struct kept_source *kept)
{
    struct scratch *scratch = scratch_take(library);
    struct source *source = &kept->source;
    size_t length = 0;
    enum file_whole_result result =
        file_read_whole(source->path, MOST_BYTES, &scratch->bytes, &scratch->capacity, &length, &source->stamp);

    kept->is_identified = true;
    source->is_moving = !file_stamp_is_settled(&source->stamp);
    if (result != FILE_WHOLE) {
        fail(library, kept, result, errno);
    } else {
        hash_128(scratch->bytes, length, source->hash);
        if (library->index) {
            source->facts = index_find_facts_by_hash(library->index, source->path, source->hash);
        }
        if (source->facts) {
            index_keep_stamp(library->index, source);
        } else {
            scan(library, kept, scratch, length);
        }
    }
    scratch_give(library, scratch);
}

static void
identify(struct library *library, struct kept_source *kept)
{
    struct source *source = &kept->source;

    if (kept->is_identified) {
        return;
    }
    if (library->index && index_find_hash(library->index, source->path, &source->stamp, source->hash)) {
        kept->is_identified = true;
        return;
    }
    read_source(library, kept);
}

bool
source_is_python(const struct source *source)
{
    return path_is_python(source->path);
}

char *
source_text(struct library *library, const struct source *source, size_t *length_out)
{
    struct scratch *scratch = scratch_take(library);
    struct file_stamp stamp;
    size_t length = 0;
    char *copy = NULL;

    if (file_read_whole(source->path, MOST_BYTES, &scratch->bytes, &scratch->capacity, &length, &stamp) == FILE_WHOLE &&
        utf8_find_invalid(scratch->bytes, length) == length) {
        copy = memory_alloc(length + 1);
        memcpy(copy, scratch->bytes, length + 1);
    }
    scratch_give(library, scratch);
    *length_out = length;
    return copy;
}

/* ---- Facts ---- */

static struct lock *
stripe_of(struct library *library, const struct source *source)
{
    return &library->stripes[((uintptr_t)source >> 6) % STRIPE_COUNT];
}

bool
source_identify(struct library *library, struct source *source)
{
    struct kept_source *kept = (struct kept_source *)source;
    struct lock *stripe = stripe_of(library, source);

    lock_enter(stripe);
    identify(library, kept);
    bool is_done = !kept->is_failed;
    lock_leave(stripe);
    return is_done;
}

const struct facts *
source_facts(struct library *library, struct source *source)
{
    struct kept_source *kept = (struct kept_source *)source;
    struct lock *stripe = stripe_of(library, source);

    lock_enter(stripe);
    kept->asked_count++;
    if (!source->facts) {
        identify(library, kept);
    }
    if (!source->facts && library->index) {
        source->facts = index_find_facts_by_hash(library->index, source->path, source->hash);
    }
    if (!source->facts) {
        read_source(library, kept);
    }
    const struct facts *facts = source->facts;
    lock_leave(stripe);
    return facts;
}

void
source_forget_facts(struct library *library, struct source *source)
{
    struct kept_source *kept = (struct kept_source *)source;
    struct lock *stripe = stripe_of(library, source);

    lock_enter(stripe);
    if (kept->asked_count <= 1 && kept->own && !kept->is_failed) {
        memory_free(kept->own);
        kept->own = NULL;
        source->facts = NULL;
        kept->asked_count = 0;
    }
    lock_leave(stripe);
}
