/* foreign.h: what commands of other debuggers and monitors are called here, for who types them out of habit. */
#ifndef TUI_FOREIGN_H
#define TUI_FOREIGN_H

/* "step" for "stepi", "regs" for "info" with "registers" as its second word; NULL when the words are nobody's. second may be NULL. */
const char *foreign_word(const char *word, const char *second);

#endif
