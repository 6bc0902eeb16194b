-- Scripts written for scylla-sstable: its hooks, its Scylla table, its schema, over any SSTable that cqlite reads.
--
-- The host loads this when a script names one of the hooks: begin() before the script runs, drive() behind it.
-- What is supported, member by member: docs/lua-consume.md.
local M = {}

local con = cq.consume
local KIND = {}                 -- key of an object's class name: no script has it
local tables = {}               -- the SSTable that the stream stands at, and what is known of it

-- ---- classes: tables whose fields are worked out when they are asked for ----

local function class(name, fields, methods)
	local meta = { __name = "Scylla." .. name }
	function meta.__index(obj, key)
		local f = fields and fields[key]
		if f then
			local v = f(obj)
			rawset(obj, key, v)
			return v
		end
		return methods and methods[key]
	end
	return function(obj)
		obj[KIND] = name
		return setmetatable(obj, meta)
	end, meta
end

local function is(obj, name)
	return type(obj) == "table" and rawget(obj, KIND) == name
end

local function want(obj, name, n, where)
	if not is(obj, name) then
		error(("bad argument #%d to '%s' (Scylla.%s expected, got %s)"):format(n, where, name,
			type(obj) == "table" and rawget(obj, KIND) or type(obj)), 3)
	end
	return obj
end

-- ---- time ----

local clock = con.os()
local time_point

-- Days since 1970-01-01 of a date in the proleptic Gregorian calendar.
local function days_of(year, month, day)
	year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
	local y = month <= 2 and year - 1 or year
	local era = y // 400
	local yoe = y - era * 400
	local doy = (153 * (month + (month > 2 and -3 or 9)) + 2) // 5 + day - 1
	return era * 146097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719468
end

local function date_of(days)
	local z = days + 719468
	local era = z // 146097
	local doe = z - era * 146097
	local yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
	local doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
	local mp = (5 * doy + 2) // 153
	local month = mp < 10 and mp + 3 or mp - 9
	return yoe + era * 400 + (month <= 2 and 1 or 0), month, doy - (153 * mp + 2) // 5 + 1
end

local function seconds_of(t)
	return days_of(t.year, t.month, t.day) * 86400 + (t.hour or 12) * 3600 + (t.min or 0) * 60 + (t.sec or 0)
end

local time_meta = { __name = "Scylla.gc_clock_time_point",
	__eq = function(a, b) return seconds_of(a) == seconds_of(b) end,
	__lt = function(a, b) return seconds_of(a) < seconds_of(b) end,
	__le = function(a, b) return seconds_of(a) <= seconds_of(b) end,
	__tostring = function(t)
		return ("%04d-%02d-%02d %02d:%02d:%02dz"):format(t.year, t.month, t.day, t.hour, t.min, t.sec)
	end }

