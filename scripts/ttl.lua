-- When data with a TTL expires: a histogram of the expiry of cells and rows.
--
--     cqlite lua ttl PATH... [-- unit=hour|day|month|year] [now=SECONDS] [format=table|csv|jsonl] [lenient=yes]
--
--     unit      width of a bucket (default day)
--     now       seconds since 1970 that count as now (default: now)
--     lenient   yes: read around damage, say what was skipped, exit code 1
--
-- Output: a line a bucket in which something expires: its beginning (UTC), cells, rows (their liveness), whether it lies behind us; then the sums
-- of all that expires and of what does not, with the buckets "(all)" and "(never)".
local args, scan, results, calendar = require "args", require "scan", require "out", require "calendar"

local opt = args.parse({ { "unit", calendar.units, "day" }, { "now", "integer" }, { "format", results.formats, "table" },
	{ "lenient", "bool", false } }, ...)
local run = scan.new(opt)
local now = opt.now or cq.now() // 1000000
local cells, rows = calendar.histogram(opt.unit), calendar.histogram(opt.unit)
local never, all = { cells = 0, rows = 0 }, { cells = 0, rows = 0 }

run:each(function(part)
	for row in part:unfiltereds() do
		if row.timestamp then
			if row.ttl > 0 and row.ldt then
				rows.add(row.ldt)
				all.rows = all.rows + 1
			else
				never.rows = never.rows + 1
			end
		end
		for cell in row:cells() do
			if cell.expiring then
				cells.add(cell.ldt)
				all.cells = all.cells + 1
			elseif not cell.deleted then
				never.cells = never.cells + 1
			end
		end
	end
end)

for b, first in pairs(rows.first) do
	if not cells.first[b] then
		cells.counts[b], cells.first[b] = 0, first
	end
end
local most = 0
for b, n in cells.each() do
	most = math.max(most, n, rows.counts[b] or 0)
end
local out = results.new(opt.format, { "bucket", "cells", "rows", "over", "bar" })
for b, n in cells.each() do
	out:row(b, n, rows.counts[b] or 0, b < calendar.bucket(opt.unit, now) and "yes" or "no", calendar.bar(math.max(n, rows.counts[b] or 0), most, 40))
end
out:row("(all)", all.cells, all.rows, "", "")
out:row("(never)", never.cells, never.rows, "", "")
out:finish()
return run:code()
