/* tarfs.c: the file system is a tar archive (POSIX.1 ustar), on the disk or, without one, linked into the kernel. On the host
 * tar(1) makes it and reads it.
 *
 * A file is a header sector, then its data. Writing a file never touches what it held before: the new data goes where nothing is
 * (an entry named .free, or behind the end), and only when all of it is on the disk one sector is written that makes it count.
 * Of two entries with one name the last counts, as tar has it:
 *   - behind the old entry, the new header is that sector; the old entry is made .free afterwards;
 *   - before it, the new header changes nothing yet; making the old entry .free is that sector.
 * So a machine that dies at any moment leaves the old content or the new. Starting again removes what became superfluous. */
#include "kernel.h"

enum medium { EMBEDDED, DISK };
struct header { char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100], magic[8], rest[247]; };
struct entry { uint32_t sector, size; char type, name[101]; };

static const char free_name[] = ".free";
extern const uint8_t archive[], archive_end[]; /* boot.S */
static enum medium files_on;
static uint8_t sector_buf[SECTOR];
static struct header header;

static uint32_t sectors_of(uint32_t bytes) { return bytes / SECTOR + (bytes % SECTOR != 0); }
static uint32_t capacity(enum medium m) { return m == DISK ? disk_sectors() : (uint32_t)(archive_end - archive) / SECTOR; }
static uint32_t after(const struct entry *e) { return e->sector + 1 + sectors_of(e->size); }

static int read_sector(enum medium m, uint32_t sector, void *buf)
{
    if (m == DISK)
        return disk_read(sector, buf);
    memcpy(buf, archive + sector * SECTOR, SECTOR);
    return 0;
}

/* --- headers ------------------------------------------------------------------------------------------------------------- */

static uint32_t octal(const char *s, unsigned n)
{
    uint32_t v = 0;
    for (; n && *s == ' '; n--)
        s++;
    for (; n && *s >= '0' && *s <= '7'; n--)
        v = v * 8 + (uint32_t)(*s++ - '0');
    return v;
}

static void put_octal(char *s, unsigned n, uint32_t v)
{
    for (s[--n] = '\0'; n--; v /= 8)
        s[n] = (char)('0' + v % 8);
}

/* The sum of all bytes, with those of the sum itself as blanks. */
static uint32_t checksum(const struct header *h)
{
    uint32_t sum = 8 * ' ';
    for (unsigned i = 0; i < SECTOR; i++)
        sum += ((const uint8_t *)h)[i];
    for (unsigned i = 0; i < sizeof h->sum; i++)
        sum -= (uint8_t)h->sum[i];
    return sum;
}

static int write_header(uint32_t sector, const char *name, uint32_t size)
{
    memset(&header, 0, sizeof header);
    copy_text(header.name, name, sizeof header.name);
    put_octal(header.mode, sizeof header.mode, 0644);
    put_octal(header.uid, sizeof header.uid, 0);
    put_octal(header.gid, sizeof header.gid, 0);
    put_octal(header.size, sizeof header.size, size);
    put_octal(header.mtime, sizeof header.mtime, 0);
    header.type = '0';
    memcpy(header.magic, "ustar\00000", 8);
    put_octal(header.sum, 7, checksum(&header));
    header.sum[7] = ' ';
    int r = disk_write(sector, &header);
    return r < 0 ? r : disk_flush();
}

/* What is at e->sector: 1 an entry, 0 the end of the archive, else an error. */
static int entry_read(enum medium m, struct entry *e)
{
    uint32_t end = capacity(m);
    if (e->sector >= end)
        return 0;
    int r = read_sector(m, e->sector, &header);
    if (r < 0 || !header.name[0])
        return r;
    if (octal(header.sum, sizeof header.sum) != checksum(&header))
        return ERR_IO;
    e->type = header.type ? header.type : '0';
    e->size = e->type >= '1' && e->type <= '6' ? 0 : octal(header.size, sizeof header.size); /* links and directories hold no data */
    copy_text(e->name, header.name, sizeof e->name);
    return sectors_of(e->size) > end - e->sector - 1 ? ERR_IO : 1;
}

