lab { title = "Scheduling and races", minutes = 20, machine = "1k-os", files = { "lock.S" } }

step {
  "Nobody may keep it",
  ask = {
    "While a process computes for ever: will the others still run? (yes or no)",
    run = { "1k-os", input = "spin\n0\n", seconds = 60 },
    answer = function(m) return m.console:find("It does: 3", 1, true) and "yes" or "no" end,
    mistakes = {
      { function(m, a) return a:lower() == "no" end, "The timer interrupts it, whether it wants or not: that is preemption." },
    },
  },
  hints = { "Who takes the processor away? Not the process itself.", "`answer yes`, `run`, `type spin`." },
  check = function(m) return m.console:find("It does: 3", 1, true) end,
  achieved = "It never gave up the processor; the tick took it away a hundred times a second.",
}

step {
  "A race",
  points = 2,
  ask = {
    "Without a lock, how much will 500 + 500 be?",
    points = 2,
    run = { "1k-os", input = "race\n0\n", seconds = 60 },
    answer = function(m) return tonumber(m.console:match("without a lock: 500 %+ 500 = (%d+)")) or -1 end,
    mistakes = {
      { function(m, a) return a == "1000" end, "1000 it should be. But each reads before the other has written." },
      { function(m, a) return a == "0" end, "Not that bad: of two additions that meet, one survives." },
    },
  },
  hints = { "They take turns exactly between reading and writing: of each pair of additions one is lost.", "`answer 500`, `type race`." },
  check = function(m) return m.console:find("with a lock: 500 + 500 = 1000, 0 lost", 1, true) end,
  achieved = "Half of the work was lost without a lock, nothing with one.",
}

local function atomic(m)
  local code = m.source:gsub("#[^\n]*", ""):lower()
  for _, word in ipairs { "xchg ", "xchg\t", "cmpxchg", "bts ", "bts\t", "xadd", "cli" } do
    -- the scheduler of the file has an XCHG and the end of the task a CLI of their own
    local from = code:find("\nlock:", 1, true) or 1
    local to = code:find("\ntask:", 1, true) or #code
    if code:sub(from, to):find(word, 1, true) then return true end
  end
  return false
end

step {
  "Your lock",
  points = 5,
  build = "lock.S",
  run = { "--irqchip user $build/lock.bin", seconds = 4 },
  hints = {
    "lock: put 1 into AX, xchg it with [held], and try again while you got a 1.",
    "lock: mov ax, 1; xchg ax, [held]; test ax, ax; jnz lock; ret. unlock: mov word ptr [held], 0; ret.",
  },
  check = function(m)
    local same, why = m:prints("100\n")
    if not same then return false, why end
    if m:u16(0x1002) ~= 0 then return false, "At the end the lock is still held." end
    return atomic(m) and m.state == "exited"
  end,
  achieved = "100: the timer still switches whenever it likes, and nothing is lost.",
  mistakes = {
    { function(m) return m.regs.flags & 0x200 == 0 and m.console == "" end,
      "Interrupts are off for ever: CLI without STI stops the timer, and with it the other task." },
    { function(m) return m.timed_out and m:u16(0x1002) ~= 0 end,
      "Both wait for ever: the lock is taken and never given back. Does `unlock` write 0 to [held]?" },
    { function(m) return m.console:find("^%d+\n") and m.console ~= "100\n" and m:u16(0x1002) == 0 and not atomic(m) end,
      "Additions were lost: both tasks were inside at the same time. To look at [held] and to take it must be one instruction, XCHG." },
    { function(m) return m.console == "100\n" and not atomic(m) end,
      "100, but by luck: between looking at [held] and taking it a switch can come. XCHG does both in one instruction." },
    { function(m) return m.console:find("^%d+\n") and m.console ~= "100\n" end,
      "Additions were lost: the lock lets both in. It must try again as long as it got a 1 back." },
  },
}
