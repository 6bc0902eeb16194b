-- The event stream: every table of the corpus, handles that are too old, copies that stay, look-ups.
-- output: ok

local function fails(what, f, ...)
	local ok, msg = pcall(f, ...)
	assert(not ok, "no error")
	assert(tostring(msg):find(what, 1, true), msg)
end

local tables, rows, cells = 0, 0, 0
for sst in cq.tables() do
	tables = tables + 1
	local last, old, key
	for part in sst:partitions() do
		key = part.key_text
		local static = part:static()
		assert(not static or static.kind == "static")
		for row in part:unfiltereds() do
			if old then
				fails("the scan has gone on", function() return old.off end)
				assert(last.off < row.off or last.partition.raw_key ~= part.raw_key)
			end
			old, last = row, row:keep()
			assert(last.kind == row.kind and last.ncells == row.ncells)
			if row.kind == "row" then rows = rows + 1 end
			local n = 0
			for cell in row:cells() do
				n = n + 1
				assert(cell.off >= row.off and cell.off < row.off + row.len)
				assert(#cell.raw == cell.length)
				assert(cell.deleted == (cell.value == nil) or not cell.deleted)
			end
			assert(n == row.ncells)
			cells = cells + n
		end
	end
	-- The last key again, by look-up: the same rows.
	if key then
		local found = assert(sst:partition(key), key)
		assert(found.key_text == key)
		local n = 0
		for _ in found:unfiltereds() do n = n + 1 end
		assert(n > 0 or found.deletion)
	end
	local first = sst:partitions()
	sst:close()
	fails("closed", function() return sst.version end)
	if last then fails("closed", function() return last.off end) end
end
assert(tables > 50 and rows > 20000 and cells > 40000, tables .. " " .. rows .. " " .. cells)
print("ok")
