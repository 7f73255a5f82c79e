lab { title = "Paging by hand", minutes = 25, machine = "--engine soft --paging flat32", files = { "large.S", "small.S" } }

local DIR = 0x100000

step {
  "Walk",
  ask = {
    "Which physical address is linear 0x80001234?",
    run = { "--engine soft --paging flat32", commands = "step" },
    answer = function(m) return m:walk(0x80001234).gpa end,
    mistakes = {
      { function(m, a) local v = tonumber(a); return v == 0x80001234 end, "That is the linear address itself. 0x80000000 is mapped to physical 0." },
      { function(m, a) local v = tonumber(a); return v == 0x234 end, "That is the offset in its page only: the page is not the first one." },
    },
  },
  hints = { "0x80000000 is physical 0. What is left?", "`answer 0x1234`, then `walk 0x80001000`." },
  check = function(m) return m:did("walk") end,
  achieved = "Two entries, one address: the directory is at CR3, the rest follows.",
}

step {
  "A page of 4 MB",
  points = 4,
  build = "large.S",
  base = 0x1000,
  run = "--boot flat32 $build/large.bin",
  hints = {
    "mov dword ptr [0x100000], 0x83 -- and the same at 0x100000 + 768 * 4.",
    "CR4: mov eax, cr4; or eax, 0x10; mov cr4, eax. CR3: mov eax, 0x100000; mov cr3, eax.",
    "Last: mov eax, cr0; or eax, 0x80000000; mov cr0, eax.",
  },
  check = function(m)
    local same, why = m:prints("paging\n")
    if not m.paging then return false, "Paging is off (CR0.PG is 0)." end
    if not same then return false, why end
    local w = m:walk(0xC0001000)
    if not (w.mapped and w.large and w.gpa == 0x1000) then return false, "0xC0001000 is not physical 0x1000 through a 4 MB page." end
    return m.state == "exited"
  end,
  achieved = "The same memory at two addresses: the higher half, as real kernels have it.",
  mistakes = {
    { function(m) return m.state ~= "failed" and not m.paging end, "CR0.PG is still 0: paging was never switched on." },
    { function(m) return m.state == "failed" and m.regs.cr4 & 0x10 == 0 end,
      "CR4.PSE is 0: the processor took your 4 MB entry for the address of a page table." },
    { function(m) return m.state == "failed" and m.regs.cr3 & 0xFFFFF000 ~= DIR end, "CR3 does not hold 0x100000, the address of your directory." },
    { function(m) return m.state == "failed" and m:phys(DIR, 4) == "\0\0\0\0" end,
      "Directory entry 0 is empty: the page that the code itself runs in is not mapped, so the next instruction could not be fetched." },
    { function(m) return m.state == "failed" and m:phys(DIR + 768 * 4, 4) == "\0\0\0\0" end,
      "Directory entry 768 is empty (768 * 4 bytes behind the start): 0xC0000000 has no page." },
    { function(m) return m.state == "failed" and m:phys(DIR, 1):byte() & 1 == 0 end, "Directory entry 0 is not present: bit 0 (P) is missing." },
  },
}

step {
  "A page of 4 KB",
  points = 4,
  build = "small.S",
  base = 0x1000,
  run = "--boot flat32 $build/small.bin",
  hints = {
    "Directory entry 1 is at 0x100004, the table's entry 0 at 0x101000.",
    "mov dword ptr [0x100004], 0x101003; mov dword ptr [0x101000], 0x5003.",
  },
  check = function(m)
    local w = m:walk(0x400000)
    if m.paging and not w.mapped then return false, "0x400000 has no page: " .. w.why .. "." end
    if m:phys(0x5000, 2) ~= "ok" then return false, "There is no `ok` at physical 0x5000." end
    return w.mapped and not w.large and w.gpa == 0x5000 and m.state == "exited"
  end,
  achieved = "Directory, table, page: the whole walk is yours.",
  mistakes = {
    { function(m) local pde = m:phys(DIR + 4, 4); return pde:byte(1) & 0x80 ~= 0 end,
      "Directory entry 1 has PS set: that makes a 4 MB page of it, and no table is looked at." },
    { function(m) return m:phys(DIR + 4, 1):byte() & 1 == 0 end, "Directory entry 1 is not present: it is empty, or bit 0 (P) is missing." },
    { function(m) return m:phys(DIR + 4, 4):sub(2, 3) ~= "\x10\x10" end, "Directory entry 1 does not point to the table at 0x101000." },
    { function(m) return m:phys(DIR + 0x1000, 1):byte() & 1 == 0 end,
      "The table's entry 0 is not present: it is empty, or bit 0 (P) is missing." },
    { function(m) return m:phys(DIR + 0x1000, 1):byte() & 2 == 0 end, "The page is read-only: bit 1 (RW) is missing in the table's entry." },
    { function(m) return m:phys(DIR + 0x1000, 4):sub(2, 3) ~= "\x50\0" end, "The table's entry 0 does not point to physical 0x5000." },
  },
}

step {
  "Page fault",
  machine = "--engine soft --paging flat32",
  points = 2,
  ask = {
    "What will CR2 hold?",
    run = { "--engine soft --paging flat32", commands = "set eip=0x90000000\nrun\nwait" },
    answer = function(m) return m.regs.cr2 end,
    mistakes = {
      { function(m, a) return a == "14" end, "14 is the number of the exception. CR2 holds the address that faulted." },
      { function(m, a) return a == "0" end, "Not empty: the processor stores the address that it could not translate." },
    },
  },
  hints = { "CR2 is the linear address that could not be translated.", "`lab machine`, `set eip=0x90000000`, `run`, `info`." },
  check = function(m) return m.state == "failed" and m.regs.cr2 == 0x90000000 and m:did("info") end,
  achieved = function(m) return string.format("Page fault at %#x, and nobody to handle it: a triple fault.", m.regs.cr2) end,
  mistakes = {
    { function(m) return m.state == "exited" end, "It ran to its normal end. `lab machine` for a fresh one, then `set eip=0x90000000`." },
    { function(m) return m.state == "failed" and m.regs.cr2 ~= 0x90000000 end, "It failed elsewhere: EIP must be 0x90000000 before `run`." },
  },
}
