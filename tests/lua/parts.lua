-- Statistics, schema, chunks, index, filter, bytes and slices against what a scan of the rows says, over every version.
-- output: ok

local function fails(what, f, ...)
	local ok, msg = pcall(f, ...)
	assert(not ok, "no error: " .. what)
	assert(tostring(msg):find(what, 1, true), msg)
end

local zero -- a key with a zero byte was met

-- What the rows themselves say.
local function scan(sst)
	local seen = { rows = 0, keys = {}, max_timestamp = math.mininteger, min_timestamp = math.maxinteger, deletions = false }
	local function at(timestamp)
		if not timestamp then return end
		seen.max_timestamp = math.max(seen.max_timestamp, timestamp)
		seen.min_timestamp = math.min(seen.min_timestamp, timestamp)
	end
	for part in sst:partitions() do
		seen.keys[#seen.keys + 1] = { text = part.key_text, raw = part.raw_key, off = part.off, token = part.token, rows = 0 }
		if part.deletion then at(part.deletion.timestamp) seen.deletions = true end
		for row in part:unfiltereds() do
			if row.kind ~= "marker" then seen.rows = seen.rows + 1 end
			local key = seen.keys[#seen.keys]
			key.rows = key.rows + 1
			at(row.timestamp)
			if row.deletion then at(row.deletion.timestamp) end
			if row.opens then at(row.opens.timestamp) end
			if row.closes then at(row.closes.timestamp) end
			for _, c in ipairs(row.complex) do if c.deletion then at(c.deletion.timestamp) end end
			for cell in row:cells() do at(cell.timestamp) end
		end
	end
	return seen
end

local function statistics(sst, seen)
	local s = sst.stats
	assert(s.total_rows == seen.rows, s.total_rows .. " " .. seen.rows)
	assert(s.max_timestamp == seen.max_timestamp or seen.max_timestamp == math.mininteger)
	assert(s.min_timestamp <= seen.min_timestamp)
	assert(s.partitioner == sst.partitioner and s.header.min_timestamp <= s.min_timestamp and s.header.key_type)
	assert(math.abs(s.estimated_cardinality - #seen.keys) <= 1 + #seen.keys // 10)
	local sizes, cells = s.partition_sizes, s.cells_per_partition
	assert(sizes.total == #seen.keys and cells.total == #seen.keys)
	assert(sizes.min <= sizes.mean and sizes:percentile(0) <= sizes:percentile(0.5) and sizes:percentile(0.5) <= sizes:percentile(1))
	local n = 0
	for _, b in ipairs(sizes.buckets) do n = n + b.count end
	assert(n == sizes.total and sizes.overflow == 0 and sizes:percentile(1) <= sizes.max)
	fails("from 0 to 1", function() sizes:percentile(2) end)
	fails("from 0 to 1", function() sizes:percentile(0/0) end)
	fails("number", function() sizes:percentile() end)
	if s.first_key then
		assert(s.first_key == seen.keys[1].text and s.last_key == seen.keys[#seen.keys].text)
	end
	assert((s.compression_ratio ~= nil) == (sst:chunks()(sst) ~= nil))
	if s.has_partition_deletions ~= nil then assert(s.has_partition_deletions == seen.deletions) end
	local drops = 0
	for _, d in ipairs(s.tombstone_drop_times) do drops = drops + d.count end
	assert(drops >= 0 and #s.tombstone_drop_times <= s.tombstone_drop_times.max_bins)
	assert(s.covered_clusterings or s.min_clustering_values)
	return sizes
end

local function schema(sst)
	local s = sst.schema
	assert(s.keyspace == sst.keyspace and s.table == sst.table and #s.partition > 0)
	local columns = {}
	for _, kind in ipairs { "partition", "clustering", "static", "regular" } do
		for _, c in ipairs(s[kind]) do
			assert(#c.type > 0 and type(c.reversed) == "boolean")
			columns[c.name] = c.type
		end
	end
	assert(sst.schema_cql:find("CREATE TABLE", 1, true))
	for part in sst:partitions() do
		for row in part:unfiltereds() do
			for cell in row:cells() do assert(columns[cell.name] == cell.type, cell.name) end
		end
		break
	end
end

local function chunks(sst)
	local data, at, all = 0, 0, {}
	local stream = sst:stream(0)
	assert(#stream == sst.data_length)
	for c in sst:chunks() do
		assert(c.index == data and c.raw_off == at and c.off == data * sst:chunks()(sst).len or c.len == 0)
		data, at = data + 1, at + c.raw_len + 4
		local ok, stored, computed = c:ok()
		assert(ok and stored == computed and #c:raw() == c.raw_len)
		all[#all + 1] = sst:stream(c.off, c.len)
		if c.len > 0 then
			assert(sst:to_raw(c.off + c.len - 1).index == c.index)
			assert(sst:to_stream(c.raw_off).index == c.index)
		end
		if c.stored_raw then
			local _, there = sst:to_raw(c.off + 3)
			assert(there == c.raw_off + 3 and select(2, sst:to_stream(there)) == c.off + 3)
			assert(c:raw() == sst:stream(c.off, c.len))
		end
	end
	if data > 0 then
		assert(table.concat(all) == stream and at == #sst:raw("Data.db"))
		assert(sst:to_raw(#stream) == nil)
	else
		assert(stream == sst:raw("Data.db") and sst:to_raw(0) == nil and sst:to_stream(0) == nil)
	end
	assert(sst:raw("Data.db", 3, 5) == sst:raw("Data.db"):sub(4, 8) and sst:stream(3, 5) == stream:sub(4, 8))
	assert(sst:raw("Data.db", 1 << 60) == "" and sst:stream(1 << 60, 1) == "" and sst:raw("Data.db", 0, 0) == "")
	fails("negative", function() sst:raw("Data.db", -1) end)
	fails("negative", function() sst:stream(0, -1) end)
	fails("no such component", function() sst:raw("Nothing.db") end)
	return data
end

local function index(sst, seen)
	local n, offs = 0, {}
	for e in sst:index() do
		n = n + 1
		local key = seen.keys[n]
		assert(e.key == key.raw and e.key_text == key.text and e.data_off == key.off)
		offs[e.index_off] = e.key_text
	end
	assert(n == #seen.keys)
	local summary = sst:summary()
	assert((summary ~= nil) == (sst.format == "big"))
	for _, e in ipairs(summary or {}) do assert(offs[e.index_off] == e.key_text) end
	assert(not summary or #summary > 0 and summary[1].key_text == seen.keys[1].text)
	for i = 1, #seen.keys, math.max(1, #seen.keys // 40) do
		local key = seen.keys[i]
		assert(sst:filter { raw = key.raw } ~= false and sst:token { raw = key.raw } == key.token)
		if key.text:find("\0", 1, true) then
			fails("given by its bytes", function() sst:token(key.text) end)
			fails("given by its bytes", function() sst:partition(key.text) end)
			zero = true
		else
			assert(sst:filter(key.text) ~= false and sst:token(key.text) == key.token)
			assert(sst:partition(key.text).off == key.off)
		end
		local blocks = sst:blocks { raw = key.raw }
		assert(type(blocks) == "table")
		local before = -1
		for _, b in ipairs(blocks) do
			assert(b.data_off == key.off + b.start and b.start > before)
			before = b.start
		end
		if #blocks > 0 then
			local starts = {}
			for row in sst:partition({ raw = key.raw }):unfiltereds() do starts[row.off] = row.clustering end
			for _, b in ipairs(blocks) do
				assert(starts[b.data_off])
				if b.first and b.first.kind == "CLUSTERING" then assert(cq.json(b.first[1]) == cq.json(starts[b.data_off][1])) end
			end
			seen.wide = true
		end
	end
end

-- Slices against the same rows picked out of the whole partition.
local function slices(sst, key)
	local whole, plain = {}, true
	for row in sst:partition(key):unfiltereds() do
		if row.kind == "marker" then plain = false end
		if row.kind == "row" then whole[#whole + 1] = { off = row.off, clustering = row.clustering } end
	end
	local function offs(options)
		local list = {}
		for row in sst:slice(key, options):rows() do list[#list + 1] = row.off end
		return list
	end
	local all, back = offs(), offs { reversed = true }
	assert(#all == #whole and #back == #whole)
	for i, row in ipairs(whole) do assert(all[i] == row.off and back[#whole + 1 - i] == row.off) end
	if #whole < 3 or #whole[1].clustering == 0 then return 0 end
	for _, pick in ipairs { { 1, #whole }, { 2, #whole - 1 }, { #whole // 2, #whole // 2 + 1 } } do
		local first, last = whole[pick[1]], whole[pick[2]]
		local part = offs { start = first.clustering, finish = last.clustering }
		assert(#part == pick[2] - pick[1] + 1 and part[1] == first.off and part[#part] == last.off, key.raw)
		part = offs { start = first.clustering, finish = last.clustering, reversed = true }
		assert(#part == pick[2] - pick[1] + 1 and part[1] == last.off and part[#part] == first.off, key.raw)
		part = offs { start = first.clustering, start_exclusive = true, finish = last.clustering, finish_exclusive = true }
		assert(#part == math.max(0, pick[2] - pick[1] - 1), key.raw)
	end
	return 1
end

local versions, tables, sliced, compressed, wide = {}, 0, 0, 0, 0
for sst in cq.tables() do
	tables = tables + 1
	versions[sst.version] = true
	local seen = scan(sst)
	if #seen.keys > 0 then
		local sizes = statistics(sst, seen)
		schema(sst)
		if chunks(sst) > 0 then compressed = compressed + 1 end
		index(sst, seen)
		if seen.wide then wide = wide + 1 end
		for i = 1, #seen.keys, math.max(1, #seen.keys // 20) do sliced = sliced + slices(sst, { raw = seen.keys[i].raw }) end
		local names = {}
		for _, c in ipairs(sst.components) do
			names[c.name] = c.bytes
			assert(c.path:sub(-#c.name) == c.name)
		end
		assert(names["Data.db"] == #sst:raw("Data.db") and names["Statistics.db"] == #sst:raw("Statistics.db"))
		assert(#sst.findings == 0 or sst.findings[1].message)

		local key = seen.keys[1].text
		fails("{raw = the key's bytes}", function() sst:token {} end)
		fails("string expected", function() sst:blocks() end)
		fails("string expected", function() sst:filter(true) end)
		fails("start = {clustering values}", function() sst:slice(key, { start = 1 }) end)
		fails("no option from here", function() sst:slice(key, { from = { 1 } }) end)
		local many = {}
		for i = 1, #sst.schema.clustering + 1 do many[i] = 1 end
		fails("clustering columns", function() sst:slice(key, { start = many }) end)
		local next, state = sst:index()
		local chunk = sst:chunks()(sst)
		sst:close()
		fails("this SSTable is closed", function() next(state) end)
		fails("this SSTable is closed", function() return sizes.total end)
		fails("this SSTable is closed", function() return sst.stats end)
		if chunk then fails("this SSTable is closed", function() return chunk.off end) end
	end
end
assert(zero)
for _, v in ipairs { "md", "me", "na", "nb", "oa", "da" } do assert(versions[v], v) end
assert(tables > 50 and sliced > 50 and compressed > 20 and wide > 0, ("%d %d %d %d"):format(tables, sliced, compressed, wide))
print("ok")
