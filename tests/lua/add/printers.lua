-- Printers of custom types. Used by tests/golden/lua_printer.cmd.
cq.printer{ class = "org.example.tests.Good", text = function(bytes) return "it's " .. #bytes end,
	json = function(bytes) return { length = #bytes, all = { bytes:byte(1, -1) }, none = 0 / 0, ok = true } end }
cq.printer{ class = "org.example.tests.Text", text = function(bytes) return "<" .. #bytes .. ' "bytes">' end }
cq.printer{ class = "org.example.tests.Json", json = function(bytes) return #bytes end }
cq.printer{ class = "org.example.tests.Fails", text = function() error("on purpose") end, json = function() return { print } end }
cq.printer{ class = "org.example.tests.Loops", text = function() while true do end end }
cq.printer{ class = "org.example.tests.Long", text = function() return ("x"):rep(10 << 20) end }
cq.printer{ class = "org.example.tests.Deep", json = function() local t = {} t[1] = t return t end }
local function refused(why, t)
	local good, said = pcall(cq.printer, t)
	assert(not good and said:find(why, 1, true), tostring(said))
end
refused("class is missing", {})
refused("needs text or json", { class = "x" })
refused("already", { class = "org.example.tests.Good", text = print })
refused("has to be a function", { class = "x", text = 5 })
