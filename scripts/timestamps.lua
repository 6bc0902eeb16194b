-- Timestamps that cannot be right: writes in the future, before 1970, in the wrong unit.
--
--     cqlite lua timestamps PATH... [-- slack=SECONDS] [now=SECONDS] [top=N] [format=table|csv|jsonl] [lenient=yes]
--
--     slack     how far ahead of now a clock may be (default 60)
--     now       seconds since 1970 that count as now (default: now)
--     top       examples of each kind (default 10; 0: only the counts)
--     lenient   yes: read around damage, say what was skipped, exit code 1
--
-- Output: kind, how many, and for each example what it is of (cell, row, deletion), its timestamp, key, clustering, column, SSTable. Kinds: future;
-- negative (before 1970); milliseconds and seconds (microseconds were meant: taken as those it lies between 2001 and now).
-- The exit code is 1 when there are any: data written in the future shadows all that is written until then.
local args, scan, results = require "args", require "scan", require "out"

local opt = args.parse({ { "slack", "integer", 60, min = 0 }, { "now", "integer" }, { "top", "integer", 10, min = 0, max = 10000 },
	{ "format", results.formats, "table" }, { "lenient", "bool", false } }, ...)
local run = scan.new(opt)
local now = (opt.now or cq.now() // 1000000) + opt.slack
local OLDEST = 978307200                                -- 2001: no Cassandra wrote before

local kinds, counts, examples = { "future", "negative", "milliseconds", "seconds" }, {}, {}
for _, kind in ipairs(kinds) do
	counts[kind], examples[kind] = 0, {}
end

local function kind_of(micros)
	if micros < 0 then
		return "negative"
	elseif micros // 1000000 > now then
		return "future"
	elseif micros >= OLDEST * 1000 and micros <= now * 1000 then
		return "milliseconds"
	elseif micros >= OLDEST and micros <= now then
		return "seconds"
	end
end

local function look(micros, of, part, row, column, sst)
	local kind = micros and kind_of(micros)
	if kind then
		counts[kind] = counts[kind] + 1
		if #examples[kind] < opt.top then
			table.insert(examples[kind], { of, micros, part.key_text, row and scan.clustering_text(row) or "", column or "", sst.base })
		end
	end
end

run:each(function(part, sst)
	local d = part.deletion
	look(d and d.timestamp, "deletion", part, nil, nil, sst)
	for row in part:unfiltereds() do
		if row.kind == "marker" then
			d = row.opens
			look(d and d.timestamp, "deletion", part, row, nil, sst)
		else
			look(row.timestamp, "row", part, row, nil, sst)
			d = row.deletion
			look(d and d.timestamp, "deletion", part, row, nil, sst)
			for _, c in ipairs(row.complex) do
				look(c.deletion and c.deletion.timestamp, "deletion", part, row, c.name, sst)
			end
			for cell in row:cells() do
				look(cell.timestamp, "cell", part, row, cell.name, sst)
			end
		end
	end
end)

local out = results.new(opt.format, { "kind", "count", "of", "timestamp", "time", "key", "clustering", "column", "sstable" })
local found = false
for _, kind in ipairs(kinds) do
	if counts[kind] > 0 then
		found = true
		if opt.top == 0 then
			out:row(kind, counts[kind])
		end
		for _, e in ipairs(examples[kind]) do
			out:row(kind, counts[kind], e[1], e[2], cq.time(e[2]), e[3], e[4], e[5], e[6])
		end
	end
end
out:finish()
return run:code(found)
