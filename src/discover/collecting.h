/* What collecting a file's functions and classes shares. Private to discover/. */
#ifndef DISCOVER_COLLECTING_H
#define DISCOVER_COLLECTING_H

#include "discover/resolve.h"

struct collecting {
    struct resolve_work *work;
    struct collected_list found;
    unsigned depth; /* of classes */
};

/* The module, or a class that is collected. */
struct holder {
    const struct holder *outer;
    struct class_info *info; /* NULL: the module */
    const char *path;        /* "TestOuter::TestInner"; NULL */
    const char *reason;      /* not NULL: its tests are not exact */
    struct fixture_level level;
    struct name_list used; /* the fixtures that each of its tests uses: by settings, by themselves */
    struct mark_list marks;
    bool is_unittest;
};

/* Fills level and used from the names of its body. */
void holder_read_fixtures(struct resolve_work *work, const struct scope_names *names, struct holder *holder);
bool is_class_name(const struct collecting *collecting, const char *name);
void collect_entry(struct collecting *collecting, const struct holder *holder, const struct scope_name *entry);
void collect_test(struct collecting *collecting, const struct holder *holder, const struct object *object,
                  const struct function_state *state, const char *name, const char *reason);
void collect_class(struct collecting *collecting, const struct holder *outer, const struct scope_name *entry,
                   const struct object *object);
/*
 * Why assignments to attributes of the name, from the line on where it got what it stands for, leave open what that is;
 * NULL. `is_no_test_out`: __test__ is false.
 */
const char *attributes_read(struct resolve_work *work, const struct scope *scope, const char *name, uint32_t line,
                            bool *is_no_test_out);
int has_no_tests(struct resolve_work *work, const struct object *object);

#endif
