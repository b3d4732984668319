/* What Python calls the system that this is. */
#ifndef OS_PLATFORM_H
#define OS_PLATFORM_H

const char *platform_name(void); /* sys.platform */

#endif
