-- Which partitions two SSTables share, and which only one of them has.
--
--     cqlite lua compare-keys A-Data.db B-Data.db [-- show=differing|all|none] [format=csv|jsonl|table]
--
--     show      which keys to print: differing (default), all, none
--     format    csv (default), jsonl, table
--
-- Output: a line a key: "a" (only in the first), "b" (only in the second) or "both", the key, its token. The counts go to standard error. Exit
-- code 0 when both have the same keys, 1 when they differ. Only keys are read, not rows.
local args, scan, results, ring = require "args", require "scan", require "out", require "ring"

local opt = args.parse({ { "show", { "differing", "all", "none" }, "differing" }, { "format", { "csv", "jsonl", "table" }, "csv" } }, ...)
local paths = cq.paths()
if #paths ~= 2 then
	cq.usage(("two SSTables are compared, not %d"):format(#paths))
end
local run = scan.new()
local out = results.new(opt.format, { "in", "key", "token" })
local n = { a = 0, b = 0, both = 0 }

local complete = run:try(paths[1], function()
	local cursors = {}
	for i, name in ipairs { "a", "b" } do
		local sst = cq.open(paths[i])
		cursors[i] = ring.cursor({ sst:partitions { cells = false } }, name)
		cursors[i].sst = sst
	end
	if cursors[1].sst.partitioner ~= cursors[2].sst.partitioner then
		error(("partitioners differ: %s and %s"):format(cursors[1].sst.partitioner, cursors[2].sst.partitioner), 0)
	end
	for key, holders in ring.walk(cursors) do
		local where = holders[2] and "both" or holders[1].name
		n[where] = n[where] + 1
		if opt.show == "all" or (opt.show == "differing" and where ~= "both") then
			out:row(where, key, holders[1].token)
		end
	end
end)
out:finish()
cq.warn(("%d keys in both, %d only in %s, %d only in %s%s"):format(n.both, n.a, paths[1], n.b, paths[2],
	complete and "" or " (not all was read)"))
return run:code(n.a + n.b > 0)
