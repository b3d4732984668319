/* sys.path and the plugins of an interpreter, told from the file system as getpath and site.py put them together. */
#include <string.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/text.h"
#include "discover/internal.h"
#include "discover/pyenv_shim.h"
#include "discover/site_folders.h"
#include "discover/surroundings.h"
#include "model/plugin_names.h"
#include "os/file.h"
#include "os/folder.h"

enum { MAX_CONFIG_BYTES = 64 * 1024 };

/* ---- The installation ---- */

struct installation {
    struct arena *arena;
    const char *const *environment;
    const char *prefix;      /* of the environment */
    const char *base_prefix; /* of the installation whose standard library it uses */
    const char *library;     /* base_prefix/lib/python3.N */
    int minor;
    bool is_virtual;
    bool sees_system; /* include-system-site-packages */
};

static const char *
joined(struct arena *arena, const char *folder, const char *format_name, int minor)
{
    struct text path = {0};
    const char *hash = strchr(format_name, '#');

    text_add_format(&path, "%s/%.*s", strcmp(folder, "/") == 0 ? "" : folder,
                    hash ? (int)(hash - format_name) : (int)strlen(format_name), format_name);
    if (hash) {
        text_add_format(&path, "%d%s", minor, hash + 1);
    }
    const char *copy = arena_copy_bytes(arena, text_string(&path), path.length);
    text_release(&path);
    return copy;
}

static const char *
folder_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    return !slash || slash == path ? "/" : arena_copy_bytes(arena, path, (size_t)(slash - path));
}

/* The N of "3.N" at the start of `text`; 0 when that is not there. */
static int
minor_parse(const char *text)
{
    int minor = 0;

    if (strncmp(text, "3.", 2) != 0 || text[2] < '0' || text[2] > '9') {
        return 0;
    }
    for (text += 2; *text >= '0' && *text <= '9' && minor < 1000; text++) {
        minor = minor * 10 + (*text - '0');
    }
    return minor;
}

/* Copies a value of pyvenv.cfg: keys do not mind case, values lose the space around them. */
static const char *
config_value(struct arena *arena, const struct text *config, const char *key)
{
    for (const char *line = text_string(config); *line;) {
        size_t length = strcspn(line, "\n");
        const char *equals = memchr(line, '=', length);
        size_t start = strspn(line, " \t");
        if (equals && strncasecmp(line + start, key, strlen(key)) == 0 &&
            line + start + strlen(key) + strspn(line + start + strlen(key), " \t") == equals) {
            const char *value = equals + 1 + strspn(equals + 1, " \t");
            const char *end = line + length;
            while (end > value && strchr(" \t\r", end[-1])) {
                end--;
            }
            return arena_copy_bytes(arena, value, end > value ? (size_t)(end - value) : 0);
        }
        line += length + (line[length] == '\n');
    }
    return NULL;
}

/* Reads the pyvenv.cfg beside the program or above it; returns its `home`, NULL without one. */
static const char *
environment_config_read(struct installation *installation, const char *program)
{
    const char *folder = folder_of(installation->arena, program);
    const char *above = folder_of(installation->arena, folder);
    const char *const PLACES[] = {joined(installation->arena, folder, "pyvenv.cfg", 0),
                                  joined(installation->arena, above, "pyvenv.cfg", 0)};
    const char *home = NULL;

    for (size_t i = 0; i < COUNT_OF(PLACES) && !installation->is_virtual; i++) {
        struct text config = {0};
        struct error error = ERROR_INIT;
        if (file_is_regular(PLACES[i]) && file_read(PLACES[i], MAX_CONFIG_BYTES, &config, &error)) {
            const char *system = config_value(installation->arena, &config, "include-system-site-packages");
            const char *version = config_value(installation->arena, &config, "version");
            version = version ? version : config_value(installation->arena, &config, "version_info");
            home = config_value(installation->arena, &config, "home");
            installation->is_virtual = true;
            installation->sees_system = !system || strcasecmp(system, "true") == 0;
            installation->minor = version ? minor_parse(version) : 0;
            installation->prefix = above;
        }
        text_release(&config);
    }
    return home;
}

/* Whether the folder is an installation: its standard library is there. */
static bool
has_library(struct installation *installation, const char *folder)
{
    static const char *const LIBRARIES[] = {"lib/python3.#", "lib64/python3.#"};

    for (size_t i = 0; i < COUNT_OF(LIBRARIES); i++) {
        const char *library = joined(installation->arena, folder, LIBRARIES[i], installation->minor);
        if (file_is_regular(joined(installation->arena, library, "os.py", 0)) ||
            file_is_regular(joined(installation->arena, library, "os.pyc", 0))) {
            installation->library = library;
            return true;
        }
    }
    return false;
}

