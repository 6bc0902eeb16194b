-- The schema of SSTables as CREATE TABLE, made from their own headers.
--
--     cqlite lua ddl PATH... [-- all=yes]
--
--     all       yes: one statement for each SSTable; no (default): one for each different schema of a folder
--
-- Output: CQL, with CREATE TYPE where it is needed. A header knows the types of the columns that the SSTable holds and the names of static and
-- regular ones, not those of key columns, nor the table's options: these come from a schema.cql beside the table or from --schema; else
-- names are made up, as cqlite does everywhere, and the head of the statement says so.
local args, scan = require "args", require "scan"

local opt = args.parse({ { "all", "bool", false } }, ...)
local run = scan.new()
local seen = {}

for sst, path in run:tables() do
	run:try(path, function()
		local text = (sst.schema_cql:gsub("%s+$", ""))
		local id = (path:match("^(.*)/[^/]*$") or ".") .. "\0" .. text
		if opt.all or not seen[id] then
			seen[id] = true
			cq.write("-- ", (path:gsub("[%c\127]", "?")), ", ", sst.version,
				sst.schema.guessed_names and ", names of key columns are made up" or "", "\n", text, "\n\n")
		end
	end)
end
return run:code()
