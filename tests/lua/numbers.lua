-- Exact numbers: identities over random operands of many sizes, Lua's own integers as the judge where they reach, bounds, misuse.
-- paths: 5.0-oa/main/scalars
-- output: ok
-- seconds: 60

local function fails(what, f, ...)
	local ok, msg = pcall(f, ...)
	assert(not ok, "no error: " .. what)
	assert(tostring(msg):find(what, 1, true), msg)
end

math.randomseed(11)
local function digits(n)
	local t = {}
	for i = 1, n do t[i] = math.random(0, 9) end
	return table.concat(t)
end
local function random(n)
	return cq.varint((math.random(2) == 1 and "-" or "") .. digits(n or math.random(1, 60)))
end

-- Where Lua's integers reach they agree.
local edges = { 0, 1, -1, 2, -2, 127, 128, -128, -129, 255, 256, 32767, -32768, 2147483647, -2147483648, 1 << 40, -(1 << 40), 3037000499 }
for _, a in ipairs(edges) do
	for _, b in ipairs(edges) do
		local x, y = cq.varint(a), cq.varint(b)
		assert((x + y):tointeger() == a + b and (x - y):tointeger() == a - b)
		if math.abs(a) < 1 << 31 and math.abs(b) < 1 << 31 then assert((x * y):tointeger() == a * b) end
		if b ~= 0 then assert((x // y):tointeger() == a // b and (x % y):tointeger() == a % b, a .. " " .. b) end
		assert((x < y) == (a < b) and (x <= y) == (a <= b) and (x == y) == (a == b) and x:compare(b) == (a < b and -1 or a > b and 1 or 0))
		assert((x + b):tointeger() == a + b and (a + y):tointeger() == a + b and (x < b) == (a < b) and (a <= y) == (a <= b))
	end
	assert((-cq.varint(a)):tointeger() == -a and tostring(cq.varint(a)) == tostring(a) and cq.varint(a):tonumber() == a + 0.0)
	assert(cq.decode("varint", cq.encode("varint", a)):tointeger() == a)
end
assert(cq.varint(math.mininteger):tointeger() == math.mininteger and cq.varint(math.maxinteger):tointeger() == math.maxinteger)
assert((cq.varint(math.maxinteger) + 1):tointeger() == nil and (cq.varint(math.mininteger) - 1):tointeger() == nil)
assert(-cq.varint(math.mininteger) == cq.varint("9223372036854775808"))

-- Identities.
for _ = 1, 400 do
	local a, b, c = random(), random(), random()
	assert(a + b == b + a and (a + b) + c == a + (b + c) and a * (b + c) == a * b + a * c and a - b == -(b - a) and a - a == cq.varint(0))
	assert((a + b) * (a - b) == a * a - b * b)
	if b ~= cq.varint(0) then
		local q, r = a // b, a % b
		assert(q * b + r == a and (r == cq.varint(0) or (r < 0) == (b < 0)))
		assert(r < 0 and r > b or r:compare(0) >= 0 and (b < 0 or r < b))
	end
	assert(cq.varint(tostring(a)) == a and cq.decode("varint", a.raw) == a and cq.encode("varint", a) == a.raw)
	assert(#a.raw == 1 or not (a.raw:find("^\0[\0-\127]") or a.raw:find("^\xff[\x80-\xff]")))
	assert(a:tonumber() == tonumber(tostring(a) .. ".0"))
	local s, t = math.random(-5, 20), math.random(-5, 20)
	local d, e = cq.decimal(a, s), cq.decimal(b, t)
	assert(d.scale == s and d.unscaled == a and (d + e) - e == d and d * e == e * d and (d * e).scale == s + t)
	assert((d + e).scale == math.max(s, t) and cq.decimal(tostring(d)) == d and cq.decode("decimal", d.raw) == d)
	assert((d < e) == ((d - e) < 0) and (d == e) == ((d - e):compare(0) == 0) and -(-d) == d)
	if e:compare(0) ~= 0 then
		local q = d // e
		assert(q.scale == 0 and q * e + d % e == d)
		local quotient = d:div(e, 10)                        -- off by at most half a unit of the last digit
		local rest = quotient * e - d
		local half = e * cq.decimal(5, 11)
		if rest < 0 then rest = -rest end
		if half < 0 then half = -half end
		assert(rest <= half, tostring(d) .. " " .. tostring(e))
	end
end
local f = cq.varint(1)
for i = 1, 100 do f = f * i end
assert(#tostring(f) == 158 and f % 101 == cq.varint(100) and tostring(f):find("^93326215443944152681"))        -- Wilson's theorem
local m127 = cq.varint(1)
for _ = 1, 127 do m127 = m127 * 2 end
assert(tostring(m127 - 1) == "170141183460469231731687303715884105727")

-- Decimals.
assert(cq.decimal("1.0") == cq.decimal("1.00") and cq.decimal("1.0") == cq.varint(1) and cq.decimal("1.0") ~= cq.varint(2))
assert(tostring(cq.decimal("1.10") + cq.decimal("2.205")) == "3.305" and tostring(cq.decimal("0.1") * 3) == "0.3")
assert(tostring(cq.decimal("7.5") // 2) == "3" and tostring(cq.decimal("-7.5") // 2) == "-4" and tostring(cq.decimal("-7.5") % 2) == "0.5")
for text, want in pairs{ ["0.5"] = "0", ["1.5"] = "2", ["2.5"] = "2", ["-0.5"] = "0", ["-1.5"] = "-2", ["2.51"] = "3", ["-2.51"] = "-3", ["0.49"] = "0" } do
	assert(tostring(cq.decimal(text):div(1, 0)) == want, text)
end
assert(tostring(cq.decimal(1):div(3, 5)) == "0.33333" and tostring(cq.decimal(20000):div(3, -3)) == "7E+3" and tostring(cq.decimal(0):div(7, 3)) == "0.000")
assert(cq.decimal("1E+3"):tointeger() == 1000 and cq.decimal("1000.000"):tointeger() == 1000 and cq.decimal("0.5"):tointeger() == nil)
assert(cq.decimal("1E+30"):tointeger() == nil and cq.decimal("0E+30"):tointeger() == 0 and cq.decimal("-9223372036854775808.0"):tointeger() == math.mininteger)
assert(cq.decimal("9223372036854775808"):tointeger() == nil and cq.decimal("1E-2000000000"):tointeger() == nil)
for _, text in ipairs{ "0.1", "1e308", "4.9e-324", "-2.5", "1e-400", "123456789.123456789", "0" } do
	assert(cq.decimal(text):tonumber() == tonumber(text) + 0.0, text)
end
assert(cq.decimal("1e400"):tonumber() == math.huge and cq.varint("-1" .. ("0"):rep(400)):tonumber() == -math.huge)
assert(cq.decimal("0." .. ("3"):rep(3000)):tonumber() == 1 / 3 and cq.decimal("1" .. ("0"):rep(2000) .. "e-2000"):tonumber() == 1.0)
-- Half way between two doubles, and a little above it far behind.
assert(cq.decimal("9007199254740993"):tonumber() == 9007199254740992.0)
assert(cq.decimal("9007199254740993." .. ("0"):rep(2000) .. "1"):tonumber() == 9007199254740994.0)

-- Bounds: errors, quickly, instead of the end of the process.
local far, near = cq.decimal("1E-2147483647"), cq.decimal("1E+2147483647")
fails("1 MiB", function() return far + near end)
fails("1 MiB", function() return near % 7 end)
fails("passes 32 bits", function() return far * far end)
fails("1 MiB", function() return near:div(1, 0) end)
fails("1 MiB", function() return cq.decimal(1):div(far, 2147483647) end)
assert(far < near and far ~= near and near:compare(far) == 1 and tostring(near) == "1E+2147483647" and far:tonumber() == 0.0)
local huge = cq.varint("1" .. ("0"):rep(1000))
fails("1 MiB", function() while true do huge = huge * huge end end)
assert(#huge.raw > 1 << 18)
fails("1 MiB", cq.varint, ("9"):rep(3000000))
assert(cq.decode("varint", ("\1"):rep((1 << 20) + 1)).kind == "damaged")
local most = cq.decode("varint", "\127" .. ("\xff"):rep((1 << 20) - 1))
assert(#tostring(most) == math.floor(8388607 * math.log(2, 10)) + 1)
fails("1 MiB", function() return most * 2 end)

-- Misuse.
local v, d = cq.varint(7), cq.decimal("7.5")
fails("is a float, no exact number", function() return v + 1.5 end)
fails("is a string, no exact number", function() return "1" + v end)
fails("is a table, no exact number", function() return v * {} end)
fails("is a nil, no exact number", function() return v - nil end)
fails("no exact number", function() return v < 1.5 end)
fails("attempt to perform 'n//0'", function() return v // 0 end)
fails("attempt to perform 'n%%0'", function() return d % 0 end)
fails("not exact", function() return v / 2 end)
fails("division by zero", d.div, d, 0, 1)
fails("cq.decimal expected", d.div, v, 1, 1)
fails("scale of 32 bits", d.div, d, 1, 1 << 40)
fails("number expected", d.div, d, 1)
fails("expected", v.tointeger, 7)
fails("expected", v.compare, {}, 7)
fails("no exact number", v.compare, v, "7")
fails("a float is not exact", cq.decimal, 0.1)
fails("no integer representation", cq.varint, 0.5)
fails("is not a value", cq.varint, "1.5")
fails("is not a value", cq.decimal, "1.5.5")
fails("not an empty text", cq.varint, "")
fails("expected", cq.varint)
fails("expected", cq.varint, d)
fails("expected", cq.decimal, d, 2)
fails("cannot be changed", function() v.raw = "" end)
fails("cq.varint has no scale", function() return v.scale end)
assert(v ~= 7 and v:compare(7) == 0 and "n = " .. v == "n = 7" and cq.varint(3.0):tointeger() == 3 and cq.varint(v) == v and cq.decimal(d) == d)
for _ = 1, 50 do
	local junk = {}
	for i = 1, 100 do junk[i] = v * i + d end
	collectgarbage()
end
print("ok")
