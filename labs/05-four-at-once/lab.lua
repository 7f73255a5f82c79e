lab { title = "Four at once", minutes = 15, machine = "hello counter multiplication fibonacci", files = { "trample.S" } }

local in_turn = "run @0\nwait @0\nrun @1\nwait @1"

step {
  "Four threads",
  ask = {
    "Which of the four (0 to 3) takes the most exits?",
    run = "hello counter multiplication fibonacci",
    answer = function(m)
      local most = 0
      for i = 1, m.vcpus - 1 do
        if m[i].exits.total > m[most].exits.total then most = i end
      end
      return most
    end,
    mistakes = {
      { function(m, a) return a == "4" end, "They are counted from 0: the fourth is 3." },
      { function(m, a) return a == "3" end, "Fifteen numbers are much. But a whole multiplication table, character by character?" },
    },
  },
  hints = { "The more it prints, the more exits. Which prints the most?" },
  check = function(m)
    for i = 0, m.vcpus - 1 do
      if m[i].state ~= "exited" then return false end
    end
    return true
  end,
  achieved = function(m) return "Four guests ran at once; " .. m[2].name .. " took the most exits: " .. m[2].exits.total .. "." end,
  mistakes = {
    { function(m) return m.state == "exited" and m[1].state == "created" and not m:did("run @1") end,
      "Only guest 0 ran: without a selector a command is for the guest in focus. `run @all`." },
  },
}

step {
  "One stops, one goes on",
  machine = "spin spin",
  hints = { "`lab machine`, then `run @all`, then `pause @1`." },
  check = function(m) return m.state == "running" and m[1].state == "paused" end,
  achieved = "Guest 1 stands still, guest 0 never noticed.",
  mistakes = {
    { function(m) return m.state == "paused" and m[1].state == "paused" end, "Both stand still. `run @0` lets the first go on." },
  },
}

step {
  "Walls",
  points = 3,
  build = "trample.S",
  run = { "$build/trample.bin counter", commands = in_turn },
  ask = {
    "Each in its own machine: how many of its ten digits will `counter` print?",
    run = "counter",
    answer = function(m) local _, n = m.console:gsub("%d", ""); return n end,
    mistakes = {
      { function(m, a) return a == "0" end, "That would be so in one memory for both. Here guest 1's memory is not mapped into guest 0's machine." },
    },
  },
  hints = { "0x40000 / 16.", "mov ax, 0x4000" },
  check = function(m)
    if m.exits.outside == 0 then return false, "Your guest never wrote outside its own memory." end
    local same, why = m[1]:prints("0123456789\n")
    if not same then return false, why end
    return m.state == "exited"
  end,
  achieved = "The write went nowhere: an exit, counted as outside its memory, and counter printed all its digits.",
  mistakes = {
    { function(m) return m.exits.outside == 0 and m:u8(0) == 0xF4 end,
      "ES is 0: you wrote over your own first byte. The segment is the address divided by 16." },
    { function(m) return m.exits["mmio-write"] == 0 and m:u8(0x4000) == 0xF4 end,
      "Segment 0x400 is address 0x4000, still your own memory: one zero more." },
    { function(m) return m.timed_out end, "Your guest does not halt." },
  },
}

step {
  "Without walls",
  points = 3,
  build = "trample.S",
  run = { "--share $build/trample.bin counter", commands = in_turn },
  ask = {
    "In one shared memory: how many digits will `counter` print?",
    run = { "--share $build/trample.bin counter", commands = in_turn },
    answer = function(m) local _, n = m[1].console:gsub("%d", ""); return n end,
    mistakes = {
      { function(m, a) return a == "10" end, "Its first instruction is HLT by then." },
      { function(m, a) return a == "1" end, "Not even one: the HLT stands where its very first instruction was." },
    },
  },
  hints = { "What is now at the place where `counter` starts?" },
  check = function(m)
    if m[1].console ~= "" then return false, "counter still printed: " .. m[1].console end
    return m:phys(0x40000, 1) == "\xF4" and m[1].state == "exited"
  end,
  achieved = "One byte, and the neighbour is silent. That is what the walls are for.",
  mistakes = {
    { function(m) return m:phys(0x40000, 1) ~= "\xF4" end, "At 0x40000 there is no F4: your guest wrote somewhere else." },
  },
}
