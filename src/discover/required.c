/* required_plugins, and the marks of -m under strict markers: what pytest refuses before it selects tests. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "discover/resolve.h"

/* ---- Versions ---- */

/* "1.2.3" against "1.2": below 0, 0, above 0. False: one of them has more than numbers. */
static bool
compare_versions(const char *left, const char *right, int *order_out)
{
    int order = 0;

    while (*left || *right) {
        const size_t left_length = strspn(left, "0123456789"), right_length = strspn(right, "0123456789");
        const bool is_plain = (left_length || !*left) && (right_length || !*right) && left_length < 10 &&
                              right_length < 10 && (left[left_length] == '.' || !left[left_length]) &&
                              (right[right_length] == '.' || !right[right_length]);
        if (!is_plain) {
            return false;
        }
        const long difference = strtol(left, NULL, 10) - strtol(right, NULL, 10);
        order = order ? order : (difference > 0) - (difference < 0);
        left += left_length + (left[left_length] == '.');
        right += right_length + (right[right_length] == '.');
    }
    *order_out = order;
    return true;
}

/* Whether the version is one of ">=1.0,<2": 1, 0, -1 not known. */
static int
version_fits(const char *version, const char *specifiers)
{
    static const struct {
        const char *sign;
        bool allows[3]; /* less, equal, more */
    } SIGNS[] = {
        {"==", {false, true, false}}, {"!=", {true, false, true}}, {">=", {false, true, true}},
        {"<=", {true, true, false}},  {">", {false, false, true}}, {"<", {true, false, false}},
    };
    int answer = 1;

    while (*specifiers) {
        size_t i = 0;
        specifiers += strspn(specifiers, " ,");
        while (i < COUNT_OF(SIGNS) && strncmp(specifiers, SIGNS[i].sign, strlen(SIGNS[i].sign)) != 0) {
            i++;
        }
        if (i == COUNT_OF(SIGNS)) {
            return -1;
        }
        specifiers += strlen(SIGNS[i].sign);
        specifiers += strspn(specifiers, " ");
        char wanted[64];
        const size_t length = strcspn(specifiers, " ,");
        int order = 0;
        if (length >= sizeof wanted) {
            return -1;
        }
        memcpy(wanted, specifiers, length);
        wanted[length] = '\0';
        if (!compare_versions(version, wanted, &order)) {
            return -1;
        }
        answer = answer && SIGNS[i].allows[order + 1];
        specifiers += length + strspn(specifiers + length, " ");
    }
    return answer;
}

/* ---- Plugins ---- */

static bool
is_blocked(const struct discover_settings *settings, const char *name)
{
    for (const char *const *given = settings->early_plugins; *given; given++) {
        if (strncmp(*given, "no:", 3) == 0 && strcmp(*given + 3, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether what is required is loaded: 1, 0, -1 not known. */
static int
is_there(const struct discover_settings *settings, const struct python_path *path, const char *required)
{
    const size_t length = strspn(required, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    const char *specifiers = required + length + strspn(required + length, " ");

    if (!length) {
        return -1;
    }
    for (size_t i = 0; settings->loads_plugins_automatically && i < path->plugin_count; i++) {
        const char *distribution = path->plugins[i].distribution;
        const char *version = strrchr(distribution, ' ');
        if (version && (size_t)(version - distribution) == length && memcmp(distribution, required, length) == 0 &&
            !is_blocked(settings, path->plugins[i].name)) {
            return *specifiers ? version_fits(version + 1, specifiers) : 1;
        }
    }
    return 0;
}

static int
compare_texts(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

bool
required_plugins_check(const struct discover_settings *settings, const struct python_path *path, struct arena *arena,
                       const char **reason_out, struct error *error)
{
    struct text missing = {0};
    size_t count = 0;

    while (settings->required_plugins[count]) {
        count++;
    }
    if (!count) {
        return true;
    }
    const char **sorted = arena_alloc(arena, count * sizeof *sorted);
    memcpy(sorted, settings->required_plugins, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_texts);
    bool is_clear = !path->reason && path->minor;
    for (const char *const *given = settings->early_plugins; *given; given++) {
        is_clear = is_clear && strncmp(*given, "no:", 3) == 0; /* another one may be of a distribution */
    }
    for (size_t i = 0; i < count; i++) {
        int answer = is_there(settings, path, sorted[i]);
        is_clear = is_clear && answer >= 0;
        if (answer == 0) {
            text_add_format(&missing, "%s%s", missing.length ? ", " : "", sorted[i]);
        }
    }
    bool is_good = !is_clear || !missing.length;
    if (!is_clear && !*reason_out) {
        *reason_out = "required_plugins: whether they are there is not known";
    }
    if (!is_good) {
        is_good = error_set(error, ERROR_USAGE, "Missing required plugins: %s", text_string(&missing));
    }
    text_release(&missing);
    return is_good;
}

/* ---- Marks of -m ---- */

bool
required_marks_check(const struct resolver *resolver, const struct selection *selection, struct arena *arena,
                     const char **reason_out, struct error *error)
{
    const struct discover_settings *settings = resolver->settings;
    const char *const *names = NULL;
    const size_t count = selection_mark_names(selection, arena, &names);
    const char **unknown = arena_alloc(arena, (count + 1) * sizeof *unknown);
    size_t unknown_count = 0;

    for (size_t i = 0; settings->has_strict_marks && i < count; i++) {
        if (!mark_is_registered(resolver, names[i])) {
            unknown[unknown_count++] = names[i];
        }
    }
    if (!unknown_count) {
        return true;
    }
    /* Whoever runs code of the project before tests are selected can register them. */
    if (resolver->python_path->plugin_count || resolver->walk->conftest_count || resolver->walk->file_count == 0 ||
        *settings->early_plugins || resolver->python_path->reason || settings->reason) {
        *reason_out = *reason_out ? *reason_out : "a mark in the expression of -m may not be registered";
        return true;
    }
    struct text text = {0};
    qsort(unknown, unknown_count, sizeof *unknown, compare_texts);
    for (size_t i = 0; i < unknown_count; i++) {
        if (i == 0 || strcmp(unknown[i - 1], unknown[i]) != 0) {
            text_add_format(&text, "%s%s", i ? ", " : "", unknown[i]);
        }
    }
    bool is_good = error_set(error, ERROR_USAGE,
                             "Unknown marker(s) in '-m' expression: %s. "
                             "Use 'pytest --markers' to see available markers.",
                             text_string(&text));
    text_release(&text);
    return is_good;
}
