/* fuzz_tar.c: 1K OS's file system, compiled for the host, on any disk: hostile archives, hosts that fail, machines that die. What its
 * source promises is checked: no endless search, nothing outside the disk, a file is replaced by all or nothing.
 *
 * Input: an archive (tar_image.h), then operations of 3 bytes: what, which name, how much. */
#include <string.h>

#include "tar_image.h"

/* The kernel's own sources. Its memcpy() and the like stay out of the way of the host's, which the sanitizers know. */
#pragma clang diagnostic ignored "-Wconversion"
#pragma clang diagnostic ignored "-Wshadow"
#pragma clang diagnostic ignored "-Wpedantic"
#define memcpy os_memcpy
#define memset os_memset
#define strlen os_strlen
#define strcmp os_strcmp
#include "os-1k/common/lib.c"
#undef memcpy
#undef memset
#undef strlen
#undef strcmp
#include "os-1k/kernel/tarfs.c"

/* The archive inside the kernel: two empty sectors. */
__asm__(".data\n.globl archive\narchive: .zero 1024\n.globl archive_end\narchive_end:\n.text\n");

enum { USER_BYTES = 8192, FOREVER = UINT32_MAX };

static struct tar_image image;
static uint8_t user[USER_BYTES];
static uint32_t calls, most;    /* commands to the disk since the last operation began, and how many it may take */
static uint32_t breaks;         /* before this many further writes the machine dies, or the host has no space */
static int broken;              /* the error that writes give from then on */

/* --- what the kernel has around it ------------------------------------------------------------------------------------------------ */

bool disk_present(void) { return true; }
bool disk_readonly(void) { return false; }
uint32_t disk_sectors(void) { return image.sectors; }
void kprintf(const char *fmt, ...) { must(fmt); }

int disk(enum disk_command c, uint32_t sector, void *buf)
{
    must(++calls <= most);
    if (c == DISK_FLUSH)
        return 0;
    must(sector < image.sectors);
    uint8_t *at = image.bytes + sector * SECTOR;
    if (c == DISK_READ) {
        memcpy(buf, at, SECTOR);
        return 0;
    }
    if (breaks == 0)
        return broken;
    if (breaks != FOREVER)
        breaks--;
    memcpy(at, buf, SECTOR);
    return 0;
}

static bool inside(uint32_t at, size_t n) { return at <= USER_BYTES && n <= USER_BYTES - at; }
bool copy_in(void *to, uint32_t from, size_t n) { return inside(from, n) && memcpy(to, user + from, n); }
bool copy_out(uint32_t to, const void *from, size_t n) { return inside(to, n) && memcpy(user + to, from, n); }

/* --- what must hold ------------------------------------------------------------------------------------------------------------------ */

/* A search through every entry for every entry, twice: more is not needed to start, and nothing takes longer. */
static void begin(void)
{
    calls = 0;
    most = 4 * image.sectors * image.sectors + 100;
}

static int content(const char *name, uint8_t *to)
{
    begin();
    int n = tarfs_read(name, 0, USER_BYTES, 0);
    if (n > 0)
        memcpy(to, user, (size_t)n);
    return n;
}

/* Every file that is listed can be read, to its end; each is listed once. */
static void list(void)
{
    struct file_info f;
    char seen[TAR_SECTORS][NAME_MAX];
    int next = 0;
    unsigned n = 0;
    begin();
    most *= image.sectors;
    while ((next = tarfs_list((uint32_t)next, &f)) > 0) {
        must(n < TAR_SECTORS && strlen(f.name) < NAME_MAX);
        if (strlen(f.name) == NAME_MAX - 1) /* perhaps cut off */
            continue;
        for (unsigned i = 0; i < n; i++)
            must(strcmp(seen[i], f.name));
        strcpy(seen[n++], f.name);
        must(tarfs_read(f.name, 0, USER_BYTES, 0) == (int)(f.size < USER_BYTES ? f.size : USER_BYTES));
        must(tarfs_read(f.name, 0, USER_BYTES, f.size) == 0);
    }
    must(next == 0);
}

static void start(void)
{
    begin();
    checked = 0;
    tarfs_init();
    if (files_on == DISK)
        list();
}

/* Write a file on a disk that works, or fails, or whose machine dies, after some sectors; then look at it and at another one. */
static void replace(const char *name, const char *other, uint32_t size, uint8_t how)
{
    static uint8_t old[USER_BYTES], new[USER_BYTES], bystander[USER_BYTES], now[USER_BYTES];
    int had = content(name, old), had_other = content(other, bystander);
    for (uint32_t i = 0; i < size; i++)
        new[i] = user[i] = (uint8_t)(i * 7 + size);
    breaks = how & 0x80 ? how & 0xf : FOREVER;
    broken = how & 0x40 ? ERR_IO : ERR_FULL;
    begin();
    int r = tarfs_write(name, 0, size);
    breaks = FOREVER;
    if (how & 0x20) /* it died: start again */
        start();
    int n = content(name, now);
    bool is_new = n == (int)size && !memcmp(now, new, size);
    bool is_old = n == had && (n <= 0 || !memcmp(now, old, (size_t)n));
    must(r == (int)size ? is_new : r < 0 && (is_old || is_new));
    if (strcmp(name, other))
        must(content(other, now) == had_other && (had_other <= 0 || !memcmp(now, bystander, (size_t)had_other)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = { data, size };
    breaks = FOREVER;
    tar_image(&image, &in);
    start();
    while (in.left) {
        uint8_t what = (uint8_t)take(&in, 1), which = (uint8_t)take(&in, 1), much = (uint8_t)take(&in, 1);
        const char *name = tar_names[which % TAR_NAMES], *other = tar_names[which >> 4 & (TAR_NAMES - 1)];
        begin();
        switch (what & 7) {
        case 0: tarfs_read(name, much * 64u, much * 40u, what * 32u); break;
        case 1: start(); break;
        case 2: if (files_on == DISK) list(); break;
        case 3: tarfs_program(name, &(uint32_t){ 0 }); break;
        default: replace(name, other, much * (what & 8 ? 1u : 20u), what | (uint8_t)(which & 8) << 2); break;
        }
    }
    return 0;
}
