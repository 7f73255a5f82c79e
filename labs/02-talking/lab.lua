lab { title = "Talking to the host", minutes = 15, machine = "hello" }

step {
  "Count before you look",
  ask = {
    "How many exits will `hello` take, all in all?",
    points = 2,
    run = "hello",
    answer = function(m) return m.exits.total end,
    mistakes = {
      { function(m, a) return a == "11" end, "11 are the characters. The end of the line is an OUT too, and then the guest halts." },
      { function(m, a) return a == "12" end, "12 are the OUTs. One exit is missing: how does the guest end?" },
      { function(m, a) return a == "1" or a == "2" end, "Each OUT is an exit of its own: one for each character." },
    },
  },
  hints = { "Characters, end of line, HLT.", "11 + 1 + 1." },
  check = function(m) return m.state == "exited" end,
  achieved = function(m)
    return m.exits["io-out"] .. " times OUT and " .. m.exits.hlt .. " HLT: " .. m.exits.total .. " exits for one line of text."
  end,
}

step {
  "One exit at a time",
  ask = {
    "At the first exit: which code is in BL? (a number, or the character as in 'x')",
    run = { "hello", commands = "next" },
    answer = function(m) return m.regs.bl end,
    mistakes = {
      { function(m, a) return a == "1" end, "1 is the number of the call, in AL. The character is in BL." },
    },
  },
  hints = { "Which character does the text begin with?", "'H' is 72, or 0x48." },
  check = function(m) return m:did("next") and m.exits["io-out"] >= 1 and m.state == "paused" end,
  achieved = "One OUT, one exit, one character.",
  mistakes = {
    { function(m) return m.state == "exited" and not m:did("reset") end, "The guest is at its end: `reset` first, then `next`." },
    { function(m) return m.state == "exited" and m:did("run") end, "`run` let it go to its end. `reset`, then `next`." },
  },
}

step {
  "The other guest",
  machine = "counter",
  ask = {
    "How many OUTs to port 0x500 will `counter` do?",
    run = "counter",
    answer = function(m) return m:port(0x500, "out") end,
    mistakes = {
      { function(m, a) return a == "10" end, "10 digits, and then? The line is ended by a call of its own." },
      { function(m, a) return a == "12" end, "The HLT at the end is an exit, but not an OUT." },
    },
  },
  hints = { "Ten digits and the end of the line." },
  check = function(m) return m.state == "exited" and m:did("exits") end,
  achieved = "Counters tell what a guest did without reading its code.",
  mistakes = {
    { function(m) return m:did("exits") and m.exits.total == 0 end, "The counters are all 0: the guest has not run yet. `run`, then `exits`." },
  },
}

step {
  "Change what it says",
  machine = "hello",
  points = 3,
  hints = {
    "`find \"Hello\"` while the guest is not running; then `poke ADDRESS 'J'`.",
    "After a `reset` the old text is back: poke again, then `run`.",
  },
  check = function(m) return m.state == "exited" and m.console:find("Jello, KVM!", 1, true) end,
  achieved = "The guest printed what you wrote into its memory.",
  mistakes = {
    { function(m) return m.state == "exited" and not m:did("poke") end,
      "It said Hello: its memory was not changed. `reset`, `poke`, then `run`." },
    { function(m) return m.state == "exited" and m.console:find("jello", 1, true) end, "A small j: the letter must be a capital, 'J'." },
    { function(m) return m:did("poke") and m.state == "exited" and m.console:find("Hello, KVM!", 1, true) end,
      "The text is unchanged: the byte you wrote was not the H. `find \"Hello\"` tells its address." },
    { function(m) return m:did("poke") and (m.state == "failed" or m.state == "exited" and not m.console:find("ello, KVM!", 1, true)) end,
      "You changed an instruction, not the text: a number without 0x is decimal. `reset`, and `find \"Hello\"` again." },
  },
}
