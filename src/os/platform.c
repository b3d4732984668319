/* What Python calls the system that this is. */
#include "os/platform.h"

const char *
platform_name(void)
{
#if defined(__APPLE__)
    return "darwin";
#elif defined(__FreeBSD__)
    return "freebsd";
#else
    return "linux";
#endif
}
