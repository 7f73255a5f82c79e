/* api.c: see api.h. One kind of object: a vCPU of the machine. The machine itself is its vCPU 0, m[i] another one. Fields are
 * rows of a table; docs/writing-a-lab.md describes each. What reads memory, tables and trace is in api_machine.c. */
#include "tui/lab/api_impl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tui/console_log.h"
#include "tui/lab/compare.h"

enum { CONSOLE_MAX = 256 << 10 };
const char API_VCPU[] = "vmlab.vcpu";
static const char REGS[] = "vmlab.regs", EXITS[] = "vmlab.exits", API[] = "vmlab.api";

/* An object outlives the call it was made for if the lab stores it: the generation tells. */
struct api { const struct lab_view *view; uint64_t generation; };
struct object { uint64_t generation; unsigned index; };

static struct api *api_of(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, API);
    struct api *a = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return a;
}

static const struct lab_view *view_of(lua_State *L, int arg, const char *type, unsigned *index)
{
    struct object *o = luaL_checkudata(L, arg, type);
    struct api *a = api_of(L);
    if (!a->view || o->generation != a->generation)
        luaL_error(L, "this machine is gone: use it only inside the function that was given it");
    *index = o->index;
    return a->view;
}

struct vcpu *api_vcpu(lua_State *L, int arg, const char *type)
{
    unsigned i;
    const struct lab_view *v = view_of(L, arg, type, &i);
    return v->s->vcpu[i];
}

static void push_object(lua_State *L, const char *type, unsigned index)
{
    struct api *a = api_of(L);
    struct object *o = lua_newuserdatauv(L, sizeof *o, 0);
    *o = (struct object){ a->generation, index };
    luaL_setmetatable(L, type);
}

static void snapshot(lua_State *L, int arg, const char *type, struct vcpu_snapshot *s) { vcpu_snapshot(api_vcpu(L, arg, type), s); }

/* --- registers and exits: objects with every name as a field --------------------------------------------------------- */

static int regs_index(lua_State *L)
{
    struct vcpu_snapshot s;
    const char *name = luaL_checkstring(L, 2);
    snapshot(L, 1, REGS, &s);
    const struct cpu_reg *r = cpu_reg_find(name);
    if (!r)
        return luaL_error(L, "there is no register called %s", name);
    lua_pushinteger(L, (lua_Integer)cpu_reg_get(&s.cpu, r));
    return 1;
}

/* Exits that the VMM caused, not the guest: a look at a running guest must not change a count. */
static uint64_t ours(const struct account_view *a)
{
    return a->reason[EXIT_KICK] + a->reason[EXIT_BUDGET] + a->reason[EXIT_DEBUG] + a->reason[EXIT_IRQ_WINDOW];
}

static int exits_index(lua_State *L)
{
    struct account_view a;
    const char *name = luaL_checkstring(L, 2);
    vcpu_account(api_vcpu(L, 1, EXITS), &a);
    enum exit_reason r;
    if (!strcmp(name, "total"))
        lua_pushinteger(L, (lua_Integer)(a.total - ours(&a)));
    else if (!strcmp(name, "outside"))
        lua_pushinteger(L, (lua_Integer)a.outside);
    else if (exit_parse(name, &r))
        lua_pushinteger(L, (lua_Integer)a.reason[r]);
    else
        return luaL_error(L, "there is no exit reason called %s", name);
    return 1;
}

/* --- what the student did (live machines only) -------------------------------------------------------------------------------- */

static const struct lab_events *events_of(lua_State *L, unsigned *i) { return view_of(L, 1, API_VCPU, i)->events; }

static int m_did(lua_State *L)
{
    unsigned i;
    const struct lab_events *e = events_of(L, &i);
    const char *words = luaL_checkstring(L, 2);
    lua_pushboolean(L, e && events_did(e, words));
    return 1;
}

static int m_times(lua_State *L)
{
    unsigned i;
    const struct lab_events *e = events_of(L, &i);
    lua_pushinteger(L, e ? events_did(e, luaL_checkstring(L, 2)) : 0);
    return 1;
}

