/* Plugins of installed distributions: loading them, naming them, and what of them is rewritten. */
#include "hooks/entry_points.h"

#include <string.h>

#include "base/text.h"
#include "hooks/plugin_manager.h"
#include "model/plugin_names.h"
#include "os/file.h"

enum { MAX_METADATA_BYTES = 16 * 1024 * 1024 };

/* ---- DistInfo: what list_plugin_distinfo() shows, without importlib.metadata until more than that is asked ---- */

typedef struct {
    PyObject_HEAD
    PyObject *folder;       /* str */
    PyObject *project_name; /* lazy */
    PyObject *version;      /* lazy */
    PyObject *distribution; /* lazy: importlib.metadata's */
} DistInfo;

static PyObject *
dist_info_new(struct state *state, const char *folder)
{
    DistInfo *self = (DistInfo *)py_new_instance(hooks_room(state)->dist_info);

    if (self && !(self->folder = PyUnicode_FromString(folder))) {
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

static PyObject *
header_or_none(const char *value)
{
    return value ? PyUnicode_FromString(value) : Py_NewRef(Py_None);
}

static int
dist_info_read(DistInfo *self)
{
    struct arena arena = {0};
    struct distribution_facts facts = {0};
    const char *folder = py_utf8(self->folder);

    if (folder) {
        distribution_read(folder, &arena, &facts);
        self->project_name = header_or_none(facts.name);
        self->version = header_or_none(facts.version);
    }
    arena_release(&arena);
    return self->project_name && self->version ? 0 : -1;
}

static PyObject *
dist_info_get_project_name(PyObject *op, void *Py_UNUSED(closure))
{
    DistInfo *self = (DistInfo *)op;

    if (!self->project_name && dist_info_read(self) < 0) {
        return NULL;
    }
    return Py_NewRef(self->project_name);
}

static PyObject *
dist_info_get_version(PyObject *op, void *Py_UNUSED(closure))
{
    DistInfo *self = (DistInfo *)op;

    if (!self->version && dist_info_read(self) < 0) {
        return NULL;
    }
    return Py_NewRef(self->version);
}

static PyObject *
dist_info_get_distribution(PyObject *op, void *Py_UNUSED(closure))
{
    DistInfo *self = (DistInfo *)op;

    if (!self->distribution) {
        PyObject *type = py_import_attr("importlib.metadata", "PathDistribution");
        PyObject *path = type ? py_path_object(state_of(op), self->folder) : NULL;
        self->distribution = path ? py_call1(type, path) : NULL;
        Py_XDECREF(type);
        Py_XDECREF(path);
    }
    return Py_XNewRef(self->distribution);
}

/* All else is the distribution's. */
static PyObject *
dist_info_getattro(PyObject *op, PyObject *name)
{
    PyObject *value = PyObject_GenericGetAttr(op, name);
    PyObject *distribution = NULL;

    if (value || !PyErr_ExceptionMatches(PyExc_AttributeError)) {
        return value;
    }
    PyErr_Clear();
    distribution = dist_info_get_distribution(op, NULL);
    value = distribution ? PyObject_GetAttr(distribution, name) : NULL;
    Py_XDECREF(distribution);
    return value;
}

static int
dist_info_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((DistInfo *)op)->distribution);
    return 0;
}

static int
dist_info_clear(PyObject *op)
{
    DistInfo *self = (DistInfo *)op;
    Py_CLEAR(self->folder);
    Py_CLEAR(self->project_name);
    Py_CLEAR(self->version);
    Py_CLEAR(self->distribution);
    return 0;
}

static void
dist_info_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    dist_info_clear(op);
    py_free_instance(op);
}

static PyGetSetDef DIST_INFO_GETSETS[] = {
    {"project_name", dist_info_get_project_name, NULL, NULL, NULL},
    {"version", dist_info_get_version, NULL, NULL, NULL},
    {"_dist", dist_info_get_distribution, NULL, NULL, NULL},
    PY_END_GETSET,
};

static PyType_Slot DIST_INFO_SLOTS[] = {
    PY_SLOT(tp_getattro, dist_info_getattro), PY_SLOT(tp_traverse, dist_info_traverse),
    PY_SLOT(tp_clear, dist_info_clear),       PY_SLOT(tp_dealloc, dist_info_dealloc),
    PY_SLOT(tp_getset, DIST_INFO_GETSETS),    PY_END_SLOT,
};

