/* The native executable: chooses the command. */
#include <stdio.h>

int
main(void)
{
    fputs("fastest: the front is not built yet\n", stderr);
    return 3;
}
