-- All that a data directory holds of one UUID: a person's id, say, in any table, in keys, clusterings, cells and collections.
--
--     cqlite lua uuid DATA-DIRECTORY... -- id=UUID [text=no] [format=jsonl|csv|table] [lenient=yes]
--
--     id        the UUID, 8-4-4-4-12
--     text      no: only its 16 bytes count, not its text in text columns (default yes: both)
--     lenient   yes: read around damage, say what was skipped, exit code 1
--
-- Output: a line a row or partition in which it occurs: table, SSTable, where (key, clustering, cell, path, with the column), key, clustering, the row's
-- columns as JSON ("columns"; empty for a partition's key, whose rows are not listed one by one). The counts by table go to standard error.
local args, scan, results = require "args", require "scan", require "out"

local opt = args.parse({ { "id", "string", required = true }, { "text", "bool", true }, { "format", { "jsonl", "csv", "table" }, "jsonl" },
	{ "lenient", "bool", false } }, ...)
local hex = opt.id:lower():gsub("-", "")
if #hex ~= 32 or hex:find("%X") or not opt.id:find("^%x+%-%x+%-%x+%-%x+%-%x+$") then
	cq.usage(("id=%s: a UUID is 8-4-4-4-12 hexadecimal digits"):format(opt.id))
end
local run = scan.new(opt)
local bytes, text = cq.bytes.unhex(hex), opt.text and opt.id:lower() or nil
local out = results.new(opt.format, { "table", "sstable", "where", "key", "clustering", "columns" })
local counts, order = {}, {}

local function holds(raw)
	return raw and (raw:find(bytes, 1, true) or (text and #raw >= 36 and raw:lower():find(text, 1, true))) and true or false
end

local function columns_of(row)
	local names, fields = {}, {}
	for cell in row:cells() do
		local name = cell.name
		if not fields[name] then
			names[#names + 1] = name
			fields[name] = cq.json(name) .. ": " .. cq.json(row:value(name))
		end
	end
	for i, name in ipairs(names) do
		names[i] = fields[name]
	end
	return "{" .. table.concat(names, ", ") .. "}"
end

local function found(sst, where, part, row)
	local name = scan.table_name(sst)
	if not counts[name] then
		counts[name] = 0
		order[#order + 1] = name
	end
	counts[name] = counts[name] + 1
	out:row(name, sst.base, where, part.key_text, row and scan.clustering_text(row) or "", row and columns_of(row) or "")
end

local function where_in(row)
	if holds(table.concat(require("clustering").raw(row), "\0")) then
		return "clustering"
	end
	for cell in row:cells() do
		if holds(cell.raw) then
			return "cell " .. cell.name
		elseif holds(cell.raw_path) then
			return "path " .. cell.name
		end
	end
end

run:each(function(part, sst)
	if holds(part.raw_key) then
		found(sst, "key", part)
		return
	end
	for row in part:unfiltereds() do
		local where = where_in(row)
		if where then
			found(sst, where, part, row)
		end
	end
end)
out:finish()
for _, name in ipairs(order) do
	cq.warn(("%s: %d"):format(name, counts[name]))
end
if not order[1] then
	cq.warn(("%s occurs in none of %d SSTables"):format(opt.id, run.read))
end
return run:code()
