-- scylla's stop rules: false skips what is left of the partition, the SSTable or the stream; true, nothing and no hook go on.
-- paths: 5.0-oa/main/range_tombstones 5.0-oa/main/statics 5.0-oa/main/scalars
-- output: ok

-- Each rule is a script of its own: globals are set, then the stream is driven over the same tables.
local consume = require "consume"
local names = { "consume_stream_start", "consume_sstable_start", "consume_partition_start", "consume_static_row", "consume_clustering_row",
	"consume_range_tombstone_change", "consume_partition_end", "consume_sstable_end", "consume_stream_end" }

-- Run with hooks; gives the calls as "consume_x consume_y ...", and how often each.
local function run(hooks, args)
	local calls, count = {}, {}
	for _, name in ipairs(names) do
		count[name] = 0
		_G[name] = function(...)
			calls[#calls + 1] = name
			count[name] = count[name] + 1
			if hooks[name] then
				return hooks[name](count[name], ...)
			end
		end
	end
	consume.drive(args or {})
	for _, name in ipairs(names) do
		_G[name] = nil
	end
	return calls, count
end

local function behind(calls, name)
	for i, c in ipairs(calls) do
		if c == name then
			return calls[i + 1]
		end
	end
end

local all, every = run {}
assert(all[1] == "consume_stream_start" and all[2] == "consume_sstable_start" and all[#all] == "consume_stream_end")
for _, name in ipairs(names) do
	assert(every[name] > 0, name)
end
assert(every.consume_partition_start > 5 and every.consume_sstable_start > 2)

-- true goes on; so does nothing.
local _, n = run { consume_partition_start = function() return true end, consume_clustering_row = function() return 1 end }
for _, name in ipairs(names) do
	assert(n[name] == every[name], name)
end

-- An SSTable is left at its start: its end follows.
local calls
calls, n = run { consume_sstable_start = function(i) return i ~= 1 end }
assert(behind(calls, "consume_sstable_start") == "consume_sstable_end")
assert(n.consume_sstable_start == every.consume_sstable_start and n.consume_partition_start < every.consume_partition_start)

-- A partition is left at its start, at its static row, at a row, at a range tombstone: its end follows, the others come.
for _, name in ipairs { "consume_partition_start", "consume_static_row", "consume_clustering_row", "consume_range_tombstone_change" } do
	calls, n = run { [name] = function() return false end }
	for i, c in ipairs(calls) do
		if c == name then
			assert(calls[i + 1] == "consume_partition_end", name .. " then " .. calls[i + 1])
		end
	end
	assert(n.consume_partition_start == every.consume_partition_start and n.consume_partition_end == every.consume_partition_end)
	assert(n.consume_sstable_end == every.consume_sstable_end and n.consume_stream_end == 1)
	assert(n.consume_clustering_row < every.consume_clustering_row or name == "consume_range_tombstone_change")
end

-- The end of a partition ends the SSTable; of an SSTable the stream.
calls, n = run { consume_partition_end = function() return false end }
assert(behind(calls, "consume_partition_end") == "consume_sstable_end")
assert(n.consume_partition_start == every.consume_sstable_start)
calls, n = run { consume_sstable_end = function() return false end }
assert(n.consume_sstable_start == 1 and behind(calls, "consume_sstable_end") == "consume_stream_end")

-- An explicit nil stops, as in the tool; several values are an error.
_, n = run { consume_sstable_end = function() return nil end }
assert(n.consume_sstable_start == 1)
local ok, msg = pcall(run, { consume_partition_start = function() return true, 2 end })
assert(not ok and msg:find("unexpected number of return values", 1, true), msg)
for _, name in ipairs(names) do
	_G[name] = nil
end
_G.consume_partition_start = 7
ok, msg = pcall(consume.drive, {})
assert(not ok and msg:find("not callable", 1, true), msg)
_G.consume_partition_start = nil

-- Arguments.
run({ consume_stream_start = function(_, args)
	assert(args.a == "1" and args.b == "x=y" and args.c == "[1,2)" and args.d == "", "arguments")
end }, { "a=1:b=x=y", "c=[1,2)", "d=" })
ok, msg = pcall(consume.drive, { "nothing" })
assert(not ok and msg:find("key=value", 1, true), msg)
print("ok")