/* The only lib/python3.N of a folder; 0 when there are none or several. */
static int
only_minor(struct arena *arena, const char *folder)
{
    struct folder_entries entries = {0};
    int found = 0;

    if (folder_scan(joined(arena, folder, "lib", 0), arena, &entries) != 0) {
        return 0;
    }
    for (size_t i = 0; i < entries.count; i++) {
        const char *name = entries.items[i].name;
        int minor = strncmp(name, "python", 6) == 0 ? minor_parse(name + 6) : 0;
        if (minor && !name[strspn(name, "python3.0123456789")]) {
            if (found) {
                return 0;
            }
            found = minor;
        }
    }
    return found;
}

/* Finds prefix, version and standard library. False: it is no installation that we understand. */
static bool
installation_find(struct installation *installation, const char *interpreter)
{
    struct arena *arena = installation->arena;
    const char *home = environment_config_read(installation, interpreter);
    struct text resolved = {0};
    const char *folder = NULL;

    if (file_resolve(interpreter, &resolved)) {
        const char *program = arena_copy_bytes(arena, resolved.bytes, resolved.length);
        const char *name = strrchr(program, '/') + 1;
        bool is_python = strncmp(name, "python", 6) == 0;
        if (!installation->minor && is_python) {
            installation->minor = minor_parse(name + 6);
        }
        folder = is_python ? folder_of(arena, program) : NULL; /* the folders of a script say nothing */
    }
    text_release(&resolved);
    folder = home ? path_from(arena, "/", home) : folder;
    if (folder && !installation->minor) {
        installation->minor = only_minor(arena, folder_of(arena, folder));
    }
    while (folder && installation->minor && !has_library(installation, folder)) {
        folder = folder[1] ? folder_of(arena, folder) : NULL;
    }
    if (!folder || !installation->minor) {
        return false;
    }
    installation->base_prefix = folder;
    installation->prefix = installation->is_virtual ? installation->prefix : folder;
    return true;
}

/* ---- sys.path ---- */

static void
add_environment_path(struct installation *installation, struct site_folders *site)
{
    const char *paths = environment_find(installation->environment, "PYTHONPATH");
    struct text working = {0};
    struct error error = ERROR_INIT;

    if (!working_folder(&working, &error)) {
        text_add_char(&working, '/');
    }
    while (paths && *paths) {
        size_t length = strcspn(paths, ":");
        const char *path = arena_copy_bytes(installation->arena, paths, length);
        site_folder_add(site, path_from(installation->arena, working.bytes, path));
        paths += length + (paths[length] == ':');
    }
    text_release(&working);
}

static void
add_packages(struct installation *installation, struct site_folders *site, const char *prefix)
{
    static const char *const PLAIN[] = {"lib64/python3.#/site-packages", "lib/python3.#/site-packages"};
    static const char *const DEBIAN[] = {"local/lib/python3.#/dist-packages", "lib/python3/dist-packages",
                                         "lib/python3.#/dist-packages"};
    const char *base = installation->base_prefix;
    bool is_debian = strcmp(base, "/usr") == 0 && file_is_folder("/usr/lib/python3/dist-packages");
    bool has_lib64 = strstr(installation->library, "/lib64/") != NULL;

    for (size_t i = !has_lib64; i < COUNT_OF(PLAIN) && (!is_debian || installation->is_virtual); i++) {
        site_packages_add(site, joined(installation->arena, prefix, PLAIN[i], installation->minor));
    }
    for (size_t i = 0; i < COUNT_OF(DEBIAN) && is_debian; i++) {
        site_packages_add(site, joined(installation->arena, prefix, DEBIAN[i], installation->minor));
    }
}

static void
add_user_packages(struct installation *installation, struct site_folders *site)
{
    const char *refused = environment_find(installation->environment, "PYTHONNOUSERSITE");
    const char *base = environment_find(installation->environment, "PYTHONUSERBASE");
    const char *home = environment_find(installation->environment, "HOME");

    if ((refused && *refused) || getuid() != geteuid() || (!home && !(base && *base))) {
        return;
    }
    base = base && *base ? base : joined(installation->arena, home, ".local", 0);
    base = path_expand(installation->arena, installation->environment, base);
    site_packages_add(site, joined(installation->arena, base, "lib/python3.#/site-packages", installation->minor));
}

static void
add_all(struct installation *installation, struct site_folders *site)
{
    const char *library = installation->library;
    const char *libraries = folder_of(installation->arena, library);

    add_environment_path(installation, site);
    site_folder_add(site, joined(installation->arena, libraries, "python3#.zip", installation->minor));
    site_folder_add(site, library);
    site_folder_add(site, joined(installation->arena, library, "lib-dynload", 0));
    if (installation->is_virtual) {
        add_packages(installation, site, installation->prefix);
    }
    if (!installation->is_virtual || installation->sees_system) {
        add_user_packages(installation, site);
        add_packages(installation, site, installation->base_prefix);
    }
}

