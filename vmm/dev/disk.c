/* disk.c: a disk that a student can drive in ten lines: a file of 512-byte sectors behind ports 600h-60Fh, IRQ11.
 *
 *   600h dword rw  sector number
 *   604h byte  w   command: 1 read sector into the buffer, 2 write the buffer, 3 flush to stable storage; bit 7: raise IRQ11 when done
 *   605h byte  r   status: 0 busy, 1 error, 2 present, 3 read-only; reading it takes the IRQ back
 *   606h byte  r   error of the last command: 0 none, 1 bad sector, 2 read-only, 3 host I/O error, 4 no space, 5 bad command
 *   607h byte  w   any value: rewind the buffer
 *   608h dword r   capacity in sectors
 *   60Ch       rw  the buffer, one element an access, from its start after each command (REP INSD / OUTSD)
 *
 * A command is finished when the OUT that gave it is. The file is locked, so that two machines cannot tear it apart; a
 * last partial sector reads as if it were filled up with zeros. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dev.h"
#include "vmm/machine.h"
#include "vmm/vcpu.h"

enum { SECTOR = 512, DISK_PORT = 0x600, DISK_IRQ = 11 };
enum { ST_ERROR = 2, ST_PRESENT = 4, ST_READONLY = 8 };
enum { E_NONE, E_SECTOR, E_READONLY, E_HOST, E_SPACE, E_COMMAND, ERRORS };
static const char *const error_name[ERRORS] = {"none", "bad sector", "read-only", "host I/O error", "no space", "bad command"};

struct disk {
    struct machine *m;
    int fd;
    bool readonly;
    uint32_t sector, capacity;
    uint8_t buffer[SECTOR], error;
    unsigned at;
    uint64_t reads, writes, flushes;
};

static uint8_t from_errno(int e) { return e == ENOSPC || e == EDQUOT || e == EFBIG ? E_SPACE : e == EROFS ? E_READONLY : E_HOST; }

static uint8_t read_sector(struct disk *d)
{
    size_t n = 0;
    while (n < SECTOR) {
        ssize_t r = pread(d->fd, d->buffer + n, SECTOR - n, (off_t)d->sector * SECTOR + (off_t)n);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return from_errno(errno);
        if (r == 0)
            break;
        n += (size_t)r;
    }
    memset(d->buffer + n, 0, SECTOR - n);
    d->reads++;
    return E_NONE;
}

static uint8_t write_sector(struct disk *d)
{
    size_t n = 0;
    while (n < SECTOR) {
        ssize_t r = pwrite(d->fd, d->buffer + n, SECTOR - n, (off_t)d->sector * SECTOR + (off_t)n);
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            return from_errno(r < 0 ? errno : ENOSPC);
        n += (size_t)r;
    }
    d->writes++;
    return E_NONE;
}

static uint8_t flush(struct disk *d)
{
    d->flushes++;
    return d->readonly || fdatasync(d->fd) == 0 ? E_NONE : from_errno(errno);
}

static void command(struct disk *d, struct vcpu *v, uint8_t c)
{
    d->at = 0;
    uint8_t op = c & 0x7f;
    if (op < 1 || op > 3)
        d->error = E_COMMAND;
    else if (op != 3 && d->sector >= d->capacity)
        d->error = E_SECTOR;
    else if (op == 2 && d->readonly)
        d->error = E_READONLY;
    else
        d->error = op == 1 ? read_sector(d) : op == 2 ? write_sector(d) : flush(d);
    if (d->error)
        vcpu_notice(v, "disk: %s (command %u, sector %u)", error_name[d->error], op, d->sector);
    if (c & 0x80)
        machine_irq(d->m, DISK_IRQ, true);
}

static uint8_t status(struct disk *d)
{
    machine_irq(d->m, DISK_IRQ, false);
    return (uint8_t)(ST_PRESENT | (d->error ? ST_ERROR : 0) | (d->readonly ? ST_READONLY : 0));
}

/* One element of the data window; the buffer wraps, so that no access can leave it. */
static void window(struct disk *d, const struct bus_access *a, uint64_t *value)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < a->size; i++) {
        if (a->write)
            d->buffer[d->at] = (uint8_t)(*value >> 8 * i);
        else
            v |= (uint64_t)d->buffer[d->at] << 8 * i;
        d->at = (d->at + 1) % SECTOR;
    }
    if (!a->write)
        *value = v;
}

