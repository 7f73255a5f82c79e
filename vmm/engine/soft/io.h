/* io.h: accesses that the VMM carries out: ports and memory that is not RAM; and interrupts it injects. */
#ifndef SOFT_IO_H
#define SOFT_IO_H

#include "soft.h"

/* Finish the instruction whose exit was handled, and execute nothing more. */
void soft_complete(struct engine_vcpu *c);
void soft_io_finish(struct engine_vcpu *c); /* the part of it for ports, inside run.c's guard */
/* Could a maskable interrupt be taken now? */
bool soft_interruptible(struct engine_vcpu *c);
void soft_inject(struct engine_vcpu *c, u8 vector, bool nmi);

/* An instruction touches a GPA that is no RAM. A read leaves the instruction until the VMM has answered, then it is
 * executed again; a write is queued and reported when the instruction is done. */
u32 soft_mmio_read(struct engine_vcpu *c, u64 gpa, unsigned size);
void soft_mmio_write(struct engine_vcpu *c, u64 gpa, u32 value, unsigned size);
/* Report the next queued write, if any. */
bool soft_mmio_report(struct engine_vcpu *c);

#endif
