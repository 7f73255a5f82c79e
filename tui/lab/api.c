/* api.c: see api.h. One kind of object: a vCPU of the machine. The machine itself is its vCPU 0, m[i] another one. Fields are
 * rows of a table; docs/writing-a-lab.md describes each. */
#include "tui/lab/api.h"

#include <errno.h>
#include <inttypes.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/console_log.h"
#include "tui/lab/compare.h"
#include "vmm/walk.h"

enum { CONSOLE_MAX = 256 << 10, MEM_MAX = 64 << 10, TRACE_MAX = 512 };
static const char VCPU[] = "vmlab.vcpu", REGS[] = "vmlab.regs", EXITS[] = "vmlab.exits", API[] = "vmlab.api";

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

static struct vcpu *vcpu_of(lua_State *L, int arg, const char *type)
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

static void snapshot(lua_State *L, int arg, const char *type, struct vcpu_snapshot *s) { vcpu_snapshot(vcpu_of(L, arg, type), s); }

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
    vcpu_account(vcpu_of(L, 1, EXITS), &a);
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

/* --- methods --------------------------------------------------------------------------------------------------------------- */

static uint64_t check_address(lua_State *L, int arg) { return (uint64_t)luaL_checkinteger(L, arg); }

static int m_mem(lua_State *L)
{
    struct vcpu *v = vcpu_of(L, 1, VCPU);
    lua_Integer n = luaL_optinteger(L, 3, 1);
    luaL_argcheck(L, n >= 0 && n <= MEM_MAX, 3, "at most 65536 bytes at a time");
    luaL_Buffer b;
    char *p = luaL_buffinitsize(L, &b, (size_t)n);
    luaL_pushresultsize(&b, vcpu_mem_read(v, check_address(L, 2), p, (size_t)n, NULL));
    return 1;
}

static int m_phys(lua_State *L)
{
    struct vcpu *v = vcpu_of(L, 1, VCPU);
    lua_Integer n = luaL_optinteger(L, 3, 1);
    luaL_argcheck(L, n >= 0 && n <= MEM_MAX, 3, "at most 65536 bytes at a time");
    luaL_Buffer b;
    char *p = luaL_buffinitsize(L, &b, (size_t)n);
    luaL_pushresultsize(&b, machine_read(vcpu_machine(v), check_address(L, 2), p, (size_t)n));
    return 1;
}

/* A little-endian number in memory, nil when it is not mapped. */
static int number_at(lua_State *L, size_t bytes)
{
    uint8_t b[4] = { 0 };
    uint32_t value = 0;
    if (vcpu_mem_read(vcpu_of(L, 1, VCPU), check_address(L, 2), b, bytes, NULL) < bytes)
        return 0;
    for (size_t i = bytes; i--;)
        value = value << 8 | b[i];
    lua_pushinteger(L, value);
    return 1;
}

static int m_u8(lua_State *L) { return number_at(L, 1); }
static int m_u16(lua_State *L) { return number_at(L, 2); }
static int m_u32(lua_State *L) { return number_at(L, 4); }

/* How many exits had this place: m:port(0x500), m:vector(0x20). */
static int count_place(lua_State *L, bool vector)
{
    struct account_view a;
    vcpu_account(vcpu_of(L, 1, VCPU), &a);
    uint64_t want = check_address(L, 2), n = 0;
    const char *dir = luaL_optstring(L, 3, "");
    for (size_t i = 0; i < a.places; i++) {
        const struct account_place *p = &a.place[i];
        bool in = p->kind == EXIT_IO_IN, out = p->kind == EXIT_IO_OUT;
        if (p->addr == want && (vector ? p->kind == ACCOUNT_VECTOR : (in && strcmp(dir, "out")) || (out && strcmp(dir, "in"))))
            n += p->count;
    }
    lua_pushinteger(L, (lua_Integer)n);
    return 1;
}

static int m_port(lua_State *L) { return count_place(L, false); }
static int m_vector(lua_State *L) { return count_place(L, true); }

static void set_int(lua_State *L, const char *key, uint64_t value)
{
    lua_pushinteger(L, (lua_Integer)value);
    lua_setfield(L, -2, key);
}

static void set_bool(lua_State *L, const char *key, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, key);
}

static void set_text(lua_State *L, const char *key, const char *value)
{
    lua_pushstring(L, value);
    lua_setfield(L, -2, key);
}

