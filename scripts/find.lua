-- Find a value anywhere: in keys, clusterings, cells, collections, by text or bytes.
--
--     cqlite lua find PATH... -- value=TEXT [how=equals|contains|bytes] [in=all|keys|clusterings|cells] [limit=N] [format=table|csv|jsonl]
--                             [lenient=yes]
--
--     value     what to look for, as cqlite prints it (a number, a text, a uuid, a date ...); with how=bytes hexadecimal digits
--     how       equals (default; elements of collections, tuples and user-defined types count), contains (text within the text), bytes
--               (bytes within the bytes as stored)
--     in        where to look (default all)
--     limit     at most so many hits (default 1000)
--     lenient   yes: read around damage, say what was skipped, exit code 1
--
-- Output: where (key, clustering, cell, path), column, key and clustering of the row, value, SSTable, offset in Data.db. Exit code 0 with or without
-- hits.
local args, scan, results = require "args", require "scan", require "out"

local opt = args.parse({ { "value", "string", required = true }, { "how", { "equals", "contains", "bytes" }, "equals" },
	{ "in", { "all", "keys", "clusterings", "cells" }, "all" }, { "limit", "integer", 1000, min = 1 },
	{ "format", { "csv", "jsonl", "table" }, "csv" }, { "lenient", "bool", false } }, ...)
local run = scan.new(opt)
local needle = opt.value
if opt.how == "bytes" then
	local ok, bytes = pcall(cq.bytes.unhex, opt.value)
	if not ok or #bytes == 0 then
		cq.usage(("value=%s: hexadecimal digits, two a byte"):format(opt.value))
	end
	needle = bytes
end

-- Any element of it that is the needle? Values are nested at most as deep as types are.
local function holds(v)
	local kind = type(v)
	if kind == "nil" then
		return false
	elseif kind == "table" then
		for i = 1, v.n or #v do
			if holds(v[i]) then
				return true
			end
		end
		return false
	end
	if tostring(v) == needle then
		return true
	end
	local meta = kind == "userdata" and tostring(v):sub(1, 1)
	if meta == "{" then                                     -- cq.map, cq.udt
		for key, element in pairs(v) do
			if holds(key) or holds(element) then
				return true
			end
		end
	end
	return false
end

local function hit(typed)
	if not typed then
		return false
	elseif opt.how == "bytes" then
		return (typed.raw or ""):find(needle, 1, true) ~= nil
	elseif opt.how == "contains" then
		return typed.text:find(needle, 1, true) ~= nil
	end
	return typed.raw ~= nil and (typed.text == needle or holds(typed.decoded))
end

local out, count = results.new(opt.format, { "where", "column", "key", "clustering", "value", "sstable", "offset" }), 0
local stop = {}                                          -- what is raised when there are enough
local look = { keys = opt["in"] == "all" or opt["in"] == "keys", clusterings = opt["in"] == "all" or opt["in"] == "clusterings",
	cells = opt["in"] == "all" or opt["in"] == "cells" }

local function found(where, column, part, row, typed, sst, off)
	out:row(where, column, part.key_text, row and scan.clustering_text(row) or "", typed.text, sst.base, off)
	count = count + 1
	if count >= opt.limit then
		error(stop, 0)
	end
end

local function search(sst, path)
	local names = { partition_key = {}, clustering_key = {} }
	for _, c in ipairs(cq.consume.columns(sst)) do
		if names[c.kind] then
			table.insert(names[c.kind], c.name)
		end
	end
	for part in run:partitions(sst, path) do
		if look.keys then
			for i, v in ipairs(cq.consume.partition_key(part)) do
				if hit(v) then
					found("key", names.partition_key[i] or "", part, nil, v, sst, part.off)
				end
			end
		end
		for row in part:unfiltereds() do
			if look.clusterings then
				for i, v in ipairs(cq.consume.clustering(row)) do
					if hit(v) then
						found("clustering", names.clustering_key[i] or "", part, row, v, sst, row.off)
					end
				end
			end
			if look.cells then
				for cell in row:cells() do
					local v = cq.consume.cell(cell)
					if hit(v) then
						found("cell", cell.name, part, row, v, sst, cell.off)
					end
					local path_value = cq.consume.path(cell)
					if hit(path_value) then
						found("path", cell.name, part, row, path_value, sst, cell.off)
					end
				end
			end
		end
	end
end

for sst, path in run:tables() do
	local full = false
	run:try(path, function()
		local ok, msg = pcall(search, sst, path)
		full = msg == stop
		if not ok and not full then
			error(msg, 0)
		end
	end)
	if full then
		cq.warn(("stopped after %d hits (limit=N shows more)"):format(count))
		break
	end
end
out:finish()
return run:code()
