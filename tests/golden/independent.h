/* independent.h: what some guests must print, computed here in another way. */
#ifndef INDEPENDENT_H
#define INDEPENDENT_H

#include <stddef.h>

/* The text of the guest called name into buf; returns its length, 0 when there is no computation for it. buf may be of size 0. */
size_t independent(const char *name, char *buf, size_t size);

#endif
