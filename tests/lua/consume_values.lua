-- The types of scylla's API: values, keys, positions, time points, and what misuse of them says.
-- paths: 5.0-oa/main/scalars 5.0-oa/main/collections 5.0-oa/main/udts 5.0-oa/main/vectors
-- output: ok

local kinds = {}

local function fails(what, f, ...)
	local ok, msg = pcall(f, ...)
	assert(not ok, "no error, but: " .. what)
	assert(tostring(msg):find(what, 1, true), msg)
end

local last, first_key, positions = nil, nil, 0

function consume_partition_start(ps)
	local at = Scylla.new_ring_position(0, ps.key, ps.token)
	assert(at:tri_cmp(Scylla.new_ring_position(0, ps.key)) == 0)
	assert(at.token == ps.token and at.key == ps.key and at.weight == 0)
	local before, behind = Scylla.new_ring_position(-1, ps.token), Scylla.new_ring_position(1, ps.token)
	assert(before:tri_cmp(at) == -1 and behind:tri_cmp(at) == 1 and at:tri_cmp(behind) == -1 and before.key == nil)
	assert(Scylla.new_ring_position(-9, ps.key):tri_cmp(at) == -1 and Scylla.new_ring_position(9, ps.key).weight == 1)
	-- Behind the least, before the greatest: every partition is in between.
	local least, greatest = Scylla.new_ring_position(1, nil), Scylla.new_ring_position(-1, nil)
	assert(least:tri_cmp(at) == -1 and greatest:tri_cmp(at) == 1 and least.token == nil and least:tri_cmp(greatest) == -1)
	if last then
		assert(last:tri_cmp(at) == -1, "partitions come in the order of the ring")
	end
	last = at
	first_key = first_key or ps.key
end

function consume_sstable_start()
	last = nil
end

local previous
function consume_partition_end()
	previous = nil
end

function consume_clustering_row(cr)
	local at = Scylla.new_position_in_partition(0, cr.key)
	assert(at:tri_cmp(at) == 0 and at.key == cr.key and at.weight == 0)
	if #cr.key.components > 0 then
		positions = positions + 1
		assert(Scylla.new_position_in_partition(-1, cr.key):tri_cmp(at) == -1)
		assert(Scylla.new_position_in_partition(1, cr.key):tri_cmp(at) == 1)
		-- Of a prefix: before and behind all rows that begin with it.
		local prefix = Scylla.unserialize_clustering_key("")
		assert(Scylla.new_position_in_partition(-1, prefix):tri_cmp(at) == -1)
		assert(Scylla.new_position_in_partition(1, prefix):tri_cmp(at) == 1)
		assert(at:tri_cmp(Scylla.new_position_in_partition(1, prefix)) == -1)
	end
	if previous then
		assert(previous:tri_cmp(at) == -1, "rows come in clustering order")
	end
	previous = at
	assert(Scylla.new_position_in_partition(1, nil):tri_cmp(at) == 0)
	for name, c in pairs(cr.cells) do
		if c.type ~= "collection" and c.is_live then
			local v = c.value
			kinds[v.type] = type(v.value)
			if math.type(v.value) == "integer" then
				assert(v + 0 == v.value and 0 + v == v.value and v == v and not (v < v) and v <= v.value, name)
				assert(v .. "" == tostring(v))
			elseif type(v.value) == "string" and #v.value > 0 and v.type == "text" then
				assert(#v == #v.value and tostring(v) == v.value)
			end
		end
	end
end

function consume_stream_end()
	local want = { text = "string", ascii = "string", blob = "string", int = "number", bigint = "number", smallint = "number", tinyint = "number",
		boolean = "boolean", double = "number", float = "number", timestamp = "number", date = "number", time = "number", inet = "string",
		uuid = "string", timeuuid = "string", duration = "table", ["frozen<list<int>>"] = "table" }
	for name, kind in pairs(want) do
		assert(kinds[name] == kind or (kinds[name] == nil and name:find("<", 1, true)), name .. " is " .. tostring(kinds[name]))
	end
	local t = Scylla.time_point_from_string("2024-02-29T23:59:58.123+0100")
	assert(tostring(t) == "2024-02-29 22:59:58z", tostring(t))
	assert(tostring(Scylla.time_point_from_string("1969-12-31")) == "1969-12-31 00:00:00z")
	assert(tostring(Scylla.time_point_from_string("2100-03-01 01:02Z")) == "2100-03-01 01:02:00z")
	assert(Scylla.time_point_from_string("1700000000000") == Scylla.time_point_from_string("2023-11-14 22:13:20"))
	assert(t < Scylla.now() and Scylla.now() <= Scylla.now() and t ~= Scylla.now())
	assert(os.time(t) == 1709247598 and os.time() > 1709247598 and os.date("%Y-%m-%d", os.time(t)) == "2024-02-29")
	assert(os.date("!*t", 86400).day == 2 and os.getenv("HOME") == nil and os.execute == nil and os.remove == nil)
	fails("failed to parse", Scylla.time_point_from_string, "yesterday")
	fails("weight of 0", Scylla.new_ring_position, 0)
	fails("weight of 0", Scylla.new_position_in_partition, 0, nil)
	fails("integer expected", Scylla.new_ring_position, "x", 1)
	fails("clustering_key expected", Scylla.new_position_in_partition, 1, first_key)
	fails("key or a token", Scylla.new_ring_position, 1, {})
	fails("not hexadecimal", Scylla.unserialize_partition_key, "xyz")
	fails("length of 2 bytes", Scylla.unserialize_partition_key, "0004ff")
	fails("columns", Scylla.unserialize_partition_key, "")
	fails("partition_key expected", Scylla.token_of, 7)
	fails("position_in_partition expected", Scylla.new_position_in_partition(1).tri_cmp, 1, 2)
	assert(positions > 0)
	print("ok")
end
