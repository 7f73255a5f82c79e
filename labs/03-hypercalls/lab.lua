lab { title = "Hypercalls", minutes = 20, machine = "fibonacci", files = { "ok.S", "sum.S" } }

step {
  "Catch one",
  ask = {
    "Which number is in AL at the first OUT of `fibonacci`?",
    run = { "fibonacci", commands = "next" },
    answer = function(m)
      for _, e in ipairs(m:trace()) do
        if e.kind == "hypercall" then return e.number end
      end
    end,
    mistakes = {
      { function(m, a) return a == "1" end, "1 is PUTCHAR. It prints a number, 0, not the character '0'." },
      { function(m, a) return a == "0" end, "0 is what it prints. The question is the number of the call." },
    },
  },
  hints = { "Which call prints a number? See the list above." },
  check = function(m) return m.exits["io-out"] >= 1 and m:did("trace") end,
  achieved = "Number in AL, argument in BX, OUT: the VMM did the rest.",
  mistakes = {
    { function(m) return m:did("trace") and m.exits.total == 0 end, "The trace is empty: the guest has not run yet. `next` first." },
  },
}

step {
  "Say OK",
  points = 3,
  build = "ok.S",
  run = "$build/ok.bin",
  hints = {
    "Three calls: PUTCHAR with 'O', PUTCHAR with 'K', NEWLINE. Then hlt.",
    "Each call needs AL again: the result of the last call is in AX.",
    "mov bl, 'O'; mov al, 1; out dx, al -- the same with 'K' -- then mov al, 3; out dx, al; hlt.",
  },
  check = function(m)
    local same, why = m:prints("OK\n")
    if not same then return false, why end
    if m.state ~= "exited" then return false, "It printed OK, but it did not halt." end
    return true
  end,
  achieved = "Your guest talks. OK took it one exit for each call.",
  mistakes = {
    { function(m) return m.exits["io-out"] > 0 and m:port(0x500, "out") == 0 end,
      "You write to another port: DX must hold 0x500 when OUT runs." },
    { function(m) return m.notice:find("hypercall", 1, true) and m.console == "" end,
      "The number of the call is wrong: AL holds the number (1 for PUTCHAR), BL the character." },
    { function(m) return m.exits["io-out"] > 0 and m.console:find("^O[^K]") end,
      "The second character is wrong: set BL again before the second call, and AL too: the first call's result is in AX." },
    { function(m) return m.timed_out end, "It never halts: a guest without HLT runs on into whatever comes behind it." },
    { function(m) return m.exits["io-out"] == 0 and m.state == "exited" end, "It halts before the first OUT: no call was made." },
  },
}

step {
  "Add it up",
  points = 4,
  build = "sum.S",
  run = "$build/sum.bin",
  hints = {
    "Start with bx = 0 and cx = 100; add cx to bx, count cx down to 0.",
    "PUTNUM prints BX. Then NEWLINE. Then bx = 7, al = 0 (EXIT), out.",
  },
  check = function(m)
    local same, why = m:prints("5050\n")
    if not same then return false, why end
    if m.status ~= 7 then return false, "The exit status is " .. m.status .. ", not 7." end
    return m.state == "exited"
  end,
  achieved = "5050, and the status 7 went out to whoever started the machine.",
  mistakes = {
    { function(m) return m.console:find("4950", 1, true) end, "4950 is 1 to 99: your loop stops one number too early." },
    { function(m) return m.console:find("^186") end, "186 is what remains of 5050 in eight bits: add in BX, not in BL." },
    { function(m) return m.console:find("5050", 1, true) and m.exits.hlt > 0 end,
      "The sum is right, but it ended with HLT: use the call EXIT (AL = 0) with BX = 7." },
    { function(m) return m.timed_out end, "It never ends: does the loop count down, and does it stop at zero?" },
  },
}

step {
  "Count your own exits",
  machine = "$build/sum.bin",
  ask = {
    "How many exits does your `sum.S` take?",
    run = "$build/sum.bin",
    answer = function(m) return m.exits.total end,
    mistakes = {
      { function(m, a) return tonumber(a) and tonumber(a) >= 100 end, "The loop only computes: it never leaves the guest. Count the OUTs." },
    },
  },
  hints = { "One for each OUT, and EXIT is an OUT too." },
  check = function(m) return m.state == "exited" and m.exits.total > 0 end,
  achieved = function(m) return "A hundred rounds of the loop, and only " .. m.exits.total .. " exits: computing is free, talking is not." end,
}
