-- CompressionInfo.db, described in Lua: where each compressed chunk of Data.db begins.
--
--     cqlite --lua scripts/formats/compressioninfo.lua tree nb-1-big-CompressionInfo.db
--
-- The same tree as CQLite's own reader makes. Versions before na (4.0) have no maximal compressed length; the file's
-- name tells which version it is, there is no other mark.

-- ma to me are 3.0 to 3.11; all others came later: na, nb, nc, oa, da.
local function before_4_0(ctx)
	return ctx.file:find("^m%l%-")
end

local function power_of_two(value)
	if value < 1 or value > 256 << 20 or value & (value - 1) ~= 0 then
		return "a power of two of at most 256 MiB"
	end
end

cq.format{
	name = "compressioninfo",
	about = "CompressionInfo.db: where each compressed chunk of Data.db begins",
	files = { "??-*-CompressionInfo.db" },
	field = "COMPRESSION_INFO_DB",
	structure = {
		{ name = "compressor", kind = "utf", field = "COMPRESSOR" },
		{ name = "options", kind = "u32", field = "OPTION_COUNT",
			check = function(value) if value > 1024 then return "a handful of options" end end },
		{ name = "option", field = "OPTION", count = "options", group = {
			{ name = "key", kind = "utf", field = "OPTION_KEY" },
			{ name = "value", kind = "utf", field = "OPTION_VALUE" },
		} },
		{ name = "chunk_length", kind = "u32", field = "CHUNK_LENGTH", check = power_of_two },
		{ name = "max_compressed", kind = "u32", field = "MAX_COMPRESSED_LENGTH",
			when = function(ctx) return not before_4_0(ctx) end,
			check = function(value, ctx)
				if value ~= 0x7fffffff and value > ctx.chunk_length then
					return "2147483647, or at most the chunk length"
				end
			end },
		{ name = "data_length", kind = "u64", field = "DATA_LENGTH",
			check = function(value) if value < 0 then return "a length that is not negative" end end },
		{ name = "chunks", kind = "u32", field = "CHUNK_COUNT",
			check = function(value, ctx)
				if value < ctx.data_length // ctx.chunk_length then return "enough chunks for the data length" end
			end },
		{ name = "offset", kind = "u64", field = "CHUNK_OFFSET", count = "chunks", list_field = "CHUNK_OFFSETS" },
	},
}