static int m_walk(lua_State *L)
{
    struct vcpu *v = vcpu_of(L, 1, VCPU);
    struct vcpu_snapshot s;
    struct walk w;
    vcpu_snapshot(v, &s);
    walk_linear(vcpu_machine(v), &s.cpu, check_address(L, 2), &w);
    lua_createtable(L, 0, 9);
    set_bool(L, "paging", w.paging);
    set_bool(L, "mapped", w.mapped);
    set_bool(L, "user", w.user);
    set_bool(L, "writable", w.writable);
    set_bool(L, "large", w.large);
    set_text(L, "why", w.why);
    if (w.mapped)
        set_int(L, "gpa", w.gpa);
    lua_createtable(L, (int)w.steps, 0);
    for (unsigned i = 0; i < w.steps; i++) {
        lua_createtable(L, 0, 4);
        set_text(L, "name", w.step[i].name);
        set_int(L, "gpa", w.step[i].gpa);
        set_int(L, "value", w.step[i].value);
        set_int(L, "index", w.step[i].index);
        lua_seti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "steps");
    return 1;
}

static void push_entry(lua_State *L, const struct trace_entry *t)
{
    static const char *const kinds[] = { [TRACE_EXIT] = "exit", [TRACE_EVENT] = "event", [TRACE_INJECT] = "inject",
                                         [TRACE_HYPERCALL] = "hypercall", [TRACE_STATE] = "state" };
    char text[160];
    lua_createtable(L, 0, 8);
    set_text(L, "kind", t->kind < sizeof kinds / sizeof *kinds ? kinds[t->kind] : "?");
    set_int(L, "rip", t->rip);
    set_int(L, "ns", t->ns);
    switch (t->kind) {
    case TRACE_EXIT: set_text(L, "reason", exit_name(t->reason)); set_int(L, "place", t->a); set_int(L, "value", t->b); break;
    case TRACE_HYPERCALL: set_int(L, "number", t->a); set_int(L, "argument", t->b); set_int(L, "result", t->c); break;
    case TRACE_EVENT: set_int(L, "vector", t->a); set_int(L, "error", t->b); set_int(L, "cr2", t->c); break;
    case TRACE_INJECT: set_int(L, "vector", t->a); break;
    case TRACE_STATE: set_text(L, "state", vcpu_state_name(t->a < VCPU_STATES ? (enum vcpu_state)t->a : VCPU_FAILED)); break;
    }
    trace_text(t, text, sizeof text);
    set_text(L, "text", text);
}

/* m:trace(): the last 512 entries, oldest first. m:trace("io-in", 0x612): of everything the ring still holds the exits of
 * this reason (and at this place), at most 512, the oldest. */
static int m_trace(lua_State *L)
{
    const struct trace *t = vcpu_trace(vcpu_of(L, 1, VCPU));
    const char *reason = luaL_optstring(L, 2, NULL);
    lua_Integer place = luaL_optinteger(L, 3, -1), k = 0;
    enum exit_reason r = EXIT_REASONS;
    luaL_argcheck(L, !reason || exit_parse(reason, &r), 2, "there is no such exit reason");
    uint64_t next = trace_next(t), from = !reason && next > TRACE_MAX ? next - TRACE_MAX : 0;
    struct trace_entry buf[64];
    lua_newtable(L);
    for (size_t n; k < TRACE_MAX && (n = trace_read(t, from, buf, sizeof buf / sizeof *buf)) > 0; from = buf[n - 1].seq + 1)
        for (size_t i = 0; i < n && k < TRACE_MAX; i++) {
            const struct trace_entry *e = &buf[i];
            if (reason && (e->kind != TRACE_EXIT || e->reason != r || (place >= 0 && e->a != (uint64_t)place)))
                continue;
            push_entry(L, e);
            lua_seti(L, -2, ++k);
        }
    return 1;
}

/* --- what the student did (live machines only) -------------------------------------------------------------------------------- */

static const struct lab_events *events_of(lua_State *L, unsigned *i) { return view_of(L, 1, VCPU, i)->events; }

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
    const struct lab_view *v = view_of(L, arg, VCPU, &i);
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
    snapshot(L, 1, VCPU, &s);
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

static const luaL_Reg methods[] = {
    { "mem", m_mem }, { "phys", m_phys }, { "u8", m_u8 }, { "u16", m_u16 }, { "u32", m_u32 }, { "port", m_port },
    { "vector", m_vector }, { "walk", m_walk }, { "trace", m_trace }, { "did", m_did }, { "times", m_times },
    { "was", m_was }, { "injected", m_injected }, { "prints", m_prints }, { NULL, NULL },
};

static int vcpu_index(lua_State *L)
{
    unsigned i;
    const struct lab_view *view = view_of(L, 1, VCPU, &i);
    if (lua_isinteger(L, 2)) {
        lua_Integer k = lua_tointeger(L, 2);
        if (k < 0 || k >= (lua_Integer)view->s->vcpus)
            return luaL_error(L, "there is no vCPU %d: the machine has %d", (int)k, (int)view->s->vcpus);
        push_object(L, VCPU, (unsigned)k);
        return 1;
    }
    const char *key = luaL_checkstring(L, 2);
    struct vcpu *v = view->s->vcpu[i];
    for (const luaL_Reg *m = methods; m->name; m++)
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
    metatable(L, VCPU, vcpu_index);
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
    push_object(L, VCPU, 0);
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
