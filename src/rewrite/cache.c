/*
 * One file per source: a fixed head, then marshalled code. The head says which source it was made from: a stamp that
 * spares reading the source, and a hash of its content that decides when the stamp differs (a fresh checkout).
 */
#include "rewrite/cache.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "os/file.h"
#include "os/source_file.h"

/* Change it whenever the rewriter makes other code, or the head changes. */
static const char FORMAT[8] = "FSTCODE1";

struct cache_head {
    char format[8];
    struct cache_key key;
    struct file_stamp stamp;
    unsigned char source_hash[16];
    uint64_t code_bytes;
    uint64_t code_hash;
};

static_assert(sizeof(struct cache_head) == 80, "written as it is");

int
cache_path(struct state *state, const char *path, struct text *out)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t folder_length = slash ? (size_t)(slash - path) : 0;
    size_t name_length = strlen(name);
    PyObject *prefix = PySys_GetObject("pycache_prefix"); /* borrowed */
    const char *tag = py_utf8(rewrite_room(state)->cache_tag);

    if (!tag) {
        return -1;
    }
    if (prefix && PyUnicode_Check(prefix) && PyUnicode_GetLength(prefix)) {
        if (py_text_add_str(out, prefix) < 0) {
            return -1;
        }
        text_add(out, path, folder_length);
    } else {
        text_add(out, path, folder_length);
        text_add_string(out, slash ? "/__pycache__" : "__pycache__");
    }
    if (name_length > 3 && strcmp(name + name_length - 3, ".py") == 0) {
        name_length -= 3;
    }
    text_add_char(out, '/');
    text_add(out, name, name_length);
    text_add_char(out, '.');
    text_add_string(out, tag);
    return 0;
}

PyObject *
source_read_bytes(PyObject *path_text, const char *path)
{
    size_t size = 0;
    int fd = source_open(path, &size);
    PyObject *bytes = NULL;

    if (fd < 0) {
        return PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path_text);
    }
    bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    if (bytes && !source_read(fd, PyBytes_AsString(bytes), size)) {
        Py_CLEAR(bytes);
        errno = errno ? errno : EIO;
        PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path_text);
    }
    source_close(fd);
    return bytes;
}

/* The file's head and code, when the file is whole and for this key: a new reference, or NULL without an exception. */
static PyObject *
read_entry(const char *cache_path, const struct cache_key *key, struct cache_head *head)
{
    size_t size = 0;
    int fd = source_open(cache_path, &size);
    PyObject *code = NULL;

    if (fd < 0) {
        return NULL;
    }
    if (size > sizeof *head && source_read(fd, head, sizeof *head) && memcmp(head->format, FORMAT, 8) == 0 &&
        memcmp(&head->key, key, sizeof *key) == 0 && head->code_bytes == size - sizeof *head) {
        code = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)head->code_bytes);
        if (code && (!source_read(fd, PyBytes_AsString(code), head->code_bytes) ||
                     hash_64(PyBytes_AsString(code), head->code_bytes) != head->code_hash)) {
            Py_CLEAR(code);
        }
    }
    source_close(fd);
    return code;
}

/* A stamp that may be relied on later; all zero when the file changed just now. */
static struct file_stamp
stamp_to_keep(const struct file_stamp *stamp)
{
    return file_stamp_is_settled(stamp) ? *stamp : (struct file_stamp){0};
}

/* The stamps differ: 1 when the content does not, 0 when it does, -1 with an exception. */
static int
source_is_same(const char *path, const struct cache_head *head)
{
    PyObject *path_text = PyUnicode_DecodeFSDefault(path);
    PyObject *source = path_text ? source_read_bytes(path_text, path) : NULL;
    unsigned char hash[16];
    int same = -1;

    if (source) {
        hash_128(PyBytes_AsString(source), (size_t)PyBytes_Size(source), hash);
        same = memcmp(hash, head->source_hash, sizeof hash) == 0;
    }
    Py_XDECREF(path_text);
    Py_XDECREF(source);
    return same;
}

