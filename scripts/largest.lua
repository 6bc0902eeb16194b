-- The largest partitions, by bytes, rows, cells or tombstones.
--
--     cqlite lua largest PATH... [-- by=bytes|rows|cells|tombstones] [top=N] [format=table|csv|jsonl] [lenient=yes]
--
--     by        what to order by (default bytes)
--     top       how many (default 20)
--     lenient   yes: read around damage, say what was skipped, exit code 1
--
-- Output: a line a partition, the largest first: key, bytes of Data.db (decompressed), rows (static ones too), cells, tombstones (of cells,
-- rows, collections, the partition, ranges that begin), SSTable. The parts of one partition in several SSTables are lines of their own.
local args, scan, results, heaps = require "args", require "scan", require "out", require "heap"

local opt = args.parse({ { "by", { "bytes", "rows", "cells", "tombstones" }, "bytes" }, { "top", "integer", 20, min = 1, max = 100000 },
	{ "format", results.formats, "table" }, { "lenient", "bool", false } }, ...)
local run, top = scan.new(opt), heaps.new(opt.top)

-- A partition ends where the next one begins: what is in between may be no row (an empty static row).
local function done(n, sst, stop)
	n.bytes = stop - n.bytes
	if top:wants(n[opt.by]) then
		n.sst = sst.base
		top:add(n[opt.by], n)
	end
end

for sst, path in run:tables() do
	run:try(path, function()
		local last
		for part in run:partitions(sst, path) do
			if last then
				done(last, sst, part.off)
			end
			local n = { bytes = part.off, key = part.key_text, rows = 0, cells = 0, tombstones = part.deletion and 1 or 0 }
			last = n
			for row in part:unfiltereds() do
				n.cells = n.cells + row.ncells
				if row.kind == "marker" then
					n.tombstones = n.tombstones + (row.opens and 1 or 0)
				else
					n.rows = n.rows + 1
					n.tombstones = n.tombstones + (row.deletion and 1 or 0)
					for _, c in ipairs(row.complex) do
						n.tombstones = n.tombstones + (c.deletion and 1 or 0)
					end
					for cell in row:cells() do
						n.tombstones = n.tombstones + (cell.deleted and 1 or 0)
					end
				end
			end
		end
		if last then
			done(last, sst, sst.data_length)
		end
	end)
end

local out = results.new(opt.format, { "key", "bytes", "rows", "cells", "tombstones", "sstable" })
for _, n in top:each() do
	out:row(n.key, n.bytes, n.rows, n.cells, n.tombstones, n.sst)
end
out:finish()
return run:code()
