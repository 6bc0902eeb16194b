-- A tree grows outside of Lua: it counts as the script's memory, and what would be too much is an error.
-- paths: 5.0-da/main
-- options: --memory 2
-- output: ok

local refused, opened = 0, 0
for sst in cq.tables() do
	local doc = sst:doc()
	local ok, msg = pcall(function()
		for top in doc.root:children() do top:gaps() end
	end)
	if ok then
		opened = opened + 1
	else
		refused = refused + 1
		assert(msg:find("memory", 1, true) or msg:find("more than the", 1, true), msg)
	end
	assert(doc.memory < 2 << 20, doc.memory)
	-- What was opened last can be forgotten, and reading goes on piece by piece.
	local n = 0
	for top in doc.root:children() do top:close() end
	for _ in doc:component("Statistics.db"):walk(nil, true) do n = n + 1 end
	assert(n > 50)
	doc:close()
end
assert(refused > 0 and opened > 0, refused .. " " .. opened)
print("ok")
