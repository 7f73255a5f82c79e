/* page.c: physical memory, page by page, and the address spaces made of it (SDM vol. 3, 4.3: 32-bit paging).
 *
 * The kernel sees all memory at KERNEL_BASE through 4 MB pages that ring 3 may not touch; they are part of every space, so
 * a system call changes no page table. A process adds one page table of 4 KB pages for USER_BASE..USER_END. */
#include "kernel.h"
#include "x86.h"

enum { PRESENT = 1, WRITABLE = 2, USER = 4, LARGE = 0x80, SHARED = 0x200 /* ours to define: not this space's to free */ };
enum { CR0_WP = 0x10000, CR4_PSE = 0x10 };
#define POOL_START 0x100000u
#define LARGE_PAGE (4u << 20)

static uint32_t kernel_space[1024] __attribute__((aligned(4096)));
static struct free_page { struct free_page *next; } *free_list;
static unsigned free_count;
static void *shared_page;

static uint32_t physical(const void *p) { return (uint32_t)p - KERNEL_BASE; }
static void *page_of(uint32_t entry) { return (void *)((entry & ~(PAGE - 1)) + KERNEL_BASE); }

/* --- pages: the free ones are a list that goes through themselves ------------------------------------------------------- */

static void *page_alloc(void) {
    struct free_page *p = free_list;
    if (!p)
        return NULL;
    free_list = p->next;
    free_count--;
    return memset(p, 0, PAGE); /* nothing of its last owner leaks into the next */
}

static void page_free(void *page) {
    struct free_page *p = page;
    p->next = free_list;
    free_list = p;
    free_count++;
}

unsigned pages_free(void) { return free_count; }

static uint32_t cmos(uint8_t index) {
    outb(0x70, index);
    return inb(0x71);
}

void page_init(void) {
    uint32_t size = POOL_START + (cmos(0x30) << 10 | cmos(0x31) << 18); /* firmware noted: KB above 1 MB, at most 64 MB */
    set_cr4(CR4_PSE);
    for (uint32_t p = 0; p < size; p += LARGE_PAGE)
        kernel_space[(KERNEL_BASE + p) / LARGE_PAGE] = p | LARGE | WRITABLE | PRESENT;
    write_cr3(physical(kernel_space)); /* the VMM's directory, and with it the view at 0, is history */
    set_cr0(CR0_WP);                   /* read-only means it for the kernel, too */
    for (uint32_t p = size & ~(PAGE - 1); p > POOL_START; p -= PAGE)
        page_free(page_of(p - PAGE));
}

/* --- spaces -------------------------------------------------------------------------------------------------------------- */

uint32_t *space_new(void) {
    if (free_count < 2)
        return NULL;
    uint32_t *space = memcpy(page_alloc(), kernel_space, PAGE);
    space[USER_BASE / LARGE_PAGE] = physical(page_alloc()) | USER | WRITABLE | PRESENT;
    return space;
}

static uint32_t *user_table(const uint32_t *space) { return page_of(space[USER_BASE / LARGE_PAGE]); }
static uint32_t *user_entry(const uint32_t *space, uint32_t address) { return &user_table(space)[(address - USER_BASE) / PAGE]; }

void space_free(uint32_t *space) {
    uint32_t *table = user_table(space);
    for (unsigned i = 0; i < 1024; i++)
        if (table[i] & PRESENT && !(table[i] & SHARED))
            page_free(page_of(table[i]));
    page_free(table);
    page_free(space);
}

void space_use(uint32_t *space) { write_cr3(physical(space ? space : kernel_space)); }

/* The kernel's view of the page at a user address, a fresh one if there was none. NULL: no memory. */
void *space_map(uint32_t *space, uint32_t address, bool writable) {
    uint32_t *entry = user_entry(space, address);
    void *page = *entry ? page_of(*entry) : page_alloc();
    if (page)
        *entry |= physical(page) | USER | PRESENT | (writable ? WRITABLE : 0);
    return page;
}

/* One page that all processes that ask for it see at USER_SHARE. */
bool space_share(uint32_t *space) {
    if (!shared_page && !(shared_page = page_alloc()))
        return false;
    *user_entry(space, USER_SHARE) = physical(shared_page) | SHARED | USER | WRITABLE | PRESENT;
    return true;
}

/* --- user pointers: never followed before every page they touch was looked at ------------------------------------------- */

bool user_range(uint32_t user, size_t n, bool write) {
    uint32_t want = PRESENT | USER | (write ? WRITABLE : 0);
    if (user < USER_BASE || user > USER_END || n > USER_END - user)
        return false;
    for (uint32_t a = user & ~(PAGE - 1); a < user + n; a += PAGE)
        if ((*user_entry(current->space, a) & want) != want)
            return false;
    return true;
}

bool copy_in(void *to, uint32_t user, size_t n) { return user_range(user, n, false) && memcpy(to, (const void *)user, n); }
bool copy_out(uint32_t user, const void *from, size_t n) { return user_range(user, n, true) && memcpy((void *)user, from, n); }

bool copy_string(char *to, uint32_t user, size_t room) {
    for (size_t i = 0; i < room && copy_in(to + i, user + i, 1); i++)
        if (!to[i])
            return true;
    return false;
}
