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

struct header { char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100], magic[8], rest[247]; };
struct entry { uint32_t sector, size; char type, name[101]; };

static const char free_name[] = ".free";
extern uint8_t archive[], archive_end[]; /* boot.S */
static enum medium { EMBEDDED, DISK } files_on;
static uint32_t checked; /* the disk's headers before this sector were right when the machine started: their sums are not made again */
static uint8_t sector_buf[SECTOR];
static struct header header;

static uint32_t sectors_of(uint32_t bytes) { return bytes / SECTOR + (bytes % SECTOR != 0); }
static uint32_t capacity(enum medium m) { return m == DISK ? disk_sectors() : (uint32_t)(archive_end - archive) / SECTOR; }
static uint32_t after(const struct entry *e) { return e->sector + 1 + sectors_of(e->size); }
static bool is_file(const struct entry *e) { return e->type == '0' && strcmp(e->name, free_name) != 0; }

static int read_sector(enum medium m, uint32_t sector, void *buf) {
    return m == DISK ? disk(DISK_READ, sector, buf) : (memcpy(buf, archive + sector * SECTOR, SECTOR), 0);
}

/* --- headers ------------------------------------------------------------------------------------------------------------- */

static uint32_t octal(const char *s, const char *end) {
    uint32_t v = 0;
    for (; s < end && (*s == ' ' || (*s >= '0' && *s <= '7')); s++)
        v = v * 8 + (*s & 7); /* a leading blank is a zero */
    return v;
}

static void put_octal(char *s, unsigned digits, uint32_t v) {
    for (; digits--; v /= 8)
        s[digits] = (char)('0' + v % 8);
}

/* The sum of all bytes, with those of the sum itself as blanks. */
static uint32_t checksum(const struct header *h) {
    uint32_t sum = 0;
    for (const uint8_t *p = (const uint8_t *)h; p < (const uint8_t *)(h + 1); p++)
        sum += p >= (const uint8_t *)h->sum && p < (const uint8_t *)&h->type ? ' ' : *p;
    return sum;
}

static int write_header(uint32_t sector, const char *name, uint32_t size) {
    header = (struct header){.mode = "0000644", .uid = "0000000", .gid = "0000000", .mtime = "00000000000", .type = '0',
                             .magic = {'u', 's', 't', 'a', 'r', 0, '0', '0'}};
    copy_text(header.name, name, sizeof header.name);
    put_octal(header.size, 11, size);
    put_octal(header.sum, 7, checksum(&header));
    int r = disk(DISK_WRITE, sector, &header);
    return r < 0 ? r : disk(DISK_FLUSH, 0, NULL);
}

/* An entry that no longer counts: its sectors may be used again. */
static int set_free(const struct entry *e) { return write_header(e->sector, free_name, sectors_of(e->size) * SECTOR); }

/* What is at e->sector: 1 an entry, 0 the end of the archive, else an error. */
static int entry_read(enum medium m, struct entry *e) {
    uint32_t end = capacity(m);
    int r = e->sector < end ? read_sector(m, e->sector, &header) : 0;
    if (r < 0 || e->sector >= end || !header.name[0])
        return r;
    e->type = header.type ? header.type : '0';
    e->size = e->type >= '1' && e->type <= '6' ? 0 : octal(header.size, header.mtime); /* links and directories hold no data */
    copy_text(e->name, header.name, sizeof e->name);
    bool right = (m == DISK && e->sector < checked) || octal(header.sum, &header.type) == checksum(&header);
    return !right || sectors_of(e->size) > end - e->sector - 1 ? ERR_IO : 1;
}

