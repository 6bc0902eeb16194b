-- A format for a file that the test makes: every kind of field, groups, lists. Used by tests/golden/lua_format.cmd.
cq.format{ name = "toy", about = "what a test writes", files = { "*.toy", "toy?" },
	probe = function(head) return head:sub(1, 3) == "TOY" end,
	structure = {
		{ name = "magic", kind = "text", length = 3, help = "The three letters." },
		{ name = "flags", kind = "u8", as = "hex", note = function(v) return v & 1 == 1 and "with a seed" or nil end },
		{ name = "seed", kind = "u64le", when = function(ctx) return ctx.flags & 1 == 1 end, unit = "nothing" },
		{ name = "head", group = {
			{ name = "small", kind = "i8" }, { name = "written", kind = "i64", as = "millis" },
			{ name = "count", kind = "vint" }, { name = "ratio", kind = "f64" }, { name = "good", kind = "bool" },
		} },
		{ name = "entry", list = "entries", count = function(ctx) return ctx.head.count end, group = {
			{ name = "size", kind = "u16" },
			{ name = "body", length = "size", group = {
				{ name = "delta", kind = "svint", note = function(v, ctx) return "of entry " .. ctx.index end },
				{ name = "word", kind = "text", length = "rest", when = function(ctx) return ctx.size > 1 end },
			} },
		} },
		{ name = "tail", kind = "u8", list = "tails", upto = function(ctx) return ctx.off >= ctx.file_end end,
			when = function(ctx) ctx.file_end = ctx.off + 2; return true end },
		{ name = "id", kind = "uuid" },
		{ name = "line", list = "lines", upto = "end", group = { { name = "text", kind = "utf" } } },
	} }
