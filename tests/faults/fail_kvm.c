/* fail_kvm.c: LD_PRELOADed into the program under test: of the ioctl that is KVM's request FAULT_REQUEST (hexadecimal), all calls
 * fail from the FAULT_N-th on, with EIO. FAULT_LOG names a file that is told each request made. Test-only. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned long request_to_fail;
static long from = 1;
static int log_fd = -1;
static atomic_long seen;

__attribute__((constructor)) static void begin(void)
{
    const char *request = getenv("FAULT_REQUEST"), *n = getenv("FAULT_N"), *path = getenv("FAULT_LOG");
    request_to_fail = request ? strtoul(request, NULL, 16) : 0;
    from = n ? strtol(n, NULL, 10) : 1;
    if (path)
        log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list ap;
    va_start(ap, request);
    void *arg = va_arg(ap, void *);
    va_end(ap);
    char line[32];
    int n = _IOC_TYPE(request) == 0xae && log_fd >= 0 ? snprintf(line, sizeof line, "%lx\n", request) : 0;
    if (n && write(log_fd, line, (size_t)n) < 0)
        log_fd = -1;
    if (request == request_to_fail && atomic_fetch_add(&seen, 1) + 1 >= from) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_ioctl, fd, request, arg);
}
