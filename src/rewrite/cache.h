/* Compiled code beside the sources. Private to rewrite/. */
#ifndef REWRITE_CACHE_H
#define REWRITE_CACHE_H

#include "rewrite/internal.h"

/* What must be equal for cached code to be used, beside the source itself. */
struct cache_key {
    uint32_t mode;          /* rewriting, pass hook, optimisation */
    unsigned char magic[4]; /* the interpreter's */
};

/* The path of a source's cache file, in UTF-8 as `path` is. */
struct text;
int cache_path(struct state *state, const char *path, struct text *out);

/*
 * Marshalled code (bytes) from the cache, if it is that of the source as it is now: 1 and a new reference, 0 when
 * there is none that holds, -1 with an exception.
 */
int cache_load(const char *path, const char *cache_path, const struct cache_key *key, bool may_write,
               PyObject **marshalled_out, struct loaded_source *loaded_out);

/* Writes it; a cache that cannot be written is no error. `loaded`: of the source that was compiled. */
void cache_save(struct state *state, const char *cache_path, const struct cache_key *key,
                const struct loaded_source *loaded, PyObject *marshalled);

/* What is to be remembered of a source that was read just now. */
void loaded_source_identify(const char *path, PyObject *source, struct loaded_source *loaded_out);

/* The bytes of a source file: a new reference, or OSError as open() would raise it. */
PyObject *source_read_bytes(PyObject *path_text, const char *path);

#endif
