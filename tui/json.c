/* json.c: the JSON report. Field by field in docs/json.md, which a test compares with what is printed. */
#include "json.h"

#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "report.h"

/* cJSON leaves out what it has no memory for, and says nothing. Its allocator has no context, so that is noted here; the
 * reports are made by the main thread. */
static bool json_lost;

static void *json_alloc(size_t n)
{
    void *p = malloc(n);
    json_lost |= !p;
    return p;
}

void json_begin(void)
{
    cJSON_InitHooks(&(cJSON_Hooks){ .malloc_fn = json_alloc, .free_fn = free });
    json_lost = false;
}

char *json_end(cJSON *root)
{
    char *text = cJSON_Print(root);
    cJSON_Delete(root);
    if (json_lost) {
        free(text);
        text = NULL;
    }
    return text;
}

void json_u64(cJSON *o, const char *key, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    cJSON_AddRawToObject(o, key, text);
}

void json_hex(cJSON *o, const char *key, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "0x%llx", (unsigned long long)value);
    cJSON_AddStringToObject(o, key, text);
}

/* How long the UTF-8 sequence at p is (RFC 3629: shortest form, no surrogates, up to U+10FFFF); 0 if there is none. */
static size_t utf8_at(const unsigned char *p, size_t n)
{
    if (*p < 0x80)
        return *p ? 1 : 0; /* a zero byte would end the string */
    size_t len = *p >= 0xc2 && *p <= 0xdf ? 2 : (*p & 0xf0) == 0xe0 ? 3 : *p >= 0xf0 && *p <= 0xf4 ? 4 : 0;
    if (!len || len > n)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) || (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
        return 0;
    return len;
}

static char *base64(const unsigned char *p, size_t n)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *out = malloc((n + 2) / 3 * 4 + 1), *q = out;
    for (size_t i = 0; out && i < n; i += 3) {
        uint32_t w = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0u);
        *q++ = digit[w >> 18];
        *q++ = digit[w >> 12 & 63];
        *q++ = i + 1 < n ? digit[w >> 6 & 63] : '=';
        *q++ = i + 2 < n ? digit[w & 63] : '=';
    }
    if (out)
        *q = '\0';
    return out;
}

void json_bytes(cJSON *o, const char *key, const char *bytes, size_t n)
{
    const unsigned char *p = (const unsigned char *)bytes;
    char name[64], *text;
    size_t at = 0, len;
    while (at < n && (len = utf8_at(p + at, n - at)) > 0)
        at += len;
    if (at == n) { /* bytes[n] is 0: transcripts end so */
        cJSON_AddStringToObject(o, key, n ? bytes : "");
        return;
    }
    snprintf(name, sizeof name, "%s_base64", key);
    text = base64(p, n);
    json_lost |= !text;
    cJSON_AddStringToObject(o, name, text ? text : "");
    free(text);
}

/* A sentence, which may have the name of a file in it: what is no UTF-8 there is a '?'. */
static void json_text(cJSON *o, const char *key, const char *text)
{
    char *copy = strdup(text);
    json_lost |= !copy;
    size_t n = copy ? strlen(copy) : 0;
    for (size_t at = 0, len; at < n; at += len ? len : 1)
        if (!(len = utf8_at((const unsigned char *)copy + at, n - at)))
            copy[at] = '?';
    cJSON_AddStringToObject(o, key, copy ? copy : "");
    free(copy);
}

/* --- one vCPU ------------------------------------------------------------------------------------------------------ */

