-- scylla's nine hooks, in order and with their arguments, over every table of the corpus; what they see is what the event stream holds.
-- args: name=value two=2:three=a:b
-- output: ok

local order = {}
local state = "nothing"
local count = { sstable = 0, partition = 0, static = 0, row = 0, rtc = 0, cell = 0, dead = 0 }
local kept

local function step(from, to)
	assert(from:find(state, 1, true), ("%s after %s"):format(to, state))
	state = to
	order[to] = (order[to] or 0) + 1
end

local function check_time(t)
	assert(t.year and t.month >= 1 and t.month <= 12 and t.day >= 1 and t.day <= 31)
	assert(t.hour < 24 and t.min < 60 and t.sec < 60)
	assert(tostring(t):find("^%-?%d+%-%d%d%-%d%d %d%d:%d%d:%d%dz$"), tostring(t))
	assert(t == t and t <= t and not (t < t))
end

local function check_tombstone(t)
	if t then
		assert(math.type(t.timestamp) == "integer")
		check_time(t.deletion_time)
	end
end

local function check_atomic(c)
	count.cell = count.cell + 1
	assert(math.type(c.timestamp) == "integer")
	assert(({ regular = 1, ["counter-shards"] = 1, ["frozen-collection"] = 1 })[c.type], c.type)
	if c.is_live then
		assert(c.value ~= nil and tostring(c.value))
		assert(c.has_ttl == (c.ttl ~= nil) and c.has_ttl == (c.expiry ~= nil))
	else
		count.dead = count.dead + 1
		assert(c.value == nil and c.ttl == nil and c.expiry == nil and not c.has_ttl)
		check_time(c.deletion_time)
	end
	if c.type == "counter-shards" then
		local sum = 0
		for _, shard in ipairs(c.value.shards) do
			assert(#shard.id == 36 and math.type(shard.clock) == "integer")
			sum = sum + shard.value
		end
		assert(c.value.value == sum and tostring(c.value) == tostring(sum))
	end
end

local function check_cells(cells)
	for name, c in pairs(cells) do
		assert(type(name) == "string")
		if c.type == "collection" then
			check_tombstone(c.tombstone)
			assert(c.cells == c.values)
			for _, v in ipairs(c.values) do
				assert(v.key == "" or v.key.value ~= nil)
				check_atomic(v.value)
			end
		else
			check_atomic(c)
		end
	end
end

function consume_stream_start(args)
	step("nothing", "stream_start")
	assert(args.name == "value" and args.two == "2" and args.three == "a:b")
end

function consume_sstable_start(sst)
	step("stream_start sstable_end", "sstable_start")
	assert(sst.filename:find("-Data.db", 1, true))
	assert(#schema.all_columns == #schema.partition_key_columns + #schema.clustering_key_columns + #schema.static_columns + #schema.regular_columns)
	for i, c in ipairs(schema.partition_key_columns) do
		assert(c.kind == "partition_key" and c.id == i - 1 and type(c.name) == "string")
	end
	count.sstable = count.sstable + 1
end

function consume_partition_start(ps)
	step("sstable_start partition_end", "partition_start")
	count.partition = count.partition + 1
	assert(#ps.key.components == #schema.partition_key_columns)
	local hex = ps.key:to_hex()
	local again = Scylla.unserialize_partition_key(hex)
	assert(again:to_hex() == hex and tostring(again) == tostring(ps.key))
	assert(Scylla.token_of(again) == ps.token and Scylla.token_of(schema, ps.key) == ps.token)
	check_tombstone(ps.tombstone)
end

function consume_static_row(sr)
	step("partition_start", "static_row")
	count.static = count.static + 1
	check_cells(sr.cells)
end

function consume_clustering_row(cr)
	step("partition_start static_row clustering_row range_tombstone_change", "clustering_row")
	count.row = count.row + 1
	assert(#cr.key.components <= #schema.clustering_key_columns)
	assert(Scylla.unserialize_clustering_key(cr.key:to_hex()):to_hex() == cr.key:to_hex())
	check_tombstone(cr.tombstone)
	check_tombstone(cr.shadowable_tombstone)
	local m = cr.marker
	if m then
		assert(math.type(m.timestamp) == "integer" and type(m.is_live) == "boolean")
		assert((m.ttl ~= nil) == m.has_ttl and (m.expiry ~= nil) == m.has_ttl)
	end
	check_cells(cr.cells)
	-- What a hook got stays good when the stream goes on, unread fields too.
	if kept then
		check_cells(kept.row.cells)
		count.cell = count.cell - kept.cells
		count.dead = count.dead - kept.dead
		assert(kept.row.key:to_hex() == kept.hex)
		kept = nil
	elseif count.row % 97 == 0 then
		local cells, dead = count.cell, count.dead
		check_cells(cr.cells)
		kept = { row = cr, hex = cr.key:to_hex(), cells = count.cell - cells, dead = count.dead - dead }
		count.cell, count.dead = cells, dead
	end
end

function consume_range_tombstone_change(rtc)
	step("partition_start static_row clustering_row range_tombstone_change", "range_tombstone_change")
	count.rtc = count.rtc + 1
	assert(rtc.key_weight == -1 or rtc.key_weight == 1)
	assert(#rtc.key.components <= #schema.clustering_key_columns)
	check_tombstone(rtc.tombstone)
end

function consume_partition_end()
	step("partition_start static_row clustering_row range_tombstone_change", "partition_end")
end

function consume_sstable_end()
	step("sstable_start partition_end", "sstable_end")
end

function consume_stream_end()
	step("sstable_end", "stream_end")
	local want = { sstable = 0, partition = 0, static = 0, row = 0, rtc = 0, cell = 0, dead = 0 }
	local kinds = { row = "row", static = "static", marker = "rtc" }
	for sst in cq.tables() do
		want.sstable = want.sstable + 1
		for part in sst:partitions() do
			want.partition = want.partition + 1
			for row in part:unfiltereds() do
				want[kinds[row.kind]] = want[kinds[row.kind]] + 1
				for cell in row:cells() do
					want.cell = want.cell + 1
					want.dead = want.dead + (cell.deleted and 1 or 0)
				end
			end
		end
	end
	for k, n in pairs(want) do
		assert(count[k] == n and n > 0, ("%s: %d, not %d"):format(k, count[k], n))
	end
	assert(order.partition_start == order.partition_end and order.sstable_start == order.sstable_end)
	print("ok")
end
