/* x86.h: the instructions that C has no words for. */
#pragma once
#include <stdint.h>

static inline void outb(uint16_t port, uint8_t v) { __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port)); }
static inline void outl(uint16_t port, uint32_t v) { __asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port)); }
static inline uint8_t inb(uint16_t port) { uint8_t v; __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port)); return v; }
static inline uint32_t inl(uint16_t port) { uint32_t v; __asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port)); return v; }
static inline void insl(uint16_t port, void *to, uint32_t n) { __asm__ volatile("rep insl" : "+D"(to), "+c"(n) : "d"(port) : "memory"); }
static inline void outsl(uint16_t port, const void *from, uint32_t n) { __asm__ volatile("rep outsl" : "+S"(from), "+c"(n) : "d"(port) : "memory"); }

static inline uint32_t read_cr2(void) { uint32_t v; __asm__ volatile("movl %%cr2, %0" : "=r"(v)); return v; }
static inline void write_cr3(uint32_t v) { __asm__ volatile("movl %0, %%cr3" : : "r"(v) : "memory"); }
static inline void set_cr0(uint32_t bits) { uint32_t v; __asm__ volatile("movl %%cr0, %0; orl %1, %0; movl %0, %%cr0" : "=&r"(v) : "r"(bits) : "memory"); }
static inline void set_cr4(uint32_t bits) { uint32_t v; __asm__ volatile("movl %%cr4, %0; orl %1, %0; movl %0, %%cr4" : "=&r"(v) : "r"(bits) : "memory"); }

/* The lab's hypercalls: OUT to port 0x500 with the number in AL and the argument in EBX; the result is in EAX. */
enum { HC_EXIT, HC_PUTCHAR, HC_GETCHAR, HC_INPUT = 6, HC_INPUT_ENDED = 2 /* its result */ };
static inline int hypercall(int number, int argument) { __asm__ volatile("outb %%al, %%dx" : "+a"(number) : "b"(argument), "d"(0x500) : "memory"); return number; }

/* Interrupts arrive only after the instruction that follows STI (SDM vol. 2): none can slip in between these two and be slept through. */
static inline void wait_for_interrupt(void) { __asm__ volatile("sti; hlt; cli" : : : "memory"); }
