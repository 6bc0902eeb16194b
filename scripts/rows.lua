-- Rows that meet a condition, as CSV, JSON lines or a table.
--
--     cqlite lua rows PATH... [-- where=CONDITION] [columns=a,b] [format=csv|jsonl|table] [limit=N] [lenient=yes]
--
--     where     a Lua expression in which the columns are variables: where='v > 5 and name:find("x")'. col["Odd name"] is a column whose
--               name is no Lua name; timestamp, ttl and file are the row's. Comparing a column that the row lacks is no error: the row
--               does not meet the condition. Default: every row.
--     columns   which, in this order (default: all of the SSTable). With several tables of different columns say which.
--     format    csv (default), jsonl, table
--     limit     at most so many rows (default 0: all)
--     lenient   yes: read around damage, say what was skipped, exit code 1
--
-- Output: a line a row, as each SSTable holds it: nothing is reconciled between SSTables. Rows that hold nothing but tombstones are left
-- out. Static columns come with every row of their partition.
local args, scan, results = require "args", require "scan", require "out"

local opt = args.parse({ { "where", "string" }, { "columns", "string" }, { "format", { "csv", "jsonl", "table" }, "csv" },
	{ "limit", "integer", 0, min = 0 }, { "lenient", "bool", false } }, ...)
local run = scan.new(opt)

local row, statics, known, path                         -- what the condition sees
local missing = {}

local function value(name)
	local kind = known[name]
	if kind == "static_column" then
		return statics[name]
	elseif kind then
		return row:value(name)
	end
end

local col = setmetatable({}, { __index = function(_, name) return value(name) end })
local tools = { math = math, string = string, utf8 = utf8, tostring = tostring, tonumber = tonumber, type = type, cq = cq, col = col }
local own = { timestamp = function() return row.timestamp end, ttl = function() return row.ttl end, file = function() return path end }

local meets
if opt.where then
	local env = setmetatable({}, { __index = function(_, name)
		if known[name] then
			return value(name)
		elseif own[name] then
			return own[name]()
		elseif tools[name] ~= nil then
			return tools[name]
		end
		missing[name] = true
	end, __newindex = function() error("a condition does not assign", 2) end })
	local f, msg = load("return " .. opt.where, "=where", "t", env)
	if not f then
		cq.usage("where: " .. msg)
	end
	meets = function()
		local ok, result = pcall(f)
		if ok then
			return result
		end
		result = tostring(result)
		-- nil < 5 and the like: a column that is not there.
		if result:find("nil value", 1, true) or result:find("with nil", 1, true) or result:find("nil with", 1, true) then
			return false
		end
		error(result, 0)
	end
end

local function has_data()
	if row.timestamp then
		return true
	end
	for cell in row:cells() do
		if not cell.deleted then
			return true
		end
	end
	return false
end

local names, out, count = args.list(opt.columns), nil, 0
if names then
	out = results.new(opt.format, names)
end

for sst, file in run:tables() do
	path = file
	local full = false
	run:try(file, function()
		known = {}
		local all = {}
		for _, c in ipairs(cq.consume.columns(sst)) do
			known[c.name] = c.kind
			all[#all + 1] = c.name
		end
		if not names then
			names = all
			out = results.new(opt.format, names)
		end
		for part in run:partitions(sst, file) do
			local static = part:static()
			statics = {}
			if static then
				for name, kind in pairs(known) do
					if kind == "static_column" then
						statics[name] = static:value(name)
					end
				end
			end
			for r in part:rows() do
				row = r
				if has_data() and (not meets or meets()) then
					local fields = {}
					for i, name in ipairs(names) do
						fields[i] = value(name)
					end
					out:row(table.unpack(fields, 1, #names))
					count = count + 1
					if count == opt.limit then
						full = true
						return
					end
				end
			end
		end
	end)
	if full then
		break
	end
end
if out then
	out:finish()
end
for name in pairs(missing) do
	cq.warn(("where: no column of these SSTables is named %s"):format(name))
end
return run:code(next(missing) ~= nil)
