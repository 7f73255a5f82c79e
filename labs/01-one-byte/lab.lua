lab { title = "A machine in one byte", minutes = 10, machine = "minimal" }

step {
  "Look before you run",
  hints = { "Type `disas` and press Enter. The bar is at the bottom of the screen." },
  check = function(m) return m:did("disas") end,
  achieved = "The whole program is one byte: F4, HLT.",
  mistakes = {
    { function(m) return m:did("run") end, "You ran it before you looked. No harm: type `disas` now." },
  },
}

step {
  "Count the exits",
  points = 1,
  ask = {
    "How many exits will `minimal` take from start to end?",
    points = 2,
    run = "minimal",
    answer = function(m) return m.exits.total end,
    mistakes = {
      { function(m, a) return a == "0" end, "Not 0: HLT itself leaves the guest. Nothing ends without an exit." },
      { function(m, a) return tonumber(a) and tonumber(a) > 1 end,
        "Fewer: there is one instruction, and the zeros behind it are never reached." },
    },
  },
  hints = { "The program has one instruction. Does that one leave the guest?", "Type `answer 1`, then `run`." },
  check = function(m) return m.state == "exited" and m.exits.hlt == 1 end,
  achieved = "One instruction, one exit: HLT with interrupts off ends the guest.",
  mistakes = {
    { function(m) return m.state == "paused" end, "It is paused, not at its end: `run` lets it go on." },
  },
}

step {
  "Once more, please",
  hints = { "First `reset`, then `run`.", "`reset` makes the state `created` again; only then `run` is possible." },
  check = function(m) return m:did("reset") and m:did("run") and m.state == "exited" end,
  achieved = "Reset gave the same machine again, and it did the same.",
  mistakes = {
    { function(m) return m:did("reset") and m.state == "created" end, "The machine is new again, but it does not run yet: `run`." },
  },
}

step {
  "A guest that never leaves",
  points = 2,
  ask = {
    "With EB FE at address 0: will it ever leave the guest by itself? (yes or no)",
    run = { "minimal", commands = "poke 0 0xEB 0xFE\nstep 1000" },
    answer = function(m) return m.exits.hlt > 0 and "yes" or "no" end,
    mistakes = {
      { function(m, a) return a:lower() == "yes" end, "What would make it leave? It never reaches an HLT, nor anything else but its own jump." },
    },
  },
  hints = {
    "`reset` also restores the memory, so `poke` comes after it.",
    "`reset`, `poke 0 0xEB 0xFE`, `run`, a look at the counters, `pause`.",
  },
  check = function(m)
    return m.state == "paused" and m:u16(0) == 0xFEEB and m.exits.hlt == 0 and m:did("run")
  end,
  achieved = "It runs for ever without an exit of its own; only a kick from outside stops it.",
  mistakes = {
    { function(m) return m.state == "exited" and m:u8(0) == 0xF4 end,
      "It ended: byte 0 is still F4, HLT. `reset`, then `poke 0 0xEB 0xFE`, then `run`." },
    { function(m) return m:did("poke") and m:u16(0) ~= 0xFEEB and m:u8(0) ~= 0xF4 end,
      "The bytes at address 0 are not EB FE: the jump must go back by its own two bytes." },
    { function(m) return m.state == "exited" and m:u8(0) ~= 0xF4 end,
      "It ended although there was no HLT at the start: look at the bytes with `disas 0`." },
  },
}
