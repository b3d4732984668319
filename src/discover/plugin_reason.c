/* Installed plugins: whether what they do to a collection is known from a recorded one, or can be. */
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

/* The name of the first of these hooks; NULL: there is none. */
static const char *
first_hook(uint32_t hooks)
{
    for (int hook = 0; hook < RECORDED_HOOK_COUNT; hook++) {
        if (hooks & (UINT32_C(1) << hook)) {
            return RECORDED_HOOK_NAMES[hook];
        }
    }
    return NULL;
}

/* Whether the two are modules of one package, or the same. */
static bool
is_same_package(const char *module, const char *other)
{
    size_t length = strcspn(module, ".");

    return length == strcspn(other, ".") && strncmp(module, other, length) == 0;
}

/* What the hooks of an installed plugin are, with those that its package registers besides. */
struct plugin_hooks {
    uint32_t all;
    uint32_t unsteady;
    bool shuffles;
};

static void
hooks_add(struct plugin_hooks *hooks, const struct recorded_plugin *plugin)
{
    hooks->all |= plugin->hooks & ~(uint32_t)RECORDED_LISTENERS;
    hooks->unsteady |= plugin->hooks & ~plugin->steady_hooks;
    hooks->shuffles = hooks->shuffles || plugin->flags & PLUGIN_SHUFFLES;
}

static struct plugin_hooks
hooks_of(const struct plugin_facts *facts, const struct recorded_plugin *plugin)
{
    struct plugin_hooks hooks = {0};
    const struct recorded_plugin *plugins = blob_at(facts, facts->plugins.first);
    const char *module = blob_text(facts, plugin->module);

    hooks_add(&hooks, plugin);
    for (uint32_t i = 0; i < facts->plugins.count; i++) {
        if (!(plugins[i].flags & PLUGIN_IS_ENTRY_POINT) &&
            is_same_package(module, blob_text(facts, plugins[i].module))) {
            hooks_add(&hooks, &plugins[i]);
        }
    }
    return hooks;
}

static const char *
hook_reason(const struct installed_plugin *installed, const char *hook, struct arena *arena)
{
    struct text reason = {0};

    text_add_format(&reason, "the plugin %s (%s) ", installed->name, installed->distribution);
    if (hook) {
        text_add_format(&reason, "implements %s", hook);
    } else {
        text_add_string(&reason, "was not recorded yet");
    }
    const char *copy = arena_copy_bytes(arena, reason.bytes, reason.length);
    text_release(&reason);
    return copy;
}

const char *
plugins_find_reason(const struct discover_settings *settings, const struct python_path *path,
                    const struct plugin_facts *facts, struct library *library, struct arena *arena,
                    struct hooks_left *left)
{
    const char *reason = NULL;

    for (size_t i = 0; settings->loads_plugins_automatically && i < path->plugin_count; i++) {
        const struct installed_plugin *installed = &path->plugins[i];
        const struct recorded_plugin *plugin = find_recorded(facts, installed->name);
        if (is_blocked(settings, installed->name)) {
            continue;
        }
        if (!plugin || !is_same(library, facts, plugin)) {
            reason = reason ? reason : hook_reason(installed, NULL, arena);
            continue;
        }
        struct plugin_hooks hooks = hooks_of(facts, plugin);
        uint32_t hidden = hooks.all & (hooks.unsteady | ~(uint32_t)RECORDED_VISIBLE);
        left->is_random = left->is_random || hooks.shuffles;
        if (hidden) {
            reason = reason ? reason : hook_reason(installed, first_hook(hidden), arena);
        } else if (hooks.all && !left->reason) {
            left->reason = hook_reason(installed, first_hook(hooks.all), arena);
        }
    }
    return reason;
}
