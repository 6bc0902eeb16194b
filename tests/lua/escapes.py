#!/usr/bin/env python3
"""escapes.py --cqlite PROGRAM [--slow] [NAME...]: ways out of the sandbox, or to hang or crash the process, that were tried.

Each is a script, run with 64 MiB of memory and 2 seconds. It has to end by itself, in time, without a signal, within bounds of memory, and
as the case says: "ok" (harmless: it runs to its end), "error" (a Lua error, with a traceback, exit code 3), "any" (either).
docs/lua-sandbox.md tells what is closed and how.
"""
import os
import resource
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TABLE = os.path.join(ROOT, "corpus", "5.0-oa", "main", "scalars")
SLOW = "--slow" in sys.argv                          # with sanitizers
SECONDS, GRACE = 2, 60 if SLOW else 8
MEMORY, RSS_MAX = 64, 2000 if SLOW else 220          # MiB

# name, what has to come out, the script
CASES = []


def case(name, want, code):
    CASES.append((name, want, code))


# ---- without an instruction ----
case("an endless loop", "error", "while true do end")
case("an endless loop behind pcall", "error", "while true do pcall(function() while true do end end) end")
case("an endless loop in a coroutine", "error", "coroutine.wrap(function() while true do end end)()")
case("pcall in pcall, all of them endless", "error",
     "local function f() while true do pcall(f) end end while true do pcall(f) end")
case("xpcall with a handler that loops", "error", "xpcall(error, function() while true do end end) while true do end")
case("string.rep of nothing", "ok", "assert(string.rep('', 1e15) == '' and ('').rep('', math.maxinteger, '') == '')")
case("string.rep too long", "error", "return #string.rep('x', 1e15)")
case("string.rep of a separator", "error", "return #string.rep('', 1e15, 'x')")
case("table.move over everything", "error", "table.move({}, 1, math.maxinteger - 1, 2)")
case("table.move into another table", "error", "table.move({}, math.mininteger, -2, 5, {})")
case("table.move with a C function for __index", "error",
     "table.move(setmetatable({}, {__index = rawlen, __newindex = rawequal}), 1, 1 << 60, 2)")
case("table.insert with a lying length", "error",
     "table.insert(setmetatable({}, {__len = function() return 1 << 60 end}), 1, 1)")
case("table.remove with a lying length", "error",
     "table.remove(setmetatable({}, {__len = function() return 1 << 60 end}), 1)")
case("table.concat of nothing", "error",
     "table.concat(setmetatable({}, {__index = table.concat}), '', 1, math.maxinteger)")
case("table.concat with a lying length", "error",
     "table.concat(setmetatable({}, {__len = function() return 1 << 60 end, __index = function() return '' end}))")
case("table.sort by a C function", "error",
     "table.sort(setmetatable({}, {__len = function() return (1 << 31) - 2 end, __newindex = rawequal}), type)")
case("table.sort with pcall", "error",
     "local t = setmetatable({}, {__len = function() return (1 << 31) - 2 end, __newindex = rawequal}) table.sort(t, pcall)")
case("table.sort in an order that is none", "ok",
     "local t = {} for i = 1, 5000 do t[i] = i end table.sort(t, function() return true end) "
     "local n = 0 for _ in pairs(t) do n = n + 1 end assert(n == 5000)")
case("table.sort that changes its table", "any",
     "local t = {} for i = 1, 100 do t[i] = i end table.sort(t, function(a, b) for i = 1, 100 do t[i] = nil end return a < b end)")
