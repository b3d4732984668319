/* What the files of this room share with each other only. */
#ifndef PLUGINS_CACHEPROVIDER_INTERNAL_H
#define PLUGINS_CACHEPROVIDER_INTERNAL_H

#include "plugins/cacheprovider/cacheprovider.h"

/* ROOM_CACHE of the state. */
struct cache_types {
    PyTypeObject *cache;
};

/* ROOM_CACHE of the engine. */
struct cache_room {
    PyObject *directory; /* str, absolute */
    PyObject *failed;    /* dict: node id -> True, of this run; NULL: none */
    bool is_python;      /* the Python plugins remember failures and node ids */
};
struct cache_room *cache_room(struct engine *engine);

/* config.cache */
PyObject *cache_new(struct engine *engine, PyObject *directory);
int cache_add_type(PyObject *module, struct state *state);

/* Writes v/cache/nodeids: those of the file and those of `items`, sorted; nothing when it would not change. 0 or -1. */
int node_ids_save(struct engine *engine, PyObject *items);

#endif
