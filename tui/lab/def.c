/* def.c: see def.h. lab.lua is a list of calls: lab{...} once, then step{...} for each step; both only fill structs. */
#include "tui/lab/def.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int lab_read_file(const char *path, size_t max, char **out, size_t *n, struct vm_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not block us */
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        int e = errno;
        if (fd >= 0)
            close(fd);
        return err_set(err, e, "Reading %s: %s.", path, strerror(e));
    }
    if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > max) {
        close(fd);
        return S_ISREG(st.st_mode) ? err_set(err, EFBIG, "Reading %s: it is larger than %zu KiB.", path, max >> 10)
                                   : err_set(err, EINVAL, "Reading %s: it is not a regular file.", path);
    }
    size_t got = 0, size = (size_t)st.st_size;
    char *buf = malloc(size + 1);
    ssize_t r = 1;
    while (buf && got < size && (r = read(fd, buf + got, size - got)) > 0)
        got += (size_t)r;
    int e = errno;
    close(fd);
    if (!buf)
        return err_set(err, ENOMEM, "Reading %s: out of memory.", path);
    if (r < 0) {
        free(buf);
        return err_set(err, e, "Reading %s: %s.", path, strerror(e));
    }
    buf[got] = 0;
    *out = buf;
    *n = got;
    return 0;
}

/* --- reading fields of the table at the top of the stack. All raise Lua errors, which point at the call in lab.lua. ------ */

static struct lab *lab_of(lua_State *L) { return lua_touserdata(L, lua_upvalueindex(1)); }

/* A text can be made large in Lua and then given in every field there is: all that is kept of a file has one bound. */
static char *keep(lua_State *L, const char *text)
{
    struct lab *l = lab_of(L);
    size_t n = strlen(text) + 1;
    if (n > LAB_LARGEST - l->kept)
        luaL_error(L, "the texts of this file are more than %d KiB together", LAB_LARGEST >> 10);
    l->kept += n;
    char *s = strdup(text);
    if (!s)
        luaL_error(L, "out of memory");
    return s;
}

static void get_text(lua_State *L, const char *field, char **out, bool must)
{
    int t = lua_getfield(L, -1, field);
    if (t == LUA_TSTRING)
        *out = keep(L, lua_tostring(L, -1));
    else if (t != LUA_TNIL || must)
        luaL_error(L, "%s must be a text", field);
    lua_pop(L, 1);
}

static int get_function(lua_State *L, const char *field, bool must)
{
    int t = lua_getfield(L, -1, field);
    if (t == LUA_TFUNCTION)
        return luaL_ref(L, LUA_REGISTRYINDEX);
    if (t != LUA_TNIL || must)
        luaL_error(L, "%s must be a function", field);
    lua_pop(L, 1);
    return LUA_NOREF;
}

static double get_number(lua_State *L, const char *field, double otherwise, double low, double high)
{
    double v = otherwise;
    int t = lua_getfield(L, -1, field);
    if (t == LUA_TNUMBER)
        v = lua_tonumber(L, -1);
    else if (t != LUA_TNIL)
        luaL_error(L, "%s must be a number", field);
    if (!(v >= low && v <= high)) {
        char range[64];
        snprintf(range, sizeof range, "%g to %g", low, high);
        luaL_error(L, "%s must be %s", field, range);
    }
    lua_pop(L, 1);
    return v;
}

static unsigned get_texts(lua_State *L, const char *field, char **out, unsigned max)
{
    unsigned n = 0;
    int t = lua_getfield(L, -1, field);
    if (t != LUA_TNIL && t != LUA_TTABLE)
        luaL_error(L, "%s must be a list of texts: { \"...\", \"...\" }", field);
    for (int i = 1; t == LUA_TTABLE && lua_geti(L, -1, i) != LUA_TNIL; i++, lua_pop(L, 1)) {
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "%s: entry %d is not a text", field, i);
        if (n == max)
            luaL_error(L, "%s: more than %d", field, (int)max);
        out[n++] = keep(L, lua_tostring(L, -1));
    }
    if (t == LUA_TTABLE)
        lua_pop(L, 1);
    lua_pop(L, 1);
    return n;
}

