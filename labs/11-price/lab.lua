lab { title = "The price of an exit", minutes = 25, machine = "spin", files = { "prices.txt", "batch.S", "eoi.S" } }

-- "hello 13" -> the word after the name, or nil.
local function entry(m, name)
  for line in m.source:gmatch("[^\n]+") do
    local word = #line < 200 and line:match("^" .. name .. " +(%S+)")
    if word then return word end
  end
end

local counted = { "hello", "multiplication", "primes" }

local function wrong_count(m)
  for i, name in ipairs(counted) do
    local got, want = entry(m, name), m[i - 1].exits.total
    if not got then return name .. " is missing from the table." end
    if got == "?" then return name .. ": still a question mark." end
    if tonumber(got) ~= want then return name .. ": expected the number of all its exits without the kicks, got " .. got .. "." end
  end
end

local function price(m, name)
  return tonumber(entry(m, name) or "")
end

step {
  "What is free",
  ask = {
    "How many times will `spin` say OUT, however long it runs?",
    run = { "spin", commands = "step 100000" },
    answer = function(m) return m.exits["io-out"] end,
    mistakes = {
      { function(m, a) return tonumber(a) and tonumber(a) > 0 end, "It only multiplies and adds. What would it need the VMM for?" },
    },
  },
  hints = { "Computing needs no help.", "`answer 0`, `run`, `pause`, `exits`." },
  check = function(m) return m.state == "paused" and m:did("exits") and m:was("running") end,
  achieved = "Millions of instructions, and no exit but the kick that stopped it.",
  mistakes = {
    { function(m) return m:did("exits") and m.state == "created" end, "It has not run yet: `run`, `pause`, `exits`." },
  },
}

step {
  "A table of prices",
  points = 4,
  machine = "--engine soft primes",
  build = "prices.txt",
  run = "hello multiplication primes",
  hints = {
    "`vmlab --headless hello` prints a summary with the exits when it ends.",
    "The time: `lab machine`, `run`, `exits`, the line that begins with `time:`. Its last number is nanoseconds an exit.",
  },
  check = function(m)
    local why = wrong_count(m)
    if why then return false, why end
    local soft, kvm = price(m, "soft"), entry(m, "kvm")
    if not soft or soft <= 0 or soft > 1e8 then return false, "soft: expected nanoseconds an exit, a number above 0." end
    if kvm ~= "-" and not (price(m, "kvm") and price(m, "kvm") > 0 and price(m, "kvm") < 1e8) then
      return false, "kvm: expected nanoseconds an exit, or - if this host has no KVM."
    end
    return true
  end,
  achieved = function(m)
    local soft, kvm = price(m, "soft"), price(m, "kvm")
    if not kvm then return "An exit costs about " .. soft .. " ns here; an instruction less than 10." end
    return string.format("An exit costs %g ns on soft and %g ns on KVM.", soft, kvm)
  end,
  mistakes = {
    { function(m) return price(m, "hello") == m.exits["io-out"] end, "hello: those are its OUTs. HLT is an exit too." },
    { function(m) return price(m, "multiplication") == 72 end, "multiplication: 72 are the results. Each character of them is an exit." },
    { function(m) local s = price(m, "soft"); return s and s > 0 and s < 1 end,
      "soft: less than a nanosecond? `exits` says ns; did you write milliseconds or seconds?" },
  },
}

step {
  "Fewer, larger",
  points = 3,
  build = "batch.S",
  run = "$build/batch.bin",
  hints = { "PUTNUM (4) prints all of BX in one exit.", "Three PUTNUM, two PUTCHAR for the spaces, NEWLINE, HLT." },
  check = function(m)
    local same, why = m:prints("10000 20000 30000\n")
    if not same then return false, why end
    if m.exits.total > 7 then return false, "The line is right, but it took " .. m.exits.total .. " exits; 7 are enough." end
    return m.state == "exited"
  end,
  achieved = "19 exits became 7, and the line is the same: batching.",
  mistakes = {
    { function(m) return m.console:find("^1000020000") end, "The spaces between the numbers are gone: they are two exits well spent." },
    { function(m) return m.exits.total == 19 end, "19 exits: still a call for each character. One PUTNUM prints a whole number." },
    { function(m) return m.console:find("^16 ") or m.console:find("^39 ") end, "PUTNUM prints all of BX: load the whole number, not a byte of it." },
  },
}

step {
  "Interrupts without thanks",
  points = 4,
  build = "eoi.S",
  run = { "--irqchip user $build/eoi.bin", seconds = 5 },
  hints = {
    "mov al, 0x11; out 0x20, al; mov al, 8; out 0x21, al; mov al, 4; out 0x21, al; mov al, 3; out 0x21, al.",
    "The mask (0xFE to port 0x21) comes after ICW4. Then remove the EOI from `tick`.",
  },
  check = function(m)
    local same, why = m:prints("20\n")
    if not same then return false, why end
    if m:port(0x20, "out") > 1 then return false, "It still writes to port 0x20 " .. m:port(0x20, "out") .. " times." end
    return m.state == "exited"
  end,
  achieved = function(m) return "Twenty ticks, no EOI: " .. m.exits.total .. " exits are left." end,
  mistakes = {
    { function(m) return m:port(0x20, "out") == 0 and m:vector(8) == 1 end,
      "Without the EOI only one tick came: the PIC is not in automatic EOI mode (ICW4, bit 1)." },
    { function(m) return m:port(0x20, "out") == 1 and m:vector(8) == 1 end,
      "The PIC was initialised, but it still waits for an EOI: bit 1 of ICW4 (the fourth byte) must be 1." },
    { function(m) return m:port(0x20, "out") >= 20 end, "The handler still sends an EOI for each tick: take it out." },
    { function(m) return m:port(0x20, "out") == 1 and m:vector(8) == 0 end,
      "No tick came. After ICW4 the mask must be written again; and ICW2 must be 8." },
  },
}
