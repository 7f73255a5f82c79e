lab { title = "Into protected mode", minutes = 20, machine = "pmode", files = { "gdt.S" } }

step {
  "Watch it happen",
  ask = {
    "Bit 0 of CR0 is 0 now. What will it be at the end?",
    run = "pmode",
    answer = function(m) return m.regs.cr0 & 1 end,
    mistakes = {
      { function(m, a) return a == "0" end, "PE is what switches protected mode on, and the guest gets there." },
    },
  },
  hints = { "PE is bit 0 of CR0." , "`answer 1`, `run`, `gdt`."},
  check = function(m) return m.state == "exited" and m.mode == "prot32" and m:did("gdt") end,
  achieved = function(m) return "Mode " .. m.mode .. ", and a GDT of " .. (m.regs.gdtlimit + 1) // 8 .. " descriptors." end,
  mistakes = {
    { function(m) return m:did("gdt") and m.mode == "real" end, "Still in real mode: there is no GDT in use yet. `run`, then `gdt`." },
  },
}

step {
  "Break it",
  points = 3,
  ask = {
    "Which exception will be the first? 11: segment not present, 13: general protection, 14: page fault",
    run = { "pmode", commands = "poke 0xb5 0x1a\nrun\nwait" },
    answer = function(m)
      for _, e in ipairs(m:trace()) do
        if e.kind == "event" then return e.vector end
      end
      return m.postmortem:find("#NP") and 11 or 0
    end,
    mistakes = {
      { function(m, a) return a == "13" end, "13 is for what may not be done. This segment would be allowed, but P says that it is not there." },
      { function(m, a) return a == "14" end, "No paging here: pages are another lab." },
    },
  },
  hints = {
    "The access byte is byte 5 of the descriptor: address + 5.",
    "`reset`, `find ff ff 00 00 00 9a cf 00`, `poke ADDRESS+5 0x1a` (add them yourself), `run`.",
  },
  check = function(m) return m.state == "failed" and m:did("poke") and m:did("info") end,
  achieved = "Not present, no handler, no handler for that: three faults, and the processor shuts down.",
  mistakes = {
    { function(m) return m.state == "exited" and m:did("poke") end,
      "It got through: the byte you changed was not the access byte of the code descriptor. `reset`, and again." },
    { function(m) return m.state == "exited" and m:did("reset") end, "It ran unharmed: after `reset` poke first, then `run`." },
  },
}

step {
  "Build a GDT",
  points = 5,
  build = "gdt.S",
  run = "$build/gdt.bin",
  hints = {
    "Two .quad lines after the empty one: code 0x00CF9A000000FFFF, data 0x00CF92000000FFFF.",
    "PE: mov eax, cr0; or al, 1; mov cr0, eax.",
    "Right after that: jmp 8:protected.",
  },
  check = function(m)
    local same, why = m:prints("protected\n")
    if not same then return false, why end
    if m.mode ~= "prot32" then return false, "It ended in mode " .. m.mode .. ", not prot32." end
    return m.state == "exited"
  end,
  achieved = "Your own GDT, your own jump: 32 bits.",
  mistakes = {
    { function(m) return m.regs.cr0 & 1 == 0 and m.state ~= "failed" end,
      "CR0.PE is still 0: the processor never entered protected mode." },
    { function(m) return m.regs.cr0 & 1 == 1 and m.state == "failed" and (m:u8(m.regs.gdtbase + 13) or 0) & 0x80 == 0 end,
      "The code descriptor is not present: bit 7 of its access byte (9A) is 0, or the descriptor is still empty." },
    { function(m) return m.state == "failed" and (m:u8(m.regs.gdtbase + 21) or 0) & 0x80 == 0 end,
      "The data descriptor is missing or not present: DS cannot be loaded with selector 16." },
    { function(m) return m.regs.cr0 & 1 == 1 and m.regs.cs ~= 8 end,
      "PE is set, but CS is still the real-mode one: the far jump (jmp 8:protected) is missing." },
    { function(m) return m.regs.cr0 & 1 == 1 and m.mode == "prot16" end,
      "A 16-bit code segment: the flags byte must be CF, its bit 6 (D) makes it 32-bit." },
  },
}