case("table.unpack of everything", "error", "table.unpack({}, 1, math.maxinteger)")
case("table.unpack of a million, again and again", "error", "while true do pcall(table.unpack, {}, 1, 999000) end")
case("select of much", "error", "local t = {} while true do select('#', table.unpack(t, 1, 900000)) end")
case("a pattern that backtracks without end", "error", "return (('a'):rep(5000)):find(('.-'):rep(40) .. 'b')")
case("a pattern of many choices", "error", "return (('a'):rep(60)):match(('a?'):rep(60) .. ('a'):rep(60) .. 'b')")
case("gmatch that backtracks", "error", "for _ in (('a'):rep(3000)):gmatch(('.-'):rep(30) .. 'b') do end")
case("gsub that backtracks", "error", "return (('a'):rep(3000)):gsub(('.*'):rep(30) .. 'b', '')")
case("a pattern of balances", "error", "local s = ('('):rep(3000000) for _ in s:gmatch('%b()') do end return s:find('%b()%b()')")
case("a pattern of a million captures", "error", "return ('x'):find(('('):rep(1000000) .. (')'):rep(1000000))")
case("a pattern of ten million items", "any", "return ('x'):rep(10):find(('x?'):rep(1000000))")
case("a plain search that goes back and forth", "ok",
     "local s = ('a'):rep(8000000) assert(not s:find(('a'):rep(4000000) .. 'b', 1, true))")
case("a pattern through pcall", "error",
     "while true do pcall(string.find, ('a'):rep(5000), ('.-'):rep(40) .. 'b') end")
case("gsub within gsub within gsub", "any",
     "local function f(s) return (s:gsub('.', f)) end return f('x')")
case("gsub whose function raises", "error", "('x'):gsub('x', error)")
case("string.format of great width", "error", "return ('%9999d'):format(1)")
case("string.format of much", "any", "return ('%s'):rep(100000):format(table.unpack(setmetatable({}, {__index = tostring}), 1, 100000))")
case("string.format of the largest number", "ok", "return #('%.99f'):format(-1e308) > 300")
case("string.pack of much", "error", "return #string.pack('c2000000000', '')")
case("string.packsize beyond", "error", "return string.packsize(('c2147483647'):rep(3))")
case("utf8 over a long string", "any", "local s = ('\\u{7ff}'):rep(4000000) while true do utf8.len(s) utf8.offset(s, -1) end")
case("utf8.codes over what is none", "any", "for _ in utf8.codes(('\\x80'):rep(1000000)) do end")
case("comparing long strings", "error",
     "local a, b = ('x'):rep(8000000), ('x'):rep(8000000) while true do local _ = a == b, a < b end")
case("arithmetic on long strings", "error", "local a = ('0'):rep(8000000) while true do local _ = a + 0 end")
case("joining long strings", "error", "local a = ('x'):rep(4000000) while true do local _ = a .. a end")
case("next over a table that was large", "error",
     "local t = {} for i = 1, 1000000 do t[i] = i end for i = 1, 1000000 do t[i] = nil end while true do next(t) end")
case("collecting again and again", "error",
     "local t = {} for i = 1, 300000 do t[i] = {} end while true do collectgarbage() end")
case("long __index chains", "error",
     "local t = {} for i = 1, 1990 do t = setmetatable({}, {__index = t}) end while true do local _ = t.x end")
case("an __index chain in a circle", "error", "local t = {} setmetatable(t, {__index = t}) return t.x")

# ---- coroutines ----
case("coroutines too short to be counted", "error", """
local function level(n)
	if n == 0 then for i = 1, 150 do local _ = i end return end
	for i = 1, 40 do local co = coroutine.create(level) coroutine.resume(co, n - 1) end
end
level(12)""")
case("coroutines made before, run later", "error", """
local cos = {}
for i = 1, 2000 do cos[i] = coroutine.wrap(function() while true do for j = 1, 50 do end coroutine.yield() end end) end
while true do for i = 1, #cos do cos[i]() end end""")
case("a coroutine that resumes itself", "ok", "local co co = coroutine.create(function() return coroutine.resume(co) end) assert(coroutine.resume(co))")
case("wrap in wrap without end", "error", "local function f() return coroutine.wrap(f)() end f()")
case("resume in resume up to the C stack", "any",
     "local function f() local co = coroutine.create(f) local ok, e = coroutine.resume(co) return ok end f()")
