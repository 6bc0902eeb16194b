-- Walking over the SSTables a script was given, honest about damage: a table that cannot be read is an error that names it, the
-- others are read all the same, and the script ends with an exit code that is not 0.
--
--     local scan = require "scan"
--     local run = scan.new { lenient = opt.lenient }
--     for sst, path in run:tables() do
--             run:try(path, function()
--                     for part in run:partitions(sst, path) do ... end
--             end)
--     end
--     return run:code()
local M = {}
local run = {}
run.__index = run

function M.new(options)
	if #cq.paths() == 0 then
		cq.usage("no SSTable: give a file, a table's folder, or a data directory")
	end
	return setmetatable({ lenient = options and options.lenient or false, worst = 0, read = 0 }, run)
end

local function worse(self, code)
	self.worst = math.max(self.worst, code)
end

-- An error as one line that names the file.
local function say(path, msg)
	msg = tostring(msg):gsub("\n.*", ""):gsub("^[^:]*%.lua:%d+: ", "")
	if not msg:find(path, 1, true) then
		msg = path .. ": " .. msg
	end
	cq.warn(msg)
end

-- Run f; an error is said and counted.
function run:try(path, f)
	local ok, msg = pcall(f)
	if not ok then
		say(path, msg)
		worse(self, 3)
	end
	return ok
end

-- Every SSTable that can be opened, closed when the loop goes on.
function run:tables()
	local paths, i, sst = cq.paths(), 0, nil
	return function()
		if sst then
			sst:close()
			sst = nil
		end
		while i < #paths do
			i = i + 1
			local path = paths[i]
			if self:try(path, function() sst = cq.open(path) end) then
				self.read = self.read + 1
				return sst, path
			end
		end
	end
end

-- As sst:partitions; lenient: what had to be skipped is said and makes the exit code 1.
function run:partitions(sst, path, options)
	options = options or {}
	if self.lenient then
		options.lenient = true
		options.skipped = function(span)
			say(path, ("skipped %d bytes at %d: %s"):format(span.len, span.off, span.why))
			worse(self, 1)
		end
	end
	return sst:partitions(options)
end

-- f(part, sst, path) for every partition of every table.
function run:each(f, options)
	for sst, path in self:tables() do
		self:try(path, function()
			for part in self:partitions(sst, path, options) do
				f(part, sst, path)
			end
		end)
	end
end

-- Exit code. found: what the script looked for is a defect of the data, and there was some.
function run:code(found)
	if found then
		worse(self, 1)
	end
	return self.worst
end

-- "ks.table" as far as it is known.
function M.table_name(sst)
	return (sst.keyspace or "?") .. "." .. (sst.table or "?")
end

-- The clustering as text, "" for none.
function M.clustering_text(row)
	local out = {}
	for i, v in ipairs(cq.consume.clustering(row)) do
		out[i] = v.text
	end
	return table.concat(out, ":")
end

return M
