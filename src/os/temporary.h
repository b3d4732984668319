/* Temporary folders: making private ones, locking, and removing whole trees. */
#ifndef OS_TEMPORARY_H
#define OS_TEMPORARY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* mkdir() with mode 0700: 0 or the errno. */
int folder_create_private(const char *path);

/* What is at the path itself: a link is not followed. */
struct path_facts {
    bool is_link;
    bool is_folder;
    unsigned user_id;
    unsigned mode;
    double modified_s; /* since the epoch */
};
bool path_read_facts(const char *path, struct path_facts *facts_out);
bool path_set_mode(const char *path, unsigned mode); /* of no link */

/* Makes `link` point to `target`, whatever it was. Best effort: nobody may rely on it. */
void link_force(const char *link, const char *target);
bool link_is_dead(const char *path); /* a link to nothing */

/* Makes a file that holds this process's id; false when it is there already or cannot be made. */
bool lock_file_create(const char *path);

bool remove_file(const char *path); /* or a link; false when it is still there, or never was */
bool path_rename(const char *path, const char *new_path);

/*
 * Removes a folder and all in it, making folders writable where that is needed. False when something is left: then
 * `failed` (may be NULL) holds the first path that could not be removed, *errno_out why.
 */
bool tree_remove(const char *path, struct text *failed, int *errno_out);

unsigned current_user_id(void);
/* Adds the user's name as the password database knows it; false when it does not. */
bool current_user_name(struct text *name);
int current_process_id(void);

#endif
