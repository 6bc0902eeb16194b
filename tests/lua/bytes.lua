-- cq.bytes: readers against string.unpack, vints there and back, sums against known ones, tokens against the tables, bounds.
-- output: ok

local b = cq.bytes
local function fails(what, f, ...)
	local ok, msg = pcall(f, ...)
	assert(not ok, "no error: " .. what)
	assert(tostring(msg):find(what, 1, true), msg)
end

math.randomseed(5)
local formats = { u8 = "B", u16 = ">I2", u32 = ">I4", u64 = ">i8", i8 = "b", i16 = ">i2", i32 = ">i4", i64 = ">i8", u16le = "<I2", u32le = "<I4",
	u64le = "<i8", i16le = "<i2", i32le = "<i4", i64le = "<i8" }
for name, format in pairs(formats) do
	local n = string.packsize(format)
	for _ = 1, 50 do
		local s = string.pack("i8i8", math.random(0), math.random(0))
		for pos = 1, 16 - n + 1 do
			local value, next = b[name](s, pos)
			assert(value == string.unpack(format, s, pos) and next == pos + n, name)
		end
		fails(n .. " bytes from position " .. (18 - n), b[name], s, 18 - n)
	end
	fails("positions begin at 1", b[name], "12345678", 0)
	fails("positions begin at 1", b[name], "12345678", -1)
	fails("from position", b[name], "12345678", math.maxinteger)
	fails("from position", b[name], "", nil)
	fails("string expected", b[name], nil)
	fails("number expected", b[name], "12345678", "x")
end

-- vints: every length, both signs, the edges of each.
for shift = 0, 63 do
	for _, v in ipairs{ 1 << shift, (1 << shift) - 1, -(1 << shift), ~(1 << shift), math.random(0) >> shift } do
		local p, s = b.pack_vint(v), b.pack_svint(v)
		assert(b.vint(p) == v and b.svint(s) == v)
		assert(b.vint_length(v) == #p and b.svint_length(v) == #s)
		assert(select(2, b.vint("xx" .. p .. "yy", 3)) == 3 + #p and select(2, b.svint(s .. s, 1 + #s)) == 1 + 2 * #s)
		if #p > 1 then
			fails(#p .. " bytes from position 1", b.vint, p:sub(1, -2))
			fails("from position", b.vint, p:sub(1, 1))
		end
	end
end
assert(b.pack_vint(0) == "\0" and b.pack_vint(127) == "\x7f" and b.pack_vint(128) == "\x80\x80" and b.pack_vint(16383) == "\xbf\xff")
assert(b.pack_vint(-1) == "\xff\xff\xff\xff\xff\xff\xff\xff\xff" and b.pack_vint(1 << 56) == "\xff\1\0\0\0\0\0\0\0")
assert(b.pack_vint((1 << 56) - 1) == "\xfe\xff\xff\xff\xff\xff\xff\xff" and b.pack_svint(-1) == "\1" and b.pack_svint(1) == "\2")
assert(b.svint(b.pack_svint(math.mininteger)) == math.mininteger)
fails("from position", b.vint, "")

-- Hexadecimal.
local all = {}
for i = 0, 255 do all[#all + 1] = string.char(i) end
all = table.concat(all)
assert(b.unhex(b.hex(all)) == all and b.unhex(b.hex(all):upper()) == all and b.hex("") == "" and b.unhex("") == "" and b.unhex("0x") == "")
assert(b.unhex(" 0a 0B\n0c ") == "\10\11\12")
fails("position 1", b.unhex, "g0")
fails("position 3", b.unhex, "001")
fails("position 1", b.unhex, "0 0")
assert(b.hexdump("abc\0", 16) == "00000010  61 62 63 00                                      |abc.|\n", b.hexdump("abc\0", 16))
assert(b.hexdump("") == "" and select(2, b.hexdump(all):gsub("\n", "")) == 16 and b.hexdump(all, 0, 256):find("\n") == b.hexdump(all, 0, 256):len())
fails("1 to 256", b.hexdump, "x", 0, 0)
fails("1 to 256", b.hexdump, "x", 0, 1 << 40)

-- Sums.
assert(b.crc32("") == 0 and b.crc32("123456789") == 0xcbf43926 and b.crc32("6789", b.crc32("12345")) == 0xcbf43926)
assert(b.adler32("") == 1 and b.adler32("Wikipedia") == 0x11e60398 and b.adler32("pedia", b.adler32("Wiki")) == 0x11e60398)
assert(b.adler32(("\xff"):rep(100000)) == b.adler32(("\xff"):rep(40000), b.adler32(("\xff"):rep(60000))))
assert(b.hex(b.md5("abc")) == "900150983cd24fb0d6963f7d28e17f72")
assert(b.murmur3("") == 0 and select(2, b.murmur3("")) == 0 and b.murmur2("") == 0)
assert(b.murmur3("hello") == -3758069500696749310)           -- cbd8a7b341bd9b02: no byte of it is above 127, so it is the textbook's, too

-- Tokens of every partition of the corpus, whatever its partitioner.
local n, partitioners = 0, {}
for sst in cq.tables() do
	local p = sst.partitioner
	if not p:find("Local") then
		for part in sst:partitions{ cells = false } do
			n = n + 1
			partitioners[p:match("[^.]*$")] = true
			assert(b.token(part.raw_key, p) == part.token, p)
			if p:find("Murmur3") and part.token ~= math.maxinteger then assert(b.murmur3(part.raw_key) == part.token) end
		end
	end
	sst:close()
end
assert(n > 5000 and partitioners.Murmur3Partitioner and partitioners.RandomPartitioner and partitioners.ByteOrderedPartitioner, n)
assert(b.token("k") == b.token("k", "org.apache.cassandra.dht.Murmur3Partitioner"))
fails("expected", b.token, "k", "NoPartitioner")
fails("expected", b.token, "k", "LocalPartitioner")
fails("65535", b.token, ("k"):rep(65536))
print("ok")
