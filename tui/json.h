/* json.h: small helpers over cJSON, for everything that prints JSON. */
#ifndef TUI_JSON_H
#define TUI_JSON_H

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

#include "session.h"

enum { JSON_SCHEMA = 1 }; /* raised when a field changes its meaning or goes away */

/* A report begins; and ends as text for free(), or NULL when there was no memory for some of it. root is deleted. */
void json_begin(void);
char *json_end(cJSON *root);

/* Exact up to 2^64-1 (cJSON's own numbers are doubles). */
void json_u64(cJSON *o, const char *key, uint64_t value);
/* "0x..." */
void json_hex(cJSON *o, const char *key, uint64_t value);
/* Guest bytes: a string when they are UTF-8, else base64 under KEY_base64. */
void json_bytes(cJSON *o, const char *key, const char *bytes, size_t n);

/* One vCPU, as docs/json.md describes it (without its console). */
cJSON *json_vcpu(const struct session *s, unsigned i);

#endif
