/* Public face of src/nodes: the collection tree. */
#ifndef NODES_NODES_H
#define NODES_NODES_H

#include <stdbool.h>
#include <stdint.h>

#include "hooks/hooks.h"

/* Methods that plugins override on classes and instances. A clear bit: the built-in C function is in force. */
enum node_override {
    OVERRIDE_RUNTEST = 1 << 0,
    OVERRIDE_SETUP = 1 << 1,
    OVERRIDE_TEARDOWN = 1 << 2,
    OVERRIDE_COLLECT = 1 << 3,
    OVERRIDE_REPR_FAILURE = 1 << 4,
    OVERRIDE_REPORTINFO = 1 << 5,
    OVERRIDE_GETOBJ = 1 << 6,
    OVERRIDE_FROM_PARENT = 1 << 7,
    OVERRIDE_INIT = 1 << 8,
    OVERRIDE_TRACEBACK_FILTER = 1 << 9,
    OVERRIDE_GETINSTANCE = 1 << 10, /* _getinstance, newinstance */
    OVERRIDE_LOCATION = 1 << 11,
    OVERRIDE_INITREQUEST = 1 << 12,
    OVERRIDE_IHOOK = 1 << 13,
    OVERRIDE_NODEID = 1 << 14,
    OVERRIDE_ISTEST = 1 << 15, /* istestfunction, istestclass, funcnamefilter, classnamefilter, _genfunctions, ... */
    OVERRIDE_COMPARISON = 1 << 16, /* __eq__, __hash__ */
};

/* What a node is, by its nearest class of ours. */
enum node_kind {
    NODE_ITEM = 1 << 0,
    NODE_COLLECTOR = 1 << 1,
    NODE_FSCOLLECTOR = 1 << 2,
    NODE_FILE = 1 << 3,
    NODE_DIRECTORY = 1 << 4,
    NODE_SESSION = 1 << 5,
    NODE_DIR = 1 << 6,
    NODE_PACKAGE = 1 << 7,
    NODE_PYOBJ = 1 << 8, /* PyobjMixin */
    NODE_MODULE = 1 << 9,
    NODE_CLASS = 1 << 10,
    NODE_FUNCTION = 1 << 11,
    NODE_UNITTEST_CLASS = 1 << 12,
    NODE_UNITTEST_FUNCTION = 1 << 13,
    /* pytest would have made the location by now: of the object that the item has until it changes */
    NODE_LOCATION_IS_DUE = 1 << 14,
};

/*
 * Every node, of every class: one layout, so that plugins may combine our classes as they do pytest's. Fields are
 * owned; NULL means "not made yet": Python sees them through getters that make them. 200,000 of these are ordinary.
 */
typedef struct node {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    struct engine *engine; /* of `config` */
    PyObject *config;
    PyObject *session; /* NULL in the session itself (no cycle); else the Session */
    struct node *parent;
    PyObject *name;
    PyObject *nodeid;    /* str, made when first asked for */
    PyObject *id;        /* NodeId, made when first asked for */
    PyObject *path_text; /* str, absolute; shared with the parent when equal */
    PyObject *path;      /* pathlib.Path, made when first asked for */
    PyObject *keywords;
    PyObject *own_markers; /* list; NULL is the empty list */
    PyObject *extra_keyword_matches;
    PyObject *stash;
    PyObject *obj;             /* PyobjMixin: the Python object */
    PyObject *instance;        /* Function: the object whose method it is */
    PyObject *originalname;    /* Function */
    PyObject *callspec;        /* Function: CallSpec, NULL when not parametrized */
    PyObject *fixtureinfo;     /* Function: FuncFixtureInfo */
    PyObject *funcargs;        /* Function: dict, made when first asked for */
    PyObject *request;         /* Function: TopRequest, made when first asked for */
    PyObject *report_sections; /* Item: list of (when, key, content); NULL is empty */
    PyObject *user_properties; /* Item: list; NULL is empty */
    PyObject *location;        /* Item: cached tuple */
    PyObject *relay;           /* ihook; borrowed from the hook cache, checked against `relay_generation` */
    unsigned relay_generation;
    uint32_t kind;      /* enum node_kind bits */
    uint32_t overrides; /* enum node_override bits; valid while override_version is the class's */
    uint32_t override_version;
    bool expects_failure; /* Item: an xfail mark applies to it, so that few look at its failure */
    bool is_request_over; /* Function: its protocol has ended; `_request` is False and `funcargs` None */
} Node;

struct nodes_types {
    PyTypeObject *node_meta;
    PyTypeObject *node, *collector, *item, *fs_collector, *file, *directory;
    PyTypeObject *collect_error, *node_keywords, *node_id;
};
static inline struct nodes_types *
nodes_types(struct state *state)
{
    return state_room(state, ROOM_NODES);
}

bool node_check(struct state *state, PyObject *op); /* isinstance(op, Node) without running Python */

/* Whether any of `bits` is overridden for this very node (class or instance). */
bool node_overrides(Node *node, uint32_t bits);

