/* fuzz_script.c: any file as a script (--exec, source), and any text as one (-c). It ends, fails with a line that says where, or waits.
 *
 * Input: 1 byte: as a file or as a text, and how many turns it gets; then the script. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "tui/script.h"

static void wait_a_little(struct session *s)
{
    int ms = script_wait_ms(s);
    nanosleep(&(struct timespec){ .tv_nsec = ms < 0 || ms > 1 ? 1000000 : ms * 1000000 }, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct session *s = fuzz_session();
    struct vm_error err = { 0 };
    if (!size)
        return 0;
    char *text = malloc(size);
    if (!text)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    fuzz_out.failed = false;
    bool whole = strlen(text) == size - 1;
    if (fuzz_harmless(text)) {
        int r = data[0] & 1 ? script_push_text(s, "-c", text, &err) : script_push_file(s, fuzz_file("script", text, size - 1), &err);
        must(r == 0 || (strlen(err.text) > 20 && !whole));
        enum script_state st = SCRIPT_DONE;
        for (int turns = 1 + data[0] % 16; r == 0 && turns && (st = script_run(s, &fuzz_out)) == SCRIPT_WAIT; turns--)
            wait_a_little(s);
        must(st != SCRIPT_FAILED || fuzz_out.failed);
    }
    fuzz_session_again();
    free(text);
    return 0;
}
