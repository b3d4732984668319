/* The numbered folder of one session, its lock, and the removal of those of older sessions. */
#include "os/clock.h"
#include "os/file.h"
#include "os/temporary.h"
#include "plugins/tmpdir/internal.h"

static const char PREFIX[] = "pytest-";
enum { LOCK_LIFE_S = 60 * 60 * 24 * 3, ATTEMPTS = 10 };

int
raise_errno(int errno_value, const char *path)
{
    errno = errno_value;
    PyErr_SetFromErrnoWithFilename(PyExc_OSError, path);
    return -1;
}

static void
set_path(struct text *path, const char *folder, const char *name)
{
    text_clear(path);
    text_add_string(path, folder);
    text_add_char(path, '/');
    text_add_string(path, name);
}

/* The number that a suffix spells, -1 when it spells none. */
static long
parse_number(const char *suffix)
{
    char *end = NULL;
    long number = strtol(suffix, &end, 10);
    return end == suffix || *end ? -1 : number;
}

typedef void (*visit_entry)(const char *folder, const char *name, void *memory);

/* Calls `visit` for every entry whose name begins with the prefix, in whatever case. */
static void
visit_prefixed(const char *folder, const char *prefix, visit_entry visit, void *memory)
{
    struct text names = {0};

    if (folder_list(folder, &names)) {
        for (size_t at = 0; at < names.length; at += strlen(names.bytes + at) + 1) {
            if (strncasecmp(names.bytes + at, prefix, strlen(prefix)) == 0) {
                visit(folder, names.bytes + at, memory);
            }
        }
    }
    text_release(&names);
}

struct number_search {
    size_t prefix_length;
    long highest;
};

static void
note_number(const char *Py_UNUSED(folder), const char *name, void *memory)
{
    struct number_search *search = memory;
    long number = parse_number(name + search->prefix_length);
    search->highest = number > search->highest ? number : search->highest;
}

long
highest_number(const char *folder, const char *prefix)
{
    struct number_search search = {.prefix_length = strlen(prefix), .highest = -1};
    visit_prefixed(folder, prefix, note_number, &search);
    return search.highest;
}

/* ---- Making ---- */

/* Whether this user can make folders there, as far as one can tell without making one. */
static bool
is_usable(const char *folder)
{
    return file_is_folder(folder) && folder_is_writable(folder);
}

/* The folder for temporary files, links resolved. */
static int
find_temporary_root(struct text *root)
{
    static const char *const VARIABLES[] = {"PYTEST_DEBUG_TEMPROOT", "TMPDIR", "TEMP", "TMP"};
    static const char *const PLACES[] = {"/tmp", "/var/tmp", "/usr/tmp", "."};
    PyObject *tempfile = py_find_module("tempfile");
    PyObject *folder = NULL;
    const char *given = getenv(VARIABLES[0]);

    if (given && *given) {
        Py_XDECREF(tempfile);
        return file_resolve(given, root) ? 0 : raise_errno(ENOENT, given);
    }
    if (tempfile) {
        /* Whoever has imported it may have set tempfile.tempdir. */
        folder = PyObject_CallMethod(tempfile, "gettempdir", NULL);
        Py_DECREF(tempfile);
        const char *text = folder ? py_utf8(folder) : NULL;
        int status = !text ? -1 : file_resolve(text, root) ? 0 : raise_errno(ENOENT, text);
        Py_XDECREF(folder);
        return status;
    }
    for (size_t i = 1; i < COUNT_OF(VARIABLES); i++) {
        given = getenv(VARIABLES[i]);
        if (given && *given && is_usable(given) && file_resolve(given, root)) {
            return 0;
        }
    }
    for (size_t i = 0; i < COUNT_OF(PLACES); i++) {
        if (is_usable(PLACES[i]) && file_resolve(PLACES[i], root)) {
            return 0;
        }
    }
    return raise_errno(ENOENT, "/tmp");
}

