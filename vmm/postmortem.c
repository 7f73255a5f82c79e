/* postmortem.c: why a guest failed, in words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disasm.h"
#include "vcpu_impl.h"

char *postmortem(struct vcpu *v)
{
    char *text = malloc(2048);
    uint8_t code[15];
    struct disasm_line d = {0};
    if (!text)
        return NULL;
    v->e->get_state(v->ev, &v->cpu, NULL);
    size_t n = vcpu_fetch(v, &v->cpu, code, sizeof code);
    disasm_one(cpu_mode(&v->cpu), v->cpu.rip, code, n, &d);
    snprintf(text, 2048, "vCPU %u (%s) failed: %s\nat %04x:%llx: %s\n", v->id, v->name, v->error.text, v->cpu.seg[CPU_CS].sel,
             (unsigned long long)v->cpu.rip, n ? d.text : "(not in memory)");
    return text;
}
