-- Dropped, orphan and retyped columns whose data is still in the files.
--
--     cqlite lua [--schema FILE] orphans PATH... [-- gone=no] [format=table|csv|jsonl] [lenient=yes]
--
--     gone      yes: list columns without any cell, too (default no)
--     lenient   yes: read around damage, say what was skipped, exit code 1
--
-- Each SSTable keeps the columns that it was written with; the table's schema (a schema.cql beside it, or --schema FILE) says which there still are.
-- Data of dropped columns takes room until a compaction; that of orphans may come to life when a column of the name is added.
--
-- Output: column, type, finding, cells, bytes of their values, cells written after the drop, newest timestamp, SSTable. Findings: dropped (the schema
-- says when), orphan (the schema knows nothing of it), retyped (another SSTable of the folder has another type), unused (gone=yes: it is in
-- the schema and has no cell here). Exit code 1 when there are dropped, orphan or retyped ones; 3 when there is no schema to compare
-- with, then only retyped ones can be told.
local args, scan, results = require "args", require "scan", require "out"

local opt = args.parse({ { "gone", "bool", false }, { "format", results.formats, "table" }, { "lenient", "bool", false } }, ...)
local run = scan.new(opt)
local out, found = results.new(opt.format, { "column", "type", "finding", "cells", "bytes", "after_drop", "newest", "sstable" }), false
local folders, order = {}, {}

for sst, path in run:tables() do
	run:try(path, function()
		local columns, names, known = {}, {}, false
		for _, c in ipairs(cq.consume.columns(sst)) do
			if c.kind == "static_column" or c.kind == "regular_column" then
				columns[c.name] = { type = c.type, in_schema = c.in_schema, dropped_at = c.dropped_at, cells = 0, bytes = 0, after = 0,
					newest = math.mininteger }
				names[#names + 1] = c.name
			end
			known = known or c.in_schema ~= nil
		end
		for part in run:partitions(sst, path) do
			for row in part:unfiltereds() do
				for cell in row:cells() do
					local c, t = columns[cell.name], cell.timestamp
					c.cells = c.cells + 1
					c.bytes = c.bytes + cell.length
					c.newest = t > c.newest and t or c.newest
					if c.dropped_at and t > c.dropped_at then
						c.after = c.after + 1
					end
				end
			end
		end
		if not known then
			error("there is no schema to compare with (a schema.cql beside it, or --schema FILE)", 0)
		end
		local folder = path:match("^(.*)/[^/]*$") or "."
		if not folders[folder] then
			folders[folder] = { types = {} }
			order[#order + 1] = folder
		end
		table.insert(folders[folder], { name = sst.base, columns = columns, names = names })
	end)
end

for _, folder in ipairs(order) do
	local types = {}
	for _, t in ipairs(folders[folder]) do
		for name, c in pairs(t.columns) do
			types[name] = types[name] or c.type
			c.first = types[name]
		end
	end
	for _, t in ipairs(folders[folder]) do
		for _, name in ipairs(t.names) do
			local c = t.columns[name]
			local finding = c.dropped_at and not c.in_schema and "dropped" or not c.in_schema and "orphan" or c.first ~= c.type and "retyped"
				or c.dropped_at and c.after < c.cells and "dropped"
			if finding and (c.cells > 0 or opt.gone or finding == "retyped") then
				found = true
			elseif not finding and opt.gone and c.cells == 0 then
				finding = "unused"
			else
				finding = nil
			end
			if finding then
				out:row(name, c.type, finding, c.cells, c.bytes, c.dropped_at and c.after or nil, c.cells > 0 and cq.time(c.newest) or "", t.name)
			end
		end
	end
end
out:finish()
return run:code(found)
