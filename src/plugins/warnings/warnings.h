/* Public face of the room warnings: filters and recording around collection and tests (`_pytest.warnings`). */
#ifndef PLUGINS_WARNINGS_WARNINGS_H
#define PLUGINS_WARNINGS_WARNINGS_H

#include "run/run.h"

extern const struct native_plugin WARNINGS_PLUGIN;

#endif
