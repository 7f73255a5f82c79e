lab { title = "Kernel and user", minutes = 20, machine = "1k-os" }

step {
  "Start it",
  ask = {
    "Which CPL does the sleeping (idle) machine have?",
    run = { "1k-os", commands = "until exit hlt" },
    answer = function(m) return m.cpl end,
    mistakes = {
      { function(m, a) return a == "3" end, "Level 3 may not execute HLT: the one that sleeps is the kernel." },
    },
  },
  hints = { "Who may execute HLT?", "`answer 0`, then `run`." },
  check = function(m) return m.console:find("Select: ", 1, true) end,
  achieved = "An operating system, in a machine that you can stop at any instruction.",
}

step {
  "At the door",
  points = 3,
  ask = {
    "Which CS did the processor push (the second word)?",
    points = 2,
    answer = function(m) return m:u32(m.regs.esp + 4) or -1 end,
    mistakes = {
      { function(m) return m.cpl ~= 0 or m.state ~= "paused" or not m:did("break") end,
        "The machine does not stand at the door: `pause`, `break int:0x80`, `run`, `type 2`. Answer when it has stopped." },
      { function(m, a) return tonumber(a) == 8 end, "8 is CS now, in the kernel. The program's was pushed onto the stack." },
    },
  },
  hints = {
    "`stack 5` shows the words: sp+0 is EIP, sp+4 is CS.",
    "0x1b: selector 0x18 with the level 3 in its lowest bits.",
  },
  check = function(m) return m.state == "paused" and m.cpl == 0 and m:did("break") and (m:u32(m.regs.esp + 4) or 0) & 3 == 3 end,
  achieved = "From CPL 3 to CPL 0 in one instruction; the way back lies on the stack.",
  mistakes = {
    { function(m) return m.state == "paused" and m:did("pause") and not m:did("break") and m:did("type") end,
      "There is no breakpoint: `break int:0x80` comes before `run`." },
  },
}

step {
  "And back",
  points = 3,
  ask = {
    "Which number of system call is it (EAX)?",
    answer = function(m) return m.regs.eax end,
    mistakes = {
      { function(m, a) return tonumber(a) == 0x80 end, "0x80 is the vector, the same for every call. The call's own number is in EAX." },
    },
  },
  hints = {
    "`regs eax`.",
    "`delete all`, and `until [esp]`: run until the instruction after INT 0x80.",
    "If you went too far: `pause`, `break int:0x80`, `run`, `type 2`, and again.",
  },
  check = function(m) return m.state == "paused" and m.cpl == 3 and m:did("until") end,
  achieved = "IRET took everything back from the stack: CPL 3 again.",
  mistakes = {
    { function(m) return m.state == "paused" and m.cpl == 0 and m:did("until") end,
      "It stopped inside the kernel again: the breakpoint at the door is still there. `delete all`, then `until [esp]` at the door." },
  },
}

step {
  "Walls inside",
  ask = {
    "A page of the kernel, say 0x80001000: user or supervisor?",
    answer = function(m) return m:walk(0x80001000).user and "user" or "supervisor" end,
    mistakes = {
      { function(m, a) return a:lower() == "user" end, "If level 3 could use it, any program could change the kernel. `walk 0x80001000` says SU." },
    },
  },
  hints = { "`walk` ends with a sentence that says it." },
  check = function(m) return m:times("walk") >= 2 end,
  achieved = "One bit in an entry: the wall between a program and its kernel.",
}

step {
  "Break in",
  points = 2,
  ask = {
    "Which exception: 13 (general protection) or 14 (page fault)?",
    run = { "1k-os", input = "fault\n0\n", seconds = 60 },
    answer = function(m) return m.console:find("page fault", 1, true) and 14 or 13 end,
    mistakes = {
      { function(m, a) return a == "13" end, "13 is for segments and for instructions that are not allowed. This wall is in the page tables." },
    },
  },
  hints = { "Who noticed: the segment or the page?", "`run`, then `type fault`." },
  check = function(m) return m.console:find("killed", 1, true) end,
  achieved = "The program is gone, the system is not: that is what the levels are for.",
  mistakes = {
    { function(m) return m.state == "paused" and m:did("type") end, "The machine is paused: it reads what you typed after `run`." },
  },
}
