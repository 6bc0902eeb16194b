-- Rules in Lua that misbehave, each in a function of its own: used by tests/golden/lua_rule_bad.cmd.
local kept, p_kept, part_kept
local function rule(t)
	t.title = t.title or "misbehaves"
	t.wants = t.event and (t.wants or { "row" }) or nil
	cq.rule(t)
end
rule{ id = "bad-begin", begin = function() error("begin: on purpose") end, event = function() print("never called") end }
rule{ id = "bad-event", event = function(_, ev) error("event: on purpose, " .. ev.kind) end, finish = function() print("never called") end }
rule{ id = "bad-finish", event = function() end, finish = function() local x = nil; return x.y end }
rule{ id = "bad-quick", quick = function(c) c:say{ message = "said before it failed" } error({}) end }
rule{ id = "bad-loop", event = function() while true do end end }
rule{ id = "bad-memory", event = function() local s = "x" while true do s = s .. s end end }
rule{ id = "bad-words", event = function(_, _, p) p:say{ massage = "x" } end }
rule{ id = "bad-component", quick = function(c) c:say{ component = "Indx.db", message = "x" } end }
-- What a call was given is good during the call only.
rule{ id = "keep-1", wants = { "partition", "row" }, event = function(_, ev, p)
	if tostring(ev):find("partition") then part_kept = ev else kept = ev end
	p_kept = p
end }
rule{ id = "keep-2", wants = { "row", "partition" }, event = function()
	if kept then assert(not pcall(function() return kept.off end)) end
	if part_kept then assert(not pcall(function() return part_kept.key end)) end
	assert(not pcall(function() return p_kept.key end))
	assert(not pcall(p_kept.say, p_kept, { message = "x" }))
end }
local copies = {}
rule{ id = "keep-3", wants = { "row", "partition" }, event = function(_, ev) if #copies < 20 then copies[#copies + 1] = ev:keep() end end }
rule{ id = "keep-4", finish = function()
	assert(#copies > 0)
	for _, copy in ipairs(copies) do assert(type(copy.off) == "number") end
end, event = function() end }
-- Of a table before: closed.
rule{ id = "keep-5", quick = function()
	for _, copy in ipairs(copies) do
		local good, why = pcall(function() return copy.off end)
		assert(not good and why:find("closed"), why)
	end
	copies = {}
end }
-- What is no rule.
local function refused(why, ...)
	local good, said = pcall(cq.rule, ...)
	assert(not good and said:find(why, 1, true), tostring(said))
end
local f = function() end
refused("table expected", nil)
refused("id is missing", {})
refused("title is missing", { id = "x" })
refused("there is a rule chunk-crc already", { id = "chunk-crc", title = "t", quick = f })
refused("there is a rule bad-begin already", { id = "bad-begin", title = "t", quick = f })
refused("a-z, 0-9", { id = "A b", title = "t", quick = f })
refused("has to be a string", { id = 5, title = "t", quick = f })
refused("zero byte", { id = "a\0b", title = "t", quick = f })
refused("needs event", { id = "y", title = "t" })
refused("belong together", { id = "y", title = "t", event = f })
refused("belong together", { id = "y", title = "t", wants = { "row" }, quick = f })
refused("no event \"rows\"", { id = "y", title = "t", wants = { "rows" }, event = f })
refused("one of info, warning, error", { id = "y", title = "t", severity = "bad", quick = f })
refused("has to be a function", { id = "y", title = "t", quick = 5 })
refused("no option colour", { id = "y", title = "t", quick = f, colour = 1 })
