/* Apart from the rest of os/temporary.h: what asks for a user cannot be linked statically without a warning. */
#include <pwd.h>
#include <unistd.h>

#include "os/temporary.h"

bool
current_user_name(struct text *name)
{
    char buffer[4096];
    struct passwd entry;
    struct passwd *found = NULL;

    if (getpwuid_r(getuid(), &entry, buffer, sizeof buffer, &found) != 0 || !found) {
        return false;
    }
    text_add_string(name, found->pw_name);
    return true;
}
