lab { title = "Interrupts", minutes = 20, machine = "irq", files = { "tick.S" } }

step {
  "A sleeping guest",
  ask = {
    "After `run`, before any interrupt: its state? (running, halted, paused, exited)",
    run = { "irq", commands = "run\nwait" },
    answer = function(m) return m.state end,
    mistakes = {
      { function(m, a) return a == "exited" end, "It would be with interrupts off. Here IF is 1: HLT waits for one." },
      { function(m, a) return a == "running" end, "It executes nothing: HLT stopped it until an interrupt comes." },
      { function(m, a) return a == "paused" end, "Paused is what you do to a vCPU. It did this itself, with HLT." },
    },
  },
  hints = { "HLT with interrupts on: halted until one comes.", "`answer halted`, `run`, and `irq 0x20` three times." },
  check = function(m) return m.console:find("irq 3", 1, true) end,
  achieved = "Three interrupts, three calls of the handler; in between it slept.",
  mistakes = {
    { function(m) return m.console:find("other 1", 1, true) end, "That was another vector: the guest waits for 0x20 (32), hexadecimal." },
  },
}

step {
  "Another number",
  ask = {
    "Which word will it print, irq or other?",
    run = { "irq", commands = "until exit hlt\nirq 0x21\nuntil exit hlt" },
    answer = function(m) return m.console:match("\n(%a+) 1") end,
    mistakes = {
      { function(m, a) return a == "irq" end, "The first handler is in vector 0x20 only. Every vector has an entry of its own." },
    },
  },
  hints = { "0x21 is not 0x20.", "`answer other`, `irq 0x21`." },
  check = function(m) return m:did("irq") and m.console:find("other %d+\n$") end,
  achieved = "The vector chose the handler: that is all the table does.",
  mistakes = {
    { function(m) return not m:did("irq") and m.console:find("other", 1, true) end, "That other came before, in the last step: `irq 0x21` now." },
  },
}

step {
  "Your own clock",
  points = 5,
  build = "tick.S",
  run = { "--irqchip user $build/tick.bin", seconds = 3 },
  hints = {
    "IVT: mov word ptr [0x20], offset tick; mov word ptr [0x22], cs.",
    "Mask: in al, 0x21; and al, 0xFE; out 0x21, al.",
    "tick: push ax; inc word ptr [count]; mov al, 0x20; out 0x20, al; pop ax; iret.",
  },
  check = function(m)
    local same, why = m:prints("5\n")
    if not same then return false, why end
    if m:port(0x20, "out") < 5 then return false, "There were fewer than 5 EOIs." end
    return m.state == "exited"
  end,
  achieved = "Five ticks, five EOIs: a clock.",
  mistakes = {
    { function(m) return m:u16(0x20) == 0 end, "Vector 8 is still empty: offset and segment of `tick` belong at address 8 * 4 = 0x20." },
    { function(m) return m:vector(8) == 0 and m.regs.flags & 0x200 == 0 end, "Interrupts are off (IF is 0): STI is missing." },
    { function(m) return m:port(0x21, "out") == 0 end, "The mask was never written: IRQ0 stays masked in the PIC (port 0x21)." },
    { function(m) return m:vector(8) == 0 end, "No tick came through: bit 0 of the mask (port 0x21) must be 0." },
    { function(m) return m:vector(8) >= 1 and m:port(0x20, "out") == 0 end,
      "One tick and no more: the EOI is missing. The PIC waits for 0x20 on port 0x20." },
    { function(m) return m.timed_out end, "Ticks come, but it does not end: does `tick` count, and does it return with IRET?" },
  },
}

step {
  "What a tick costs",
  machine = "--irqchip user $build/tick.bin",
  ask = {
    "How many OUTs to port 0x20 will it do?",
    run = "--irqchip user $build/tick.bin",
    answer = function(m) return m:port(0x20, "out") end,
    mistakes = {
      { function(m, a) return a == "1" end, "One for each tick, or the next would not come." },
    },
  },
  hints = { "An EOI for each of its ticks." },
  check = function(m) return m.state == "exited" and m:did("exits") and m:port(0x20, "out") > 0 end,
  achieved = function(m) return m:port(0x20, "out") .. " EOIs among " .. m.exits.total .. " exits: why real hypervisors put the PIC into the kernel." end,
}
