-- Views in Lua, good and bad. Used by tests/golden/lua_view.cmd.
cq.view{ name = "partitions", title = "Partitions", columns = { "key", "rows", "where", "left out" }, rows = function(sst)
	local next_part, state = sst:partitions()
	return function()
		local part = next_part(state)
		if not part then return nil end
		local rows, key, off = 0, part.key_text, part.off
		for _ in part:rows() do rows = rows + 1 end
		return { key, rows, off }
	end
end }
cq.view{ name = "odd", columns = { "a", "b" }, rows = function()
	return function(_, before)
		local n = (before and before[1] or 0) + 1
		return n <= 1200 and { n, n == 2 and "tab\tand \27[31m" or n == 3 and "äöü" or true } or nil
	end
end }
cq.view{ name = "bad-raise", columns = { "a" }, rows = function() error("on purpose") end }
cq.view{ name = "bad-row", columns = { "a" }, rows = function() return function() return 5 end end }
cq.view{ name = "bad-iterator", columns = { "a" }, rows = function() return 5 end }
cq.view{ name = "bad-endless", columns = { "a" }, rows = function() return function() while true do end end end }
local function refused(why, t)
	local good, said = pcall(cq.view, t)
	assert(not good and said:find(why, 1, true), tostring(said))
end
refused("name is missing", {})
refused("rows is missing", { name = "x" })
refused("columns has to be", { name = "x", rows = print })
refused("columns has to be", { name = "x", rows = print, columns = {} })
refused("there is a view odd already", { name = "odd", rows = print, columns = { "x" } })
