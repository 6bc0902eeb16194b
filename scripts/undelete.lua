-- Data that was deleted and is still in the files: what could be brought back.
--
--     cqlite lua undelete PATH... [-- limit=N] [format=csv|jsonl|table]
--
--     limit     at most so many lines (default 0: all)
--
-- Give all SSTables of the table: a deletion in one hides data in another. Tables in different folders are kept apart.
--
-- Output: a line for every cell, and every row's liveness (column empty), that is older than (or as old as) a deletion which covers it: key,
-- clustering, column, value, its timestamp, what deleted it (partition, range, row, collection, cell), the deletion's timestamp,
-- SSTable. A compaction drops all of this for good. Cells are compared with newer tombstones of the same simple column; elements of
-- collections with deletions of the whole collection.
local args, scan, results = require "args", require "scan", require "out"
local ring, clustering = require "ring", require "clustering"

local opt = args.parse({ { "limit", "integer", 0, min = 0 }, { "format", { "csv", "jsonl", "table" }, "csv" } }, ...)
local run = scan.new()
local out, count = results.new(opt.format, { "key", "clustering", "column", "value", "timestamp", "deleted_by", "deletion_timestamp", "sstable" }), 0
local STOP = {}

-- All deletions that the SSTables hold of one partition. Memory grows with those of one partition only.
local function deletions_of(holders)
	local d = { partition = nil, ranges = {}, rows = {}, any = false }
	for _, c in ipairs(holders) do
		local p = c.part.deletion
		if p and p.timestamp > (d.partition or math.mininteger) then
			d.partition, d.any = p.timestamp, true
		end
		local ranges, open = {}, nil
		for row in c.part:unfiltereds() do
			if row.kind == "marker" then
				local place = clustering.place(row)
				if open then
					open.finish = place
					ranges[#ranges + 1] = open
				end
				local o = row.opens
				open = o and { start = place, timestamp = o.timestamp }
			else
				local entry = { cells = {}, collections = {} }
				local used = false
				if row.deletion then
					entry.row, used = row.deletion.timestamp, true
				end
				for _, col in ipairs(row.complex) do
					if col.deletion then
						entry.collections[col.name], used = col.deletion.timestamp, true
					end
				end
				for cell in row:cells() do
					if cell.deleted and not cell.raw_path then
						entry.cells[cell.name], used = cell.timestamp, true
					end
				end
				if used then
					local id = row.kind .. clustering.id(row)
					d.rows[id] = d.rows[id] or {}
					table.insert(d.rows[id], entry)
					d.any = true
				end
			end
		end
		if open then
			open.finish = { parts = {}, weight = 1 }
			ranges[#ranges + 1] = open
		end
		if ranges[1] then
			d.ranges[#d.ranges + 1], d.any = ranges, true
		end
	end
	return d
end

-- The newest of what deletes, and which kind it is.
local function newest(best, kind, timestamp)
	if timestamp and (not best or timestamp > best.timestamp) then
		return { kind = kind, timestamp = timestamp }
	end
	return best
end

local function report(key, row, column, value, timestamp, by, sst)
	out:row(key, scan.clustering_text(row), column, value, timestamp, by.kind, by.timestamp, sst)
	count = count + 1
	if count == opt.limit then
		error(STOP, 0)
	end
end

-- Read the partition again and say what is hidden. Rows come in order, and so do ranges: each list is walked once.
local function candidates(c, d)
	local at = {}
	for i = 1, #d.ranges do
		at[i] = 1
	end
	local part = c.sst:partition(c.part.key_text)
	if not part then
		error(("partition %s is not found through the index"):format(c.part.key_text), 0)
	end
	local key = part.key_text
	for row in part:unfiltereds() do
		if row.kind ~= "marker" then
			local whole = newest(nil, "partition", d.partition)
			if row.kind == "row" then
				local place = clustering.place(row)
				for i, ranges in ipairs(d.ranges) do
					while ranges[at[i]] and clustering.compare(ranges[at[i]].finish, place) < 0 do
						at[i] = at[i] + 1
					end
					local r = ranges[at[i]]
					if r and clustering.compare(r.start, place) < 0 then
						whole = newest(whole, "range", r.timestamp)
					end
				end
			end
			local entries = d.rows[row.kind .. clustering.id(row)] or {}
			for _, e in ipairs(entries) do
				whole = newest(whole, "row", e.row)
			end
			local timestamp = row.timestamp
			if timestamp and whole and timestamp <= whole.timestamp then
				report(key, row, "", "", timestamp, whole, c.name)
			end
			for cell in row:cells() do
				if not cell.deleted then
					local by = whole
					for _, e in ipairs(entries) do
						by = newest(by, "collection", e.collections[cell.name])
						by = newest(by, "cell", e.cells[cell.name])
					end
					if by and cell.timestamp <= by.timestamp then
						report(key, row, cell.name, cell.value, cell.timestamp, by, c.name)
					end
				end
			end
		end
	end
end

local function walk(cursors)
	for _, holders in ring.walk(cursors) do
		local d = deletions_of(holders)
		if d.any then
			for _, c in ipairs(holders) do
				candidates(c, d)
			end
		end
	end
end

local folders, order = {}, {}
for _, path in ipairs(cq.paths()) do
	local folder = path:match("^(.*)/[^/]*$") or "."
	if not folders[folder] then
		folders[folder] = {}
		order[#order + 1] = folder
	end
	table.insert(folders[folder], path)
end

local full = false
for _, folder in ipairs(order) do
	if full then
		break
	end
	local cursors = {}
	for _, path in ipairs(folders[folder]) do
		run:try(path, function()
			local sst = cq.open(path)
			local c = ring.cursor({ sst:partitions() }, sst.base)
			c.sst = sst
			cursors[#cursors + 1] = c
		end)
	end
	run:try(folder, function()
		local ok, msg = pcall(walk, cursors)
		full = msg == STOP
		if not ok and not full then
			error(msg, 0)
		end
	end)
	for _, c in ipairs(cursors) do
		c.sst:close()
	end
end
out:finish()
return run:code()
