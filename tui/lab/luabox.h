/* luabox.h: a Lua state that a lab file cannot misuse: no files, no processes, no bytecode, bounds on memory, on
 * instructions and on time. Every entry into Lua goes through luabox_run, so that no Lua error ever reaches the panic function. */
#ifndef TUI_LAB_LUABOX_H
#define TUI_LAB_LUABOX_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

#include "vmm/error.h"

enum { LUABOX_MEMORY = 8 << 20, LUABOX_INSTRUCTIONS = 2000000, LUABOX_SECONDS = 3 };

struct luabox;
int luabox_new(struct luabox **sb, struct vm_error *err);
void luabox_free(struct luabox *sb);

/* Call fn(L) with ctx as its only argument (a light userdata), protected and bounded. Its results are dropped. On a Lua error: -EINVAL,
 * and *err is what it said ("lab.lua:12: ..."). */
int luabox_run(struct luabox *sb, lua_CFunction fn, void *ctx, struct vm_error *err);

/* Run a chunk of source text; name is what errors call it. */
int luabox_load(struct luabox *sb, const char *text, size_t n, const char *name, struct vm_error *err);

#endif
