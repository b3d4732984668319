/* Everything the extension's folders need before they can write a line: Python, state, references. */
#ifndef PY_PY_H
#define PY_PY_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#include "base/compiler.h"
#include "py/call.h"
#include "py/reference.h"
#include "py/state.h"
#include "py/text.h"
#include "py/type.h"
#include "py/untracked.h"
#include "py/warn.h"

#endif