case("closing coroutines in closing coroutines", "any", """
local cos = {}
for i = 1, 20000 do
	cos[i] = coroutine.create(function()
		local x <close> = setmetatable({}, {__close = function() if cos[i + 1] then coroutine.close(cos[i + 1]) end end})
		coroutine.yield()
	end)
	coroutine.resume(cos[i])
end
coroutine.close(cos[1])""")
case("dying coroutines in dying coroutines", "any", """
local fs = {}
for i = 1, 20000 do
	fs[i] = coroutine.wrap(function()
		local x <close> = setmetatable({}, {__close = function() if fs[i + 1] then fs[i + 1]() end end})
		coroutine.yield()
		error("x")
	end)
	fs[i]()
end
pcall(fs[1])""")
case("closing behind deep recursion in C", "any", """
local cos = {}
local function deep(n, f) if n == 0 then return f() end return (("x"):gsub("x", function() deep(n - 1, f) end)) end
for i = 1, 300 do
	cos[i] = coroutine.create(function()
		local x <close> = setmetatable({}, {__close = function() deep(150, function() if cos[i + 1] then coroutine.close(cos[i + 1]) end end) end})
		coroutine.yield()
	end)
	coroutine.resume(cos[i])
end
coroutine.close(cos[1])""")
case("closing the running one, the main one, a normal one", "ok", """
assert(not pcall(coroutine.close, coroutine.running()))
local main = coroutine.running()
coroutine.wrap(function() assert(not pcall(coroutine.close, main)) assert(not coroutine.resume(main)) end)()""")
case("yield across our C", "error", "(' '):gsub(' ', coroutine.yield)")
case("yield in a comparison of sort", "ok",
     "local co = coroutine.create(function() table.sort({3, 2, 1}, coroutine.yield) end) local ok, e = coroutine.resume(co) assert(not ok)")
case("yield across iterators of ours", "ok", """
local co = coroutine.wrap(function() for s in cq.tables() do for p in s:partitions() do for r in p:rows() do coroutine.yield(r.off) end end end end)
local n = 0 for _ in co do n = n + 1 end assert(n > 0)""")
case("iterators of ours wrapped", "ok", """
local s = cq.tables()()
local f, st = s:partitions()
local co = coroutine.wrap(f)
local p = co(st)
assert(p.key ~= nil)
assert(not pcall(co, st))""")
case("a loop in __close of a coroutine", "error", """
local co = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() while true do end end}) coroutine.yield() end)
coroutine.resume(co) coroutine.close(co) while true do end""")
case("a loop in __close of a coroutine that a limit has ended", "error", """
local f = coroutine.wrap(function() local x <close> = setmetatable({}, {__close = function() while true do end end}) while true do end end)
pcall(f) while true do pcall(f) end""")
case("pcall in pcall in a coroutine", "any", "local function f() pcall(f) end coroutine.wrap(f)()")
case("pcall in pcall in a coroutine, until a limit ends it", "error",
     "local function f() pcall(f) while true do end end coroutine.wrap(f)() while true do end")
case("a handler of xpcall that raises", "error", "while true do xpcall(error, function() xpcall(error, error) error('x') end) end")
case("xpcall that yields", "ok", """
local co = coroutine.wrap(function() return xpcall(function(a) local b = coroutine.yield(a) error({b}) end, function(e) return e[1] + 1 end, 5) end)
assert(co() == 5) local ok, v = co(7) assert(ok == false and v == 8)
local ok, a, b = xpcall(function(...) return ... end, print, 1, 2) assert(ok and a == 1 and b == 2)""")
case("a million coroutines", "error", "local t = {} for i = 1, 1e7 do t[i] = coroutine.create(print) end")

# ---- memory ----
case("one string that doubles", "error", "local s = 'x' while true do s = s .. s end")
case("many small tables", "error", "local t = {} while true do t[#t + 1] = {} end")
case("many strings as keys", "error", "local t, i = {}, 0 while true do i = i + 1 t['k' .. i] = true end")
case("memory behind pcall", "error",
     "local t = {} while true do pcall(function() while true do t[#t + 1] = ('x'):rep(1000) .. #t end end) end")
case("deep recursion", "error", "local function f() return 1 + f() end f()")
case("deep recursion behind pcall", "any", "local function f() return pcall(f) end f()")
case("deep tail calls", "error", "local function f() return f() end f()")
case("a string in the registry", "any", "for i = 1, 1e6 do pcall(require, 'm' .. i) end")
case("tables that are opened and kept", "any", "local t = {} for i = 1, 100000 do t[i] = cq.open(cq.paths()[1]) end")
case("tables that are opened and dropped", "ok", "for i = 1, 3000 do cq.open(cq.paths()[1]) end")
case("look-ups that are kept", "error",
     "local s = cq.tables()() local k for p in s:partitions() do k = p.key_text break end local t = {} while true do t[#t + 1] = s:partition(k) end")
