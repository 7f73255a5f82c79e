/* page.c: physical memory, page by page, and the address spaces made of it (SDM vol. 3, 4.3: 32-bit paging).
 *
 * The kernel sees all memory at KERNEL_BASE through 4 MB pages that ring 3 may not touch; they are part of every space, so
 * a system call changes no page table. A process adds one page table of 4 KB pages for USER_BASE..USER_END. */
#include "kernel.h"
#include "x86.h"

enum { PRESENT = 1, WRITABLE = 2, USER = 4, LARGE = 0x80, SHARED = 0x200 /* ours to define: not this space's to free */ };
enum { CR0_WP = 0x10000, CR4_PSE = 0x10 };
#define POOL_START 0x100000u
#define MOST_MEMORY (64u << 20)
#define LARGE_PAGE (4u << 20)

static uint32_t kernel_space[1024] __attribute__((aligned(4096)));
static struct free_page { struct free_page *next; } *free_list;
static unsigned free_count;
static void *shared_page;

static uint32_t physical(const void *p) { return (uint32_t)p - KERNEL_BASE; }
static void *virtual(uint32_t p) { return (void *)(p + KERNEL_BASE); }

/* Firmware notes how much there is in the clock's CMOS memory: KB above 1 MB, and 64 KB blocks above 16 MB. */
static uint32_t memory_size(void)
{
    uint32_t v[4];
    static const uint8_t index[4] = {0x30, 0x31, 0x34, 0x35};
    for (unsigned i = 0; i < 4; i++) {
        outb(0x70, index[i]);
        v[i] = inb(0x71);
    }
    uint32_t above16 = v[2] << 16 | v[3] << 24;
    uint32_t size = above16 ? (16u << 20) + above16 : (1u << 20) + (v[0] << 10 | v[1] << 18);
    return above16 >= MOST_MEMORY || size > MOST_MEMORY ? MOST_MEMORY : size;
}

void page_init(void)
{
    uint32_t size = memory_size();
    set_cr4(CR4_PSE);
    for (uint32_t p = 0; p < size; p += LARGE_PAGE)
        kernel_space[(KERNEL_BASE + p) / LARGE_PAGE] = p | LARGE | WRITABLE | PRESENT;
    write_cr3(physical(kernel_space)); /* the VMM's directory, and with it the view at 0, is history */
    set_cr0(CR0_WP);                   /* read-only means it for the kernel, too */
    for (uint32_t p = size & ~(PAGE - 1); p > POOL_START; p -= PAGE)
        page_free(virtual(p - PAGE));
}

void *page_alloc(void)
{
    struct free_page *p = free_list;
    if (p) {
        free_list = p->next;
        free_count--;
        memset(p, 0, PAGE); /* nothing of its last owner leaks into the next */
    }
    return p;
}

void page_free(void *page)
{
    struct free_page *p = page;
    p->next = free_list;
    free_list = p;
    free_count++;
}

unsigned pages_free(void) { return free_count; }

uint32_t *space_new(void)
{
    uint32_t *space = page_alloc(), *table = page_alloc();
    if (!space || !table) {
        if (space)
            page_free(space);
        return NULL;
    }
    memcpy(space, kernel_space, PAGE);
    space[USER_BASE / LARGE_PAGE] = physical(table) | USER | WRITABLE | PRESENT;
    return space;
}

static uint32_t *user_table(uint32_t *space) { return virtual(space[USER_BASE / LARGE_PAGE] & ~(PAGE - 1)); }

static uint32_t *user_entry(uint32_t *space, uint32_t address)
{
    return address >= USER_BASE && address < USER_END ? &user_table(space)[(address - USER_BASE) / PAGE] : NULL;
}

void space_free(uint32_t *space)
{
    uint32_t *table = user_table(space);
    for (unsigned i = 0; i < 1024; i++)
        if (table[i] & PRESENT && !(table[i] & SHARED))
            page_free(virtual(table[i] & ~(PAGE - 1)));
    page_free(table);
    page_free(space);
}

void space_use(uint32_t *space) { write_cr3(physical(space ? space : kernel_space)); }

/* The kernel's address of a fresh page at a user address, or of the one that is there. NULL: no memory, or not a user address. */
void *space_map(uint32_t *space, uint32_t address, bool writable)
{
    uint32_t *entry = user_entry(space, address);
    if (entry && !*entry) {
        void *page = page_alloc();
        *entry = page ? physical(page) | USER | PRESENT : 0;
    }
    if (!entry || !*entry)
        return NULL;
    *entry |= writable ? WRITABLE : 0;
    return virtual(*entry & ~(PAGE - 1));
}

/* One page that all processes that ask for it see at USER_SHARE. */
bool space_share(uint32_t *space)
{
    if (!shared_page)
        shared_page = page_alloc();
    if (shared_page)
        *user_entry(space, USER_SHARE) = physical(shared_page) | SHARED | USER | WRITABLE | PRESENT;
    return shared_page != NULL;
}

/* --- user pointers: never followed before every page they touch was looked at ------------------------------------------- */

bool user_range(uint32_t user, size_t n, bool write)
{
    uint32_t want = PRESENT | USER | (write ? WRITABLE : 0);
    if (user < USER_BASE || user > USER_END || n > USER_END - user)
        return false;
    for (uint32_t a = user & ~(PAGE - 1); a < user + n; a += PAGE)
        if ((*user_entry(current->space, a) & want) != want)
            return false;
    return true;
}

bool copy_in(void *to, uint32_t user, size_t n)
{
    if (!user_range(user, n, false))
        return false;
    memcpy(to, (const void *)user, n);
    return true;
}

bool copy_out(uint32_t user, const void *from, size_t n)
{
    if (!user_range(user, n, true))
        return false;
    memcpy((void *)user, from, n);
    return true;
}

bool copy_name(char *to, uint32_t user, size_t room)
{
    for (size_t i = 0; i < room; i++)
        if (!copy_in(to + i, user + i, 1))
            return false;
        else if (!to[i])
            return true;
    return false;
}
