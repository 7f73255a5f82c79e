/* luabox.c: see luabox.h. What is left out of Lua's library is left out for a reason, given where it is removed. */
#include "tui/lab/luabox.h"

#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct luabox {
    lua_State *L;
    size_t used, limit;
    long left;     /* instructions, in units of STRIDE */
    int64_t until; /* of now_ns() */
};

/* A look at the clock each STRIDE: few enough that as many calls of a function that works for long in C do not add up. */
enum { STRIDE = 100 };

/* Processor time of this thread: what else the host does is not the lab's fault. */
static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The one place where Lua gets memory: a block beyond the limit is refused, and Lua raises "not enough memory". */
static void *allocate(void *ud, void *ptr, size_t osize, size_t nsize)
{
    struct luabox *sb = ud;
    size_t old = ptr ? osize : 0; /* without a block, osize is a type tag */
    if (!nsize) {
        free(ptr);
        sb->used -= old;
        return NULL;
    }
    if (nsize > old && nsize - old > sb->limit - sb->used)
        return NULL;
    void *p = realloc(ptr, nsize);
    if (p)
        sb->used = sb->used - old + nsize;
    return p;
}

static struct luabox *owner(lua_State *L)
{
    void *ud;
    lua_getallocf(L, &ud);
    return ud;
}

/* Sorting, inserting, concatenating: an instruction that works in C counts as one, however long it takes. */
static void check_time(lua_State *L)
{
    if (now_ns() >= owner(L)->until)
        luaL_error(L, "it did not end within %d seconds: does it work on a long text or table again and again?", LUABOX_SECONDS);
}

static void count(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    struct luabox *sb = owner(L);
    if (--sb->left <= 0) {
        luaL_error(L, "it did not end within %d million instructions: is there a loop that never ends?",
                   LUABOX_INSTRUCTIONS / 1000000);
    }
    check_time(L);
}

/* A pattern is matched in C, where no instruction is counted, and backtracks: each quantifier can multiply the work by the
 * subject's length; a long set or text is gone through at each place. Refuse what could take more than about a second. */
static void check_pattern(lua_State *L, bool plain)
{
    size_t n, m;
    luaL_checklstring(L, 1, &n);
    const char *p = luaL_checklstring(L, 2, &m);
    double work = ((double)n + 1) * (1 + (double)(m / 32)), most = 2e8;
    for (size_t i = 0; i < m && !plain; i++) {
        if (p[i] == '%') {
            i++;
            if (i < m && (p[i] == 'b' || p[i] == 'f'))
                work *= (double)n + 1;
        } else if (i > 0 && strchr("*+-?", p[i])) {
            work *= p[i] == '?' ? 2 : (double)n + 1;
        }
    }
    if (work > most)
        luaL_error(L, "this pattern could take too long on %d bytes of text: use fewer of * + - ? or split the text into lines first",
                   (int)(n < 1000000000 ? n : 1000000000));
}