case("look-ups that are dropped", "any",
     "local s = cq.tables()() local k for p in s:partitions() do k = p.key_text break end for i = 1, 3000 do s:partition(k) end")
case("rows that are kept", "error",
     "local s = cq.tables()() local t = {} while true do for p in s:partitions() do for r in p:rows() do t[#t + 1] = r:keep() end end end")
case("scans that are begun", "error", "local s = cq.tables()() local t = {} while true do t[#t + 1] = {s:partitions()} end")
case("a source of ten thousand brackets", "error", "return load(('('):rep(10000) .. (')'):rep(10000))()")
case("a source of ten thousand blocks", "error", "return load(('do '):rep(10000) .. ('end '):rep(10000))()")
case("a source of many constants", "any", """
local t = {"local t = {}"} for i = 1, 70000 do t[#t + 1] = ("t[%d] = g%d . x"):format(i, i) end
local f = load(table.concat(t, "\\n")) if f then pcall(f) end""")
case("a source of many upvalues and locals", "any", """
for _, n in ipairs {199, 200, 201, 255, 256} do
	local t = {} for i = 1, n do t[i] = "local a" .. i .. " <const> = " .. i end
	local f = load(table.concat(t, "\\n") .. "\\nreturn function() return a" .. n .. " end") if f then f()() end
end""")
case("_ENV that is constant", "any", """
for _, s in ipairs { "local _ENV <const> = 1; print(X)", "local _ENV <const> = {}; X = 1", "local _ENV <close> = nil; Y()", "local X <const> = nil; X.y = 1",
	"local function f() local _ENV <const> = nil; return x end f()", "local _ENV <const> = 11; X = 'a'; return X .. X" } do
	local f = load(s) if f then pcall(f) end
end""")

# ---- errors ----
case("an error object with a bad __tostring", "error", "error(setmetatable({}, {__tostring = function() error('x') end}))")
case("an error object whose __tostring raises itself", "error",
     "local e e = setmetatable({}, {__tostring = function() error(e) end}) error(e)")
case("an error object whose __tostring loops", "error", "error(setmetatable({}, {__tostring = function() while true do end end}))")
case("an error object whose __tostring is no text", "error", "error(setmetatable({}, {__tostring = function() return {} end}))")
case("an error object whose __name is a table", "error", "error(setmetatable({}, {__name = {}}))")
case("an error of nil", "error", "error()")
case("an error of a handle", "error", "error(cq.tables()())")
case("an error in an error handler", "any", "xpcall(error, function() error('again') end, 'x')")
case("an error handler that recurses", "any", "local function h(e) return h({e}) .. 1 end xpcall(error, h)")
case("an error while the stack is full", "any", """
local function f() return f(), 1 end
xpcall(f, function() local function g() return g(), 1 end return g() end)
local function h() error(setmetatable({}, {__tostring = h})) end xpcall(h, h)""")
case("an error in __close, in an error", "any",
     "local function f() local a <close> = setmetatable({}, {__close = function(_, e) error({e}) end}) error(1) end pcall(f) f()")
case("a huge error message", "error", "error(('x'):rep(20000000))")
case("a chunk name that is huge", "error", "load('error(1)', ('='):rep(10000000))()")
case("a message with bytes that are no text", "error", "error('\\27[2J\\0\\1\\255')")