function time_point(seconds)
	local days, rest = seconds // 86400, seconds % 86400
	local year, month, day = date_of(days)
	return setmetatable({ year = year, month = month, day = day, hour = rest // 3600, min = rest // 60 % 60, sec = rest % 60 }, time_meta)
end

-- "2024-05-06", "2024-05-06T07:08:09.123+0200", milliseconds.
local function time_point_from_string(text)
	local s = tostring(text)
	if s:find("^%-?%d+$") and #s > 4 then
		return time_point(math.tointeger(s) // 1000)
	end
	local year, month, day, rest = s:match("^(%d%d%d%d+)%-(%d%d?)%-(%d%d?)(.*)$")
	local hour, min, sec, zone = "0", "0", "0", ""
	if year and rest ~= "" then
		hour, min, sec, zone = rest:match("^[T ](%d%d?):(%d%d):(%d%d)%.?%d*(.*)$")
		if not hour then
			hour, min, zone = rest:match("^[T ](%d%d?):(%d%d)(.*)$")
			sec = "0"
		end
	end
	local sign, zh, zm = "+", "0", "0"
	if zone and zone ~= "" and zone:upper() ~= "Z" and zone:upper() ~= "UTC" then
		sign, zh, zm = zone:match("^ ?([+-])(%d%d):?(%d%d)$")
		if not sign then
			sign, zh = zone:match("^ ?([+-])(%d%d)$")
			zm = "0"
		end
	end
	if not year or not hour or not sign then
		error(("failed to parse time point from string: %s"):format(s), 2)
	end
	local off = (math.tointeger(zh) * 60 + math.tointeger(zm)) * 60
	return time_point(seconds_of { year = math.tointeger(year), month = math.tointeger(month), day = math.tointeger(day), hour = math.tointeger(hour),
		min = math.tointeger(min), sec = math.tointeger(sec) } - (sign == "-" and -off or off))
end

-- ---- deletions ----

local tombstone = class("tombstone", {
	deletion_time = function(t) return time_point(t.ldt or 0) end,
})

local function tombstone_of(deletion)
	return deletion and tombstone { timestamp = deletion.timestamp, ldt = deletion.ldt }
end

-- ---- keys ----

local function hex(s)
	return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function serialized(key)
	local out = {}
	for i, part in ipairs(key.components) do
		out[i] = (">s2"):pack(part.raw or "")
	end
	return table.concat(out)
end

local function key_text(key)
	local out = {}
	for i, part in ipairs(key.components) do
		out[i] = part.text
	end
	return table.concat(out, ":")
end

local key_methods = { to_hex = function(key) return hex(serialized(key)) end }
local partition_key, partition_key_meta = class("partition_key", nil, key_methods)
local clustering_key, clustering_key_meta = class("clustering_key", nil, key_methods)
partition_key_meta.__tostring, clustering_key_meta.__tostring = key_text, key_text

local function compare_numbers(a, b)
	return a < b and -1 or a > b and 1 or 0
end

-- ---- positions ----

local function weight_of(weight, where)
	local n = math.tointeger(weight)
	if not n then
		error(("bad argument #1 to '%s' (an integer expected, got %s)"):format(where, type(weight)), 3)
	end
	return compare_numbers(n, 0)
end

-- Numbers; with RandomPartitioner numbers of many digits, with the ordered ones hexadecimal text.
local function compare_tokens(a, b)
	if type(a) == "string" and type(b) == "string" then
		if #a ~= #b and not (a .. b):find("%D") then
			return compare_numbers(#a, #b)
		end
		return a == b and 0 or a < b and -1 or 1
	elseif type(a) ~= type(b) then
		return type(a) == "string" and 1 or -1
	end
	return a and compare_numbers(a, b) or 0
end

-- What stands at a token and has no key lies before or behind all keys of that token.
local function compare_ring(a, b)
	want(a, "ring_position", 1, "tri_cmp")
	want(b, "ring_position", 2, "tri_cmp")
	if a.rank ~= b.rank then
		return compare_numbers(a.rank, b.rank)
	end
	local c = compare_tokens(a.token, b.token)
	if c ~= 0 then
		return c
	end
	if a.key and b.key then
		local x, y = serialized(a.key), serialized(b.key)
		if x ~= y then
			return x < y and -1 or 1
		end
		return compare_numbers(a.weight, b.weight)
	elseif a.key then
		return b.weight > 0 and -1 or 1
	elseif b.key then
		return a.weight > 0 and 1 or -1
	end
	return compare_numbers(a.weight, b.weight)
end

local function compare_positions(a, b)
	want(a, "position_in_partition", 1, "tri_cmp")
	want(b, "position_in_partition", 2, "tri_cmp")
	if not a.key or not b.key then
		return 0
	end
	local x, y = a.key.components, b.key.components
	for i = 1, math.min(#x, #y) do
		local c = con.compare(x[i], y[i])
		if c ~= 0 then
			return c
		end
	end
	if #x == #y then
		return compare_numbers(a.weight, b.weight)
	elseif #x < #y then
		return a.weight <= 0 and -1 or 1
	end
	return b.weight <= 0 and 1 or -1
end

local ring_position, ring_meta = class("ring_position", nil, { tri_cmp = compare_ring })
local position_in_partition, position_meta = class("position_in_partition", nil, { tri_cmp = compare_positions })

function ring_meta.__tostring(p)
	return ("{%s, %s, %d}"):format(p.token or (p.rank < 0 and "minimum" or "maximum"), p.key or "-", p.weight)
end

function position_meta.__tostring(p)
	return ("{%s, %d}"):format(p.key or "-", p.weight)
end

-- ---- schema ----

local function current()
	if not tables.sst then
		local first = cq.paths()[1]
		if not first then
			error("there is no SSTable whose schema could be asked", 3)
		end
		M.use(cq.open(first))
	end
	return tables
end

local schema_lists = { partition_key_columns = "partition_key", clustering_key_columns = "clustering_key", static_columns = "static_column",
	regular_columns = "regular_column" }
local column_definition = class("column_definition")
local schema_meta = { __name = "Scylla.schema" }

function schema_meta.__index(_, key)
	local kind = schema_lists[key]
	if not kind and key ~= "all_columns" then
		return nil
	end
	local out = {}
	for _, c in ipairs(current().columns) do
		if not kind or c.kind == kind then
			out[#out + 1] = column_definition { id = c.id, name = c.name, kind = c.kind, type = c.type }
		end
	end
	return out
end

-- From now on this is the SSTable whose types and columns are meant.
function M.use(sst)
	tables.sst = sst
	tables.columns = con.columns(sst)
	tables.static, tables.regular = {}, {}
	for _, c in ipairs(tables.columns) do
		if c.kind == "static_column" then
			tables.static[c.name] = c
		elseif c.kind == "regular_column" then
			tables.regular[c.name] = c
		end
	end
end

-- ---- cells ----

local counter_shards, counter_meta = class("counter_shards_value", {
	value = function(c)
		local n = 0
		for _, shard in ipairs(c.shards) do
			n = n + shard.value
		end
		return n
	end,
	shards = function(c) return con.shards(c.cell) end,
})
function counter_meta.__tostring(c) return tostring(c.value) end

local function dead(cell, now)
	return cell.deleted or (cell.expiring and cell.ldt and cell.ldt <= now)
end

local atomic_cell = class("atomic_cell", {
	timestamp = function(c) return c.cell.timestamp end,
	is_live = function(c) return not c.cell.deleted end,
	-- A dead counter has no shards; scripts that see counter-shards go on to them.
	type = function(c)
		return c.column.counter and not c.cell.deleted and "counter-shards" or c.frozen and "frozen-collection" or "regular"
	end,
	has_ttl = function(c) return c.cell.expiring and not c.cell.deleted end,
	ttl = function(c) return c.has_ttl and c.cell.ttl or nil end,
	expiry = function(c) return c.has_ttl and time_point(c.cell.ldt) or nil end,
	deletion_time = function(c)
		if not dead(c.cell, clock.time()) then
			return nil
		end
		return time_point(c.cell.deleted and c.cell.ldt or c.cell.ldt - c.cell.ttl)
	end,
	tombstone = function(c) return c.cell.deleted and tombstone { timestamp = c.cell.timestamp, ldt = c.cell.ldt } or nil end,
	value = function(c)
		if c.cell.deleted then
			return nil
		end
		return c.column.counter and counter_shards { cell = c.cell } or con.cell(c.cell)
	end,
})

local collection = class("collection", {
	cells = function(c) return c.values end,
	timestamp = function(c)
		local newest = c.tombstone and c.tombstone.timestamp
		for _, v in ipairs(c.values) do
			newest = math.max(newest or v.value.timestamp, v.value.timestamp)
		end
		return newest
	end,
})

local frozen_types = { list = true, set = true, map = true }

local function is_frozen_collection(type_name)
	return frozen_types[type_name:match("^frozen<(%l+)<")] or false
end

-- {name = cell or collection} of a row.
local function cells_of(row, columns)
	local out = {}
	for _, c in ipairs(row.complex) do
		out[c.name] = collection { type = "collection", tombstone = tombstone_of(c.deletion), values = {} }
	end
	for cell in row:cells() do
		local name = cell.name
		local column = columns[name]
		local whole = out[name]
		if column.multicell then
			local path = con.path(cell)
			local value = atomic_cell { cell = cell, column = column, frozen = false }
			if column.collection then
				local of = con.cell(cell)
				value.frozen = of ~= nil and is_frozen_collection(of.type)
			end
			whole.values[#whole.values + 1] = { key = column.collection and path or "", value = value }
		else
			out[name] = atomic_cell { cell = cell, column = column, frozen = column.collection }
		end
	end
	return out
end

-- ---- fragments ----

local partition_start = class("partition_start")

local row_marker = class("row_marker", {
	is_live = function(m) return m.row.ttl ~= 0x7fffffff end,
	has_ttl = function(m) return m.row.ttl > 0 end,
	ttl = function(m) return m.is_live and m.has_ttl and m.row.ttl or nil end,
	expiry = function(m) return m.is_live and m.has_ttl and time_point(m.row.ldt) or nil end,
	deletion_time = function(m)
		if not m.is_live then
			return time_point(m.row.ldt or 0)
		end
		return m.has_ttl and time_point(m.row.ldt - m.row.ttl) or nil
	end,
})

-- Rows are copies: scripts may keep what a hook got.
local row_fields = {
	cells = function(r) return cells_of(r.row, r.static and r.of.static or r.of.regular) end,
}
local static_row = class("static_row", row_fields)
local clustering_row = class("clustering_row", {
	cells = row_fields.cells,
	key = function(r) return clustering_key { components = con.clustering(r.row) } end,
	marker = function(r)
		local timestamp = r.row.timestamp
		return timestamp and row_marker { timestamp = timestamp, row = r.row } or nil
	end,
	tombstone = function(r)
		local d = r.row.deletion
		if d and r.row.shadowable then
			return tombstone { timestamp = math.mininteger, ldt = 0, none = true }
		end
		return tombstone_of(d)
	end,
	shadowable_tombstone = function(r) return tombstone_of(r.row.deletion) end,
})

-- Where a marker's bound lies: before or behind the rows that begin with its values.
local weights = { INCL_START_BOUND = -1, EXCL_START_BOUND = 1, INCL_END_BOUND = 1, EXCL_END_BOUND = -1, EXCL_END_INCL_START_BOUNDARY = -1,
	INCL_END_EXCL_START_BOUNDARY = 1 }

local range_tombstone_change, rtc_meta = class("range_tombstone_change")
function rtc_meta.__tostring(r)
	return ("{range_tombstone_change: %s, %d, %s}"):format(r.key, r.key_weight, r.tombstone and r.tombstone.timestamp or "none")
end

-- ---- JSON ----

local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function json_string(s)
	if not utf8.len(s) then
		local out, at = {}, 1
		while at <= #s do
			local ok, bad = utf8.len(s, at)
			if ok then
				bad = #s + 1
			end
			out[#out + 1] = s:sub(at, bad - 1)
			if not ok then
				out[#out + 1] = "\u{fffd}"
			end
			at = bad + 1
		end
		s = table.concat(out)
	end
	return '"' .. s:gsub('[%c"\\\127]', function(c) return escapes[c] or c ~= "\127" and ("\\u%04X"):format(c:byte()) or nil end) .. '"'
end

local writer = {}
local json_writer = class("json_writer", nil, writer)

-- Before a value, or a key: what has to stand between it and the one before.
local function put(w, text, is_key)
	local top = w.stack[#w.stack]
	if not top then
		if w.done then
			error("json_writer: the document has ended", 3)
		end
	elseif top.object then
		if is_key == top.has_key then
			error(is_key and "json_writer: a key where a value is due" or "json_writer: a value without a key", 3)
		end
		top.has_key = is_key
		if is_key and top.n > 0 then
			cq.write(",")
		end
		top.n = top.n + (is_key and 1 or 0)
	else
		if is_key then
			error("json_writer: a key in an array", 3)
		end
		if top.n > 0 then
			cq.write(",")
		end
		top.n = top.n + 1
	end
	if not top and is_key then
		error("json_writer: a key outside of an object", 3)
	end
	cq.write(text)
	if not top then
		w.done = true
	end
end

local function argument(name, kind, n, v)
	if n ~= 1 or type(v) ~= kind then
		error(("json_writer::%s(): expected argument of type %s, got %s"):format(name, kind, n == 1 and type(v) or n .. " arguments"), 3)
	end
	return v
end

function writer.null(w) put(w, "null", false) end
function writer.bool(w, ...) put(w, tostring(argument("bool", "boolean", select("#", ...), ...)), false) end
function writer.string(w, ...) put(w, json_string(argument("string", "string", select("#", ...), ...)), false) end

function writer.int(w, ...)
	local v = argument("int", "number", select("#", ...), ...)
	local n = math.tointeger(v)
	if not n then
		error(("json_writer::int(): %s is no integer of 64 bits"):format(v), 2)
	end
	put(w, ("%d"):format(n), false)
end

function writer.double(w, ...)
	local v = argument("double", "number", select("#", ...), ...) + 0.0
	if v ~= v or v == math.huge or v == -math.huge then
		error("json_writer::double(): JSON has no NaN and no infinity", 2)
	end
	local text = ("%.15g"):format(v)
	if tonumber(text) ~= v then
		text = ("%.17g"):format(v)
	end
	put(w, text:find("[.e]") and text or text .. ".0", false)
end

function writer.key(w, ...)
	put(w, json_string(argument("key", "string", select("#", ...), ...)) .. ":", true)
end

local function open(w, bracket, object)
	put(w, bracket, false)
	w.done = false
	w.stack[#w.stack + 1] = { object = object, n = 0, has_key = false }
end

local function close(w, bracket, object)
	local top = w.stack[#w.stack]
	if not top or top.object ~= object or top.has_key then
		error("json_writer: nothing here that " .. bracket .. " could end", 3)
	end
	w.stack[#w.stack] = nil
	cq.write(bracket)
	if not w.stack[1] then
		w.done = true
		cq.write("\n")
	end
end

function writer.start_object(w) open(w, "{", true) end
function writer.end_object(w) close(w, "}", true) end
function writer.start_array(w) open(w, "[", false) end
function writer.end_array(w) close(w, "]", false) end

-- The stream as the dump-data operation prints it.
local function string_of(w, name, text)
	w:key(name)
	w:string(text)
end

local function write_key(w, key, token)
	w:start_object()
	if token then
		string_of(w, "token", tostring(token))
	end
	string_of(w, "raw", key:to_hex())
	string_of(w, "value", tostring(key))
	w:end_object()
end

local function write_tombstone(w, t)
	w:start_object()
	if t and not t.none then
		w:key("timestamp")
		w:int(t.timestamp)
		string_of(w, "deletion_time", tostring(t.deletion_time))
	end
	w:end_object()
end

local function write_ttl(w, obj)
	string_of(w, "ttl", obj.ttl .. "s")
	string_of(w, "expiry", tostring(obj.expiry))
end

local function write_atomic(w, cell)
	w:start_object()
	w:key("is_live")
	w:bool(cell.is_live)
	string_of(w, "type", cell.type)
	w:key("timestamp")
	w:int(cell.timestamp)
	if cell.type ~= "counter-shards" then
		if cell.has_ttl then
			write_ttl(w, cell)
		end
		if not cell.is_live then
			string_of(w, "deletion_time", tostring(cell.deletion_time))
		end
	end
	if cell.is_live then
		w:key("value")
		if cell.type == "counter-shards" then
			w:start_array()
			for _, shard in ipairs(cell.value.shards) do
				w:start_object()
				string_of(w, "id", shard.id)
				w:key("value")
				w:int(shard.value)
				w:key("clock")
				w:int(shard.clock)
				w:end_object()
			end
			w:end_array()
		else
			w:string(tostring(cell.value))
		end
	end
	w:end_object()
end

local function write_cells(w, row)
	local columns = row.static and row.of.static or row.of.regular
	local names = {}
	for name in pairs(row.cells) do
		names[#names + 1] = name
	end
	table.sort(names, function(a, b) return columns[a].id < columns[b].id end)
	w:start_object()
	for _, name in ipairs(names) do
		local cell = row.cells[name]
		w:key(name)
		if cell.type ~= "collection" then
			write_atomic(w, cell)
		else
			w:start_object()
			if cell.tombstone then
				w:key("tombstone")
				write_tombstone(w, cell.tombstone)
			end
			w:key("cells")
			w:start_array()
			for _, v in ipairs(cell.values) do
				w:start_object()
				string_of(w, "key", tostring(v.key))
				w:key("value")
				write_atomic(w, v.value)
				w:end_object()
			end
			w:end_array()
			w:end_object()
		end
	end
	w:end_object()
end

local function element(w)
	if not w.clustering then
		w:key("clustering_elements")
		w:start_array()
		w.clustering = true
	end
end

function writer.start_stream(w)
	w:start_object()
	w:key("sstables")
	w:start_object()
end

function writer.start_sstable(w, sst)
	w:key(sst and want(sst, "sstable", 1, "start_sstable").filename or "anonymous")
	w:start_array()
end

function writer.start_partition(w, ps)
	want(ps, "partition_start", 1, "start_partition")
	w.clustering = false
	w:start_object()
	w:key("key")
	write_key(w, ps.key, ps.token)
	if ps.tombstone then
		w:key("tombstone")
		write_tombstone(w, ps.tombstone)
	end
end

function writer.static_row(w, sr)
	want(sr, "static_row", 1, "static_row")
	w:key("static_row")
	write_cells(w, sr)
end

function writer.clustering_row(w, cr)
	want(cr, "clustering_row", 1, "clustering_row")
	element(w)
	w:start_object()
	string_of(w, "type", "clustering-row")
	w:key("key")
	write_key(w, cr.key)
	if cr.tombstone then
		w:key("tombstone")
		write_tombstone(w, cr.tombstone)
		w:key("shadowable_tombstone")
		write_tombstone(w, cr.shadowable_tombstone)
	end
	if cr.marker then
		w:key("marker")
		w:start_object()
		w:key("timestamp")
		w:int(cr.marker.timestamp)
		if cr.marker.is_live and cr.marker.has_ttl then
			write_ttl(w, cr.marker)
		end
		w:end_object()
	end
	w:key("columns")
	write_cells(w, cr)
	w:end_object()
end

function writer.range_tombstone_change(w, rtc)
	want(rtc, "range_tombstone_change", 1, "range_tombstone_change")
	element(w)
	w:start_object()
	string_of(w, "type", "range-tombstone-change")
	w:key("key")
	write_key(w, rtc.key)
	w:key("weight")
	w:int(rtc.key_weight)
	w:key("tombstone")
	write_tombstone(w, rtc.tombstone)
	w:end_object()
end

function writer.end_partition(w)
	if w.clustering then
		w:end_array()
	end
	w.clustering = false
	w:end_object()
end

function writer.end_sstable(w) w:end_array() end

function writer.end_stream(w)
	w:end_object()
	w:end_object()
end

-- ---- the Scylla table ----

local Scylla = {}

function Scylla.now() return time_point(clock.time()) end
Scylla.time_point_from_string = time_point_from_string
function Scylla.new_json_writer() return json_writer { stack = {}, done = false, clustering = false } end

local function unserialize(kind, make, text)
	local s = tostring(text)
	if type(text) ~= "string" or #s % 2 ~= 0 or s:find("[^%x]") then
		error(("unserialize %s key: not hexadecimal: %s"):format(kind, s), 3)
	end
	local ok, parts = pcall(con.key, current().sst, kind, (s:gsub("%x%x", function(x) return string.char(tonumber(x, 16)) end)))
	if not ok then
		error(("unserialize %s key: %s"):format(kind, parts), 3)
	end
	return make { components = parts }
end

function Scylla.unserialize_partition_key(text) return unserialize("partition", partition_key, text) end
function Scylla.unserialize_clustering_key(text) return unserialize("clustering", clustering_key, text) end

-- Also as (schema, key), which is what the tool itself takes.
function Scylla.token_of(a, b)
	return con.token(current().sst, want(is(a, "partition_key") and a or b, "partition_key", 1, "token_of").components)
end

function Scylla.new_ring_position(weight, a, b)
	weight = weight_of(weight, "new_ring_position")
	local key, token = nil, nil
	if is(a, "partition_key") then
		key, token = a, b
	elseif a ~= nil then
		token = a
	elseif b ~= nil then
		token = b
	end
	if token ~= nil and type(token) ~= "string" then
		if not math.tointeger(token) then
			error(("bad argument to 'new_ring_position' (a key or a token expected, got %s)"):format(type(token)), 2)
		end
		token = math.tointeger(token)
	end
	token = token or key and con.token(current().sst, key.components)
	if not token and weight == 0 then
		error("weight of 0 is invalid for min/max ring_position", 2)
	end
	-- Behind the least token, before the greatest: the two ends of the ring.
	return ring_position { weight = weight, key = key, token = token, rank = token and 0 or weight < 0 and 1 or -1 }
end

function Scylla.new_position_in_partition(weight, key)
	weight = weight_of(weight, "new_position_in_partition")
	if key ~= nil then
		want(key, "clustering_key", 2, "new_position_in_partition")
	elseif weight == 0 then
		error("weight of 0 is invalid for nil min/max position_in_partition", 2)
	end
	return position_in_partition { weight = weight, key = key }
end

-- ---- the stream ----

local script_args = {}

-- k=v, and k=v:k=v in one word.
local function parse_args(words)
	local out = {}
	for _, word in ipairs(words) do
		for piece in (word:gsub(":([%a_][%w_-]*=)", "\0%1") .. "\0"):gmatch("(.-)\0") do
			local key, value = piece:match("^([^=]+)=(.*)$")
			if not key then
				error(("an argument of this script has the form key=value, not %s"):format(piece), 0)
			end
			out[key] = value
		end
	end
	return out
end

-- Before the script runs: what it finds in its globals. All times are UTC.
function M.begin()
	_G.Scylla = Scylla
	_G.schema = setmetatable({ [KIND] = "schema" }, schema_meta)
	if _G.os then
		return
	end
	local os_table = { clock = clock.clock, difftime = clock.difftime }
	function os_table.time(t)
		return t and seconds_of(t) or clock.time()
	end
	function os_table.date(format, t)
		format = format or "%c"
		return clock.date(format:sub(1, 1) == "!" and format or "!" .. format, t)
	end
	-- Of the environment a script sees its own arguments.
	function os_table.getenv(name)
		return script_args[name]
	end
	_G.os = os_table
end

-- Call a hook. True: it said stop, by giving false (or an explicit nil).
local function call(name, ...)
	local f = rawget(_G, name)
	if f == nil then
		return false
	end
	if type(f) ~= "function" then
		error(("%s() failed: symbol is not callable"):format(name), 0)
	end
	local got = table.pack(f(...))
	if got.n > 1 then
		error(("%s() failed: unexpected number of return values from function, expected: 1, got: %d"):format(name, got.n), 0)
	end
	return got.n == 1 and not got[1]
end

local function fragments(part, wants)
	if wants.partition_start then
		local ps = partition_start { key = partition_key { components = con.partition_key(part) }, token = part.token,
			tombstone = tombstone_of(part.deletion) }
		if call("consume_partition_start", ps) then
			return
		end
	end
	if not wants.fragments then
		return
	end
	for row in part:unfiltereds() do
		local kind = row.kind
		local stop = false
		if kind == "row" then
			stop = wants.row and call("consume_clustering_row", clustering_row { row = row:keep(), of = wants.of })
		elseif kind == "static" then
			stop = wants.static and call("consume_static_row", static_row { row = row:keep(), of = wants.of, static = true })
		elseif wants.marker then
			stop = call("consume_range_tombstone_change", range_tombstone_change {
				key = clustering_key { components = con.clustering(row) }, key_weight = weights[row.bound], tombstone = tombstone_of(row.opens) })
		end
		if stop then
			return
		end
	end
end

local sstable = class("sstable")

local function consume(sst)
	M.use(sst)
	if not call("consume_sstable_start", sstable { filename = sst.path }) then
		local wants = { partition_start = rawget(_G, "consume_partition_start") ~= nil, static = rawget(_G, "consume_static_row") ~= nil,
			row = rawget(_G, "consume_clustering_row") ~= nil, marker = rawget(_G, "consume_range_tombstone_change") ~= nil,
			of = { static = tables.static, regular = tables.regular } }
		wants.fragments = wants.static or wants.row or wants.marker
		for part in sst:partitions() do
			fragments(part, wants)
			if call("consume_partition_end") then
				break
			end
		end
	end
	return call("consume_sstable_end")
end

-- After the script ran: the stream of every SSTable it was given, one after another.
function M.drive(words)
	for key, value in pairs(parse_args(words)) do
		script_args[key] = value
	end
	local args = {}
	for key, value in pairs(script_args) do
		args[key] = value
	end
	call("consume_stream_start", args)
	for sst in cq.tables() do
		if consume(sst) then
			break
		end
	end
	call("consume_stream_end")
end

return M