/* Lazily made parts. Borrowed unless stated; NULL with an exception. */
PyObject *node_nodeid(Node *node);      /* str */
PyObject *node_relay(Node *node);       /* ihook, path-sensitive */
PyObject *node_path_object(Node *node); /* new reference: pathlib.Path */
PyObject *node_keywords(Node *node);
PyObject *node_own_markers(Node *node); /* list */
Node *node_session(Node *node);
Node *node_parent_of_kind(Node *node, uint32_t kind_bits); /* including self; NULL without exception */

/* item.location: (path relative to rootdir, line or None, domain): a new reference. */
PyObject *item_location(Node *item);
/* Whether it comes from the function alone, so that it can as well be made later. */
bool item_has_plain_location(Node *item);
/* item.reportinfo(), respecting overrides: (path, line, name): a new reference. */
PyObject *item_reportinfo(Node *item);

/* Markers, nearest first. `name` NULL: all. A new list of Mark. */
PyObject *node_markers(Node *node, PyObject *name);
/* The closest one: 1 and a new reference, 0, or -1. */
int node_find_marker(Node *node, PyObject *name, PyObject **mark_out);
/* Whether the node or a parent has any marker at all: the cheap test before the two above. */
bool node_has_markers(Node *node);

/* node.repr_failure(excinfo), respecting overrides: a new reference. */
PyObject *node_repr_failure(Node *node, PyObject *excinfo);
/*
 * What item.repr_failure(excinfo) would give, to be made when asked for (excinfo_repr_later() of code/code.h): a new
 * reference, NULL without an exception when it has to be made at once.
 */
PyObject *item_repr_failure_later(Node *item, PyObject *excinfo);

/*
 * cls.from_parent(parent, name=name) for classes of ours, without Python when `cls` overrides nothing.
 * `path_text` and `nodeid` may be NULL. A new reference.
 */
Node *node_new(PyTypeObject *cls, Node *parent, PyObject *name, PyObject *path_text, PyObject *nodeid);

/*
 * Makes a subclass of Node from C: NodeMeta(name, bases, {...}) plus C methods; `kind_bits` are added to those of its
 * bases. A new reference. For src/collect and built-in plugins.
 */
PyTypeObject *node_class_new(PyObject *module, const char *qualified_name, PyObject *bases, uint32_t kind_bits,
                             PyMethodDef *methods, PyGetSetDef *getset, const char *doc);

/* Kind bits of a class; whether it overrides any of `bits` for all its instances. */
uint32_t node_class_kind(struct state *state, PyTypeObject *cls);
bool node_class_overrides(struct state *state, PyTypeObject *cls, uint32_t bits);

/* cls._create(*args, **kwargs): through __init__, with the fallback for constructors that take no keywords. */
PyObject *node_create(PyTypeObject *cls, PyObject *args, PyObject *kwargs);

/* An instance without any field set but `kind`, for classes that override neither __new__ nor __init__. */
Node *node_alloc(PyTypeObject *cls);

/* What constructors take: borrowed, NULL (or None) when not given. `path`: str or Path; `nodeid`: str or NodeId. */
struct node_arguments {
    PyObject *name, *parent, *config, *session, *path, *nodeid;
};
int node_init(Node *self, const struct node_arguments *arguments);         /* Node.__init__: 0 or -1 */
int fs_collector_init(Node *self, const struct node_arguments *arguments); /* FSCollector.__init__ */

/* The one `__init__` above `cls` in the method resolution order, as super() finds it. 0 or -1. */
int node_super_init(struct state *state, PyTypeObject *cls, Node *self, PyObject *args, PyObject *kwargs);

/* Absolute paths (str) of the run's arguments: what nodeids outside of rootdir are relative to. 0 or -1. */
int nodes_set_initial_paths(struct engine *engine, PyObject *paths);

/* The two representations that classes start from: new references. `style` may be NULL. */
PyObject *node_repr_failure_styled(Node *node, PyObject *excinfo, PyObject *style);
PyObject *collector_repr_failure(Node *node, PyObject *excinfo);
PyObject *collector_traceback_filter(Node *node, PyObject *excinfo);

/* Path arithmetic on str. New references. */
PyObject *path_relative(PyObject *path, PyObject *base); /* "." when equal; NULL without exception when outside */
PyObject *path_directory(PyObject *path);
PyObject *path_name(PyObject *path);
PyObject *path_join(PyObject *directory, const char *name);
/* session._node_location_to_relpath(): relative to rootdir, with ".." where it must. */
PyObject *path_best_relative(struct engine *engine, PyObject *path);

/* get_fslocation_from_item(node): (path or text, line): a new tuple. */
PyObject *node_source_location(struct state *state, PyObject *node);

/* How collect/ finds the location of a function without making its instance; item_location() calls it. */
void nodes_set_function_location(struct state *state, PyObject *(*location)(Node *function));

/* Adds C methods to a class that exists: 0 or -1. */
int class_add_methods(struct state *state, PyTypeObject *cls, PyMethodDef *methods);

int nodes_add(PyObject *module, struct state *state);

#endif