/* What _pytest.tmpdir.get_user() says where somebody has imported that, and may have patched it: 0 or -1. */
static int
ask_user_name(struct text *name)
{
    PyObject *module = py_find_module("_pytest.tmpdir");
    PyObject *user = module ? PyObject_CallMethod(module, "get_user", NULL) : NULL;
    int status = module && !user ? -1 : 0;

    if (user && user != Py_None) {
        status = py_text_add_str(name, user);
    }
    Py_XDECREF(user);
    Py_XDECREF(module);
    return status;
}

/* As getpass.getuser() finds it. */
static void
find_user_name(struct text *name)
{
    static const char *const VARIABLES[] = {"LOGNAME", "USER", "LNAME", "USERNAME"};

    for (size_t i = 0; i < COUNT_OF(VARIABLES); i++) {
        const char *value = getenv(VARIABLES[i]);
        if (value && *value) {
            text_add_string(name, value);
            return;
        }
    }
    if (!current_user_name(name)) {
        text_add_string(name, "unknown");
    }
}

/* The folder has a name that others can guess: it must be ours, and closed to them. */
static int
check_root_is_private(const char *root)
{
    struct path_facts facts;

    if (!path_read_facts(root, &facts)) {
        return raise_errno(errno, root);
    }
    if (facts.is_link) {
        PyErr_Format(PyExc_OSError, "The temporary directory %s is a symbolic link. Fix this and try again.", root);
        return -1;
    }
    if (facts.user_id != current_user_id()) {
        PyErr_Format(PyExc_OSError,
                     "The temporary directory %s is not owned by the current user. Fix this and try again.", root);
        return -1;
    }
    if ((facts.mode & 077) != 0 && !path_set_mode(root, facts.mode & ~077U)) {
        return raise_errno(errno, root);
    }
    return 0;
}

static int
make_root(struct text *root)
{
    static const char PREFIX_OF_USER[] = "pytest-of-";
    struct text temporary = {0};
    struct text name = {0};
    int status = find_temporary_root(&temporary);
    int failure = 0;

    text_add_string(&name, PREFIX_OF_USER);
    if (status == 0) {
        status = ask_user_name(&name);
    }
    if (status == 0) {
        if (name.length == sizeof PREFIX_OF_USER - 1) {
            find_user_name(&name);
        }
        set_path(root, text_string(&temporary), text_string(&name));
        failure = folder_create_private(text_string(root));
        if (failure != 0 && failure != EEXIST) {
            /* A user name that is no file name. */
            set_path(root, text_string(&temporary), "pytest-of-unknown");
            failure = folder_create_private(text_string(root));
        }
        status = failure == 0 || failure == EEXIST ? check_root_is_private(text_string(root))
                                                   : raise_errno(failure, text_string(root));
    }
    text_release(&name);
    text_release(&temporary);
    return status;
}

/* The next number's folder: false when somebody else was faster. */
static bool
make_numbered(struct session_folder *folder)
{
    const char *root = text_string(&folder->root);
    struct text name = {0};
    struct text link = {0};
    bool is_made = false;

    text_add_format(&name, "%s%ld", PREFIX, highest_number(root, PREFIX) + 1);
    set_path(&folder->path, root, text_string(&name));
    is_made = folder_create_private(text_string(&folder->path)) == 0;
    if (is_made) {
        set_path(&link, root, "pytest-current");
        link_force(text_string(&link), text_string(&folder->path));
    }
    text_release(&link);
    text_release(&name);
    return is_made;
}

static bool
lock_folder(struct session_folder *folder)
{
    set_path(&folder->lock, text_string(&folder->path), ".lock");
    if (lock_file_create(text_string(&folder->lock))) {
        return true;
    }
    text_clear(&folder->lock);
    return false;
}