static void add_exits(cJSON *o, const struct account_view *a)
{
    cJSON *exits = cJSON_AddObjectToObject(o, "exits"), *by = cJSON_AddObjectToObject(exits, "by_reason");
    cJSON *places = cJSON_AddArrayToObject(exits, "places"), *hist = cJSON_AddArrayToObject(exits, "histogram");
    json_u64(exits, "total", a->total);
    for (int r = 0; r < EXIT_REASONS; r++)
        if (a->reason[r])
            json_u64(by, exit_name((enum exit_reason)r), a->reason[r]);
    for (size_t i = 0; i < a->places; i++) {
        cJSON *p = cJSON_CreateObject();
        cJSON_AddStringToObject(p, "kind", a->place[i].kind == ACCOUNT_VECTOR ? "vector" : exit_name((enum exit_reason)a->place[i].kind));
        json_hex(p, "at", a->place[i].addr);
        json_u64(p, "count", a->place[i].count);
        cJSON_AddItemToArray(places, p);
    }
    for (unsigned b = 0; b < ACCOUNT_BUCKETS; b++)
        if (a->histogram[b]) {
            cJSON *h = cJSON_CreateObject();
            json_u64(h, "from_ns", 1ull << b);
            json_u64(h, "count", a->histogram[b]);
            cJSON_AddItemToArray(hist, h);
        }
    json_u64(exits, "outside_memory", a->outside);
}

static void add_registers(cJSON *o, const struct cpu_state *c)
{
    static const char *const names[] = { "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
                                         "rip", "rflags", "cs", "ss", "ds", "es", "fs", "gs", "cr0", "cr2", "cr3", "cr4", "efer" };
    cJSON *regs = cJSON_AddObjectToObject(o, "registers");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct cpu_reg *r = cpu_reg_find(names[i]);
        if (r)
            json_hex(regs, names[i], cpu_reg_get(c, r));
    }
}

cJSON *json_vcpu(const struct session *s, unsigned i)
{
    struct vcpu *v = s->vcpu[i];
    struct machine *m = vcpu_machine(v);
    struct vcpu_snapshot n;
    struct account_view a;
    char post[4096];
    cJSON *o = cJSON_CreateObject();
    vcpu_snapshot(v, &n);
    vcpu_account(v, &a);
    cJSON_AddNumberToObject(o, "vcpu", i);
    json_text(o, "guest", vcpu_name(v));
    cJSON_AddStringToObject(o, "engine", machine_engine(m)->name);
    json_text(o, "engine_reason", machine_engine_reason(m));
    cJSON_AddStringToObject(o, "mode", cpu_mode_name(cpu_mode(&n.cpu)));
    cJSON_AddStringToObject(o, "state", vcpu_state_name(n.state));
    json_text(o, "why", n.why);
    if (n.state == VCPU_EXITED)
        cJSON_AddNumberToObject(o, "status", n.status);
    else
        cJSON_AddNullToObject(o, "status");
    add_exits(o, &a);
    if (n.count != UINT64_MAX)
        json_u64(o, "instructions", n.count);
    else
        cJSON_AddNullToObject(o, "instructions");
    json_u64(o, "guest_ns", a.guest_ns);
    json_u64(o, "vmm_ns", a.vmm_ns);
    json_u64(o, "notices", n.notices);
    json_text(o, "notice", n.notice);
    if (n.state == VCPU_FAILED && vcpu_postmortem(v, post, sizeof post) > 0)
        json_text(o, "postmortem", post);
    else
        cJSON_AddNullToObject(o, "postmortem");
    add_registers(o, &n.cpu);
    return o;
}

char *report_json(const struct session *s, const struct outcome *out, const struct transcript *consoles, const struct transcript *commands)
{
    json_begin();
    cJSON *root = cJSON_CreateObject(), *list;
    cJSON_AddNumberToObject(root, "schema", JSON_SCHEMA);
    cJSON_AddStringToObject(root, "version", VMLAB_VERSION);
    cJSON_AddNumberToObject(root, "exit_status", out->status);
    cJSON_AddStringToObject(root, "reason", out->reason);
    if (out->signal)
        cJSON_AddNumberToObject(root, "signal", out->signal);
    else
        cJSON_AddNullToObject(root, "signal");
    json_u64(root, "elapsed_ns", out->elapsed_ns);
    json_bytes(root, "output", commands->bytes ? commands->bytes : "", commands->n);
    list = cJSON_AddArrayToObject(root, "vcpus");
    for (unsigned i = 0; i < s->vcpus; i++) {
        cJSON *v = json_vcpu(s, i);
        json_bytes(v, "console", consoles[i].bytes ? consoles[i].bytes : "", consoles[i].n);
        json_u64(v, "console_bytes", consoles[i].total);
        cJSON_AddItemToArray(list, v);
    }
    return json_end(root);
}
