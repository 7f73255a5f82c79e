/* skeleton.c: what is not yet here answers honestly that it cannot go on. */
#include <stdlib.h>
#include <string.h>
#include "code.h"
#include "io.h"
#include "seg.h"
#include "soft.h"
struct soft_cache { int unused; };
struct soft_cache *soft_cache_new(void) { return calloc(1, sizeof(struct soft_cache)); }
void soft_cache_free(struct soft_cache *k) { free(k); }
void soft_complete(struct engine_vcpu *c) { (void)c; }
bool soft_interruptible(struct engine_vcpu *c) { (void)c; return false; }
void soft_inject(struct engine_vcpu *c, u8 vector, bool nmi) { (void)c; (void)vector; (void)nmi; }
void soft_env_update(struct engine_vcpu *c) { (void)c; }
void soft_seg_seal(const struct engine_vcpu *c, struct soft_seg *s) { (void)c; (void)s; }
void soft_careful_update(struct engine_vcpu *c) { (void)c; }
void soft_tlb_flush(struct engine_vcpu *c, bool global_too) { (void)c; (void)global_too; }
int soft_run(struct engine_vcpu *c, struct vm_exit *x) {
    memset(x, 0, sizeof *x);
    x->reason = __atomic_fetch_and(&c->attention, ~(u32)ATT_KICK, __ATOMIC_ACQUIRE) & ATT_KICK ? EXIT_KICK : EXIT_INTERNAL;
    x->rip = c->eip;
    return 0;
}
