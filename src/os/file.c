/* Files by POSIX calls. */
#include "os/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool
file_exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

bool
file_is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool
file_is_regular(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

bool
file_is_executable(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

bool
descriptor_read(int fd, size_t max_bytes, struct text *text, struct error *error)
{
    char chunk[16 * 1024];
    ssize_t got = 0;
    size_t taken = 0;

    while (taken < max_bytes && (got = pread(fd, chunk, sizeof chunk, (off_t)taken)) > 0) {
        size_t used = (size_t)got < max_bytes - taken ? (size_t)got : max_bytes - taken;
        text_add(text, chunk, used);
        taken += used;
    }
    return got >= 0 || error_set_errno(error, errno, "cannot read");
}

bool
folder_is_writable(const char *path)
{
    struct text name = {0};

    text_add_format(&name, "%s/.fastest-%ld", path, (long)getpid());
    int fd = open(name.bytes, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        close(fd);
        unlink(name.bytes);
    }
    text_release(&name);
    return fd >= 0;
}

bool
file_read(const char *path, size_t max_bytes, struct text *text, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        return error_set_errno(error, errno, "cannot open '%s'", path);
    }
    bool is_read = descriptor_read(fd, max_bytes, text, error);
    close(fd);
    return is_read || error_prefix(error, "'%s'", path);
}

void
descriptor_path(int fd, struct text *path)
{
    text_add_format(path, "/proc/%d/fd/%d", (int)getpid(), fd);
}

bool
folder_list(const char *path, struct text *names)
{
    DIR *folder = opendir(path);

    if (!folder) {
        return false;
    }
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            text_add(names, entry->d_name, strlen(entry->d_name) + 1);
        }
    }
    closedir(folder);
    return true;
}

bool
file_resolve(const char *path, struct text *resolved)
{
    char buffer[PATH_MAX];

    if (!realpath(path, buffer)) {
        return false;
    }
    text_add_string(resolved, buffer);
    return true;
}

bool
file_own_path(struct text *path, struct error *error)
{
    char buffer[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", buffer, sizeof buffer);

    if (length < 0) {
        return error_set_errno(error, errno, "cannot find the path of this program");
    }
    text_add(path, buffer, (size_t)length);
    return true;
}

bool
working_folder(struct text *path, struct error *error)
{
    char buffer[PATH_MAX];

    if (!getcwd(buffer, sizeof buffer)) {
        return error_set_errno(error, errno, "cannot find the working folder");
    }
    text_add_string(path, buffer);
    return true;
}
