-- Outputs in Lua, good and bad. Used by tests/golden/lua_output.cmd.
local n, kept, kept_w
cq.output{ name = "count",
	begin = function(w) assert(w.base == nil and w.columns == nil) n = { partition = 0, row = 0, static = 0, marker = 0 } w:write("begin\n") end,
	table = function(w) w:write(w.base, " ", w.file, " ", #w.columns.partition, #w.columns.clustering, #w.columns.static, #w.columns.regular, "\n") end,
	partition = function(w, part) n.partition = n.partition + 1 kept = kept or part kept_w = w
		for _ in part:rows() do error("there is nothing to read on") end
	end,
	row = function(w, row) n[row.kind] = n[row.kind] + 1
		assert(row.partition.key_text)
		assert(not pcall(function() return kept.key end))
	end,
	finish = function(w)
		for _, kind in ipairs{ "partition", "static", "row", "marker" } do w:write(kind, " ", n[kind], "\n") end
	end }
cq.output{ name = "bad-begin", begin = function() error("begin: on purpose") end, row = function() end }
cq.output{ name = "bad-table", table = function() error("table: on purpose") end }
cq.output{ name = "bad-row", row = function(w) w:write("one row\n") error("row: on purpose") end, finish = function(w) w:write("not reached\n") end }
cq.output{ name = "bad-finish", row = function() end, finish = function() error("finish: on purpose") end }
cq.output{ name = "bad-loop", partition = function() while true do end end }
local copies = {}
cq.output{ name = "keep",
	row = function(w, row) copies[#copies + 1] = row:keep() end,
	table = function(w)
		for _, copy in ipairs(copies) do
			local good, why = pcall(function() return copy.off end)
			assert(not good and why:find("closed"))
		end
		w:write(#copies, " copies\n")
		copies = {}
	end }
local function refused(why, t)
	local good, said = pcall(cq.output, t)
	assert(not good and said:find(why, 1, true), tostring(said))
end
refused("name is missing", {})
refused("needs table", { name = "x" })
refused("already", { name = "count", row = print })
refused("already", { name = "json", row = print })
