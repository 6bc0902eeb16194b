-- Values: every cell, key and clustering of the corpus becomes a Lua value and the same bytes again; what the values say; misuse.
-- output: ok

local function fails(what, f, ...)
	local ok, msg = pcall(f, ...)
	assert(not ok, "no error: " .. what)
	assert(tostring(msg):find(what, 1, true), msg)
end

-- Every cell: encode(decode(bytes)) are the bytes. Counters are sums, which no bytes are made of.
local kinds, cells, classes = {}, 0, {}
local function count(v)
	local kind = math.type(v) or type(v)
	if kind == "userdata" then
		kind = tostring(v):match("^damaged") and "damaged" or getmetatable(v) == false and "object"
		local ok, k = pcall(function() return v.kind end)
		if ok then kind = k end
	end
	kinds[kind] = (kinds[kind] or 0) + 1
end
for sst in cq.tables() do
	for part in sst:partitions() do
		for row in part:unfiltereds() do
			for cell in row:cells() do
				if not cell.deleted then
					local class, value, raw = cell.class, cell.value, cell.raw
					cells = cells + 1
					classes[class] = true
					count(value)
					assert(type(cq.json(value)) == "string")
					if cell.counter then
						local sum = 0
						for _, shard in ipairs(cq.shards(raw)) do
							sum = sum + shard.count
							assert(#shard.id.raw == 16 and shard.clock)
						end
						assert(sum == value)
						fails("keep cell.raw", cq.encode, class, value)
					else
						local back = cq.encode(class, value)
						assert(back == raw, class .. ": " .. cq.bytes.hex(raw) .. " came back as " .. cq.bytes.hex(back))
						local again = cq.decode(class, back)
						if value == value and type(value) ~= "table" then
							assert(again == value or cq.json(again) == cq.json(value), class)
						end
					end
				end
			end
			if row.kind == "row" then
				for _, v in ipairs(row.clustering) do count(v) end
			end
		end
	end
	sst:close()
end
-- A multi-cell column comes whole: what its live cells hold, in their order.
local wholes = { list = 0, set = 0, map = 0, udt = 0 }
for sst in cq.tables() do
	for part in sst:partitions() do
		for row in part:unfiltereds() do
			for _, complex in ipairs(row.complex) do
				local live, type_name = {}, nil
				for cell in row:cells() do
					if cell.name == complex.name then
						type_name = cell.type
						if not cell.deleted then live[#live + 1] = cell end
					end
				end
				local kind = type_name and (type_name:match("^(%l+)<") or "udt")
				if kind then
					local value = row:value(complex.name)
					wholes[kind] = wholes[kind] + #live
					if kind == "udt" then
						local n = 0
						for _, v in value:fields() do n = n + (v ~= nil and 1 or 0) end
						assert(n == #live and (#live == 0 or #value > live[#live].path), type_name)
					else
						assert(#value == #live, type_name)
						for i, cell in ipairs(live) do
							if kind == "list" then assert(cq.json(value[i]) == cq.json(cell.value)) end
							if kind == "set" then assert(cq.json(value[i]) == cq.json(cell.path)) end
							if kind == "map" then
								assert(cq.json(value[i]) == cq.json{ key = cell.path, value = cell.value })
								assert(cq.json(value:get(cell.path)) == cq.json(cell.value))
							end
						end
					end
				end
			end
		end
	end
	sst:close()
end
for kind, n in pairs(wholes) do assert(n > 10, kind .. " " .. n) end

local nclasses = 0
for _ in pairs(classes) do nclasses = nclasses + 1 end
assert(cells > 40000 and nclasses > 50, cells .. " cells of " .. nclasses .. " types")
for _, kind in ipairs{ "string", "integer", "float", "boolean", "table", "uuid", "timeuuid", "timestamp", "date", "time", "inet", "duration",
	"empty", "object" } do
	assert(kinds[kind], "the corpus has no " .. kind)
end

-- What single values say.
local zero = "00000000-0000-1000-8000-000000000000"
assert(cq.uuid(zero).time == -12219292800000000 and cq.uuid(zero).version == 1)
assert(cq.uuid("550e8400-e29b-41d4-a716-446655440000").time == nil)
assert(cq.uuid(zero) == cq.timeuuid(zero) and cq.uuid(zero) ~= cq.uuid("550e8400-e29b-41d4-a716-446655440000"))
assert(cq.timestamp(-1).ms == -1 and cq.timestamp(-1).seconds == -1 and cq.timestamp(math.mininteger).seconds < 0)
assert(cq.timestamp("1970-01-01T00:00:01Z").ms == 1000 and tostring(cq.timestamp(0)) == "1970-01-01T00:00:00.000Z", tostring(cq.timestamp(0)))
assert(cq.date(-1) < cq.date(0) and cq.date("1969-12-31").days == -1 and cq.date(-2147483648).raw == "\0\0\0\0")
assert(cq.time_of_day("23:59:59.999999999").nanos == 86399999999999)
assert(cq.inet("1.2.3.4").family == 4 and #cq.inet("::").raw == 16)
local d = cq.duration("-1y2mo3d4h")
assert(d.months == -14 and d.days == -3 and d.nanos == -4 * 3600 * 1000000000 and tostring(d) == "-1y2mo3d4h")
assert(cq.date(1) <= cq.date(1) and not (cq.date(2) <= cq.date(1)) and cq.date(1) ~= cq.timestamp(1))
assert("at " .. cq.date(0) == "at 1970-01-01" and cq.empty.kind == "empty" and cq.empty.raw == "" and tostring(cq.empty) == "")
fails("no ms in a value of kind date", function() return cq.date(0).ms end)
fails("no why", function() return cq.date(0).why end)
fails("not ordered with", function() return cq.date(0) < cq.timestamp(0) end)
fails("cq.value expected", function() return cq.date(0) < 1 end)
fails("cq.value has no nothing", function() return cq.date(0).nothing end)
fails("cannot be changed", function() cq.date(0).days = 1 end)
fails("is not a value of type uuid", cq.uuid, "550e8400")
fails("is not a value of type timeuuid", cq.timeuuid, "550e8400-e29b-41d4-a716-446655440000")
fails("1 to 256", cq.inet, "")
fails("32 bits", cq.date, 1 << 40)
fails("one day", cq.time_of_day, 86400000000000)
fails("string expected", cq.uuid, nil)

-- Damage never raises, and stays what it was.
for class, bytes in pairs{ int = "abc", boolean = "ab", text = "\xff", ascii = "\x80", uuid = "x", inet = "12345", duration = "\1", decimal = "\0",
	date = "", time = ("\xff"):rep(8), ["list<int>"] = "\0\0\0\2\0", ["map<int, int>"] = "\127\255\255\255", ["tuple<int, int>"] = "\0\0\0\9a",
	["vector<int, 2>"] = "abcdefg", smallint = "" } do
	local v = cq.decode(class, bytes)
	assert(v.kind == "damaged" and v.raw == bytes and #v.why > 5, class)
	assert(tostring(v):find("^damaged: 0x") and cq.json(v):find('^{"damaged": "0x'), class)
	assert(cq.encode(class, v) == bytes, class)
	assert(v == cq.decode(class, bytes))
end
-- Inside of a collection only what is damaged is.
local half = cq.decode("list<int>", "\0\0\0\2\0\0\0\1x\0\0\0\4\0\0\0\7")
assert(half[1].kind == "damaged" and half[2] == 7 and cq.encode("list<int>", half) == "\0\0\0\2\0\0\0\1x\0\0\0\4\0\0\0\7")
assert(cq.decode("map<int, int>", "\0\0\0\1\xff\xff\xff\xff\xff\xff\xff\xff").kind == "damaged")
assert(cq.decode("int", "").kind == "empty" and cq.decode("int", nil) == nil and cq.encode("int", nil) == nil)
fails("a date is 4 bytes", cq.encode, "date", cq.empty)

-- decode(encode(x)) is x.
local function same(class, value)
	local bytes = cq.encode(class, value)
	local again = cq.decode(class, bytes)
	assert(cq.json(again) == cq.json(value), class .. " " .. cq.json(value) .. " " .. cq.json(again))
	assert(cq.encode(class, again) == bytes, class)
end
math.randomseed(7)
for _ = 1, 300 do
	local r = math.random(0)
	same("bigint", r) same("int", r >> 33) same("smallint", r >> 49) same("tinyint", -(r >> 57))
	same("double", string.unpack("d", string.pack("i8", r >> 2))) same("float", (string.unpack("f", string.pack("I4", r >> 34))))
	same("timestamp", cq.timestamp(r)) same("date", cq.date(r >> 33)) same("time", cq.time_of_day(r >> 20))
	same("varint", cq.varint(r) * r) same("decimal", cq.decimal(r, r >> 58))
	same("uuid", cq.decode("uuid", string.pack("i8i8", r, ~r))) same("inet", cq.decode("inet", string.pack("i4", r >> 33)))
	same("blob", string.pack("i8", r)) same("text", utf8.char(r & 0xffff < 0xd800 and r & 0xffff or 65))
	same("list<frozen<set<bigint>>>", { { r, 1 }, {}, { 2 } })
	same("tuple<int, text, tuple<boolean, float>>", { 1, "x", { true, 1.5, n = 2 }, n = 3 })
	same("vector<text, 2>", { ("x"):rep(r & 0x1ff), "" })
end
for _, bits in ipairs{ 0x7fa00001, 0xffc00000, 0x7f800000, 0xff800000, 0x80000000, 1, 0x7f7fffff } do      -- NaNs keep their bits
	local raw = string.pack(">I4", bits)
	assert(cq.encode("float", cq.decode("float", raw)) == raw, bits)
end
assert(cq.encode("double", cq.decode("double", "\x7f\xf0\0\0\0\0\0\1")) == "\x7f\xf0\0\0\0\0\0\1")

-- What is given may have several shapes.
assert(cq.encode("int", "7") == "\0\0\0\7" and cq.encode("int", 7.0) == "\0\0\0\7" and cq.encode("int", cq.varint(7)) == "\0\0\0\7")
assert(cq.encode("varint", -129) == "\xff\x7f" and cq.encode("decimal", 5) == "\0\0\0\0\5" and cq.encode("decimal", "0.5") == "\0\0\0\1\5")
assert(cq.encode("timestamp", 1) == cq.encode("timestamp", cq.timestamp(1)) and cq.encode("date", 0) == "\x80\0\0\0")
assert(cq.encode("boolean", true) == "\1" and cq.encode("boolean", "FALSE") == "\0" and cq.encode("float", 1) == "\x3f\x80\0\0")
assert(cq.encode("uuid", cq.timeuuid(zero)) == cq.timeuuid(zero).raw and cq.encode("timeuuid", cq.uuid(zero)) == cq.uuid(zero).raw)
assert(cq.encode("tuple<int, int>", { 1 }) == "\0\0\0\4\0\0\0\1\xff\xff\xff\xff" and cq.encode("tuple<int, int>", { 1, n = 1 }) == "\0\0\0\4\0\0\0\1")
assert(cq.encode("list<int>", { 1, nil, 3, n = 3 }) == "\0\0\0\3\0\0\0\4\0\0\0\1\xff\xff\xff\xff\0\0\0\4\0\0\0\3")
assert(cq.encode("org.apache.cassandra.db.marshal.Int32Type", 1) == "\0\0\0\1")
for class, value in pairs{ int = 1 << 31, tinyint = 128, smallint = -32769, text = "\xff", ascii = "é", float = 1e39, date = 1 << 33, time = -1,
	boolean = 1, uuid = 1, blob = 1, ["list<int>"] = 1, ["list<text>"] = { 1 }, ["vector<int, 2>"] = { 1 }, ["tuple<int>"] = { 1, 2 },
	["map<int, int>"] = { a = 1 }, bigint = 1.5, varint = 1.5, decimal = 0.1, inet = "x", timeuuid = cq.uuid("550e8400-e29b-41d4-a716-446655440000"),
	counter = 1, empty = 1, double = {}, ["set<int>"] = { n = -1 }, ["vector<int, 1>"] = { cq.empty } } do
	local ok, msg = pcall(cq.encode, class, value)
	assert(not ok and #msg > 10, class)
end

-- Maps keep their order.
local m = cq.map{ { key = "b", value = 2 }, { key = "a", value = { 1 } } }
assert(#m == 2 and m[1].key == "b" and m[3] == nil and m[0] == nil and m:get("a")[1] == 1 and m:get("zz") == nil)
assert(cq.json(m) == '{"b": 2, "a": [1]}' and tostring(m) == cq.json(m))
local seen = {}
for k, v in pairs(m) do seen[#seen + 1] = k .. cq.json(v) end
assert(table.concat(seen, " ") == "b2 a[1]" and m:keys()[2] == "a" and m:values()[1] == 2)
assert(m == cq.map{ { key = "b", value = 2 }, { key = "a", value = { 1 } } } and m ~= cq.map{} and m ~= cq.map{ m[2], m[1] })
fails("a pair has no key", cq.map, { {} })
fails("a sequence", cq.map, { 1 })
fails("cq.map has no zz", function() return m.zz end)
fails("cannot be changed", function() m[1] = 1 end)
local raw = cq.encode("map<int, text>", { [3] = "c", [-1] = "m", [2] = "b" })
local sorted = cq.decode("map<int, text>", raw)
assert(sorted[1].key == -1 and sorted[2].key == 2 and sorted[3].key == 3 and cq.encode("map<int, text>", sorted) == raw)
fails("the same value", cq.encode, "map<decimal, int>", { [cq.decimal("1.0")] = 1, [cq.decimal("1.00")] = 2 })
local big = {}
for i = 1, 5000 do big[i] = "v" .. i end
local many = cq.decode("map<int, text>", cq.encode("map<int, text>", big))
assert(#many == 5000 and many:get(4711) == "v4711" and many:get(5001) == nil and many:get("1") == nil and many:get(0 / 0) == nil)
local objects = cq.decode("map<varint, date>", cq.encode("map<varint, date>", { [1] = 0, [cq.varint(2)] = 1 }))
assert(objects:get(2).days == 1 and objects:get(cq.varint(1)).days == 0 and objects:get(cq.decimal("2.0")).days == 1)
local dates = cq.decode("map<date, int>", cq.encode("map<date, int>", { ["2024-02-29"] = 1 }))
assert(dates:get("2024-02-29") == 1 and dates:get(cq.date("2024-02-29")) == 1 and dates:get("2024-03-01") == nil)
local lists = cq.decode("map<frozen<list<int>>, int>", cq.encode("map<frozen<list<int>>, int>", { [{ 1, 2 }] = 5 }))
assert(lists:get{ 1, 2 } == 5 and lists:get{ 1 } == nil and lists:get{ 1, 2, 3 } == nil)

-- User-defined types, and multi-cell columns as one.
local class = "org.apache.cassandra.db.marshal.UserType(ks,61,7a6970:org.apache.cassandra.db.marshal.Int32Type,"
	.. "6669656c6473:org.apache.cassandra.db.marshal.UTF8Type)"
local u = cq.decode(class, cq.encode(class, { zip = 1, fields = "x" }))
assert(u.zip == 1 and u:get("fields") == "x" and type(u.fields) == "function" and #u == 2)
local names = {}
for name, value in u:fields() do names[#names + 1] = name .. "=" .. value end
assert(table.concat(names, " ") == "zip=1 fields=x" and cq.json(u) == '{"zip": 1, "fields": "x"}')
assert(u == cq.decode(class, cq.encode(class, u)) and u ~= cq.decode(class, cq.encode(class, { zip = 2 })))
local short = cq.decode(class, "\0\0\0\4\0\0\0\1")
assert(short.zip == 1 and short:get("fields") == nil and cq.encode(class, short) == "\0\0\0\4\0\0\0\1")
fails("no field zap", function() return u.zap end)
fails("a field that the type does not have", cq.encode, class, { zap = 1 })
fails("another user-defined type", cq.encode, class:gsub("7a6970", "7a6971"), u)
fails("cq.udt expected", function() u.get({}, "zip") end)

-- Types.
for _, bad in ipairs{ "", "nothing", "list<", "list<int", ("list<"):rep(200) .. "int" .. (">"):rep(200), "vector<int, 0>", ("x"):rep(5000) } do
	fails("bad argument #1", cq.decode, bad, "")
end
for i = 1, 200 do                                             -- more than are kept
	local v = cq.decode("vector<int, " .. i .. ">", ("\0\0\0\7"):rep(i))
	assert(#v == i and v[i] == 7)
end
fails("string expected", cq.decode, "int", {})
fails("value expected", cq.encode, "int")
fails("no header", cq.shards, "x")
assert(#cq.shards("") == 0)

-- JSON and CSV.
assert(cq.json(nil) == "null" and cq.json(0 / 0) == "null" and cq.json(1.5) == "1.5" and cq.json(math.mininteger) == "-9223372036854775808")
assert(cq.json("a\"\n\0é") == '"a\\"\\n\\u0000é"' and cq.json("\xff\0") == '"0xff00"' and cq.json({}) == "[]")
assert(cq.json{ 1, nil, 3, n = 3 } == "[1, null, 3]" and cq.json{ n = 5 } == "[null, null, null, null, null]" and cq.json{ n = 1 << 40 } == '{"n": 1099511627776}')
assert(cq.json{ z = 1, a = { true }, [3] = "x" } == '{"3": "x", "a": [true], "z": 1}')
assert(cq.json(cq.map{ { key = cq.date(0), value = 1 }, { key = 1, value = 2 }, { key = { "x" }, value = 3 } })
	== '{"1970-01-01": 1, "1": 2, "[\\"x\\"]": 3}')
local long = ("é"):rep(100000)
assert(cq.json("x" .. long) == '"x' .. long .. '"' and cq.json(long .. "\xff"):sub(1, 7) == '"0xc3a9')
local cycle = {}
cycle[1] = cycle
fails("in itself", cq.json, cycle)
fails("a function has no JSON", cq.json, print)
fails("as a key has no JSON", cq.json, { [{}] = 1 })
fails("value expected", cq.json)
assert(cq.csv() == "" and cq.csv(nil, nil) == "," and cq.csv("") == '""' and cq.csv(" x", "y\n", 'a"b""c', true, cq.date(0))
	== '" x","y\n","a""b""""c",true,1970-01-01')
assert(cq.csv({ 1, "a" }, m) == '"[1, ""a""]","{""b"": 2, ""a"": [1]}"')
fails("has no JSON", cq.csv, print)

-- Times.
assert(cq.time(0) == "1970-01-01T00:00:00.000000Z" and cq.time(-1) == "1969-12-31T23:59:59.999999Z" and cq.seconds(-1) == "1969-12-31T23:59:59Z")
assert(cq.time(math.mininteger):find("Z$") and cq.time(math.maxinteger):find("Z$") and cq.seconds(math.maxinteger):find("Z$"))
assert(cq.now() > 1700000000000000)
fails("number expected", cq.time, "x")
print("ok")