static int m_was(lua_State *L)
{
    unsigned i;
    const struct lab_events *e = events_of(L, &i);
    const char *want = luaL_checkstring(L, 2);
    for (int st = 0; st < VCPU_STATES; st++)
        if (!strcmp(vcpu_state_name((enum vcpu_state)st), want)) {
            lua_pushboolean(L, e && e->state[i][st]);
            return 1;
        }
    return luaL_error(L, "there is no state called %s", want);
}

static int m_injected(lua_State *L)
{
    unsigned i;
    const struct lab_events *e = events_of(L, &i);
    lua_Integer v = luaL_checkinteger(L, 2);
    luaL_argcheck(L, v >= 0 && v < 256, 2, "a vector is 0 to 255");
    lua_pushinteger(L, e ? e->injected[i][v] : 0);
    return 1;
}

/* --- comparing ------------------------------------------------------------------------------------------------------------------ */

static char *console_text(lua_State *L, int arg, size_t *n)
{
    unsigned i;
    const struct lab_view *v = view_of(L, arg, API_VCPU, &i);
    /* Owned by Lua, so that an error cannot lose it. */
    char *buf = lua_newuserdatauv(L, CONSOLE_MAX, 0);
    *n = console_log_tail(v->s->console[i], buf, CONSOLE_MAX);
    return buf;
}

static int m_prints(lua_State *L)
{
    size_t n, m;
    const char *want = luaL_checklstring(L, 2, &m);
    const char *got = console_text(L, 1, &n);
    char why[512];
    bool same = compare_text(got, n, want, m, why, sizeof why);
    lua_pushboolean(L, same);
    if (same)
        return 1;
    lua_pushstring(L, why);
    return 2;
}

/* --- fields -------------------------------------------------------------------------------------------------------------------- */

static void push_console(lua_State *L)
{
    size_t n;
    const char *p = console_text(L, 1, &n);
    lua_pushlstring(L, p, n);
}

/* Fields that come from the snapshot. */
static bool snapshot_field(lua_State *L, const char *key)
{
    struct vcpu_snapshot s;
    snapshot(L, 1, API_VCPU, &s);
    if (!strcmp(key, "state"))
        lua_pushstring(L, vcpu_state_name(s.state));
    else if (!strcmp(key, "stopped"))
        lua_pushboolean(L, vcpu_state_stopped(s.state));
    else if (!strcmp(key, "status"))
        lua_pushinteger(L, s.status);
    else if (!strcmp(key, "why"))
        lua_pushstring(L, s.why);
    else if (!strcmp(key, "notice"))
        lua_pushstring(L, s.notice);
    else if (!strcmp(key, "mode"))
        lua_pushstring(L, cpu_mode_name(cpu_mode(&s.cpu)));
    else if (!strcmp(key, "cpl"))
        lua_pushinteger(L, cpu_cpl(&s.cpu));
    else if (!strcmp(key, "paging"))
        lua_pushboolean(L, cpu_paging(&s.cpu));
    else if (!strcmp(key, "steps"))
        lua_pushinteger(L, (lua_Integer)s.steps);
    else if (!strcmp(key, "stops"))
        lua_pushinteger(L, (lua_Integer)s.stops);
    else if (!strcmp(key, "pending"))
        lua_pushinteger(L, s.pending);
    else if (!strcmp(key, "instructions"))
        s.count == UINT64_MAX ? lua_pushnil(L) : lua_pushinteger(L, (lua_Integer)s.count);
    else
        return false;
    return true;
}

static int push_postmortem(lua_State *L, struct vcpu *v)
{
    char text[2048] = "";
    vcpu_postmortem(v, text, sizeof text);
    lua_pushstring(L, text);
    return 1;
}

static const luaL_Reg student_methods[] = {
    { "did", m_did }, { "times", m_times }, { "was", m_was }, { "injected", m_injected }, { "prints", m_prints }, { NULL, NULL },
};
static const luaL_Reg *const methods[] = { api_machine_methods, student_methods };

