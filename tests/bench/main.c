/* bench: every number that the project promises, measured against its baseline in one run.
 *
 *   bench --build DIR [--rounds N] [--quick] [--no-peers] [--only GUEST] [--json|--markdown] [core|screen|peers|cpu]... */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench.h"

static void machine_line(void)
{
    char model[128] = "unknown processor", text[256];
    FILE *f = fopen("/proc/cpuinfo", "r");
    while (f && fgets(text, sizeof text, f))
        if (!strncmp(text, "model name", 10) && strchr(text, ':')) {
            snprintf(model, sizeof model, "%.120s", strchr(text, ':') + 2);
            model[strcspn(model, "\n")] = 0;
            break;
        }
    if (f) fclose(f);
    struct utsname u;
    uname(&u);
    printf("machine: %s, %ld cores, %s %s\n", model, sysconf(_SC_NPROCESSORS_ONLN), u.sysname, u.release);
}

static const struct { const char *name; void (*run)(const struct options *o); } sections[] = {
    { "core", bench_core }, { "screen", bench_screen }, { "peers", bench_peers }, { "cpu", bench_cpu },
};

int main(int argc, char **argv)
{
    static const struct option opts[] = { { "build", 1, 0, 'b' }, { "rounds", 1, 0, 'r' }, { "quick", 0, 0, 'q' }, { "no-peers", 0, 0, 'n' }, { "only", 1, 0, 'o' },
        { "json", 0, 0, 'j' }, { "markdown", 0, 0, 'm' }, { "launch", 1, 0, 'l' }, { 0, 0, 0, 0 } };
    struct options o = { .build = "build", .rounds = 3, .peers = true };
    bool json = false, markdown = false;
    double load[2] = { 0 };
    int c;
    while ((c = getopt_long(argc, argv, "", opts, NULL)) != -1) switch (c) {
        case 'b': o.build = optarg; break;
        case 'r': o.rounds = (unsigned)atoi(optarg); break;
        case 'q': o.quick = true; break;
        case 'n': o.peers = false; break;
        case 'o': o.only = optarg; break;
        case 'j': json = true; break;
        case 'm': markdown = true; break;
        case 'l': return bench_launch(optarg);
        default: fprintf(stderr, "usage: bench --build DIR [--rounds N] [--quick] [--no-peers] [--only GUEST] [--json|--markdown] [core|screen|peers|cpu]...\n"); return 2;
    }
    if (o.rounds < 1) o.rounds = 1;
    table_quiet = json || markdown;
    if (!json) machine_line();
    getloadavg(&load[0], 1);
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        bool asked = optind == argc;
        for (int k = optind; k < argc; k++) asked |= !strcmp(argv[k], sections[i].name);
        if (asked) sections[i].run(&o);
    }
    getloadavg(&load[1], 1);
    if (markdown) {
        char day[32];
        time_t now = time(NULL);
        strftime(day, sizeof day, "%d %B %Y", localtime(&now));
        printf("\nOn %s. Load average when it began and when it ended: %.1f and %.1f; %u rounds.\n\n", day, load[0], load[1], o.rounds);
        table_markdown();
    } else if (json) table_json();
    else printf("\n%d missed\n", table_missed());
    return 0;
}