static void get_mistakes(lua_State *L, struct lab_mistake *out, unsigned *n)
{
    int t = lua_getfield(L, -1, "mistakes");
    if (t != LUA_TNIL && t != LUA_TTABLE)
        luaL_error(L, "mistakes must be a list: { { function(m) ... end, \"what went wrong\" }, ... }");
    for (int i = 1; t == LUA_TTABLE && lua_geti(L, -1, i) != LUA_TNIL; i++) {
        if (lua_type(L, -1) != LUA_TTABLE || lua_geti(L, -1, 1) != LUA_TFUNCTION || lua_geti(L, -2, 2) != LUA_TSTRING)
            luaL_error(L, "mistakes: entry %d must be { function(m) ... end, \"what went wrong\" }", i);
        if (*n == LAB_MISTAKES)
            luaL_error(L, "mistakes: more than %d", LAB_MISTAKES);
        out[*n].say = keep(L, lua_tostring(L, -1));
        lua_pop(L, 1);
        out[*n].when = luaL_ref(L, LUA_REGISTRYINDEX);
        ++*n;
        lua_pop(L, 1);
    }
    if (t == LUA_TTABLE)
        lua_pop(L, 1);
    lua_pop(L, 1);
}

static void get_spec(lua_State *L, const char *field, struct lab_spec *s)
{
    int t = lua_getfield(L, -1, field);
    if (t == LUA_TSTRING) {
        *s = (struct lab_spec){ .on = true, .seconds = 5, .words = keep(L, lua_tostring(L, -1)) };
    } else if (t == LUA_TTABLE) {
        s->on = true;
        if (lua_geti(L, -1, 1) != LUA_TSTRING)
            luaL_error(L, "%s: the first entry must be the words after `vmlab`: { \"hello --share\", ... }", field);
        s->words = keep(L, lua_tostring(L, -1));
        lua_pop(L, 1);
        get_text(L, "input", &s->input, false);
        get_text(L, "commands", &s->commands, false);
        s->seconds = get_number(L, "seconds", 5, 0.05, 60);
    } else if (t != LUA_TNIL) {
        luaL_error(L, "%s must be the words after `vmlab`, or a table that begins with them", field);
    }
    lua_pop(L, 1);
}

/* A misspelt field would be ignored, and its check never made: refuse it. */
static void check_fields(lua_State *L, const char *what, const char *const *known)
{
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            continue;
        const char *key = lua_tostring(L, -1);
        const char *const *k = known;
        while (*k && strcmp(*k, key))
            k++;
        if (!*k)
            luaL_error(L, "%s: there is no field called %s", what, key);
    }
}

