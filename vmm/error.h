/* error.h: how vmm/ says what went wrong.
 *
 * vmm/ never prints and never exits. A function that can fail returns a negative errno and fills a
 * struct vm_error with one sentence: what was being done, what went wrong, what to try. */
#ifndef VMM_ERROR_H
#define VMM_ERROR_H

struct vm_error {
    int code;       /* a positive errno, 0: no error */
    char text[480]; /* one or more whole sentences, printable: control characters become '?' */
};

/* Fill *err (which may be NULL) and return -code, so that a caller can write
 * `return err_set(err, ENOMEM, "...")`. Any thread. */
int err_set(struct vm_error *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