# ---- metatables ----
case("the metatable of a handle", "ok", """
for s in cq.tables() do
	assert(getmetatable(s) == false and not pcall(setmetatable, s, {}))
	assert(not pcall(rawset, s, 1, 1) and not pcall(rawget, s, 1) and not pcall(next, s) and not pcall(rawlen, s))
	assert(not pcall(function() s.x = 1 end) and not pcall(function() return s.__gc end) and not pcall(function() return s.__index end))
	break
end""")
case("the metatable of strings", "ok", "assert(getmetatable('') == false and not pcall(function() getmetatable('').__tostring = print end))")
case("finalizers", "ok", "assert(not pcall(setmetatable, {}, {__gc = print})) local m = {} local t = setmetatable({}, m) m.__gc = print t = nil collectgarbage()")
case("handles that were finalized, through weak keys", "ok", """
local w = setmetatable({}, {__mode = "k"})
do
	local s = cq.open(cq.paths()[1])
	local f, st
	local held = {}
	f, st = s:partitions{lenient = true, skipped = function() return held end}
	held.p = f(st) held.st = st held.s = s held.r = held.p:rows()(held.p)
	w[s] = true w[st] = f w[held.p] = 1 w[held] = 2
end
for i = 1, 4 do
	collectgarbage()
	for k, v in pairs(w) do
		pcall(function() return k.key end) pcall(function() return k.path end) pcall(v, k)
		if type(k) == "table" then for _, h in pairs(k) do pcall(function() return h.off, h.key, h.ncells end) pcall(v, h) end end
	end
end""")
case("__eq, __lt, __concat, __len of tables with handles", "ok", """
local s = cq.tables()()
local t = setmetatable({}, {__eq = error, __lt = error, __le = error, __concat = error, __len = error, __call = error, __index = error, __newindex = error})
for _, f in ipairs { function() return s == t end, function() return s < t end, function() return s .. t end, function() return #t end,
	function() return t() end, function() return s() end, function() return #s end, function() return -s end } do pcall(f) end""")
case("__pairs and __close on what is ours", "ok", """
local s <close> = cq.open(cq.paths()[1])
pcall(function() for _ in pairs(s) do end end)
pcall(function() for _ in ipairs(s) do end end)
pcall(function() local x <close> = s.path end)""")
case("one class for another", "ok", """
local s = cq.tables()() local p, r, c
for x in s:partitions() do for y in x:rows() do for z in y:cells() do p, r, c = x, y, z break end if c then break end end if c then break end end
local all = { s, p, r, c, select(2, s:partitions()), io, print, 1, "x", {}, coroutine.create(print), false }
local methods = { s.partitions, s.partition, s.close, p.rows, p.unfiltereds, p.static, p.keep, r.cells, r.cell, r.value, r.keep, (s:partitions()), (p:rows()), (r:cells()) }
for i = 1, #methods do for j = 1, 12 do for k = 1, 12 do
	if not (methods[i] == s.close and j == 1) then pcall(methods[i], all[j], all[k]) end
end end end""")
case("iterators with states that are wrong", "ok", """
local s = cq.tables()()
local f, st = s:partitions()
local p = f(st)
local rows = p:rows()
for _, x in ipairs { 1, "x", s, st, p, print, {} } do
	pcall(f, x) pcall(rows, x) pcall(rows, x, x) pcall(f, x, x)
end
pcall(f) pcall(rows)""")
case("a table closed in the middle", "ok", """
for s in cq.tables() do
	for p in s:partitions() do
		local kept = p:keep()
		for r in p:rows() do
			local k = r:keep()
			s:close()
			for _, x in ipairs { "off", "key", "partition", "ncells", "clustering", "token", "key_text" } do
				pcall(function() return p[x], r[x], k[x] end) pcall(function() return k[x] end) pcall(function() return kept[x] end)
			end
			assert(not pcall(function() return r.off end) and not pcall(function() return p.key end))
			collectgarbage()
		end
		break
	end
	break
end""".replace("collectgarbage()\n\t\tend", "collectgarbage() break\n\t\tend"))

