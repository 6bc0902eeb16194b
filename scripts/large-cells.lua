-- Cells whose value has more than so many bytes.
--
--     cqlite lua large-cells PATH... [-- min=BYTES] [top=N] [format=table|csv|jsonl] [lenient=yes]
--
--     min       least size in bytes (default 1024)
--     top       at most so many, the largest first (default 100)
--     lenient   yes: read around damage, say what was skipped, exit code 1
--
-- Output: bytes of the value, column, key and clustering of the row, SSTable, offset in Data.db (decompressed); a warning says when there
-- are more. Of a collection each element is a cell.
local args, scan, results, heaps = require "args", require "scan", require "out", require "heap"

local opt = args.parse({ { "min", "integer", 1024, min = 0 }, { "top", "integer", 100, min = 1, max = 100000 }, { "format", results.formats, "table" },
	{ "lenient", "bool", false } }, ...)
local run, top, count = scan.new(opt), heaps.new(opt.top), 0

run:each(function(part, sst)
	for row in part:unfiltereds() do
		for cell in row:cells() do
			local n = cell.length
			if n >= opt.min and not cell.deleted then
				count = count + 1
				if top:wants(n) then
					top:add(n, { cell.name, part.key_text, scan.clustering_text(row), sst.base, cell.off })
				end
			end
		end
	end
end)

local out = results.new(opt.format, { "bytes", "column", "key", "clustering", "sstable", "offset" })
for n, c in top:each() do
	out:row(n, table.unpack(c))
end
out:finish()
if count > opt.top then
	cq.warn(("%d cells have %d bytes or more; shown are %d (top=N shows more)"):format(count, opt.min, opt.top))
end
return run:code()
