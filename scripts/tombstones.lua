-- Tombstones per partition: which kinds, how many, how many could be purged.
--
--     cqlite lua tombstones PATH... [-- top=N] [gc_grace=SECONDS] [now=SECONDS] [format=table|csv|jsonl] [lenient=yes]
--
--     top       how many partitions, those with the most tombstones first (default 20; 0: only the sums)
--     gc_grace  gc_grace_seconds of the table (default 864000)
--     now       seconds since 1970 that count as now (default: now)
--     lenient   yes: read around damage, say what was skipped, exit code 1
--
-- Output: key, tombstones of the partition, of rows, of ranges (counted where they begin), of collections, of cells, all of them, those older than
-- gc_grace, SSTable; then a line of sums, whose key is "(all)". Expired cells are tombstones for readers and are counted apart.
local args, scan, results, heaps = require "args", require "scan", require "out", require "heap"

local opt = args.parse({ { "top", "integer", 20, min = 0, max = 100000 }, { "gc_grace", "integer", 864000, min = 0 }, { "now", "integer" },
	{ "format", results.formats, "table" }, { "lenient", "bool", false } }, ...)
local run, top = scan.new(opt), heaps.new(opt.top)
local now = opt.now or cq.now() // 1000000
local kinds = { "partition", "row", "range", "collection", "cell", "total", "purgeable", "expired" }

local function counters()
	local n = {}
	for _, kind in ipairs(kinds) do
		n[kind] = 0
	end
	return n
end

local function count(n, kind, ldt)
	n[kind] = n[kind] + 1
	n.total = n.total + 1
	if ldt and ldt + opt.gc_grace < now then
		n.purgeable = n.purgeable + 1
	end
end

local sums = counters()
run:each(function(part, sst)
	local n = counters()
	local deletion = part.deletion
	if deletion then
		count(n, "partition", deletion.ldt)
	end
	for row in part:unfiltereds() do
		if row.kind == "marker" then
			local opens = row.opens
			if opens then
				count(n, "range", opens.ldt)
			end
		else
			local d = row.deletion
			if d then
				count(n, "row", d.ldt)
			end
			for _, c in ipairs(row.complex) do
				if c.deletion then
					count(n, "collection", c.deletion.ldt)
				end
			end
			for cell in row:cells() do
				if cell.deleted then
					count(n, "cell", cell.ldt)
				elseif cell.expiring and cell.ldt <= now then
					n.expired = n.expired + 1
				end
			end
		end
	end
	for _, kind in ipairs(kinds) do
		sums[kind] = sums[kind] + n[kind]
	end
	if n.total > 0 and opt.top > 0 and top:wants(n.total) then
		n.key, n.sst = part.key_text, sst.base
		top:add(n.total, n)
	end
end)

local out = results.new(opt.format, { "key", "partition", "row", "range", "collection", "cell", "total", "purgeable", "expired", "sstable" })
local function line(n)
	out:row(n.key, n.partition, n.row, n.range, n.collection, n.cell, n.total, n.purgeable, n.expired, n.sst)
end
for _, n in top:each() do
	line(n)
end
sums.key, sums.sst = "(all)", ""
line(sums)
out:finish()
return run:code()
