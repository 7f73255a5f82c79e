/* api_impl.h: what api.c (objects, fields, the way in) and api_machine.c (methods that read the machine) share. */
#ifndef TUI_LAB_API_IMPL_H
#define TUI_LAB_API_IMPL_H

#include <lauxlib.h>

#include "tui/lab/api.h"

extern const char API_VCPU[];
struct vcpu *api_vcpu(lua_State *L, int arg, const char *type); /* of this argument; a Lua error if it is none */
extern const luaL_Reg api_machine_methods[];                    /* ends with a row without a name */

#endif