static void port(void *owner, const struct bus_access *a, uint64_t *value)
{
    struct disk *d = owner;
    switch (a->offset) {
    case 0:
        if (a->write)
            d->sector = (uint32_t)*value;
        else
            *value = d->sector;
        break;
    case 4:
        if (a->write)
            command(d, a->vcpu, (uint8_t)*value);
        else
            *value = 0xff;
        break;
    case 5: if (!a->write) *value = status(d); break;
    case 6: if (!a->write) *value = d->error; break;
    case 7:
        if (a->write)
            d->at = 0;
        else
            *value = 0xff;
        break;
    case 8: if (!a->write) *value = d->capacity; break;
    default:
        if (a->offset >= 12)
            window(d, a, value);
        else if (!a->write)
            *value = UINT64_MAX;
        break;
    }
}

static void reset(void *self)
{
    struct disk *d = self;
    d->sector = 0;
    d->at = 0;
    d->error = E_NONE;
    memset(d->buffer, 0, sizeof d->buffer);
    machine_irq(d->m, DISK_IRQ, false);
}

static int wanted(const struct machine_config *c)
{
    return c->disk != NULL;
}

static void destroy(void *self)
{
    struct disk *d = self;
    if (d->fd >= 0)
        close(d->fd);
    free(d);
}

/* A duplicate shares the lock (flock(2)): the file stays ours when the machine before us goes. */
static bool take_over(struct disk *d, const struct machine *before)
{
    const struct disk *old = before ? machine_device_self(before, &dev_disk) : NULL;
    if (!old)
        return false;
    d->readonly = old->readonly;
    d->fd = fcntl(old->fd, F_DUPFD_CLOEXEC, 0);
    return true;
}

static void open_path(struct disk *d, const char *path)
{
    d->fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (d->fd < 0 && (errno == EACCES || errno == EROFS)) {
        d->readonly = true;
        d->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    }
}

static int open_file(struct disk *d, const char *path, struct vm_error *err)
{
    struct stat st;
    if (!take_over(d, machine_config(d->m)->replaces))
        open_path(d, path);
    if (d->fd < 0 || fstat(d->fd, &st) < 0)
        return err_set(err, errno, "opening the disk %s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return err_set(err, EINVAL, "opening the disk %s: it is not a regular file. Make one with: truncate -s 1M FILE", path);
    if (st.st_size < SECTOR)
        return err_set(err, EINVAL, "opening the disk %s: it is smaller than one sector (512 bytes). Make a larger one with: truncate -s 1M %s", path, path);
    if (flock(d->fd, (d->readonly ? LOCK_SH : LOCK_EX) | LOCK_NB) < 0)
        return err_set(err, errno, "opening the disk %s: another machine is using it", path);
    uint64_t sectors = ((uint64_t)st.st_size + SECTOR - 1) / SECTOR;
    d->capacity = sectors > UINT32_MAX ? UINT32_MAX : (uint32_t)sectors;
    return 0;
}

static int create(struct machine *m, void **self, struct vm_error *err)
{
    struct disk *d = calloc(1, sizeof *d);
    if (!d)
        return err_set(err, ENOMEM, "creating the disk: out of memory");
    d->m = m;
    d->fd = -1;
    int r = open_file(d, machine_config(m)->disk, err);
    if (r == 0)
        r = bus_add(machine_ports(m), &(struct bus_range){DISK_PORT, 16, "disk", port, d, false}, err);
    if (r < 0) {
        destroy(d);
        return r;
    }
    *self = d;
    return 0;
}

static size_t show(void *self, struct device_line *out, size_t max)
{
    struct disk *d = self;
    size_t n = 0;
    n += dev_line(out, n, max, "media", "%u sectors (%u KiB)%s", d->capacity, d->capacity / 2, d->readonly ? "  read-only" : "");
    n += dev_line(out, n, max, "sector", "%u  buffer at %u  last error: %s", d->sector, d->at, error_name[d->error]);
    n += dev_line(out, n, max, "counts", "read %llu  written %llu  flushed %llu", (unsigned long long)d->reads, (unsigned long long)d->writes, (unsigned long long)d->flushes);
    return n;
}

const struct device_ops dev_disk = {
    .name = "disk", .title = "sector disk", .wanted = wanted, .create = create, .destroy = destroy, .reset = reset, .show = show,
};
