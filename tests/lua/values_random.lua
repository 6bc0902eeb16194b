-- Random types, random bytes, random Lua values in every place: nothing but Lua errors, and what decodes encodes to bytes that decode to it.
-- paths: 5.0-oa/main/scalars
-- output: ok

local simple = { "ascii", "text", "blob", "boolean", "tinyint", "smallint", "int", "bigint", "varint", "decimal", "float", "double", "date", "time",
	"timestamp", "uuid", "timeuuid", "inet", "duration", "empty", "'org.apache.cassandra.db.marshal.DateType'",
	"'org.apache.cassandra.db.marshal.LexicalUUIDType'" }
math.randomseed(23)

local function type_text(depth)
	local r = math.random(depth > 3 and 4 or 9)
	if r <= 4 then return simple[math.random(#simple)] end
	local a = type_text(depth + 1)
	if r == 5 then return "list<" .. a .. ">" end
	if r == 6 then return "set<" .. a .. ">" end
	if r == 7 then return "map<" .. a .. ", " .. type_text(depth + 1) .. ">" end
	if r == 8 then return "tuple<" .. a .. ", " .. type_text(depth + 1) .. ">" end
	return "vector<" .. a .. ", " .. math.random(3) .. ">"
end

local function bytes(n)                                       -- small numbers, which lengths and counts are, more often than others
	local t = {}
	for i = 1, n do t[i] = string.char(math.random(4) > 1 and math.random(0, 4) or math.random(0, 255)) end
	return table.concat(t)
end

local junk = { 1, -1, 1.5, 0 / 0, 1e300, "x", "", "2024-01-01", "\xff", true, false, {}, { 1 }, { n = 3 }, { {} }, cq.empty, cq.date(1), cq.varint(5),
	cq.decimal("1.5"), cq.decimal("1e-2147483647"), cq.map{ { key = 1, value = 2 } }, print, cq.decode("int", "x"), coroutine.create(print),
	cq.uuid("550e8400-e29b-41d4-a716-446655440000"), 1 << 62, math.mininteger, cq.tables()() }
local fields = { "kind", "raw", "why", "version", "time", "ms", "seconds", "days", "nanos", "months", "family", "scale", "unscaled", "get", "n", 1 }
local functions = {}
for _, name in ipairs{ "decode", "encode", "shards", "uuid", "timeuuid", "timestamp", "date", "time_of_day", "inet", "duration", "varint", "decimal",
	"map", "json", "csv", "time", "seconds" } do
	functions[#functions + 1] = assert(cq[name], name)
end
for _, f in pairs(cq.bytes) do functions[#functions + 1] = f end

local decoded, damaged, made = 0, 0, 0
for _ = 1, 4000 do
	local t = type_text(0)
	local known, v = pcall(cq.decode, t, bytes(math.random(0, 40)))
	if known then                                             -- some types cannot be: a vector of empty
		local b = cq.encode(t, v)
		local again = cq.decode(t, b)
		assert(cq.encode(t, again) == b and cq.json(again) == cq.json(v), t)
		decoded = decoded + 1
		if cq.json(v):find("damaged") then damaged = damaged + 1 end
		for _, field in ipairs(fields) do pcall(function() return v[field] end) end
		pcall(function() return v < again, tostring(v), cq.csv(v), #v end)
	else
		assert(v:find("bad argument #1", 1, true), v)
	end
	local x, y = junk[math.random(#junk)], junk[math.random(#junk)]
	for _, value in ipairs{ x, { x, y }, { x, y, n = 2 }, cq.map{ { key = x, value = y } }, x == x and { [x] = y } or y } do
		local ok, b = pcall(cq.encode, t, value)
		if ok then
			made = made + 1
			cq.json(cq.decode(t, b))
		end
	end
	pcall(function() return x + y end) pcall(function() return x - y end) pcall(function() return x * y end) pcall(function() return x // y end)
	pcall(function() return x % y end) pcall(function() return -x end) pcall(function() return x < y end) pcall(function() return x == y end)
	pcall(function() return x .. "x" .. y end) pcall(function() return x:div(y, 3) end) pcall(function() return x:get(y) end)
	pcall(function() return x:tonumber(), x:tointeger(), x:compare(y) end)
	for _, f in ipairs(functions) do pcall(f, x, y, x) end
end
assert(decoded > 3000 and damaged > 500 and damaged < decoded - 200 and made > 1000, decoded .. " " .. damaged .. " " .. made)
print("ok")