# ---- other doors ----
case("what is not there", "ok", """
assert(io == nil and os == nil and debug == nil and package == nil and dofile == nil and loadfile == nil and string.dump == nil)
for k in pairs(_G) do assert(k ~= "io" and k ~= "os" and k ~= "debug" and k ~= "package") end""")
case("byte code", "ok", "local f, e = load('\\27Lua') assert(not f) assert(not load('\\27Lua', 'x', 'b'))")
case("load with an environment", "ok", "local f = load('x = 1 return x', 'n', 't', {}) assert(f() == 1 and x == nil) assert(load('return 1', 'n', 't', nil)() == 1)")
case("load of a function, a handle, nothing", "ok", "assert(not pcall(load, print)) assert(not pcall(load, cq)) assert(not pcall(load))")
case("require of paths", "ok", """
for _, n in ipairs { "../x", "/etc/passwd", "a/b", ".", "..", "", "a..b", "a\\0b", "x.", ("x"):rep(100000) } do assert(not pcall(require, n)) end""")
case("paths that were not given", "ok", "for _, p in ipairs { '/etc/passwd', '', '.', cq.paths()[1] .. '/', '\\0' } do assert(not pcall(cq.open, p)) end")
case("cq overwritten", "ok", "cq = nil print = nil tostring = error string.format = error _G = nil")
case("_ENV changed", "ok", "local p = cq.paths _ENV = {} p()")
case("_G with a metatable", "any", "setmetatable(_G, {__index = function(_, k) return error end, __newindex = error}) return xyz.abc")
case("output without end", "error", "while true do cq.write(('x'):rep(100000)) end")
case("print of what cannot be printed", "error", "print(setmetatable({}, {__tostring = function() return {} end}))")
case("print of a table whose __name is long", "ok", "print(#tostring(setmetatable({}, {__name = ('x'):rep(1000000)})))")
case("exit codes that are none", "ok", "return 126")
case("math.random of everything", "ok", "math.random(math.mininteger, math.maxinteger) assert(not pcall(math.random, 2, 1))")
case("integers at their ends", "ok", "assert(math.mininteger // -1 == math.mininteger and math.mininteger % -1 == 0 and not pcall(function() return 1 // 0 end))")
case("for loops at their ends", "ok", "for i = math.maxinteger - 1, math.maxinteger do end for i = math.mininteger, math.mininteger + 1, 1 do end")


def limit():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(cqlite, name, want, code):
    """What is wrong with how it ends, or None."""
    command = [cqlite, "lua", "-q", "--memory", str(MEMORY), "--seconds", str(SECONDS), "-e", code, TABLE]
    began = time.monotonic()
    with open(os.devnull, "wb") as out:
        p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, preexec_fn=limit)
        reader, said = os.fdopen(os.dup(p.stderr.fileno()), "rb"), b""
        timer = threading.Timer(SECONDS + GRACE, p.kill)
        try:
            timer.start()
            said = reader.read()
            _, status, usage = os.wait4(p.pid, 0)
        finally:
            timer.cancel()
            reader.close()
    p.returncode = status
    seconds, rss = time.monotonic() - began, usage.ru_maxrss / 1024
    text = said.decode("utf-8", "replace")
    if os.WIFSIGNALED(status):
        return "signal %d after %.1f s\n%s" % (os.WTERMSIG(status), seconds, text[-2000:]), seconds, rss
    code = os.WEXITSTATUS(status)
    if rss > RSS_MAX:
        return "%d MiB" % rss, seconds, rss
    if "Sanitizer" in text or "runtime error" in text:
        return text[:3000], seconds, rss
    if (want == "ok" and code != 0) or (want == "error" and code != 3) or code not in (0, 1, 3):
        return "exit code %d, expected %s\n%s" % (code, want, text[-2000:]), seconds, rss
    if code == 3 and "not enough memory" not in text and "error in error handling" not in text and "stack traceback" not in text:
        return "no traceback\n%s" % text[-2000:], seconds, rss
    return None, seconds, rss


def main():
    if len(sys.argv) < 3 or sys.argv[1] != "--cqlite":
        sys.exit(__doc__)
    names = [a for a in sys.argv[3:] if a != "--slow"]
    failed = count = 0
    slowest, largest = (0, ""), (0, "")
    for name, want, code in CASES:
        if names and name not in names:
            continue
        count += 1
        wrong, seconds, rss = run(sys.argv[2], name, want, code)
        slowest, largest = max(slowest, (seconds, name)), max(largest, (rss, name))
        if wrong:
            failed += 1
            print("%s: %s" % (name, wrong))
    print("%d tried, %d wrong; at most %.1f s (%s), %d MiB (%s)" % (count, failed, slowest[0], slowest[1], largest[0], largest[1]))
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