int
session_folder_make(struct session_folder *folder, long keep)
{
    struct path_facts facts;
    bool is_made = false;

    if (make_root(&folder->root) < 0) {
        return -1;
    }
    folder->keep = keep;
    folder->process_id = current_process_id();
    for (int i = 0; i < ATTEMPTS && !is_made; i++) {
        is_made = make_numbered(folder) && (keep == 0 || lock_folder(folder));
    }
    if (!is_made) {
        PyErr_Format(PyExc_OSError, "could not create numbered dir with prefix %s in %s after %d tries", PREFIX,
                     text_string(&folder->root), (int)ATTEMPTS);
        return -1;
    }
    if (path_read_facts(text_string(&folder->path), &facts)) {
        folder->stale_before_s = facts.modified_s - LOCK_LIFE_S;
    }
    folder->is_made = true;
    return 0;
}

/* ---- Cleaning ---- */

struct cleaning {
    long highest_to_remove;
    double stale_before_s;
};

/* Whether nobody uses the folder; a stale lock is broken. */
static bool
is_abandoned(const char *path, double stale_before_s)
{
    struct path_facts facts;
    struct text lock = {0};
    bool is_free = false;

    if (!path_read_facts(path, &facts) || facts.is_link) {
        return false;
    }
    set_path(&lock, path, ".lock");
    if (!path_read_facts(text_string(&lock), &facts)) {
        is_free = true;
    } else if (facts.modified_s < stale_before_s) {
        is_free = remove_file(text_string(&lock));
    }
    text_release(&lock);
    return is_free;
}

/* Takes the lock, moves the folder out of the way under a name that nobody uses, and removes it. */
static void
remove_abandoned(const char *root, const char *path)
{
    struct text lock = {0};
    struct text garbage = {0};

    set_path(&lock, path, ".lock");
    if (lock_file_create(text_string(&lock))) {
        text_add_format(&garbage, "%s/garbage-%ld-%.0f", root, (long)current_process_id(), clock_wall_s() * 1e9);
        if (path_rename(path, text_string(&garbage))) {
            tree_remove(text_string(&garbage), NULL, NULL);
        } else {
            remove_file(text_string(&lock));
        }
    }
    text_release(&garbage);
    text_release(&lock);
}

static void
clean_entry(const char *root, const char *name, double stale_before_s)
{
    struct text path = {0};

    set_path(&path, root, name);
    if (is_abandoned(text_string(&path), stale_before_s)) {
        remove_abandoned(root, text_string(&path));
    }
    text_release(&path);
}

static void
clean_numbered(const char *root, const char *name, void *memory)
{
    struct cleaning *cleaning = memory;
    long number = parse_number(name + strlen(PREFIX));

    if (number <= cleaning->highest_to_remove) {
        clean_entry(root, name, cleaning->stale_before_s);
    }
}

static void
clean_garbage(const char *root, const char *name, void *memory)
{
    clean_entry(root, name, ((struct cleaning *)memory)->stale_before_s);
}

static void
remove_if_dead(const char *folder, const char *name, void *Py_UNUSED(memory))
{
    struct text path = {0};

    set_path(&path, folder, name);
    if (link_is_dead(text_string(&path))) {
        remove_file(text_string(&path));
    }
    text_release(&path);
}

void
remove_dead_links(const char *folder)
{
    visit_prefixed(folder, "", remove_if_dead, NULL);
}

void
session_folder_clean(struct session_folder *folder)
{
    const char *root = text_string(&folder->root);
    struct cleaning cleaning = {.stale_before_s = folder->stale_before_s};

    if (!folder->is_made) {
        return;
    }
    folder->is_made = false;
    cleaning.highest_to_remove = highest_number(root, PREFIX) - folder->keep;
    visit_prefixed(root, PREFIX, clean_numbered, &cleaning);
    visit_prefixed(root, "garbage-", clean_garbage, &cleaning);
    remove_dead_links(root);
    if (folder->lock.length && folder->process_id == current_process_id()) {
        remove_file(text_string(&folder->lock));
    }
}

void
session_folder_release(struct session_folder *folder)
{
    text_release(&folder->root);
    text_release(&folder->path);
    text_release(&folder->lock);
}
