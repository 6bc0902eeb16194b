-- Histograms over time: buckets of an hour, a day, a month or a year.
local M = { units = { "hour", "day", "month", "year" } }

local lengths = { hour = 13, day = 10, month = 7, year = 4 }

-- The bucket of a time, seconds since 1970: the beginning of its text, "2024-02-29T23" for an hour. Buckets are ordered by first().
function M.bucket(unit, seconds)
	local text = cq.seconds(seconds)
	local year = text:match("^[+-]?%d+")
	return text:sub(1, #year - 4 + lengths[unit])
end

-- A histogram: add(seconds), each() in order of time.
function M.histogram(unit)
	local h = { counts = {}, first = {}, n = 0 }
	function h.add(seconds)
		local b = M.bucket(unit, seconds)
		if not h.counts[b] then
			h.counts[b], h.first[b] = 0, seconds
			h.n = h.n + 1
			if h.n > 1000000 then
				error("more than a million buckets: choose a larger unit", 0)
			end
		end
		h.counts[b] = h.counts[b] + 1
	end
	function h.each()
		local names, i = {}, 0
		for b in pairs(h.counts) do
			names[#names + 1] = b
		end
		table.sort(names, function(a, b) return h.first[a] < h.first[b] end)
		return function()
			i = i + 1
			return names[i], h.counts[names[i]]
		end
	end
	return h
end

-- A bar of at most width characters.
function M.bar(n, most, width)
	return ("#"):rep(most > 0 and math.ceil(n * width / most) or 0)
end

return M
