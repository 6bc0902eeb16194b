-- Tab separated values: cqlite --lua scripts/outputs/tsv.lua dump --format tsv PATH
--
-- A line for every row, and for every static row: key columns, clustering columns, then the others, by the names in the first
-- line. Tabs, line ends and backslashes in values are written \t, \n and \\; what is not there is empty. Markers of range
-- tombstones have no columns and are left out.

local escapes = { ["\t"] = "\\t", ["\n"] = "\\n", ["\r"] = "\\r", ["\\"] = "\\\\" }

local function text(value)
	if value == nil then return "" end
	return (tostring(value):gsub("[\t\n\r\\]", escapes))
end

local columns

cq.output{
	name = "tsv",
	table = function(w)
		columns = {}
		for _, kind in ipairs{ "partition", "clustering", "static", "regular" } do
			table.move(w.columns[kind], 1, #w.columns[kind], #columns + 1, columns)
		end
		w:write(table.concat(columns, "\t"), "\n")
	end,
	row = function(w, row)
		if row.kind == "marker" then return end
		local line = {}
		for i, name in ipairs(columns) do line[i] = text(row:value(name)) end
		w:write(table.concat(line, "\t"), "\n")
	end,
}
