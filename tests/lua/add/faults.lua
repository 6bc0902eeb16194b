-- Faults in Lua, good and bad. Used by tests/golden/lua_fault.cmd.
local kept, kept_target
cq.fault{ id = "lua-late", family = "scripts", summary = "a row was written later than Statistics.db knows", rules = "stats-ts",
	apply = function(inject)
		local seen = 0
		local target, why = inject:pick{ component = "Data.db", field = "ROW_TIMESTAMP", what = "row with a timestamp",
			fits = function(t) seen = seen + 1 local _, hi = t:range() return hi > 1700000001000000 end }
		if not target then return false, why end
		assert(seen > 0 and target.field == "ROW_TIMESTAMP" and target.path:find("^Data.db/") and target.len > 0)
		assert(target:above("PARTITION").field == "PARTITION" and target:above("CHUNK_CRC") == nil)
		assert(target:above("PARTITION"):below("KEY").field == "KEY")
		assert(#inject:read("Data.db", target.off, target.len) == target.len and inject:size("Data.db") > target.off)
		assert(inject:random(5) < 5)
		kept, kept_target = inject, target
		local _, hi = target:range()
		inject:set_number(target, hi)
		inject:say("a row was written in the year " .. 1970 + hi // 31556952000000)
	end }
cq.fault{ id = "lua-bytes", summary = "the table of contents has another word", rules = "toc-set", checksums = "keep", severity = "warning",
	apply = function(inject)
		assert(not pcall(inject.size, kept, "Data.db") or kept == nil)
		local text = inject:read("TOC.txt", 0, inject:size("TOC.txt"))
		local at = assert(text:find("Data.db", 1, true))
		inject:replace("TOC.txt", at - 1, 7, "Dada.db")
		inject:expect{ rules = "toc-set", component = "TOC.txt", off = at - 1, severity = "warning" }
	end }
local function bad(id, apply)
	cq.fault{ id = id, summary = "misbehaves", apply = apply }
end
bad("bad-raise", function() error("on purpose") end)
bad("bad-nothing", function() return false, "not today" end)
bad("bad-unchanged", function() end)
bad("bad-field", function(inject) inject:pick{ component = "Data.db", field = "NOWHERE" } end)
bad("bad-component", function(inject) inject:size("Nope.db") end)
bad("bad-fits", function(inject) inject:pick{ component = "Data.db", field = "ROW_TIMESTAMP", fits = function() error("fits: on purpose") end } end)
bad("bad-beyond", function(inject) inject:replace("Data.db", 1 << 40, 1, "x") end)
bad("bad-read", function(inject) inject:read("Data.db", 0, 1 << 20) end)
bad("bad-number", function(inject) inject:set_number(inject:pick{ component = "Data.db", field = "KEY" }, 1) end)
bad("bad-loop", function() while true do end end)
bad("bad-old", function(inject)
	assert(not pcall(kept.say, kept, "x") and not pcall(function() return kept_target.off end))
	inject:set_number(kept_target, 1)
end)
local function refused(why, t)
	local good, said = pcall(cq.fault, t)
	assert(not good and said:find(why, 1, true), tostring(said))
end
refused("id is missing", {})
refused("summary is missing", { id = "x" })
refused("apply is missing", { id = "x", summary = "x" })
refused("there is a fault row-timestamp already", { id = "row-timestamp", summary = "x", apply = print })
refused("checksums has to be one of keep, fix", { id = "x", summary = "x", apply = print, checksums = "perhaps" })
