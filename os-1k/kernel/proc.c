/* proc.c: processes and the scheduler.
 *
 * The kernel runs with interrupts off and is never preempted: one process at a time is in it, so its data needs no locks.
 * A process leaves the processor in three ways, all through schedule(): its time is up (yield), it waits (block), it ends. */
#include "kernel.h"
#include "x86.h"

extern void switch_stack(uint32_t *save, uint32_t load); /* trap.S */

static struct proc procs[NPROC]; /* procs[0] is the idle process: kernel_main's own stack and space */
static uint8_t stacks[NPROC][KSTACK] __attribute__((aligned(16)));
static int last_pid;
struct proc *current = &procs[0];

static uint32_t stack_top(const struct proc *p) { return (uint32_t)stacks[p - procs] + KSTACK; }

void proc_init(void)
{
    procs[0].state = RUNNING;
    copy_text(procs[0].name, "idle", sizeof procs[0].name);
}

/* --- the scheduler ------------------------------------------------------------------------------------------------------- */

/* Round robin: the next process that can run, in the order of the table; the idle process when there is none. */
void schedule(void)
{
    struct proc *prev = current, *next = &procs[0];
    for (unsigned i = 1; i <= NPROC; i++) {
        struct proc *p = &procs[((unsigned)(prev - procs) + i) % NPROC];
        if (p != &procs[0] && p->state == READY) {
            next = p;
            break;
        }
    }
    next->state = RUNNING;
    if (next == prev)
        return;
    current = next;
    segment_kernel_stack(stack_top(next));
    space_use(next->space);
    switch_stack(&prev->esp, next->esp); /* comes back when prev is chosen again */
}

void yield(void)
{
    if (current == &procs[0])
        return; /* the idle process looks for others by itself */
    current->state = READY;
    schedule();
}

void block(const void *channel)
{
    current->channel = channel;
    current->state = BLOCKED;
    schedule();
}

/* All that wait on this channel may look again; each checks in a loop whether it got what it wanted. */
void wake(const void *channel)
{
    for (struct proc *p = procs; p < procs + NPROC; p++)
        if (p->state == BLOCKED && p->channel == channel)
            p->state = READY;
}

/* --- life and death ------------------------------------------------------------------------------------------------------ */

/* The stack of a new process looks as if it had entered the kernel by an interrupt and then called switch_stack. */
static void first_frame(struct proc *p, uint32_t entry, uint32_t esp)
{
    struct frame *f = (struct frame *)stack_top(p) - 1;
    *f = (struct frame){.ds = USER_DATA, .es = USER_DATA, .eip = entry, .cs = USER_CODE, .eflags = FLAG_IF, .esp = esp, .ss = USER_DATA};
    uint32_t *context = (uint32_t *)f - 5; /* edi, esi, ebx, ebp, return address */
    memset(context, 0, 4 * sizeof *context);
    context[4] = (uint32_t)trap_return;
    p->esp = (uint32_t)context;
}

/* The top of the user stack: the argument's text, a pointer to it, and a return address that is never used. */
static uint32_t user_stack(uint32_t *space, const char *arg)
{
    char *top = NULL;
    for (unsigned i = 0; i < USER_STACK_PAGES; i++)
        if (!(top = space_map(space, USER_END - (USER_STACK_PAGES - i) * PAGE, true)))
            return 0;
    copy_text(top + PAGE - ARG_MAX, arg, ARG_MAX);
    uint32_t *words = (uint32_t *)(top + PAGE - ARG_MAX) - 2;
    words[0] = 0;
    words[1] = USER_END - ARG_MAX;
    return USER_END - ARG_MAX - 2 * sizeof *words;
}

int proc_spawn(const char *name, const char *arg, struct proc *parent)
{
    uint32_t size;
    const void *image = tarfs_program(name, &size);
    struct proc *p = &procs[1];
    if (!image)
        return ERR_NOFILE;
    while (p < procs + NPROC && p->state != FREE)
        p++;
    if (p == procs + NPROC)
        return ERR_PROCESSES;
    uint32_t *space = space_new();
    if (!space)
        return ERR_MEMORY;
    uint32_t entry = elf_load(space, image, size), esp = user_stack(space, arg);
    if (!entry || !esp) {
        space_free(space);
        return entry ? ERR_MEMORY : ERR_PROGRAM;
    }
    *p = (struct proc){.state = READY, .pid = ++last_pid, .parent = parent, .space = space};
    copy_text(p->name, name, sizeof p->name);
    first_frame(p, entry, esp);
    return p->pid;
}

/* Its memory goes at once, its entry in the table stays as a ZOMBIE until the parent has asked for the status. */
void proc_exit(int status)
{
    if (current->pid == 1)
        power_off(status);
    for (struct proc *p = procs; p < procs + NPROC; p++)
        if (p->parent == current) {
            p->parent = NULL;
            if (p->state == ZOMBIE)
                p->state = FREE;
        }
    space_use(NULL); /* not to stand on the directory that is freed */
    space_free(current->space);
    current->space = NULL;
    current->status = status;
    current->state = current->parent ? ZOMBIE : FREE;
    wake(current->parent);
    schedule();
    for (;;) /* a dead process is never chosen again */
        ;
}

static struct proc *find(int pid)
{
    for (struct proc *p = procs + 1; p < procs + NPROC; p++)
        if (p->state != FREE && p->pid == pid)
            return p;
    return NULL;
}

int proc_wait(int pid)
{
    struct proc *child = find(pid);
    if (!child || child->parent != current)
        return ERR_NOCHILD;
    current->waits_for = pid;
    while (child->state != ZOMBIE && !current->killed)
        block(current);
    current->waits_for = 0;
    if (child->state != ZOMBIE)
        return ERR_KILLED;
    child->state = FREE;
    return child->status;
}

/* With all its descendants. A process dies when it is about to return to its program: see the end of trap(). */
static void kill(struct proc *victim)
{
    for (struct proc *p = procs; p < procs + NPROC; p++)
        if (p->state != FREE && p->parent == victim)
            kill(p);
    victim->killed = true;
    if (victim->state == BLOCKED)
        victim->state = READY;
}

int proc_kill(int pid)
{
    struct proc *p = pid > 1 ? find(pid) : NULL;
    if (!p || p->state == ZOMBIE)
        return ERR_NOPROCESS;
    kill(p);
    return 0;
}

void proc_interrupt(void)
{
    struct proc *shell = find(1);
    if (shell && shell->waits_for)
        proc_kill(shell->waits_for);
}

int proc_info(unsigned i, struct process_info *info)
{
    static const char *const state[] = {"", "ready", "running", "blocked", "zombie"};
    const struct proc *p = &procs[i];
    if (i >= NPROC)
        return ERR_NOPROCESS;
    *info = (struct process_info){.pid = p->pid, .parent = p->parent ? p->parent->pid : 0, .ticks = p->ticks};
    copy_text(info->state, p == &procs[0] ? "idle" : state[p->state], sizeof info->state);
    copy_text(info->name, p->name, sizeof info->name);
    return 0;
}
