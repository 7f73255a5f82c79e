/* api_machine.c: the methods of a machine in Lua that read it: memory, page walk, ports and vectors, trace. */
#include <string.h>

#include "tui/lab/api_impl.h"
#include "vmm/walk.h"

enum { MEM_MAX = 64 << 10, TRACE_MAX = 512 };

static uint64_t check_address(lua_State *L, int arg) { return (uint64_t)luaL_checkinteger(L, arg); }

static int m_mem(lua_State *L)
{
    struct vcpu *v = api_vcpu(L, 1, API_VCPU);
    lua_Integer n = luaL_optinteger(L, 3, 1);
    luaL_argcheck(L, n >= 0 && n <= MEM_MAX, 3, "at most 65536 bytes at a time");
    luaL_Buffer b;
    char *p = luaL_buffinitsize(L, &b, (size_t)n);
    luaL_pushresultsize(&b, vcpu_mem_read(v, check_address(L, 2), p, (size_t)n, NULL));
    return 1;
}

static int m_phys(lua_State *L)
{
    struct vcpu *v = api_vcpu(L, 1, API_VCPU);
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
    if (vcpu_mem_read(api_vcpu(L, 1, API_VCPU), check_address(L, 2), b, bytes, NULL) < bytes)
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
    vcpu_account(api_vcpu(L, 1, API_VCPU), &a);
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
    struct vcpu *v = api_vcpu(L, 1, API_VCPU);
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
    const struct trace *t = vcpu_trace(api_vcpu(L, 1, API_VCPU));
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

const luaL_Reg api_machine_methods[] = {
    { "mem", m_mem }, { "phys", m_phys }, { "u8", m_u8 }, { "u16", m_u16 }, { "u32", m_u32 }, { "port", m_port },
    { "vector", m_vector }, { "walk", m_walk }, { "trace", m_trace }, { NULL, NULL },
};
