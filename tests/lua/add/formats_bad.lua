-- Formats that misbehave, one a kind of file. Used by tests/golden/lua_format.cmd.
local function format(name, field)
	cq.format{ name = name, about = "misbehaves", files = { name }, structure = { { name = "first", kind = "u8" }, field } }
end
format("raise-length", { name = "x", kind = "bytes", length = function() error("on purpose") end })
format("nil-length", { name = "x", kind = "bytes", length = function() end })
format("no-name", { name = "x", kind = "bytes", length = "nowhere" })
format("negative", { name = "x", kind = "bytes", length = function() return -1 end })
format("endless", { name = "x", kind = "u8", when = function() while true do end end })
format("huge", { name = "x", kind = "bytes", length = function() return 1 << 62 end })
format("no-bytes", { name = "x", count = 1000000000, group = { { name = "y", kind = "u8", when = function() return false end } } })
format("many", { name = "x", count = 1 << 62, kind = "u8" })
format("many-lazy", { name = "x", count = 1 << 62, kind = "u8", list = "xs" })
format("memory", { name = "x", kind = "u8", check = function() local s = "x" while true do s = s .. s end end })
format("check", { name = "x", kind = "u8", check = function(v) return "something else" end })
format("probe-ok", { name = "x", kind = "u8" })
cq.format{ name = "probe", about = "misbehaves", files = { "probe*" }, probe = function() error("probe: on purpose") end,
	structure = { { name = "x", kind = "u8" } } }
-- What is no format.
local function refused(why, t)
	local good, said = pcall(cq.format, t)
	assert(not good and said:find(why, 1, true), why .. ": " .. tostring(said))
end
local n = 0
local function bad(why, field)
	n = n + 1
	refused(why, { name = "n" .. n, about = "x", files = { "x" }, structure = { field } })
end
refused("table expected", nil)
refused("name is missing", {})
refused("about is missing", { name = "x" })
refused("there is a format many already", { name = "many", about = "x" })
refused("files has to be", { name = "x", about = "x", files = {} })
refused("files has to be", { name = "x", about = "x", files = { 1 } })
refused("has to be a list of fields", { name = "x", about = "x", files = { "x" } })
refused("has to be a list of fields", { name = "x", about = "x", files = { "x" }, structure = {} })
refused("is no table", { name = "x", about = "x", files = { "x" }, structure = { 5 } })
bad("without a name", { kind = "u8" })
bad("has no kind", { name = "x" })
bad("kind has to be one of u8", { name = "x", kind = "u128" })
bad("no option widht", { name = "x", kind = "u8", widht = 1 })
bad("bytes and text need one", { name = "x", kind = "bytes" })
bad("bytes and text need one", { name = "x", kind = "u8", length = 5 })
bad("a group has none", { name = "x", group = { { name = "y", kind = "u8" } }, note = function() end })
bad("no list", { name = "x", kind = "u8", list = "xs" })
bad("no field NOWHERE", { name = "x", kind = "u8", field = "NOWHERE" })
bad("as has to be", { name = "x", kind = "u8", as = "colour" })
bad("has to be a number, the name", { name = "x", kind = "bytes", length = -1 })
local deep = { { name = "x", kind = "u8" } }
for _ = 1, 40 do deep = { { name = "g", group = deep } } end
bad("deep", deep[1])
local wide = {}
for i = 1, 2000 do wide[i] = { name = "x" .. i, kind = "u8" } end
refused("more than 1024 fields", { name = "wide", about = "x", files = { "x" }, structure = wide })
local loop = {}
loop[1] = { name = "again", group = loop }
refused("deep", { name = "loop", about = "x", files = { "x" }, structure = loop })
