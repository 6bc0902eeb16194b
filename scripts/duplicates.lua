-- Partitions that lie in several SSTables: what a read has to put together, what a compaction would merge.
--
--     cqlite lua duplicates PATH... [-- min=N] [limit=N] [format=csv|jsonl|table]
--
--     min       least number of SSTables that a partition lies in (default 2)
--     limit     at most so many lines (default 0: all)
--
-- SSTables of one folder are compared with each other; give a table's folder or a data directory. Snapshots are folders of their own.
--
-- Output: a line a partition: folder, key, number of SSTables, their names. The sums go to standard error: how many partitions there are, and how many
-- SSTables each lies in on average. Only keys are read, not rows.
local args, scan, results, ring = require "args", require "scan", require "out", require "ring"

local opt = args.parse({ { "min", "integer", 2, min = 1 }, { "limit", "integer", 0, min = 0 }, { "format", { "csv", "jsonl", "table" }, "csv" } }, ...)
local run = scan.new()
local out = results.new(opt.format, { "folder", "key", "count", "sstables" })
local folders, order, partitions, held, many = {}, {}, 0, 0, 0

for _, path in ipairs(cq.paths()) do
	local folder = path:match("^(.*)/[^/]*$") or "."
	if not folders[folder] then
		folders[folder] = {}
		order[#order + 1] = folder
	end
	table.insert(folders[folder], path)
end

for _, folder in ipairs(order) do
	local cursors = {}
	for _, path in ipairs(folders[folder]) do
		run:try(path, function()
			local sst = cq.open(path)
			local c = ring.cursor({ sst:partitions { cells = false } }, sst.base)
			c.sst = sst
			cursors[#cursors + 1] = c
		end)
	end
	run:try(folder, function()
		for key, holders in ring.walk(cursors) do
			partitions = partitions + 1
			held = held + #holders
			if #holders >= opt.min then
				many = many + 1
				if opt.limit == 0 or many <= opt.limit then
					local names = {}
					for i, c in ipairs(holders) do
						names[i] = c.name
					end
					out:row(folder, key, #holders, table.concat(names, " "))
				end
			end
		end
	end)
	for _, c in ipairs(cursors) do
		c.sst:close()
	end
end
out:finish()
cq.warn(("%d partitions, %d of them in %d SSTables or more; %.2f SSTables a partition"):format(partitions, many, opt.min,
	partitions > 0 and held / partitions or 0))
return run:code()
