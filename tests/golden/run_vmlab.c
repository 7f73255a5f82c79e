/* run_vmlab.c: fork, exec, wait. Files stand for stdin, stdout and stderr, so that nothing can block. */
#include "run_vmlab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGS = 160 };

static const char *env(const char *name, const char *otherwise)
{
    const char *v = getenv(name);
    return v && *v ? v : otherwise;
}

static void child(char *const args[], FILE *in, FILE *out, FILE *err)
{
    char *argv[ARGS + 1], wrap[1024];
    size_t n = 0;
    snprintf(wrap, sizeof wrap, "%s", env("TEST_WRAP", ""));
    for (char *save, *p = strtok_r(wrap, " ", &save); p && n < ARGS; p = strtok_r(NULL, " ", &save))
        argv[n++] = p;
    argv[n++] = (char *)env("VMLAB", "build/vmlab");
    for (; *args && n < ARGS; args++)
        argv[n++] = *args;
    argv[n] = NULL;
    dup2(fileno(in), 0);
    dup2(fileno(out), 1);
    dup2(fileno(err), 2);
    alarm((unsigned)atoi(env("TEST_SECONDS", "120"))); /* survives exec; its signal ends the program */
    execvp(argv[0], argv);
    perror(argv[0]);
    _exit(127);
}

static char *slurp(FILE *f, size_t *n)
{
    char *bytes;
    long size;
    fseek(f, 0, SEEK_END);
    size = ftell(f);
    rewind(f);
    bytes = malloc((size_t)size + 1);
    *n = fread(bytes, 1, (size_t)size, f);
    bytes[*n] = '\0';
    fclose(f);
    return bytes;
}

struct run run_vmlab(char *const args[], const char *input, size_t n)
{
    struct run r = { 0 };
    FILE *in = tmpfile(), *out = tmpfile(), *err = tmpfile();
    int status;
    if (!in || !out || !err) {
        perror("tmpfile");
        exit(1);
    }
    fwrite(input, 1, n, in);
    rewind(in);
    pid_t pid = fork();
    if (pid == 0)
        child(args, in, out, err);
    waitpid(pid, &status, 0);
    fclose(in);
    r.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    r.out = slurp(out, &r.out_n);
    r.err = slurp(err, &r.err_n);
    return r;
}

void run_free(struct run *r)
{
    free(r->out);
    free(r->err);
}
