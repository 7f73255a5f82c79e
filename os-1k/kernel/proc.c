/* proc.c: processes and the scheduler.
 *
 * The kernel runs with interrupts off and is never preempted: one process at a time is in it, so its data needs no locks.
 * A process leaves the processor in three ways, all through schedule(): its time is up (yield), it waits (block), it ends. */
#include "kernel.h"

/* procs[0] is the idle process: kernel_main's own stack and space. */
static struct proc procs[NPROC] = {{.state = RUNNING, .name = "idle"}};
static uint8_t stacks[NPROC][KSTACK] __attribute__((aligned(16)));
static int last_pid;
struct proc *current = &procs[0];
#define EACH(p) (struct proc *p = procs + 1; p < procs + NPROC; p++)

static uint32_t stack_top(const struct proc *p) { return (uint32_t)stacks[p - procs] + KSTACK; }

/* --- the scheduler ------------------------------------------------------------------------------------------------------- */

/* Round robin: the next process that can run, in the order of the table; the idle process when there is none. */
void schedule(void) {
    struct proc *prev = current, *next = prev;
    for (unsigned i = 0; i < NPROC; i++) {
        next = next + 1 < procs + NPROC ? next + 1 : procs + 1;
        if (next->state == READY)
            break;
    }
    if (next->state != READY)
        next = &procs[0];
    if (next != &procs[0])
        next->state = RUNNING;
    if (next == prev)
        return;
    current = next;
    segment_kernel_stack(stack_top(next));
    space_use(next->space);
    switch_stack(&prev->esp, next->esp); /* comes back when prev is chosen again */
}

void yield(void) {
    current->state = READY;
    schedule();
}

void block(const void *channel) {
    current->channel = channel;
    current->state = BLOCKED;
    schedule();
}

/* All that wait on this channel may look again; each checks in a loop whether it got what it wanted. */
void wake(const void *channel) {
    for EACH(p)
        if (p->state == BLOCKED && p->channel == channel)
            p->state = READY;
}

/* --- life and death ------------------------------------------------------------------------------------------------------ */

/* The top of the user stack: the argument's text, below it a pointer to it, as a function would get it, and a return address
 * that is never used. The kernel stack looks as if the process had entered the kernel by an interrupt and called switch_stack. */
static bool first_stacks(struct proc *p, uint32_t entry, const char *arg) {
    char *top = NULL;
    for (uint32_t i = USER_STACK_PAGES; i > 0; i--)
        if (!(top = space_map(p->space, USER_END - i * PAGE, true)))
            return false;
    copy_text(top + PAGE - ARG_MAX, arg, ARG_MAX);
    ((uint32_t *)(top + PAGE - ARG_MAX))[-1] = USER_END - ARG_MAX;

    struct frame *f = (struct frame *)stack_top(p) - 1;
    *f = (struct frame){.ds = USER_DATA, .es = USER_DATA, .eip = entry, .cs = USER_CODE, .eflags = 0x202 /* IF */,
                        .esp = USER_END - ARG_MAX - 8, .ss = USER_DATA};
    uint32_t *context = (uint32_t *)f - 5; /* EDI, ESI, EBX, EBP and where switch_stack returns to */
    context[4] = (uint32_t)trap_return;
    p->esp = (uint32_t)context;
    return true;
}

int proc_spawn(const char *name, const char *arg, struct proc *parent) {
    uint32_t size, entry;
    const void *image = tarfs_program(name, &size);
    struct proc *p = procs + 1;
    while (p < procs + NPROC && p->state != FREE)
        p++;
    if (!image || p == procs + NPROC)
        return image ? ERR_PROCESSES : ERR_NOFILE;
    *p = (struct proc){.parent = parent, .space = space_new()};
    if (!p->space)
        return ERR_MEMORY;
    if (!(entry = program_load(p->space, image, size)) || !first_stacks(p, entry, arg)) {
        space_free(p->space);
        return ERR_MEMORY;
    }
    copy_text(p->name, name, sizeof p->name);
    p->state = READY;
    return p->pid = ++last_pid;
}

/* Its memory goes at once, its place in the table stays as a ZOMBIE until the parent has asked for the status. */
void proc_exit(int status) {
    if (current->pid == 1)
        power_off(status);
    for EACH(p)
        if (p->parent == current) {
            p->parent = NULL;
            p->state = p->state == ZOMBIE ? FREE : p->state;
        }
    space_use(NULL); /* not to stand on the directory that is freed */
    space_free(current->space);
    current->status = status;
    current->state = current->parent ? ZOMBIE : FREE;
    wake(current->parent);
    schedule();
    for (;;) /* never chosen again */
        ;
}

static struct proc *find(int pid) {
    for EACH(p)
        if (p->state != FREE && p->pid == pid)
            return p;
    return NULL;
}

int proc_wait(int pid) {
    struct proc *child = find(pid);
    if (!child || child->parent != current)
        return ERR_NOCHILD;
    current->waits_for = pid;
    while (child->state != ZOMBIE && !current->killed)
        block(current);
    current->waits_for = 0;
    child->state = child->state == ZOMBIE ? FREE : child->state;
    return child->status;
}

/* With all its descendants. A process dies when it is about to return to its program: see the end of trap(). */
int proc_kill(int pid) {
    struct proc *victim = pid > 1 ? find(pid) : NULL;
    if (!victim)
        return ERR_NOPROCESS;
    for EACH(p)
        if (p->state != FREE && p->parent == victim)
            proc_kill(p->pid);
    victim->killed = true;
    victim->state = victim->state == BLOCKED ? READY : victim->state;
    return 0;
}

void proc_interrupt(void) { proc_kill(procs[1].waits_for); } /* procs[1]: the shell was the first, and stays to the last */

int proc_info(unsigned i, struct process_info *info) {
    static const char *const state[] = {"", "ready", "running", "blocked", "zombie"};
    const struct proc *p = &procs[i];
    if (i >= NPROC)
        return ERR_NOPROCESS;
    *info = (struct process_info){p->state == FREE ? -1 : p->pid, p->parent ? p->parent->pid : 0, p->ticks, "", ""};
    copy_text(info->state, i == 0 ? "idle" : state[p->state], sizeof info->state);
    copy_text(info->name, p->name, sizeof info->name);
    return 0;
}
