-- When data was written: a histogram of the write timestamps of cells, rows and deletions.
--
--     cqlite lua writes PATH... [-- unit=hour|day|month|year] [format=table|csv|jsonl] [lenient=yes]
--
--     unit      width of a bucket (default month)
--     lenient   yes: read around damage, say what was skipped, exit code 1
--
-- Output: a line a bucket: its beginning (UTC), cells, rows (their liveness), deletions (of cells, rows, collections, ranges where they begin,
-- partitions), a bar; then the sums, with the bucket "(all)".
local args, scan, results, calendar = require "args", require "scan", require "out", require "calendar"

local opt = args.parse({ { "unit", calendar.units, "month" }, { "format", results.formats, "table" }, { "lenient", "bool", false } }, ...)
local run = scan.new(opt)
local every = calendar.histogram(opt.unit)
local split = { cells = {}, rows = {}, deletions = {} }
local sums = { cells = 0, rows = 0, deletions = 0 }

local function add(kind, micros)
	local seconds = micros // 1000000
	local b = calendar.bucket(opt.unit, seconds)
	every.add(seconds)
	split[kind][b] = (split[kind][b] or 0) + 1
	sums[kind] = sums[kind] + 1
end

run:each(function(part)
	local d = part.deletion
	if d then
		add("deletions", d.timestamp)
	end
	for row in part:unfiltereds() do
		if row.kind == "marker" then
			d = row.opens
			if d then
				add("deletions", d.timestamp)
			end
		else
			if row.timestamp then
				add("rows", row.timestamp)
			end
			d = row.deletion
			if d then
				add("deletions", d.timestamp)
			end
			for _, c in ipairs(row.complex) do
				if c.deletion then
					add("deletions", c.deletion.timestamp)
				end
			end
			for cell in row:cells() do
				add(cell.deleted and "deletions" or "cells", cell.timestamp)
			end
		end
	end
end)

local most = 0
for _, n in every.each() do
	most = math.max(most, n)
end
local out = results.new(opt.format, { "bucket", "cells", "rows", "deletions", "bar" })
for b, n in every.each() do
	out:row(b, split.cells[b] or 0, split.rows[b] or 0, split.deletions[b] or 0, calendar.bar(n, most, 40))
end
out:row("(all)", sums.cells, sums.rows, sums.deletions, "")
out:finish()
return run:code()
