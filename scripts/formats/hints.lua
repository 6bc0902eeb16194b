-- Hints that a node keeps for another one: <host id>-<milliseconds>-<version>.hints, of Cassandra 3.0 and later.
--
--     cqlite --lua scripts/formats/hints.lua tree HINTS-FILE
--
-- A header with two checksums, then one hint after another: size, checksum of the size, the hint, checksum of both. Of a
-- mutation the number of its partition updates is shown, and table and key of the first. Hints that are compressed or
-- encrypted (the parameters say so) are shown as bytes.

-- Java's CRC32 of a long takes the lower half first.
local function halves(long)
	return (">I4I4"):pack(long & 0xffffffff, long >> 32)
end

local function uuid_halves(id)
	local high, low = (">i8i8"):unpack(id)
	return halves(high) .. halves(low)
end

local function head(ctx)
	return (">I4"):pack(ctx.version) .. halves(ctx.created) .. uuid_halves(ctx.host) .. (">I4"):pack(ctx.parameters_length)
end

local function checksum(of)
	return function(value, ctx)
		local computed = cq.bytes.crc32(of(ctx))
		if value ~= computed then return ("%d, the checksum computed"):format(computed) end
	end
end

local function right() return "checksum right" end

cq.format{
	name = "hints",
	about = "Hints for a node that was away",
	files = { "*.hints" },
	structure = {
		{ name = "version", kind = "u32", help = "Of the hints' format: 1 since 3.0, 2 since 4.0." },
		{ name = "created", kind = "i64", as = "millis", help = "When the file was begun; part of its name." },
		{ name = "host", kind = "uuid", help = "The node that the hints are for; part of the file's name." },
		{ name = "parameters_length", kind = "u32", as = "length", unit = "bytes", help = "Length of the parameters." },
		{ name = "head checksum", kind = "u32", as = "hex", help = "CRC32 of the fields before.", check = checksum(head), note = right },
		{ name = "parameters", kind = "text", length = "parameters_length", help = "JSON: compression or encryption, {} for neither." },
		{ name = "checksum", kind = "u32", as = "hex", help = "CRC32 of all before but the checksum of the head.",
			check = checksum(function(ctx) return head(ctx) .. ctx.parameters end), note = right },
		{ name = "blocks", kind = "bytes", length = "rest", help = "Compressed or encrypted hints.",
			when = function(ctx) return ctx.parameters ~= "{}" end },
		{ name = "hint", list = "hints", upto = "end", when = function(ctx) return ctx.parameters == "{}" end, help = "One hint.", group = {
			{ name = "size", kind = "u32", as = "length", unit = "bytes", help = "Length of the hint without its checksums." },
			{ name = "size checksum", kind = "u32", as = "hex", help = "CRC32 of the size.",
				check = checksum(function(ctx) return (">I4"):pack(ctx.size) end), note = right },
			{ name = "body", length = "size", help = "The hint.", group = {
				{ name = "written", kind = "i64", as = "millis", help = "When the hint was made." },
				{ name = "gc grace", kind = "vint", as = "duration", help = "The smallest gc_grace_seconds of the mutation's tables: after it the hint is dead." },
				{ name = "updates", kind = "vint", help = "Partition updates of the mutation." },
				{ name = "table", kind = "uuid", help = "Id of the first update's table." },
				{ name = "key_length", kind = "vint", as = "length", unit = "bytes", help = "Length of the partition key." },
				{ name = "key", kind = "bytes", length = "key_length", help = "The first update's partition key." },
				{ name = "content", kind = "bytes", length = "rest", help = "Header and rows of the update, further updates." },
			} },
			{ name = "checksum", kind = "u32", as = "hex", help = "CRC32 of the size and the hint." },
		} },
	},
}
