lab { title = "Write your own device driver", minutes = 25, machine = "minimal", files = { "driver.S", "station.S" } }

-- What the device answered at port 612h, in order: what the guest should print is computed from these.
local function values(m)
  local list = {}
  for _, e in ipairs(m:trace("io-in", 0x612)) do list[#list + 1] = e.value & 0xFFFF end
  return list
end

local function degrees(v)
  if v >= 0x8000 then v = v - 0x10000 end
  local sign = v < 0 and "-" or ""
  v = v < 0 and -v or v
  return sign .. v // 10 .. "." .. v % 10
end

local function too_early(m)
  for _, v in ipairs(values(m)) do
    if v == 0x8000 then return true end
  end
  return false
end

-- Were the channels chosen 0, 1, 2, 3?
local function all_channels(m)
  local list = m:trace("io-out", 0x610)
  for i = 1, 4 do
    if not list[i] or list[i].value & 0xFF ~= i - 1 then return false end
  end
  return true
end

local early = { too_early, "You read port 612h before a value was ready (it gave 8000h, \"no value\"): wait for bit 1 of the status." }
local never = { function(m) return m:port(0x611, "out") == 0 end, "The station was never told to measure: write 1 to port 611h." }
local silent = { function(m) return m:port(0x612, "in") == 0 and not m.timed_out end, "The value was never read from port 612h." }
local endless = { function(m) return m.timed_out end, "It waits for ever: `ready` is bit 1 of the status (value 2), at port 611h." }

step {
  "Ask the device",
  ask = {
    "Reading port 612h without a measurement gives? (hexadecimal, as in 0x12)",
    run = { "minimal", commands = "poke 0 0xba 0x12 0x06 0xed 0xf4\nrun\nwait" }, -- mov dx, 0x612; in ax, dx; hlt
    answer = function(m) return m.regs.ax end,
    mistakes = {
      { function(m, a) return a == "0" end, "0 would be a fine temperature. The data sheet names a value that none can have." },
      { function(m, a) return a:lower() == "0xffff" end, "FFFF is what a port without a device gives. This one has one: see the last lines of its data sheet." },
    },
  },
  hints = { "The last line of the data sheet.", "8000h is written 0x8000." },
  check = function(m) return m:did("devices") end,
  achieved = "8000h: \"no value\". A good device says so; a good driver asks first.",
}

step {
  "Measure",
  points = 4,
  build = "driver.S",
  run = { "$build/driver.bin", seconds = 3 },
  hints = {
    "Channel: mov dx, 0x610; mov al, 0; out dx, al. Command: mov dx, 0x611; mov al, 1; out dx, al.",
    "After the waiting loop: mov dx, 0x612; in ax, dx. Keep it in BX: PUTNUM prints BX.",
  },
  check = function(m)
    local v = values(m)
    if #v == 0 then return false, "No value was read from port 612h." end
    if too_early(m) then return false, "8000h is no temperature." end
    local same, why = m:prints(v[#v] .. "\n")
    if not same then return false, why end
    return m.state == "exited" and m:port(0x611, "in") > 0
  end,
  achieved = function(m) return "The room has " .. degrees(values(m)[1]) .. " degrees: your driver works." end,
  mistakes = {
    never, early, endless, silent,
    { function(m) local v = values(m); return #v > 0 and m.console:find("^" .. (v[1] & 0xFF) .. "%s") and v[1] > 255 end,
      "Only the low byte was printed: the value is a word, `in ax, dx`, and all of BX is printed." },
  },
}

step {
  "All four",
  points = 5,
  build = "station.S",
  run = { "$build/station.bin", seconds = 3 },
  hints = {
    "test ax, ax; jns positive; then print '-' with PUTCHAR (keep AX on the stack) and neg ax.",
    "xor dx, dx; mov cx, 10; div cx: AX is the part before the point, DX the one behind.",
  },
  check = function(m)
    local v, want = values(m), {}
    if #v ~= 4 then return false, "Port 612h was read " .. #v .. " times, not once for each of the four channels." end
    if too_early(m) then return false, "8000h is no temperature." end
    if not all_channels(m) then return false, "The channels were not 0, 1, 2, 3, one after the other." end
    for i = 1, 4 do want[i] = (i - 1) .. ": " .. degrees(v[i]) end
    local same, why = m:prints(table.concat(want, "\n") .. "\n")
    if not same then return false, why end
    return m.state == "exited"
  end,
  achieved = "Four thermometers, signs and decimals: a driver that one could ship.",
  mistakes = {
    never, early, endless, silent,
    { function(m) return m.console:find("65%d%d", 1) or m.console:find("1: 6%d%d%d%.") end,
      "6000 degrees in the freezer: a negative value was printed as unsigned. Test the sign, print '-', NEG." },
    { function(m) return #values(m) == 4 and not all_channels(m) end,
      "All four are the room's, or not in order: the channel (port 610h) must be written before each command." },
    { function(m) return m.console:find("%d%.%-") end, "The remainder is negative: NEG the value before you divide." },
  },
}

step {
  "What polling costs",
  machine = "$build/station.bin",
  hints = { "`lab machine`, `run`, then `exits`: port 0x611, IN." },
  check = function(m) return m.state == "exited" and m:did("exits") and m:port(0x611, "in") > 0 end,
  achieved = function(m)
    local n = m:port(0x611, "in")
    return n .. " looks at the status for 4 values: " .. n - 4 .. " of them in vain."
  end,
  mistakes = {
    { function(m) return m:did("exits") and m.exits.total == 0 end, "The guest has not run yet: `run`, then `exits`." },
  },
}
