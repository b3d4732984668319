/* What finding a project (project.c) needs of reading its files (project_file.c). */
#ifndef CONFIG_PROJECT_H
#define CONFIG_PROJECT_H

#include "config/config.h"

/* The file names that pytest looks for in a folder, by precedence; NULL-terminated. */
extern const char *const PROJECT_FILE_NAMES[];

struct project_settings {
    bool is_found; /* the file counts as configuration, also when it sets nothing */
    enum config_mode mode;
    struct config_setting *settings;
    size_t count;
};

/* Reads the settings of a file by its name, else by its ending. Sets project->failure and failed_path when it fails. */
MUST_CHECK bool project_file_read(struct project *project, const char *path, struct project_settings *settings_out,
                                  struct error *error);
/* Whether it knows how to read files of that name. */
bool project_file_is_supported(const char *path);

#endif
