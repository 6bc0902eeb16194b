-- Places among the rows of a partition: a row at its clustering, a bound before or behind all rows that begin with its values.
local M = {}

-- Where the marker's bound lies: -1 before, 1 behind.
M.weights = { INCL_START_BOUND = -1, EXCL_START_BOUND = 1, INCL_END_BOUND = 1, EXCL_END_BOUND = -1, EXCL_END_INCL_START_BOUNDARY = -1,
	INCL_END_EXCL_START_BOUNDARY = 1 }

-- {parts =, weight =} of a row or marker.
function M.place(row)
	return { parts = cq.consume.clustering(row), weight = row.bound and M.weights[row.bound] or 0 }
end

function M.compare(a, b)
	local x, y = a.parts, b.parts
	for i = 1, math.min(#x, #y) do
		local c = cq.consume.compare(x[i], y[i])
		if c ~= 0 then
			return c
		end
	end
	if #x == #y then
		return a.weight < b.weight and -1 or a.weight > b.weight and 1 or 0
	elseif #x < #y then
		return a.weight <= 0 and -1 or 1
	end
	return b.weight <= 0 and 1 or -1
end

-- The values' bytes.
function M.raw(row)
	local out = {}
	for i, v in ipairs(cq.consume.clustering(row)) do
		out[i] = v.raw or ""
	end
	return out
end

-- The values of a row as one string, equal for equal clusterings.
function M.id(row)
	local out = {}
	for i, v in ipairs(cq.consume.clustering(row)) do
		out[i] = (">s4"):pack(v.raw or "")
	end
	return table.concat(out)
end

return M