int
cache_load(const char *path, const char *cache_path, const struct cache_key *key, bool may_write,
           PyObject **marshalled_out, struct loaded_source *loaded_out)
{
    struct cache_head head;
    struct file_stamp stamp;
    PyObject *code = read_entry(cache_path, key, &head);

    if (!code) {
        return PyErr_Occurred() ? -1 : 0;
    }
    if (!file_stamp_read(path, &stamp)) {
        Py_DECREF(code);
        return 0; /* reading the source raises */
    }
    if (memcmp(&stamp, &head.stamp, sizeof stamp) != 0) {
        int same = source_is_same(path, &head);
        if (same <= 0) {
            Py_DECREF(code);
            return same;
        }
        if (may_write && file_stamp_is_settled(&stamp)) {
            head.stamp = stamp;
            (void)file_overwrite_start(cache_path, &head, sizeof head);
        }
    }
    loaded_out->stamp = stamp_to_keep(&stamp);
    memcpy(loaded_out->hash, head.source_hash, sizeof loaded_out->hash);
    *marshalled_out = code;
    return 1;
}

/* Removes what other versions of fastest left for this folder's sources, once per folder and process. */
static void
prune_folder(struct state *state, const char *cache_path)
{
    struct rewrite_room *room = rewrite_room(state);
    size_t folder_length = (size_t)(strrchr(cache_path, '/') - cache_path);
    PyObject *folder = PyUnicode_DecodeFSDefaultAndSize(cache_path, (Py_ssize_t)folder_length);
    const char *tag = py_utf8(room->cache_tag);
    struct text path = {0};
    struct text names = {0};

    if (!folder || !tag || PySet_Contains(room->pruned_folders, folder) != 0 ||
        PySet_Add(room->pruned_folders, folder) < 0) {
        goto done;
    }
    text_add(&path, cache_path, folder_length);
    if (!folder_list(path.bytes, &names)) {
        goto done;
    }
    /* "cpython-313-fastest-": this interpreter's files alone. */
    size_t stem_length = (size_t)(strstr(tag, "-fastest-") - tag) + strlen("-fastest-");
    for (const char *name = names.bytes; name && name < names.bytes + names.length; name += strlen(name) + 1) {
        const char *found = memmem(name, strlen(name), tag, stem_length);
        size_t tag_length = strlen(tag) - 1; /* with and without -O */
        if (found && strncmp(found, tag, tag_length) != 0) {
            text_clear(&path);
            text_add(&path, cache_path, folder_length + 1);
            text_add_string(&path, name);
            file_remove(path.bytes);
        }
    }
done:
    PyErr_Clear(); /* a folder that cannot be named or listed is not pruned */
    Py_XDECREF(folder);
    text_release(&path);
    text_release(&names);
}

void
loaded_source_identify(const char *path, PyObject *source, struct loaded_source *loaded_out)
{
    struct file_stamp stamp;

    *loaded_out = (struct loaded_source){0};
    hash_128(PyBytes_AsString(source), (size_t)PyBytes_Size(source), loaded_out->hash);
    if (file_stamp_read(path, &stamp) && stamp.size_bytes == (uint64_t)PyBytes_Size(source)) {
        loaded_out->stamp = stamp_to_keep(&stamp);
    }
}

void
cache_save(struct state *state, const char *cache_path, const struct cache_key *key, const struct loaded_source *loaded,
           PyObject *marshalled)
{
    struct cache_head head = {.key = *key, .stamp = loaded->stamp, .code_bytes = (uint64_t)PyBytes_Size(marshalled)};
    struct text folder = {0};

    memcpy(head.format, FORMAT, sizeof head.format);
    memcpy(head.source_hash, loaded->hash, sizeof head.source_hash);
    head.code_hash = hash_64(PyBytes_AsString(marshalled), head.code_bytes);
    text_add(&folder, cache_path, (size_t)(strrchr(cache_path, '/') - cache_path));
    if (folder_make(folder.bytes) &&
        file_replace(cache_path, &head, sizeof head, PyBytes_AsString(marshalled), head.code_bytes)) {
        prune_folder(state, cache_path);
    }
    text_release(&folder);
}
