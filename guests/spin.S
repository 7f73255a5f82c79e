# spin: computes for ever and never exits.
#
# Teaches:   a guest that wants nothing from the lab has no exits: its counters stand still while its processor is busy.
#            The lab has to take the processor away from it (a kick) to show registers, to pause and to end it.
# Registers: ECX: how many rounds, EAX: a pseudo-random number (the linear congruential generator of Numerical Recipes).
# Output:    nothing. It ends only when somebody ends it.

        .intel_syntax noprefix
        .code16

next:   imul    eax, eax, 1664525
        add     eax, 1013904223
        inc     ecx
        jmp     next