/* To the function of Lua's library that was here. */
static int pass_on(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static int patterned(lua_State *L)
{
    bool plain = lua_toboolean(L, lua_upvalueindex(2)) && lua_toboolean(L, 4);
    check_time(L);
    check_pattern(L, plain);
    return pass_on(L);
}

/* Nothing, repeated: Lua's own goes round as often as it is told to. */
static int repeat(lua_State *L)
{
    size_t n, m;
    luaL_checklstring(L, 1, &n);
    lua_Integer times = luaL_checkinteger(L, 2);
    luaL_optlstring(L, 3, "", &m);
    if (times > 0 && (lua_Integer)(n + m) > LUABOX_MEMORY / times)
        return luaL_error(L, "this text would need more than %d MiB of memory", LUABOX_MEMORY >> 20);
    if (n + m)
        return pass_on(L);
    lua_pushliteral(L, "");
    return 1;
}

static void guard(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    lua_pushboolean(L, !strcmp(name, "find")); /* find's fourth argument makes it plain */
    lua_pushcclosure(L, patterned, 2);
    lua_setfield(L, -2, name);
}

static void remove_fields(lua_State *L, const char *const *names)
{
    for (; *names; names++) {
        lua_pushnil(L);
        lua_setfield(L, -2, *names);
    }
}

static int open_libraries(lua_State *L)
{
    luaL_requiref(L, "_G", luaopen_base, 1);
    /* Files and bytecode; error catchers would let a chunk outlive its instruction bound; metatables can lie about a
     * length and make a C loop endless; print would write over the screen. */
    static const char *const base[] = { "dofile", "loadfile", "load", "collectgarbage", "pcall", "xpcall", "setmetatable",
                                        "getmetatable", "rawset", "rawget", "rawlen", "rawequal", "print", "warn", "_VERSION", NULL };
    remove_fields(L, base);
    luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 1);
    static const char *const string[] = { "dump", NULL };
    remove_fields(L, string);
    guard(L, "find");
    guard(L, "match");
    guard(L, "gmatch");
    guard(L, "gsub");
    lua_getfield(L, -1, "rep");
    lua_pushcclosure(L, repeat, 1);
    lua_setfield(L, -2, "rep");
    luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 1);
    static const char *const table[] = { "move", NULL }; /* loops in C over any range */
    remove_fields(L, table);
    luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 1);
    luaL_requiref(L, LUA_UTF8LIBNAME, luaopen_utf8, 1);
    lua_settop(L, 0);
    return 0;
}

int luabox_new(struct luabox **out, struct vm_error *err)
{
    struct luabox *sb = calloc(1, sizeof *sb);
    if (!sb)
        return err_set(err, ENOMEM, "Starting Lua for the lab: out of memory.");
    sb->limit = LUABOX_MEMORY;
    sb->L = lua_newstate(allocate, sb);
    if (!sb->L) {
        free(sb);
        return err_set(err, ENOMEM, "Starting Lua for the lab: out of memory.");
    }
    int r = luabox_run(sb, open_libraries, NULL, err);
    if (r < 0) {
        luabox_free(sb);
        return r;
    }
    *out = sb;
    return 0;
}

void luabox_free(struct luabox *sb)
{
    if (!sb)
        return;
    lua_close(sb->L);
    free(sb);
}

/* where: the file, for errors that do not name it themselves; NULL: none. */
static int report(struct luabox *sb, int status, const char *where, struct vm_error *err)
{
    lua_State *L = sb->L;
    const char *why = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "an error that is no text";
    if (status == LUA_ERRMEM)
        err_set(err, EINVAL, "Running the lab's Lua: it needs more than %d MiB of memory.", LUABOX_MEMORY >> 20);
    else if (where && !strstr(why, where))
        err_set(err, EINVAL, "%s: %s", where, why);
    else
        err_set(err, EINVAL, "%s", why);
    lua_settop(L, 0);
    return -EINVAL;
}

static void refill(struct luabox *sb)
{
    sb->left = LUABOX_INSTRUCTIONS / STRIDE;
    sb->until = now_ns() + LUABOX_SECONDS * 1000000000ll;
    lua_sethook(sb->L, count, LUA_MASKCOUNT, STRIDE);
}

int luabox_run(struct luabox *sb, lua_CFunction fn, void *ctx, struct vm_error *err)
{
    lua_State *L = sb->L;
    refill(sb);
    lua_pushcfunction(L, fn);
    lua_pushlightuserdata(L, ctx);
    int status = lua_pcall(L, 1, 0, 0);
    return status == LUA_OK ? 0 : report(sb, status, NULL, err);
}

int luabox_load(struct luabox *sb, const char *text, size_t n, const char *name, struct vm_error *err)
{
    lua_State *L = sb->L;
    refill(sb);
    char chunk[128];
    snprintf(chunk, sizeof chunk, "@%s", name);
    int status = luaL_loadbufferx(L, text, n, chunk, "t");
    if (status == LUA_OK)
        status = lua_pcall(L, 0, 0, 0);
    return status == LUA_OK ? 0 : report(sb, status, name, err);
}
