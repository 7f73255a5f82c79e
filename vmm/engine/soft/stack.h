/* stack.h: pushing and popping several values that count only when all succeed; and the control transfers built on it. */
#ifndef SOFT_STACK_H
#define SOFT_STACK_H

#include "seg.h"
#include "soft.h"

/* A stack being worked on: nothing of the CPU changes until stk_commit(). */
struct stk {
    struct soft_seg ss;
    u32 esp, mask;
    bool user;   /* page rights to access it with */
    u16 error;   /* error code of #SS: the selector of a new stack, else 0 */
};

void stk_current(struct engine_vcpu *c, struct stk *s);
void stk_new(struct engine_vcpu *c, struct stk *s, const struct desc *ss, u32 esp, unsigned cpl);
void stk_push(struct engine_vcpu *c, struct stk *s, u32 v, unsigned w);
u32 stk_pop(struct engine_vcpu *c, struct stk *s, unsigned w);
/* Write back the stack pointer only, as wide as the stack is. */
void stk_commit(struct engine_vcpu *c, const struct stk *s);

/* far.c */
void soft_far_jump(struct engine_vcpu *c, u16 sel, u32 eip, u32 next, unsigned w);
void soft_far_call(struct engine_vcpu *c, u16 sel, u32 eip, u32 next, unsigned w);
void soft_far_ret(struct engine_vcpu *c, unsigned w, u32 release);
void soft_iret(struct engine_vcpu *c, unsigned w, u32 next);

/* task.c: hardware task switch (SDM vol. 3, 7.3). */
enum task_why { TASK_JUMP, TASK_IRET, /* the others nest: the new task links to the old one */ TASK_CALL, TASK_INT, TASK_FAULT };
void soft_task_switch(struct engine_vcpu *c, u16 sel, enum task_why why, u32 next, bool has_error, u32 error);
/* Through a task gate: follow its selector. */
void soft_task_gate(struct engine_vcpu *c, u32 gate_lo, enum task_why why, u32 next, bool has_error, u32 error);
/* SS:ESP for a privilege level from the current TSS. */
void soft_tss_stack(struct engine_vcpu *c, unsigned cpl, u16 *ss, u32 *esp);
/* May this code use these ports? (IOPL and the I/O permission bitmap) */
void soft_port_check(struct engine_vcpu *c, u32 port, unsigned size);

#endif
