/* test_paste.c: megabytes at once, into the bar and into guests: the screen answers, memory is bounded, and nothing is lost that
 * somebody reads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seam.h"

/* STRESS_DIVIDE: instrumented builds paste less. */
static size_t megabytes(unsigned n)
{
    const char *divide = getenv("STRESS_DIVIDE");
    return ((size_t)n << 20) / (divide ? (size_t)atoi(divide) : 1);
}

/* The most memory that the program has used so far, in KiB. */
static long most(struct vt *v)
{
    char path[64], line[256];
    long kib = -1;
    snprintf(path, sizeof path, "/proc/%d/status", v->pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        sscanf(line, "VmHWM: %ld kB", &kib);
    if (f)
        fclose(f);
    assert_true(kib > 0);
    return kib;
}

static void grew_less(struct vt *v, long before, long mib)
{
    long now = most(v);
    if (seams_fit() && now - before > mib << 10) /* a sanitizer keeps what was freed */
        fail_msg("from %ld to %ld KiB", before, now);
}

/* A paste of n bytes, all but the last of them lines of text. */
static void paste(struct vt *v, size_t n, char last)
{
    char *text = malloc(n + 1);
    for (size_t i = 0; i < n; i++)
        text[i] = i % 80 == 79 ? '\n' : (char)('a' + i % 25);
    text[n - 1] = last;
    text[n] = '\0';
    vt_send(v, "\033[200~");
    vt_send(v, text);
    vt_send(v, "\033[201~");
    free(text);
}

static const char *guest(const char *name, const unsigned char *code, size_t n)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s.bin", scratch(), name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(code, 1, n, f), n);
    fclose(f);
    return path;
}

static void into_the_bar(void **state)
{
    (void)state;
    struct vt *v = lab(80, 24, ARGS("--test-clock", "hello"));
    NEED(v, vt_wait(v, "[0 hello exited] >"));
    long before = most(v);
    paste(v, megabytes(10), 'Z');
    NEED(v, vt_wait(v, "too long for a line"));
    vt_send(v, "\003");
    type_line(v, "echo still here");
    NEED(v, vt_wait_row(v, 21, "still here"));
    grew_less(v, before, 4);
    assert_int_equal(leave(v), 0);
}

/* Counts what it reads up to a Z, then prints the count: high half, comma, low half, full stop. */
static const unsigned char reader[] = {
    0x66, 0x31, 0xc9,             /* xor ecx, ecx */
    0xba, 0x00, 0x05,             /* mov dx, 0x500 */
    0xb0, 0x05, 0xee,             /* again: mov al, 5 (WAITCHAR); out dx, al */
    0x66, 0x41,                   /* inc ecx */
    0x3c, 'Z', 0x75, 0xf7,        /* cmp al, 'Z'; jne again */
    0x66, 0x89, 0xcb,             /* mov ebx, ecx */
    0x66, 0xc1, 0xeb, 0x10,       /* shr ebx, 16 */
    0xb0, 0x04, 0xee,             /* PUTNUM */
    0xb3, ',', 0xb0, 0x01, 0xee,  /* PUTCHAR */
    0x89, 0xcb,                   /* mov bx, cx */
    0xb0, 0x04, 0xee,             /* PUTNUM */
    0xb3, '.', 0xb0, 0x01, 0xee,  /* PUTCHAR */
    0xf4,
};

static void a_guest_that_reads_gets_all_of_it(void **state)
{
    char want[64];
    size_t n = megabytes(5) / 2; /* more than its queue holds; every byte is an exit */
    (void)state;
    snprintf(want, sizeof want, "%zu,%zu.", n >> 16, n & 0xffff);
    struct vt *v = lab(80, 24, ARGS("--test-clock", guest("reader", reader, sizeof reader)));
    NEED(v, vt_wait(v, "0 reader"));
    long before = most(v);
    vt_send(v, "\033OQ"); /* F2: the keyboard is the guest's */
    NEED(v, vt_wait(v, "goes to this guest"));
    paste(v, n, 'Z');
    vt_send(v, "\035");
    NEED(v, vt_wait(v, "[0 reader")); /* the bar answers while the guest still reads */
    type_line(v, "echo meanwhile");
    NEED(v, vt_wait(v, "meanwhile"));
    bool all = false;
    for (int i = 0; i < 6 && !all; i++) /* that takes a while on a slow host */
        all = vt_wait(v, want);
    NEED(v, all);
    grew_less(v, before, 24);
    assert_int_equal(leave(v), 0);
}

static void a_guest_that_does_not_read_keeps_nobody(void **state)
{
    (void)state;
    struct vt *v = lab(80, 24, ARGS("--test-clock", "spin", "hello"));
    NEED(v, vt_wait(v, "running"));
    long before = most(v);
    vt_send(v, "\033OQ");
    NEED(v, vt_wait(v, "goes to this guest"));
    for (int i = 0; i < 2; i++)
        paste(v, 9 << 20, '\n'); /* the guest's queue holds 1 MB, and 16 wait */
    NEED(v, vt_wait(v, "does not read what is typed"));
    vt_send(v, "\035");
    NEED(v, vt_wait(v, "[0 spin running] >"));
    type_line(v, "reset; run; echo free again");
    NEED(v, vt_wait_row(v, 21, "free again"));
    grew_less(v, before, 24);
    assert_int_equal(leave(v), 0);
}

SCREEN_TESTS("screen paste", cmocka_unit_test(into_the_bar), cmocka_unit_test(a_guest_that_reads_gets_all_of_it),
             cmocka_unit_test(a_guest_that_does_not_read_keeps_nobody))