static int vcpu_index(lua_State *L)
{
    unsigned i;
    const struct lab_view *view = view_of(L, 1, API_VCPU, &i);
    if (lua_isinteger(L, 2)) {
        lua_Integer k = lua_tointeger(L, 2);
        if (k < 0 || k >= (lua_Integer)view->s->vcpus)
            return luaL_error(L, "there is no vCPU %d: the machine has %d", (int)k, (int)view->s->vcpus);
        push_object(L, API_VCPU, (unsigned)k);
        return 1;
    }
    const char *key = luaL_checkstring(L, 2);
    struct vcpu *v = view->s->vcpu[i];
    for (size_t t = 0; t < sizeof methods / sizeof *methods; t++)
        for (const luaL_Reg *m = methods[t]; m->name; m++)
            if (!strcmp(m->name, key)) {
                lua_pushcfunction(L, m->func);
                return 1;
            }
    if (!strcmp(key, "regs"))
        push_object(L, REGS, i);
    else if (!strcmp(key, "exits"))
        push_object(L, EXITS, i);
    else if (!strcmp(key, "console"))
        push_console(L);
    else if (!strcmp(key, "postmortem"))
        return push_postmortem(L, v);
    else if (!strcmp(key, "vcpus"))
        lua_pushinteger(L, view->s->vcpus);
    else if (!strcmp(key, "timed_out"))
        lua_pushboolean(L, view->timed_out);
    else if (!strcmp(key, "source"))
        lua_pushstring(L, view->source ? view->source : "");
    else if (!strcmp(key, "name"))
        lua_pushstring(L, vcpu_name(v));
    else if (!strcmp(key, "engine"))
        lua_pushstring(L, machine_engine(vcpu_machine(v))->name);
    else if (!snapshot_field(L, key))
        return luaL_error(L, "a machine has no field called %s", key);
    return 1;
}

/* --- entering ------------------------------------------------------------------------------------------------------------------ */

static int refuse_write(lua_State *L) { return luaL_error(L, "a check can only look at the machine, not change it"); }

static void metatable(lua_State *L, const char *type, lua_CFunction index)
{
    luaL_newmetatable(L, type);
    lua_pushcfunction(L, index);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, refuse_write);
    lua_setfield(L, -2, "__newindex");
    lua_pop(L, 1);
}

static int open_api(lua_State *L)
{
    struct api *a = lua_newuserdatauv(L, sizeof *a, 0);
    *a = (struct api){ 0 };
    lua_setfield(L, LUA_REGISTRYINDEX, API);
    metatable(L, API_VCPU, vcpu_index);
    metatable(L, REGS, regs_index);
    metatable(L, EXITS, exits_index);
    return 0;
}

int api_open(struct luabox *sb, struct vm_error *err) { return luabox_run(sb, open_api, NULL, err); }

struct call { int fn; const struct lab_view *view; const char *text; struct api_result *out; };

static int enter(lua_State *L)
{
    struct call *c = lua_touserdata(L, 1);
    struct api *a = api_of(L);
    a->view = c->view;
    a->generation++;
    lua_settop(L, 0);
    lua_rawgeti(L, LUA_REGISTRYINDEX, c->fn);
    push_object(L, API_VCPU, 0);
    if (c->text)
        lua_pushstring(L, c->text);
    lua_call(L, c->text ? 2 : 1, 2);
    struct api_result *r = c->out;
    *r = (struct api_result){ .truth = lua_toboolean(L, 1) };
    int at = lua_type(L, 1) == LUA_TSTRING ? 1 : 2;
    if (lua_type(L, 1) == LUA_TNUMBER) {
        int whole;
        r->value = lua_tointegerx(L, 1, &whole);
        r->number = whole;
        if (!whole) /* 2.5: compared as text */
            snprintf(r->text, sizeof r->text, "%g", lua_tonumber(L, 1));
    }
    if (lua_type(L, at) == LUA_TSTRING && !*r->text)
        snprintf(r->text, sizeof r->text, "%s", lua_tostring(L, at));
    a->view = NULL;
    return 0;
}

int api_call(struct luabox *sb, int fn, const struct lab_view *view, const char *text, struct api_result *out, struct vm_error *err)
{
    struct call c = { fn, view, text, out };
    *out = (struct api_result){ 0 };
    if (!view->s->vcpus)
        return err_set(err, EINVAL, "The lab has no machine to look at.");
    return luabox_run(sb, enter, &c, err);
}
