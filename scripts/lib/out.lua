-- Rows of results as an aligned table, CSV or JSON lines.
--
--     local out = require("out").new(opt.format, { "key", "bytes" })
--     out:row("a", 5)
--     out:finish()
--
-- CSV and JSON lines go out at once; a table is held until finish(), which knows its widths, so use it for results that are few.
local M = { formats = { "table", "csv", "jsonl" } }
local out = {}
out.__index = out

function M.new(format, names)
	local self = setmetatable({ format = format, names = names, rows = {}, n = 0 }, out)
	if format == "csv" then
		cq.write(cq.csv(table.unpack(names)), "\n")
	end
	return self
end

function out:row(...)
	self.n = self.n + 1
	if self.format == "csv" then
		cq.write(cq.csv(...), "\n")
	elseif self.format == "jsonl" then
		local fields = {}
		for i, name in ipairs(self.names) do
			fields[i] = cq.json(name) .. ": " .. cq.json((select(i, ...)))
		end
		cq.write("{", table.concat(fields, ", "), "}\n")
	else
		self.rows[self.n] = table.pack(...)
	end
end

local function plain(v)
	return (tostring(v == nil and "" or v):gsub("[%c\127]", "?"))
end

function out:finish()
	if self.format ~= "table" then
		return
	end
	local widths, right, lines = {}, {}, {}
	for i, name in ipairs(self.names) do
		widths[i], right[i] = #name, self.n > 0
	end
	for r, row in ipairs(self.rows) do
		lines[r] = {}
		for i in ipairs(self.names) do
			right[i] = right[i] and type(row[i]) == "number"
			lines[r][i] = plain(row[i])
			widths[i] = math.max(widths[i], utf8.len(lines[r][i]) or #lines[r][i])
		end
	end
	local function line(cells)
		local text = {}
		for i, cell in ipairs(cells) do
			local pad = (" "):rep(widths[i] - (utf8.len(cell) or #cell))
			text[i] = right[i] and pad .. cell or cell .. pad
		end
		cq.write((table.concat(text, "  "):gsub(" +$", "")), "\n")
	end
	line(self.names)
	for _, cells in ipairs(lines) do
		line(cells)
	end
end

return M