/* Modules by these names run at the start, and can change anything; Debian's only installs a hook for crashes. */
static bool
has_customization(struct arena *arena, const char *const *folders, const char *library)
{
    for (size_t i = 0; folders[i]; i++) {
        bool is_library = strcmp(folders[i], library) == 0;
        if ((!is_library && file_exists(joined(arena, folders[i], "sitecustomize.py", 0))) ||
            file_exists(joined(arena, folders[i], "usercustomize.py", 0))) {
            return true;
        }
    }
    return false;
}

/* ---- Plugins ---- */

static void
add_stamp(struct text *text, const char *path)
{
    struct file_stamp stamp = {0};

    if (file_stamp_read(path, &stamp)) {
        text_add_format(text, " %lld %llu", (long long)stamp.modified_ns, (unsigned long long)stamp.size_bytes);
    }
}

/* Of an editable plugin only the file changes, not its version. */
static void
add_module_stamp(struct text *text, struct arena *arena, const char *const *folders, const char *module)
{
    char *path = arena_copy_string(arena, module);

    for (char *at = path; *at; at++) {
        *at = *at == '.' ? '/' : *at;
    }
    for (size_t i = 0; folders[i]; i++) {
        const char *base = joined(arena, folders[i], "", 0);
        struct text file = {0};
        text_add_format(&file, "%s%s.py", base, path);
        add_stamp(text, text_string(&file));
        text_clear(&file);
        text_add_format(&file, "%s%s/__init__.py", base, path);
        add_stamp(text, text_string(&file));
        text_release(&file);
    }
}

static void
plugins_find(struct python_path *path, const char *const *environment, struct arena *arena, struct text *key)
{
    struct entry_point_list list = {.arena = arena};

    for (size_t i = 0; path->folders[i]; i++) {
        entry_points_read(path->folders[i], "pytest11", &list);
    }
    struct installed_plugin *plugins = arena_alloc(arena, (list.count + 1) * sizeof *plugins);
    for (size_t i = 0; i < list.count; i++) {
        const struct entry_point *point = &list.points[i];
        struct distribution_facts facts = {0};
        struct text name = {0};
        if (plugin_is_replaced(point->module)) {
            continue;
        }
        distribution_read(point->folder, arena, &facts);
        text_add_format(&name, "%s %s", facts.name ? facts.name : "?", facts.version ? facts.version : "?");
        plugins[path->plugin_count++] = (struct installed_plugin){
            .name = point->name,
            .module = point->module,
            .distribution = arena_copy_bytes(arena, name.bytes, name.length),
        };
        text_add_format(key, "\nplugin %s %s %s", point->name, point->module, name.bytes);
        add_module_stamp(key, arena, path->folders, point->module);
        text_release(&name);
    }
    path->plugins = plugins;
    records_plugin_key(list.points, list.count, path->plugin_key);
    records_steering_key(list.points, list.count, environment, path->steering_key);
}

static void
key_make(struct python_path *path, struct text *text)
{
    XXH128_canonical_t canonical;

    for (size_t i = 0; path->folders[i]; i++) {
        text_add_format(text, "\nfolder %s", path->folders[i]);
    }
    text_add_format(text, "\n%d %d", path->minor, path->has_import_hooks);
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(text_string(text), text->length));
    memcpy(path->key, canonical.digest, sizeof path->key);
}

void
python_path_find(const char *interpreter, const char *const *environment, struct arena *arena,
                 struct python_path *path_out)
{
    static const char *const NONE[] = {NULL};
    struct installation installation = {.arena = arena, .environment = environment};
    struct site_folders site = {.arena = arena};
    const char *python_home = environment_find(environment, "PYTHONHOME");
    struct text key = {0};

    *path_out = (struct python_path){.folders = NONE};
    interpreter = interpreter ? pyenv_shim_resolve(interpreter, environment, arena) : NULL;
    if (!interpreter) {
        path_out->reason = "no interpreter was found";
    } else if (python_home && *python_home) {
        path_out->reason = "PYTHONHOME is set";
    } else if (!installation_find(&installation, interpreter)) {
        path_out->reason = "the interpreter's folders cannot be told from where it is";
    } else {
        add_all(&installation, &site);
        path_out->folders = string_list_end(&site.folders, arena);
        path_out->minor = installation.minor;
        path_out->has_import_hooks =
            site.runs_code || has_customization(arena, path_out->folders, installation.library);
        plugins_find(path_out, environment, arena, &key);
    }
    key_make(path_out, &key);
    table_release(&site.seen);
    text_release(&key);
}
