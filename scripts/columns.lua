-- Where the bytes are: the size of every column.
--
--     cqlite lua columns PATH... [-- per=sstable|all] [format=table|csv|jsonl] [lenient=yes]
--
--     per       sstable (default): a block for each SSTable; all: one for all that were given
--     lenient   yes: read around damage, say what was skipped, exit code 1
--
-- Output: a line a column: kind, cells (of a collection its elements), tombstones among them, bytes of values (and of paths in collections), the
-- greatest value, mean value, part of all these bytes in percent. Keys count once a partition, clusterings once a row. Bytes are
-- those of the values, without lengths, flags and timestamps, before compression.
local args, scan, results = require "args", require "scan", require "out"

local opt = args.parse({ { "per", { "sstable", "all" }, "sstable" }, { "format", results.formats, "table" }, { "lenient", "bool", false } }, ...)
local run = scan.new(opt)
local groups = {}

local function group(sst)
	local name = opt.per == "all" and "(all)" or sst.base
	local path = opt.per == "all" and "" or sst.path
	if not groups[path] then
		groups[path] = { name = name, columns = {}, by_name = {} }
		groups[#groups + 1] = groups[path]
	end
	return groups[path]
end

local function column(g, name, kind)
	local id = kind .. "\0" .. name
	local c = g.by_name[id]
	if not c then
		c = { name = name, kind = kind, cells = 0, dead = 0, bytes = 0, most = 0 }
		g.by_name[id] = c
		g.columns[#g.columns + 1] = c
	end
	return c
end

local function add(c, n)
	c.cells = c.cells + 1
	c.bytes = c.bytes + n
	c.most = n > c.most and n or c.most
end

for sst, path in run:tables() do
	run:try(path, function()
		local g, keys, clusterings, others = group(sst), {}, {}, {}
		for _, c in ipairs(cq.consume.columns(sst)) do
			local entry = column(g, c.name, c.kind)
			if c.kind == "partition_key" then
				keys[#keys + 1] = entry
			elseif c.kind == "clustering_key" then
				clusterings[#clusterings + 1] = entry
			else
				others[c.name] = entry
			end
		end
		for part in run:partitions(sst, path) do
			for i, v in ipairs(cq.consume.partition_key(part)) do
				add(keys[i], #(v.raw or ""))
			end
			for row in part:unfiltereds() do
				if row.kind == "row" and clusterings[1] then
					for i, v in ipairs(cq.consume.clustering(row)) do
						add(clusterings[i], #(v.raw or ""))
					end
				end
				for cell in row:cells() do
					local c = others[cell.name]
					add(c, cell.length + #(cell.raw_path or ""))
					if cell.deleted then
						c.dead = c.dead + 1
					end
				end
			end
		end
	end)
end

local out = results.new(opt.format, { "sstable", "column", "kind", "cells", "tombstones", "bytes", "greatest", "mean", "percent" })
for _, g in ipairs(groups) do
	local all = 0
	for _, c in ipairs(g.columns) do
		all = all + c.bytes
	end
	table.sort(g.columns, function(a, b) return a.bytes > b.bytes or (a.bytes == b.bytes and a.name < b.name) end)
	for _, c in ipairs(g.columns) do
		out:row(g.name, c.name, (c.kind:gsub("_.*", "")), c.cells, c.dead, c.bytes, c.most,
			c.cells > 0 and tonumber(("%.1f"):format(c.bytes / c.cells)) or 0, all > 0 and tonumber(("%.1f"):format(100 * c.bytes / all)) or 0)
	end
end
out:finish()
return run:code()
