/* The built-in plugin "monkeypatch", as plugins.c registers it. */
#ifndef PLUGINS_MONKEYPATCH_MONKEYPATCH_H
#define PLUGINS_MONKEYPATCH_MONKEYPATCH_H

#include "hooks/hooks.h"

extern const struct native_plugin MONKEYPATCH_PLUGIN;

int monkeypatch_add(PyObject *module, struct state *state);

#endif
