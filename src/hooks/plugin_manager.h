/* The operations of plugin managers that their Python methods and C callers share. */
#ifndef HOOKS_PLUGIN_MANAGER_H
#define HOOKS_PLUGIN_MANAGER_H

#include "hooks/dispatch.h"

/* ---- manager_type.c: what both types have ---- */

PyObject *plugin_manager_make(PyTypeObject *type, bool is_pytest);
int plugin_manager_traverse(PyObject *op, visitproc visit, void *arg);
int plugin_manager_clear(PyObject *op);
void plugin_manager_dealloc(PyObject *op);
PyObject *plugin_manager_get_plugin_method(PyObject *op, PyObject *name); /* the method: None where there is none */
/* Whether a Python subclass replaced a method that we otherwise call in C. Our own classes: never. */
bool manager_overrides(PluginManager *manager, const char *method);

/* ---- plugin_manager.c: what pluggy does ---- */

PyObject *plugin_canonical_name(struct state *state, PyObject *plugin);
PyObject *plugin_manager_find(PluginManager *manager, PyObject *name); /* new reference, or NULL without exception */
int plugin_manager_is_blocked(PluginManager *manager, PyObject *name); /* 1, 0, -1 */
/* All register functions return the name, None when it was not registered, NULL with an exception. */
PyObject *plugin_manager_register_base(PluginManager *manager, PyObject *plugin, PyObject *name);
PyObject *plugin_manager_register(PluginManager *manager, PyObject *plugin, PyObject *name);
int plugin_manager_register_native(PluginManager *manager, const struct native_plugin *plugin, PyObject *object,
                                   PyObject *name);
PyObject *plugin_manager_unregister(PluginManager *manager, PyObject *plugin, PyObject *name);
int plugin_manager_block(PluginManager *manager, PyObject *name);
int plugin_manager_unblock(PluginManager *manager, PyObject *name); /* 1: was blocked */
PyObject *plugin_manager_subset(PluginManager *manager, PyObject *name, PyObject *plugins);
PyObject *plugin_manager_name_of(PluginManager *manager, PyObject *plugin);
PyObject *plugin_manager_callers(PluginManager *manager, PyObject *plugin);

/* ---- plugin_hooks.c: 0 or -1 ---- */

/* What a marker left on object.name as its "<project><suffix>": a dict, or None. A new reference. */
PyObject *plugin_marked_opts(PluginManager *manager, PyObject *object, PyObject *name, const char *suffix);
/* Registers the plugin under that name, with every hook that it implements. */
int plugin_manager_add_hooks(PluginManager *manager, PyObject *plugin, PyObject *plugin_name);
int plugin_manager_add_specs(PluginManager *manager, PyObject *namespace);
/* PluginValidationError for a hook that nobody specified, unless it is optional. */
int plugin_manager_check_pending(PluginManager *manager);

/* ---- monitoring.c ---- */

PyObject *plugin_manager_add_monitoring(PluginManager *manager, PyObject *before, PyObject *after);
PyObject *plugin_manager_trace(PluginManager *manager); /* pm.trace: a new reference */
/* pm.trace(text), when somebody listens. Takes `text`. 0 or -1. */
int plugin_manager_trace_take(PluginManager *manager, PyObject *text);
int monitoring_add_type(PyObject *module, struct state *state);

/* ---- foreign_plugins.c ---- */

/* The name of the module that a plugin is, or whose class it is an instance of: a new reference. */
PyObject *plugin_module_name(struct state *state, PyObject *plugin);

/* ---- pytest_manager.c: what pytest adds ---- */

PyObject *pytest_parse_impl_opts(PluginManager *manager, PyObject *plugin, PyObject *name);
PyObject *pytest_parse_spec_opts(PluginManager *manager, PyObject *namespace, PyObject *name);
PyObject *pytest_register(PluginManager *manager, PyObject *plugin, PyObject *name);
int pytest_manager_init(PluginManager *manager);

/* ---- pytest_manager_type.c ---- */

int pytest_manager_add_type(PyObject *module, struct state *state); /* behind PluginManager */

/* ---- plugin_import.c ---- */

int plugin_consider_preparse(PluginManager *manager, PyObject *args, bool exclude_only);
int plugin_consider_arg(PluginManager *manager, PyObject *arg);
int plugin_import_specs(PluginManager *manager, PyObject *specs);
int plugin_consider_module(PluginManager *manager, PyObject *module);
int plugin_import(PluginManager *manager, PyObject *name, bool considers_entry_points);
/* Raises PluginImportFailure(what) from the exception that is set, unless that is a UsageError. Returns -1. */
int plugin_import_failed(PluginManager *manager, PyObject *what);

/* ---- entry_points.c ---- */

/* Loads the entry points of `group` (all, or the one called `name`): how many, or -1. */
Py_ssize_t entry_points_load(PluginManager *manager, PyObject *group, PyObject *name);
PyObject *entry_points_list(PluginManager *manager, bool as_facades);
int entry_points_add_type(PyObject *module, struct state *state);
PyObject *entry_points_rewrite_names(PluginManager *manager); /* a new list of module names */

/* ---- conftest.c ---- */

PyObject *conftest_method_set_initial(PyObject *op, PyObject *args, PyObject *kwargs);
PyObject *conftest_method_is_in_cutdir(PyObject *op, PyObject *path);
PyObject *conftest_method_load(PyObject *op, PyObject *args, PyObject *kwargs);
PyObject *conftest_method_modules(PyObject *op, PyObject *path);
PyObject *conftest_method_rget(PyObject *op, PyObject *args);
PyObject *conftest_method_import(PyObject *op, PyObject *args, PyObject *kwargs);
PyObject *conftest_method_check_plugins(PyObject *op, PyObject *args);
PyObject *conftest_get_cutdir(PyObject *op, void *closure);
int conftest_set_cutdir(PyObject *op, PyObject *value, void *closure);
PyObject *conftest_get_directories(PyObject *op, void *closure);

/* ---- native_plugins.c ---- */

/* Registers an offered built-in plugin: 1, 0 when there is none of that name, -1. */
int native_plugin_load(PluginManager *manager, PyObject *name);

#endif
