lab { title = "Step by step", minutes = 15, machine = "fibonacci" }

step {
  "One instruction",
  ask = {
    "What will DX hold after it?",
    run = { "fibonacci", commands = "step" },
    answer = function(m) return m.regs.dx end,
    mistakes = {
      { function(m, a) return a == "500" end, "500 is decimal. The instruction says 0x500, hexadecimal: answer 0x500 (or 1280)." },
    },
  },
  hints = { "MOV copies its second operand into its first.", "`answer 0x500`, then `step`." },
  check = function(m) return m.steps >= 1 and m.state == "paused" end,
  achieved = "One instruction, one register changed, and IP moved on.",
  mistakes = {
    { function(m) return m.state == "exited" end, "It ran to its end. `reset`, then `step`." },
  },
}

step {
  "Predict AX",
  ask = {
    "What will AX hold after five more instructions?",
    points = 2,
    run = { "fibonacci", commands = "step 6" },
    answer = function(m) return m.regs.ax end,
    mistakes = {
      { function(m, a) return a == "0x500" or a == "1280" or a == "500" end, "That is DX. Which instruction writes AL?" },
      { function(m, a) return a == "0" end, "AX was 0 before; one of the five writes its lower half." },
      { function(m, a) return a == "15" or a == "1" end, "That goes into CX or DI. Which instruction writes AL?" },
    },
  },
  hints = { "Which instruction writes AL?", "AL is the low byte of AX, and the high byte is still 0." },
  check = function(m) return m.stopped and m.regs.al == 4 and m.regs.cx == 15 and m.exits["io-out"] == 0 end,
  achieved = function(m) return "AX = " .. m.regs.ax .. ": the number of the hypercall PUTNUM waits in AL for the next OUT." end,
  mistakes = {
    { function(m) return m.exits["io-out"] > 0 end, "You went past it: the OUT has happened, and its result is in AX. `reset`, then `step 6`." },
  },
}

step {
  "Flags",
  ask = {
    "ZF after `xor si, si`: 0 or 1?",
    run = { "fibonacci", commands = "step 2" },
    answer = function(m) return m.regs.flags >> 6 & 1 end,
    mistakes = {
      { function(m, a) return a == "0" end, "The result is zero, and then the zero flag is set: its name asks \"was it zero?\"." },
    },
  },
  hints = { "SI xor SI is 0. The zero flag says yes to zero.", "`reset`, `step 2`, `regs`." },
  check = function(m) return m.steps == 2 and m.stopped and m:did("regs") end,
  achieved = "ZF = 1: the result was zero.",
  mistakes = {
    { function(m) return m:did("step") and m.steps > 2 end, "More than two instructions were executed: `reset`, then `step 2`." },
    { function(m) return m:did("step") and not m:did("reset") end, "It went on from where it was. `reset` first, then `step 2`." },
  },
}

step {
  "Where is it really?",
  machine = "hello counter",
  points = 2,
  ask = {
    "After `step 3 @1`: the linear address of guest 1's next instruction?",
    points = 2,
    run = { "hello counter", commands = "step 3 @1" },
    answer = function(m) return m[1].regs.cs * 16 + m[1].regs.ip end,
    mistakes = {
      { function(m, a) local v = tonumber(a); return v and v == m[1].regs.ip end, "That is IP alone, the offset. Add CS * 16." },
      { function(m, a) local v = tonumber(a); return v and v == m[1].regs.cs + m[1].regs.ip end,
        "CS counts in units of 16 bytes: multiply it by 16 (one more hexadecimal zero) before you add IP." },
      { function(m, a) local v = tonumber(a); return v and v == m[1].regs.cs * 16 end, "That is where guest 1 begins. Add how far three instructions went: IP." },
    },
  },
  hints = {
    "CS is 0x4000; times 16 that is 0x40000. `disas @1` shows how long the three instructions are.",
    "3 + 2 + 2 bytes: IP is 7.",
  },
  check = function(m) return m[1].steps == 3 and m[1].stopped end,
  achieved = function(m) return string.format("CS %04x * 16 + IP %04x = %05x.", m[1].regs.cs, m[1].regs.ip, m[1].regs.cs * 16 + m[1].regs.ip) end,
  mistakes = {
    { function(m) return m.steps == 3 and m[1].steps == 0 end, "You stepped guest 0. The selector `@1` means guest 1: `step 3 @1`." },
  },
}

step {
  "Change its mind",
  machine = "fibonacci",
  points = 3,
  hints = { "`step 4`, `set cx=3`, `run`.", "If it ran away: `reset`, and again." },
  check = function(m) return m.state == "exited" and m:did("set") and m.console:find("0, 1, 1\n", 1, true) end,
  achieved = "0, 1, 1 and no more: it never knew.",
  mistakes = {
    { function(m) return m.state == "exited" and m:did("set") and m.console:find("377", 1, true) end,
      "All fifteen numbers: the guest wrote 15 over your CX. Set it after the fourth instruction. `reset`, `step 4`, `set cx=3`, `run`." },
    { function(m) return m.state == "exited" and m:did("set") and m.console:find("%d\n$") end,
      "That is not three numbers: CX is how many are still to come. `reset`, and again." },
    { function(m) return m.state == "exited" and not m:did("set") end, "It ran with CX as it was. `reset`, `step 4`, `set cx=3`, `run`." },
  },
}