/* The entry that counts under this name: the last. 1, 0: none, or an error. */
static int find(enum medium m, const char *name, struct entry *found)
{
    int r, any = 0;
    for (struct entry e = {0}; (r = entry_read(m, &e)) > 0; e.sector = after(&e))
        if (e.type == '0' && strcmp(e.name, name) == 0) {
            *found = e;
            any = 1;
        }
    return r < 0 ? r : any;
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

const void *tarfs_program(const char *name, uint32_t *size)
{
    char path[NAME_MAX + 4] = "bin/";
    struct entry e;
    copy_text(path + 4, name, NAME_MAX);
    if (find(EMBEDDED, path, &e) <= 0)
        return NULL;
    *size = e.size;
    return archive + (e.sector + 1) * SECTOR;
}

int tarfs_list(unsigned i, struct file_info *info)
{
    int r;
    struct entry last;
    for (struct entry e = {.sector = i}; (r = entry_read(files_on, &e)) > 0; e.sector = after(&e)) {
        if (e.type != '0' || strcmp(e.name, free_name) == 0 || find(files_on, e.name, &last) != 1 || last.sector != e.sector)
            continue;
        info->size = e.size;
        memset(info->name, 0, sizeof info->name);
        copy_text(info->name, e.name, sizeof info->name);
        return (int)after(&e);
    }
    return r;
}

int tarfs_read(const char *name, uint32_t to, uint32_t size, uint32_t offset)
{
    struct entry e;
    int r = find(files_on, name, &e);
    if (r <= 0 || strcmp(name, free_name) == 0)
        return r < 0 ? r : ERR_NOFILE;
    if (offset >= e.size)
        return 0;
    if (size > e.size - offset)
        size = e.size - offset;
    for (uint32_t done = 0; done < size;) {
        uint32_t at = (offset + done) % SECTOR, n = SECTOR - at < size - done ? SECTOR - at : size - done;
        r = read_sector(files_on, e.sector + 1 + (offset + done) / SECTOR, sector_buf);
        if (r < 0)
            return r;
        if (!copy_out(to + done, sector_buf + at, n))
            return ERR_POINTER;
        done += n;
    }
    return (int)size;
}

/* --- writing ------------------------------------------------------------------------------------------------------------- */

/* A place for that many sectors of data: the first row of .free entries that is long enough, made one entry, else the end of the
 * archive. *room: the sectors it has, 0 at the end. */
static int reserve(uint32_t need, uint32_t *place, uint32_t *room)
{
    int r;
    uint32_t first = 0, run = 0; /* the row of free entries that ends here */
    struct entry e = {0};
    for (; (r = entry_read(DISK, &e)) > 0; e.sector = after(&e)) {
        if (strcmp(e.name, free_name) != 0) {
            run = 0;
            continue;
        }
        first = run ? first : e.sector;
        run = after(&e) - first;
        if (run > need) {
            *place = first;
            *room = run - 1;
            return first == e.sector ? 0 : write_header(first, free_name, *room * SECTOR);
        }
    }
    *place = e.sector;
    *room = 0;
    if (r < 0)
        return r;
    uint32_t end = capacity(DISK); /* a header, the data, and two empty sectors that end the archive */
    return e.sector > end || need > end || end - e.sector < need + 3 ? ERR_FULL : 0;
}

static int write_data(uint32_t sector, uint32_t from, uint32_t size)
{
    int r = 0;
    for (uint32_t done = 0; r == 0 && done < size; done += SECTOR) {
        uint32_t n = size - done < SECTOR ? size - done : SECTOR;
        memset(sector_buf, 0, SECTOR);
        r = copy_in(sector_buf, from + done, n) ? disk_write(sector++, sector_buf) : ERR_POINTER;
    }
    return r;
}

/* What follows the new data must be right before its header leads there. */
static int write_rest(uint32_t sector, uint32_t need, uint32_t room)
{
    if (room == need)
        return disk_flush();
    if (room) /* the rest of a larger free entry is a smaller one */
        return write_header(sector, free_name, (room - need - 1) * SECTOR);
    memset(sector_buf, 0, SECTOR);
    int r = disk_write(sector, sector_buf);
    if (r == 0)
        r = disk_write(sector + 1, sector_buf);
    return r < 0 ? r : disk_flush();
}

int tarfs_write(const char *name, uint32_t from, uint32_t size)
{
    uint32_t place, room, need = sectors_of(size);
    struct entry old;
    if (!name[0] || name[0] == '.')
        return ERR_NAME;
    if (files_on != DISK || disk_readonly())
        return ERR_READONLY;
    int had = find(DISK, name, &old), r = had;
    if (r >= 0)
        r = reserve(need, &place, &room);
    if (r == 0)
        r = write_data(place + 1, from, size);
    if (r == 0)
        r = write_rest(place + 1 + need, need, room);
    if (r == 0)
        r = write_header(place, name, size);
    if (r == 0 && had)
        r = write_header(old.sector, free_name, sectors_of(old.size) * SECTOR);
    return r < 0 ? r : (int)size;
}

/* --- starting ------------------------------------------------------------------------------------------------------------ */

/* What a machine left that died between the two headers of a replacement: of two entries with one name the first is .free. */
static int tidy(unsigned *files)
{
    int r;
    struct entry last;
    for (struct entry e = {0}; (r = entry_read(DISK, &e)) > 0; e.sector = after(&e)) {
        if (e.type != '0' || strcmp(e.name, free_name) == 0)
            continue;
        ++*files;
        if ((r = find(DISK, e.name, &last)) < 0)
            break;
        if (last.sector != e.sector && !disk_readonly() && (r = write_header(e.sector, free_name, sectors_of(e.size) * SECTOR)) < 0)
            break;
    }
    return r;
}

void tarfs_init(void)
{
    unsigned files = 0;
    if (!disk_present()) {
        kprintf("Filesystem initialized: embedded archive, read-only\n");
    } else if (tidy(&files) < 0) {
        kprintf("The disk holds no tar archive that can be read: it is left alone\nFilesystem initialized: embedded archive, read-only\n");
    } else {
        files_on = DISK;
        kprintf("Filesystem initialized: disk, %u sectors, %u files%s\n", disk_sectors(), files, disk_readonly() ? ", read-only" : "");
    }
}
