/* fence.h: what the assembler and the linker of a lab reach of the file system (Linux 5.13+: Landlock,
 * Documentation/userspace-api/landlock.rst in the kernel's sources). A source can `.incbin` any file by its name: without a fence, one
 * of the person who grades it. */
#ifndef TUI_LAB_FENCE_H
#define TUI_LAB_FENCE_H

#include <stdbool.h>

bool fence_available(void); /* this kernel has one */

/* In a child that will only exec, its working directory that of the source: from here on it reads that directory, `include`, and where
 * programs and their libraries are; it writes in `output` alone. For good, and for what it starts. Nothing happens where there is no
 * fence. Only what is safe after fork() in a process with threads. Negative errno: not confined, so do not exec. */
int fence_enter(const char *output, const char *include);

#endif