static int define_lab(lua_State *L)
{
    static const char *const known[] = { "title", "minutes", "machine", "start", "files", NULL };
    struct lab *l = lab_of(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    if (l->title)
        return luaL_error(L, "lab{} must come once");
    check_fields(L, "lab", known);
    get_text(L, "title", &l->title, true);
    l->minutes = (unsigned)get_number(L, "minutes", 15, 1, 240);
    get_text(L, "machine", &l->machine, true);
    get_text(L, "start", &l->start, false);
    l->files = get_texts(L, "files", l->file, LAB_FILES);
    for (unsigned i = 0; i < l->files; i++)
        if (strchr(l->file[i], '/') || l->file[i][0] == '.')
            return luaL_error(L, "files: %s must be a plain file name of starter/", l->file[i]);
    return 0;
}

static void get_ask(lua_State *L, struct lab_ask *a)
{
    static const char *const known[] = { "answer", "points", "run", "mistakes", NULL };
    int t = lua_getfield(L, -1, "ask");
    if (t != LUA_TNIL && t != LUA_TTABLE)
        luaL_error(L, "ask must be a table: { \"the question?\", answer = function(m) ... end }");
    if (t == LUA_TTABLE) {
        check_fields(L, "ask", known);
        a->on = true;
        if (lua_geti(L, -1, 1) != LUA_TSTRING)
            luaL_error(L, "ask: the first entry must be the question");
        a->text = keep(L, lua_tostring(L, -1));
        lua_pop(L, 1);
        a->answer = get_function(L, "answer", true);
        a->points = (unsigned)get_number(L, "points", 1, 0, 100);
        get_spec(L, "run", &a->run);
        get_mistakes(L, a->mistake, &a->mistakes);
    }
    lua_pop(L, 1);
}

static int define_step(lua_State *L)
{
    static const char *const known[] = { "points", "machine", "hints", "ask", "check", "achieved", "build", "base", "run", "mistakes", NULL };
    struct lab *l = lab_of(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    if (!l->title)
        return luaL_error(L, "lab{} must come before the first step{}");
    if (l->steps == LAB_STEPS)
        return luaL_error(L, "more than %d steps", LAB_STEPS);
    struct lab_step *s = &l->step[l->steps++];
    s->check = s->achieved.fn = s->ask.answer = LUA_NOREF;
    lua_Debug at;
    if (lua_getstack(L, 1, &at) && lua_getinfo(L, "l", &at))
        s->line = at.currentline;
    check_fields(L, "step", known);
    if (lua_geti(L, 1, 1) != LUA_TSTRING)
        return luaL_error(L, "step: the first entry must be the heading of the step in lab.md");
    s->heading = keep(L, lua_tostring(L, -1));
    lua_settop(L, 1);
    s->points = (unsigned)get_number(L, "points", 1, 0, 100);
    get_text(L, "machine", &s->machine, false);
    s->hints = get_texts(L, "hints", s->hint, LAB_HINTS);
    get_ask(L, &s->ask);
    s->check = get_function(L, "check", true);
    if (lua_getfield(L, 1, "achieved") == LUA_TFUNCTION)
        s->achieved.fn = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_settop(L, 1);
    if (s->achieved.fn == LUA_NOREF)
        get_text(L, "achieved", &s->achieved.text, true);
    get_text(L, "build", &s->build, false);
    s->base = (uint64_t)get_number(L, "base", 0, 0, 4294967295.0);
    get_spec(L, "run", &s->run);
    get_mistakes(L, s->mistake, &s->mistakes);
    if (s->build && !s->run.on)
        return luaL_error(L, "step: a step that builds needs a run: which machine the result runs in");
    bool listed = !s->build;
    for (unsigned i = 0; i < l->files; i++)
        listed |= s->build && !strcmp(l->file[i], s->build);
    if (!listed)
        return luaL_error(L, "step: build = \"%s\" is not one of lab{ files = ... }", s->build);
    return 0;
}

static int define_words(lua_State *L)
{
    struct lab *l = lua_touserdata(L, 1);
    lua_pushlightuserdata(L, l);
    lua_pushcclosure(L, define_lab, 1);
    lua_setglobal(L, "lab");
    lua_pushlightuserdata(L, l);
    lua_pushcclosure(L, define_step, 1);
    lua_setglobal(L, "step");
    return 0;
}

static int forget_words(lua_State *L)
{
    lua_pushnil(L);
    lua_setglobal(L, "lab");
    lua_pushnil(L);
    lua_setglobal(L, "step");
    return 0;
}

/* --- the whole lab -------------------------------------------------------------------------------------------------------- */

static int load_text(struct lab *l, struct vm_error *err)
{
    char path[4352], *text;
    size_t n;
    snprintf(path, sizeof path, "%s/lab.md", l->dir);
    int r = lab_read_file(path, LAB_LARGEST, &text, &n, err);
    if (r < 0)
        return r;
    r = markdown_parse(&l->md, text, n, err);
    free(text);
    return r;
}

static int load_lua(struct lab *l, struct vm_error *err)
{
    char path[4352], name[128], *text;
    size_t n;
    snprintf(path, sizeof path, "%s/lab.lua", l->dir);
    int r = lab_read_file(path, LAB_LARGEST, &text, &n, err);
    if (r < 0)
        return r;
    snprintf(name, sizeof name, "%.40s/lab.lua", l->name);
    r = luabox_new(&l->sb, err);
    if (r == 0)
        r = luabox_run(l->sb, define_words, l, err);
    if (r == 0)
        r = luabox_load(l->sb, text, n, name, err);
    if (r == 0)
        r = luabox_run(l->sb, forget_words, NULL, err);
    free(text);
    return r;
}

/* The two files must tell of the same steps in the same order. */
static int match(const struct lab *l, struct vm_error *err)
{
    if (!l->title || !l->steps)
        return err_set(err, EINVAL, "%s/lab.lua:1: it defines no %s.", l->name, l->title ? "step" : "lab{}");
    for (unsigned i = 0; i < l->steps || i < markdown_sections(l->md); i++) {
        if (i >= l->steps)
            return err_set(err, EINVAL, "%s/lab.md:%d: the step \"%s\" has no step{} in lab.lua.", l->name, markdown_line(l->md, i),
                           markdown_heading(l->md, i));
        if (strcmp(l->step[i].heading, markdown_heading(l->md, i)))
            return err_set(err, EINVAL, "%s/lab.lua:%d: step %u is called \"%s\", but heading %u of lab.md is \"%s\".", l->name,
                           l->step[i].line, i + 1, l->step[i].heading, i + 1, markdown_heading(l->md, i));
    }
    return 0;
}

int lab_load(struct lab **out, const char *dir, struct vm_error *err)
{
    struct lab *l = calloc(1, sizeof *l);
    if (!l)
        return err_set(err, ENOMEM, "Opening the lab %s: out of memory.", dir);
    if (!realpath(dir, l->dir)) {
        int e = errno;
        free(l);
        return err_set(err, e, "Opening the lab %s: %s.", dir, strerror(e));
    }
    const char *base = strrchr(l->dir, '/') + 1;
    snprintf(l->name, sizeof l->name, "%.63s", base);
    l->number = (unsigned)(strtoul(base, NULL, 10) % 1000);
    int r = load_text(l, err);
    if (r == 0)
        r = load_lua(l, err);
    if (r == 0)
        r = match(l, err);
    if (r < 0) {
        lab_free(l);
        return r;
    }
    *out = l;
    return 0;
}

static void free_spec(struct lab_spec *s)
{
    free(s->words);
    free(s->input);
    free(s->commands);
}

static void free_mistakes(struct lab_mistake *m, unsigned n)
{
    while (n)
        free(m[--n].say);
}

void lab_free(struct lab *l)
{
    if (!l)
        return;
    for (unsigned i = 0; i < l->steps; i++) {
        struct lab_step *s = &l->step[i];
        free(s->heading);
        free(s->machine);
        for (unsigned h = 0; h < LAB_HINTS; h++)
            free(s->hint[h]);
        free(s->ask.text);
        free_spec(&s->ask.run);
        free_mistakes(s->ask.mistake, LAB_MISTAKES);
        free(s->achieved.text);
        free(s->build);
        free_spec(&s->run);
        free_mistakes(s->mistake, LAB_MISTAKES);
    }
    for (unsigned i = 0; i < LAB_FILES; i++)
        free(l->file[i]);
    free(l->title);
    free(l->machine);
    free(l->start);
    markdown_free(l->md);
    luabox_free(l->sb);
    free(l);
}

unsigned lab_step_points(const struct lab_step *s) { return s->points + (s->ask.on ? s->ask.points : 0); }

unsigned lab_points(const struct lab *l)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < l->steps; i++)
        sum += lab_step_points(&l->step[i]);
    return sum;
}
