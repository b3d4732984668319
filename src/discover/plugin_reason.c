/* Installed plugins: whether what they do to a collection is known from a recorded one, and is nothing. */
#include <string.h>

#include "base/text.h"
#include "discover/internal.h"

static bool
is_blocked(const struct discover_settings *settings, const char *name)
{
    for (const char *const *given = settings->early_plugins; given && *given; given++) {
        if (strncmp(*given, "no:", 3) == 0 && strcmp(*given + 3, name) == 0) {
            return true;
        }
    }
    return false;
}

static const struct recorded_plugin *
find_recorded(const struct plugin_facts *facts, const char *name)
{
    const struct recorded_plugin *plugins = facts ? blob_at(facts, facts->plugins.first) : NULL;

    for (uint32_t i = 0; facts && i < facts->plugins.count; i++) {
        if ((plugins[i].flags & PLUGIN_IS_ENTRY_POINT) && strcmp(blob_text(facts, plugins[i].name), name) == 0) {
            return &plugins[i];
        }
    }
    return NULL;
}

/* Whether its source is the one that the record speaks of. */
static bool
is_same(struct library *library, const struct plugin_facts *facts, const struct recorded_plugin *plugin)
{
    struct source *source = plugin->path ? library_source(library, blob_text(facts, plugin->path)) : NULL;

    return !plugin->path ||
           (source && source_identify(library, source) && memcmp(source->hash, plugin->hash, sizeof source->hash) == 0);
}

/* The first hook of it that can change what is collected; NULL: none. */
static const char *
find_hook(const struct recorded_plugin *plugin)
{
    uint32_t hooks = plugin->hooks & ~(uint32_t)RECORDED_LISTENERS;

    for (int hook = 0; hook < RECORDED_HOOK_COUNT; hook++) {
        if (hooks & (UINT32_C(1) << hook)) {
            return RECORDED_HOOK_NAMES[hook];
        }
    }
    return NULL;
}

const char *
plugins_find_reason(const struct discover_settings *settings, const struct python_path *path,
                    const struct plugin_facts *facts, struct library *library, struct arena *arena)
{
    struct text reason = {0};
    const char *copy = NULL;

    for (size_t i = 0; settings->loads_plugins_automatically && i < path->plugin_count && !reason.length; i++) {
        const struct installed_plugin *installed = &path->plugins[i];
        const struct recorded_plugin *plugin = find_recorded(facts, installed->name);
        if (is_blocked(settings, installed->name)) {
            continue;
        }
        const char *hook = plugin ? find_hook(plugin) : NULL;
        if (!plugin || !is_same(library, facts, plugin)) {
            text_add_format(&reason, "the plugin %s (%s) was not recorded yet", installed->name,
                            installed->distribution);
        } else if (hook) {
            text_add_format(&reason, "the plugin %s (%s) implements %s", installed->name, installed->distribution,
                            hook);
        }
    }
    if (reason.length) {
        copy = arena_copy_bytes(arena, reason.bytes, reason.length);
    }
    text_release(&reason);
    return copy;
}
