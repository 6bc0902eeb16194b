-- The n largest of many, in memory for n: a heap with the least on top.
--
--     local top = require("heap").new(20)
--     if top:wants(bytes) then top:add(bytes, { key = part.key_text }) end
--     for bytes, item in top:each() do ... end          largest first
local M = {}
local heap = {}
heap.__index = heap

function M.new(n)
	return setmetatable({ max = n, n = 0, weights = {}, items = {}, order = {}, added = 0 }, heap)
end

-- Would it be kept? Asked before an item is made.
function heap:wants(weight)
	return self.n < self.max or weight > self.weights[1]
end

-- Of equal weights the one that came first is the larger.
local function less(self, a, b)
	if self.weights[a] ~= self.weights[b] then
		return self.weights[a] < self.weights[b]
	end
	return self.order[a] > self.order[b]
end

local function swap(self, a, b)
	for _, list in ipairs { self.weights, self.items, self.order } do
		list[a], list[b] = list[b], list[a]
	end
end

function heap:add(weight, item)
	if self.max < 1 or not self:wants(weight) then
		return
	end
	local i = 1
	self.added = self.added + 1
	if self.n < self.max then
		self.n = self.n + 1
		i = self.n
	end
	self.weights[i], self.items[i], self.order[i] = weight, item, self.added
	while i > 1 and less(self, i, i // 2) do
		swap(self, i, i // 2)
		i = i // 2
	end
	while true do
		local least = i
		for child = 2 * i, math.min(2 * i + 1, self.n) do
			least = less(self, child, least) and child or least
		end
		if least == i then
			return
		end
		swap(self, i, least)
		i = least
	end
end

function heap:each()
	local ranks = {}
	for i = 1, self.n do
		ranks[i] = i
	end
	table.sort(ranks, function(a, b) return less(self, b, a) end)
	local i = 0
	return function()
		i = i + 1
		if ranks[i] then
			return self.weights[ranks[i]], self.items[ranks[i]]
		end
	end
end

return M
