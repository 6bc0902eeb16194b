-- A rule of the script runs inside of its check: it may read the table by other ways, but not run another check.
-- paths: 5.0-oa/main/scalars
-- output: ok

local said, nodes
cq.rule {
	id = "nested", title = "a check inside of a check is refused", wants = { "partition" },
	begin = function() return {} end,
	event = function(state)
		if state.done then return end
		state.done = true
		local ok, msg = pcall(cq.check, { level = "quick" })
		said = not ok and msg
		local doc = cq.tables()():doc()
		nodes = 0
		for _ in doc:component("Statistics.db"):walk() do nodes = nodes + 1 end
	end,
	finish = function() end,
}
local found = cq.check { rules = { "nested" } }
assert(#found == 0 and #found.unmeasured == 0, found.unmeasured[1] and found.unmeasured[1].cause)
assert(said and said:find("cannot run another check", 1, true), tostring(said))
assert(nodes and nodes > 50)
print("ok")
