/* Immutable lists of hook implementations, in the order that pluggy keeps. */
#include "hooks/dispatch.h"

#include "base/arena.h"

struct hook_list *
hook_list_new(size_t count)
{
    struct hook_list *list = memory_alloc_zeroed(sizeof *list + count * sizeof list->impls[0]);

    list->references = 1;
    list->count = count;
    return list;
}

void
hook_list_drop(struct hook_list *list)
{
    if (!list || --list->references > 0) {
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        Py_XDECREF(list->impls[i]);
    }
    memory_free(list);
}

int
hook_list_traverse(struct hook_list *list, visitproc visit, void *arg)
{
    for (size_t i = 0; list && i < list->count; i++) {
        Py_VISIT(list->impls[i]);
    }
    return 0;
}

static struct hook_list *
list_insert(const struct hook_list *list, size_t place, HookImpl *impl)
{
    struct hook_list *longer = hook_list_new(list->count + 1);

    for (size_t i = 0; i < list->count; i++) {
        longer->impls[i < place ? i : i + 1] = (HookImpl *)Py_NewRef(list->impls[i]);
    }
    longer->impls[place] = (HookImpl *)Py_NewRef(impl);
    longer->foreign_count = list->foreign_count + (impl->native ? 0 : 1);
    return longer;
}

static bool
is_wrapper(const HookImpl *impl)
{
    return impl->wrapper || impl->hookwrapper;
}

struct hook_list *
hook_list_with(const struct hook_list *list, HookImpl *impl)
{
    size_t split = 0;
    size_t start = 0;
    size_t end = list->count;

    while (split < list->count && !is_wrapper(list->impls[split])) {
        split++;
    }
    if (is_wrapper(impl)) {
        start = split;
    } else {
        end = split;
    }
    if (impl->trylast) {
        return list_insert(list, start, impl);
    }
    if (!impl->tryfirst) {
        while (end > start && list->impls[end - 1]->tryfirst) {
            end--;
        }
    }
    return list_insert(list, end, impl);
}

struct hook_list *
hook_list_with_extra(const struct hook_list *list, HookImpl *impl)
{
    size_t place = list->count;

    while (place > 0 && (is_wrapper(list->impls[place - 1]) || list->impls[place - 1]->tryfirst)) {
        place--;
    }
    return list_insert(list, place, impl);
}

/* 1: to be left out, 0, -1. */
static int
is_removed(const HookImpl *impl, PyObject *plugin, PyObject *removed)
{
    if (removed) {
        return impl->plugin ? PySet_Contains(removed, impl->plugin) : 0;
    }
    return PyObject_RichCompareBool(impl->plugin ? impl->plugin : Py_None, plugin, Py_EQ);
}

struct hook_list *
hook_list_without(const struct hook_list *list, PyObject *plugin, PyObject *removed)
{
    struct hook_list *shorter = hook_list_new(list->count);

    shorter->count = 0;
    for (size_t i = 0; i < list->count; i++) {
        int status = is_removed(list->impls[i], plugin, removed);
        if (status < 0) {
            hook_list_drop(shorter);
            return NULL;
        }
        if (status == 0) {
            shorter->impls[shorter->count++] = (HookImpl *)Py_NewRef(list->impls[i]);
            shorter->foreign_count += list->impls[i]->native ? 0 : 1;
        }
    }
    return shorter;
}

PyObject *
hook_list_as_list(const struct hook_list *list)
{
    PyObject *copy = PyList_New((Py_ssize_t)list->count);

    for (size_t i = 0; copy && i < list->count; i++) {
        PyList_SetItem(copy, (Py_ssize_t)i, Py_NewRef(list->impls[i]));
    }
    return copy;
}