static PyType_Spec DIST_INFO_SPEC = {
    .name = "pluggy._manager.DistFacade",
    .basicsize = sizeof(DistInfo),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = DIST_INFO_SLOTS,
};

/* list_plugin_distinfo(): with facades; list_plugin_distributions(): with distributions. A new list. */
PyObject *
entry_points_list(PluginManager *manager, bool as_facades)
{
    struct state *state = manager->state;
    PyObject *list = PyList_New(0);

    for (Py_ssize_t i = 0; list && i < PyList_Size(manager->distinfo); i++) {
        PyObject *pair = PyList_GetItem(manager->distinfo, i);
        PyObject *shown = py_tuple_item(pair, 1);
        bool is_facade = PyObject_TypeCheck(shown, hooks_room(state)->dist_info);
        if (is_facade && !as_facades) {
            py_replace_take(&shown, dist_info_get_distribution(shown, NULL));
        } else if (!is_facade && as_facades) {
            PyObject *type = py_import_attr("fastest._distributions", "DistFacade");
            py_replace_take(&shown, type ? py_call1(type, shown) : NULL);
            Py_XDECREF(type);
        }
        if (!shown || py_list_append_take(list, PyTuple_Pack(2, PyTuple_GetItem(pair, 0), shown)) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(shown);
    }
    return list;
}

int
entry_points_add_type(PyObject *module, struct state *state)
{
    hooks_room(state)->dist_info = py_type_add(module, &DIST_INFO_SPEC, NULL);
    return hooks_room(state)->dist_info ? 0 : -1;
}

/* ---- loading ---- */

/* What is installed now: looked for once while sys.path stays as it is. Drop it. NULL with an exception. */
static struct entry_points *
current_points(PluginManager *manager, PyObject *group)
{
    int is_current = manager->entry_points ? entry_points_is_current(manager->entry_points, group) : 0;

    if (is_current < 0) {
        return NULL;
    }
    if (is_current == 0) {
        struct entry_points *found = entry_points_find(group);
        if (!found) {
            return NULL;
        }
        entry_points_drop(manager->entry_points);
        manager->entry_points = found;
    }
    manager->entry_points->references++;
    return manager->entry_points;
}

/* The object that an entry point names: a new reference. */
static PyObject *
load_object(const struct entry_point *point)
{
    PyObject *name = PyUnicode_FromString(point->module);
    PyObject *object = name ? PyImport_Import(name) : NULL;

    if (object) {
        Py_DECREF(object);
        object = PyImport_GetModule(name);
    }
    Py_XDECREF(name);
    for (const char *part = point->attribute; object && *part;) {
        size_t length = strcspn(part, ".");
        PyObject *attribute = PyUnicode_FromStringAndSize(part, (Py_ssize_t)length);
        PyObject *value = attribute ? PyObject_GetAttr(object, attribute) : NULL;
        Py_XDECREF(attribute);
        Py_DECREF(object);
        object = value;
        part += length + (part[length] == '.');
    }
    return object;
}

static int
load_point(PluginManager *manager, const struct entry_point *point, PyObject *name)
{
    PyObject *plugin = load_object(point);
    PyObject *info = NULL;
    PyObject *registered = NULL;
    int status = -1;

    if (!plugin) {
        return -1;
    }
    registered = plugin_manager_register(manager, plugin, name);
    info = registered ? dist_info_new(manager->state, point->folder) : NULL;
    if (info) {
        status = py_list_append_take(manager->distinfo, PyTuple_Pack(2, plugin, info));
    }
    Py_DECREF(plugin);
    Py_XDECREF(registered);
    Py_XDECREF(info);
    return status;
}

/* Whether a finder on sys.meta_path knows distributions that are not in folders: 1, 0, -1. */
static int
has_foreign_finder(struct state *state)
{
    PyObject *borrowed_meta_path = PySys_GetObject("meta_path");
    PyObject *finders = borrowed_meta_path ? PySequence_List(borrowed_meta_path) : NULL;
    PyObject *path_finder = finders ? py_import_attr("_frozen_importlib_external", "PathFinder") : NULL;
    int found = path_finder ? 0 : -1;

    for (Py_ssize_t i = 0; found == 0 && i < PyList_Size(finders); i++) {
        PyObject *finder = PyList_GetItem(finders, i);
        PyObject *method = NULL;
        if (finder != path_finder && finder != hooks_room(state)->the_finder) {
            found = py_find_attr(state, finder, state->names.find_distributions, &method);
            Py_XDECREF(method);
        }
    }
    Py_XDECREF(finders);
    Py_XDECREF(path_finder);
    return found;
}

/* Whether the answer is importlib.metadata's alone to give: 1, 0, -1. */
static int
needs_importlib(struct state *state)
{
    PyObject *metadata = py_find_module("importlib.metadata");
    PyObject *function = NULL;
    PyObject *module = NULL;
    int needs = 0;

    if (metadata) {
        function = PyObject_GetAttrString(metadata, "distributions");
        module = function ? PyObject_GetAttr(function, state->names.__module__) : NULL;
        needs = module ? !py_text_equals(module, "importlib.metadata") : -1; /* a test of pytest's replaced it */
    }
    Py_XDECREF(metadata);
    Py_XDECREF(function);
    Py_XDECREF(module);
    return needs != 0 ? needs : has_foreign_finder(state);
}

static Py_ssize_t
load_by_importlib(PluginManager *manager, PyObject *group, PyObject *name)
{
    PyObject *load = py_import_attr("fastest._distributions", "load");
    PyObject *count = load ? py_call3(load, (PyObject *)manager, group, name ? name : Py_None) : NULL;
    Py_ssize_t loaded = count ? PyLong_AsSsize_t(count) : -1;

    Py_XDECREF(load);
    Py_XDECREF(count);
    return loaded;
}

Py_ssize_t
entry_points_load(PluginManager *manager, PyObject *group, PyObject *name)
{
    struct entry_points *found = NULL;
    int by_importlib = manager->is_pytest ? needs_importlib(manager->state) : 1;

    if (by_importlib != 0) {
        return by_importlib < 0 ? -1 : load_by_importlib(manager, group, name);
    }
    Py_ssize_t loaded = 0;

    found = current_points(manager, group);
    if (!found) {
        return -1;
    }
    for (size_t i = 0; loaded >= 0 && i < found->list.count; i++) {
        const struct entry_point *point = &found->list.points[i];
        if (plugin_is_replaced(point->module) || (name && !py_text_equals(name, point->name))) {
            continue;
        }
        PyObject *own_name = PyUnicode_FromString(point->name);
        if (!own_name || PyDict_GetItemWithError(manager->name2plugin, own_name)) {
            loaded = own_name ? loaded : -1; /* registered, or blocked */
        } else {
            loaded = load_point(manager, point, own_name) < 0 ? -1 : loaded + 1;
        }
        Py_XDECREF(own_name);
    }
    entry_points_drop(found);
    return loaded;
}

/* ---- names of what is rewritten ---- */

/* Adds the text of the list of a distribution's files: RECORD, or what old installers wrote. */
static void
read_file_list(const char *folder, struct text *text)
{
    static const char *const FILES[] = {"RECORD", "installed-files.txt", "SOURCES.txt"};
    struct text path = {0};

    for (size_t i = 0; i < COUNT_OF(FILES) && text->length == 0; i++) {
        struct error error = ERROR_INIT;
        text_clear(&path);
        text_add_format(&path, "%s/%s", folder, FILES[i]);
        if (!file_exists(text_string(&path)) || !file_read(text_string(&path), MAX_METADATA_BYTES, text, &error)) {
            text_clear(text);
        }
    }
    text_release(&path);
}

/* The path of a line of the list: RECORD's first column. */
static const char *
listed_path(const char *line, size_t line_length, size_t *length_out)
{
    const char *end = line + line_length;

    if (line < end && *line == '"') {
        line++;
        const char *quote = memchr(line, '"', (size_t)(end - line));
        end = quote ? quote : end;
    } else {
        const char *comma = memchr(line, ',', (size_t)(end - line));
        end = comma ? comma : end;
    }
    *length_out = (size_t)(end - line);
    return line;
}

static bool
ends_with(const char *text, size_t length, const char *suffix)
{
    size_t suffix_length = strlen(suffix);
    return length >= suffix_length && memcmp(text + length - suffix_length, suffix, suffix_length) == 0;
}

/* Adds the module that a listed file makes, `skipped` leading folders aside: 1, 0 when it makes none, -1. */
static int
add_module_name(const char *path, size_t length, int skipped, PyObject *names)
{
    for (; skipped > 0; skipped--) {
        const char *slash = memchr(path, '/', length);
        if (!slash) {
            return 0;
        }
        length -= (size_t)(slash + 1 - path);
        path = slash + 1;
    }
    const char *slash = memchr(path, '/', length);
    size_t name_length = 0;
    if (!slash && ends_with(path, length, ".py")) {
        name_length = length - 3;
        if ((name_length == 5 && memcmp(path, "setup", 5) == 0) || strncmp(path, "__editable__", 12) == 0) {
            return 0;
        }
    } else if (slash && !memchr(slash + 1, '/', length - (size_t)(slash + 1 - path)) &&
               ends_with(path, length, "__init__.py")) {
        name_length = (size_t)(slash - path);
    } else {
        return 0;
    }
    return py_list_append_take(names, PyUnicode_FromStringAndSize(path, (Py_ssize_t)name_length)) < 0 ? -1 : 1;
}

/* Adds the names of a distribution's modules; source trees have them below further folders. How many, or -1. */
static Py_ssize_t
add_listed_modules(const struct text *list, PyObject *names)
{
    Py_ssize_t added = 0;
    bool has_deeper = list->length > 0;

    for (int skipped = 0; added == 0 && has_deeper; skipped++) {
        has_deeper = false;
        for (const char *line = text_string(list); *line;) {
            size_t line_length = strcspn(line, "\r\n");
            size_t length = 0;
            const char *path = listed_path(line, line_length, &length);
            int status = length > 0 ? add_module_name(path, length, skipped, names) : 0;
            if (status < 0) {
                return -1;
            }
            added += status;
            int depth = 0;
            for (size_t i = 0; i < length; i++) {
                depth += path[i] == '/';
            }
            has_deeper = has_deeper || depth > skipped;
            line += line_length;
            line += strspn(line, "\r\n");
        }
    }
    return added;
}

static int
add_editable_names(const struct entry_points *found, const char *folder, PyObject *names)
{
    PyObject *helper = py_import_attr("fastest._distributions", "editable_rewrite_name");
    int status = helper ? 0 : -1;

    for (size_t i = 0; status == 0 && i < found->list.count; i++) {
        if (strcmp(found->list.points[i].folder, folder) != 0) {
            continue;
        }
        PyObject *name = PyObject_CallFunction(helper, "ss", folder, found->list.points[i].module);
        status = !name ? -1 : name == Py_None ? 0 : PyList_Append(names, name);
        Py_XDECREF(name);
    }
    Py_XDECREF(helper);
    return status;
}

static int
add_distribution_names(const struct entry_points *found, const char *folder, PyObject *names)
{
    struct text list = {0};
    Py_ssize_t added = 0;

    read_file_list(folder, &list);
    added = add_listed_modules(&list, names);
    text_release(&list);
    if (added == 0) {
        return add_editable_names(found, folder, names);
    }
    return added < 0 ? -1 : 0;
}

static PyObject *
rewrite_names_by_importlib(void)
{
    PyObject *function = py_import_attr("fastest._distributions", "rewrite_names");
    PyObject *names = function ? py_call0(function) : NULL;

    Py_XDECREF(function);
    return names;
}

PyObject *
entry_points_rewrite_names(PluginManager *manager)
{
    struct entry_points *found = NULL;
    PyObject *group = NULL;
    PyObject *names = NULL;
    const char *last_folder = "";

    int by_importlib = needs_importlib(manager->state);
    if (by_importlib != 0) {
        return by_importlib < 0 ? NULL : rewrite_names_by_importlib();
    }
    group = PyUnicode_InternFromString("pytest11");
    found = group ? current_points(manager, group) : NULL;
    names = found ? PyList_New(0) : NULL;

    for (size_t i = 0; names && i < found->list.count; i++) {
        const struct entry_point *point = &found->list.points[i];
        if (plugin_is_replaced(point->module) || strcmp(point->folder, last_folder) == 0) {
            continue; /* the entry points of a distribution follow each other */
        }
        last_folder = point->folder;
        if (add_distribution_names(found, point->folder, names) < 0) {
            Py_CLEAR(names);
        }
    }
    Py_XDECREF(group);
    entry_points_drop(found);
    return names;
}
