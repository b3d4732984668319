/* Public face of the room raises: pytest.raises and RaisesExc (`_pytest.raises`). */
#ifndef PLUGINS_RAISES_RAISES_H
#define PLUGINS_RAISES_RAISES_H

#include "py/py.h"

int raises_add(PyObject *module, struct state *state);

#endif
