-- Rules in Lua, good ones: used by tests/golden/lua_rule.cmd.
cq.rule{
	id = "lua-int-max", title = "no row has c_int at its maximum", severity = "error", effect = "wrong_answers",
	wants = { "partition", "row" },
	proves = "The column c_int is nowhere 2147483647.", means = "Somebody wrote the number that stands for nothing.",
	action = "Ask the writer.", bug = "none known", silent = "Rows without the column.",
	begin = function(p)
		assert(p.partitions == 0 and p.key == nil and not p.whole and p.said == 0)
		return { partitions = 0, rows = 0, version = p.version }
	end,
	event = function(state, ev, p)
		if tostring(ev):find("^cq.partition") then
			state.partitions = state.partitions + 1
			assert(ev.key_text == p.key and p.partitions == state.partitions)
			return
		end
		state.rows = state.rows + 1
		assert(ev.partition.key_text == p.key)
		local cell = ev:cell("c_int")
		if cell and cell.raw == "\x7f\xff\xff\xff" then
			p:say{ message = "c_int is at its maximum", expected = "less than 2147483647", found = #cell.raw .. " bytes" }
		end
	end,
	finish = function(state, c)
		assert(c.whole and c.partitions == state.partitions and c.rows == state.rows)
		c:say{ severity = "info", component = "Data.db", off = 0, len = 1, effect = "harmless",
			message = ("%d partitions, %d rows, version %s"):format(state.partitions, state.rows, state.version) }
	end,
}
cq.rule{
	id = "lua-quick", title = "the index has a beginning", severity = "warning", effect = "slower",
	quick = function(c)
		local key
		for part in c:open():partitions() do key = part.key_text break end
		c:say{ component = "Index.db", off = 2, len = 3, message = "said without a row read", key = key, means = "nothing", action = "nothing" }
		c:unmeasured("a test says so")
	end,
}
