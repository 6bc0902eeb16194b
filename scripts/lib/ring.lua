-- Several SSTables side by side in the order of their partitions, in memory for one partition each.
--
--     for key, holders in require("ring").walk(cursors) do ... end
local M = {}

-- Order of two {token, raw}: as the tables themselves are ordered.
function M.compare(a, b)
	local x, y = a.token, b.token
	if x ~= y then
		if type(x) == "string" and not x:find("%D") and not y:find("%D") and #x ~= #y then
			return #x < #y and -1 or 1                      -- RandomPartitioner: numbers of many digits
		end
		return x < y and -1 or 1
	end
	if a.raw ~= b.raw then
		return a.raw < b.raw and -1 or 1
	end
	return 0
end

-- What stands at the first partition of an SSTable; next() goes on, part is nil behind the last.
function M.cursor(partitions, name)
	local iterate, state = partitions[1], partitions[2]
	local c = { name = name }
	function c.next()
		c.part = iterate(state, c.part)
		if c.part then
			c.token, c.raw = c.part.token, c.part.raw_key
		end
	end
	c.next()
	return c
end

-- For every partition: its text, and the cursors that stand at it.
function M.walk(cursors)
	local at = {}
	return function()
		for _, c in ipairs(at) do
			c.next()
		end
		at = {}
		for _, c in ipairs(cursors) do
			if c.part then
				local order = at[1] and M.compare(c, at[1]) or -1
				if order < 0 then
					at = { c }
				elseif order == 0 then
					at[#at + 1] = c
				end
			end
		end
		if at[1] then
			return at[1].part.key_text, at
		end
	end
end

return M