/* The last entry of this name before that sector; of all of them it is the one that counts. How many there are, or an error. */
static int find(enum medium m, const char *name, uint32_t before, struct entry *found) {
    int r = 0, any = 0;
    for (struct entry e = {0}; e.sector < before && (r = entry_read(m, &e)) > 0; e.sector = after(&e))
        if (is_file(&e) && strcmp(e.name, name) == 0) {
            *found = e;
            any++;
        }
    return r < 0 ? r : any;
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

const void *tarfs_program(const char *name, uint32_t *size) {
    char path[NAME_MAX + 4] = "bin/";
    struct entry e;
    copy_text(path + 4, name, NAME_MAX);
    if (find(EMBEDDED, path, ~0u, &e) <= 0)
        return NULL;
    *size = e.size;
    return archive + (e.sector + 1) * SECTOR;
}

int tarfs_list(uint32_t position, struct file_info *info) {
    int r;
    struct entry last;
    for (struct entry e = {.sector = position}; (r = entry_read(files_on, &e)) > 0; e.sector = after(&e))
        if (is_file(&e) && find(files_on, e.name, ~0u, &last) > 0 && last.sector == e.sector) {
            *info = (struct file_info){.size = e.size};
            copy_text(info->name, e.name, sizeof info->name);
            return (int)after(&e);
        }
    return r;
}

int tarfs_read(const char *name, uint32_t to, uint32_t size, uint32_t offset) {
    struct entry e;
    uint32_t done = 0;
    int r = find(files_on, name, ~0u, &e);
    if (r <= 0)
        return r < 0 ? r : ERR_NOFILE;
    while (done < size && offset < e.size) {
        uint32_t at = offset % SECTOR, n = SECTOR - at;
        n = n > size - done ? size - done : n;
        n = n > e.size - offset ? e.size - offset : n;
        r = read_sector(files_on, e.sector + 1 + offset / SECTOR, sector_buf);
        if (r < 0 || !copy_out(to + done, sector_buf + at, n))
            return r < 0 ? r : ERR_POINTER;
        done += n;
        offset += n;
    }
    return (int)done;
}

/* --- writing ------------------------------------------------------------------------------------------------------------- */

/* A place for that many sectors of data: the first row of .free entries that is long enough, made one entry, else the end of the
 * archive. *room: the sectors it has, ~0 at the end. */
static int reserve(uint32_t need, uint32_t *place, uint32_t *room) {
    int r;
    uint32_t run = 0, end = capacity(DISK); /* run: sectors of free entries in a row, *place the first */
    struct entry e = {0};
    for (; (r = entry_read(DISK, &e)) > 0; e.sector = after(&e)) {
        *place = run ? *place : e.sector;
        run = strcmp(e.name, free_name) == 0 ? after(&e) - *place : 0;
        *room = run - 1;
        if (run > need)
            return *place == e.sector ? 0 : write_header(*place, free_name, *room * SECTOR);
    }
    *place = e.sector;
    *room = ~0u; /* it takes a header, the data, and two empty sectors that end the archive */
    return r < 0 ? r : e.sector > end || need > end || end - e.sector < need + 3 ? ERR_FULL : 0;
}

/* What follows the new data must be right before its header leads there: nothing to do, the rest of a larger free entry as a
 * smaller one, or the two empty sectors. */
static int write_rest(uint32_t sector, uint32_t need, uint32_t room) {
    if (room != ~0u && room > need)
        return write_header(sector, free_name, (room - need - 1) * SECTOR);
    memset(sector_buf, 0, SECTOR);
    for (uint32_t i = 0; room == ~0u && i < 2; i++)
        if (disk(DISK_WRITE, sector + i, sector_buf) < 0)
            return ERR_IO;
    return disk(DISK_FLUSH, 0, NULL);
}

/* What is left where a machine died, or the host failed, between the two headers of a replacement: of two entries with one name the first
 * becomes .free. */
static int tidy(void) {
    int r;
    struct entry old;
    for (struct entry e = {0}; (r = entry_read(DISK, &e)) > 0; checked = e.sector = after(&e))
        if (is_file(&e) && find(DISK, e.name, e.sector, &old) > 0 && !disk_readonly() && (r = set_free(&old)) < 0)
            break;
    return r;
}

int tarfs_write(const char *name, uint32_t from, uint32_t size) {
    uint32_t place, room, need = sectors_of(size);
    struct entry old;
    if (!name[0] || name[0] == '.')
        return ERR_NAME;
    if (files_on != DISK || disk_readonly())
        return ERR_READONLY;
    int had = find(DISK, name, ~0u, &old), r = had < 0 ? had : had > 1 && tidy() < 0 ? ERR_IO : reserve(need, &place, &room);
    for (uint32_t done = 0; r == 0 && done < size; done += SECTOR) {
        memset(sector_buf, 0, SECTOR);
        copy_in(sector_buf, from + done, size - done < SECTOR ? size - done : SECTOR);
        r = disk(DISK_WRITE, place + 1 + done / SECTOR, sector_buf);
    }
    r = r == 0 ? write_rest(place + 1 + need, need, room) : r;
    r = r == 0 ? write_header(place, name, size) : r;
    r = r == 0 && had ? set_free(&old) : r;
    return r < 0 ? r : (int)size;
}

/* --- starting ------------------------------------------------------------------------------------------------------------ */

void tarfs_init(void) {
    files_on = disk_present() && tidy() >= 0 ? DISK : EMBEDDED;
    kprintf("Filesystem initialized: %s%s\n", files_on == DISK ? disk_readonly() ? "disk, read-only" : "disk" : "embedded archive, read-only",
            disk_present() && files_on != DISK ? "; the disk holds no tar archive that can be read" : "");
}
