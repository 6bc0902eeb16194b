-- What the detector says to scripts: of healthy tables nothing, of damaged copies what was done to them.
-- paths: 5.0-oa/main/scalars 5.0-da/main/scalars 4.0-na/main/scalars 3.11-md/main/scalars 5.0-nb/main/range_tombstones
-- inject: chunk-crc 5.0-oa/main/scalars
-- inject: digest-wrong 5.0-da/main/scalars
-- inject: row-timestamp 3.11-md/main/scalars
-- inject: toc-extra 5.0-nb/main/scalars
-- inject: partition-swap 4.0-na/main/scalars
-- output: ok

local function fails(what, f, ...)
	local ok, msg = pcall(f, ...)
	assert(not ok, "no error: " .. what)
	assert(tostring(msg):find(what, 1, true), msg)
end

local rules = {}
for _, r in ipairs(cq.rules()) do
	assert(r.title and r.proves and r.means and r.action and not rules[r.id])
	assert(r.severity == "info" or r.severity == "warning" or r.severity == "error")
	rules[r.id] = r
end
assert(rules["chunk-crc"] and rules["digest"])

-- rule that must be found -> how often it was
local wanted = { ["chunk-crc"] = 0, digest = 0, ["stats-ts"] = 0, ["toc-set"] = 0, ["part-order"] = 0 }
local healthy, damaged = 0, 0
for sst in cq.tables() do
	local found = cq.check(sst, { level = "deep" })
	assert(#found.tables == 1 and found.tables[1].path == sst.path and found.tables[1].opened)
	assert(type(found.unmeasured) == "table")
	for _, u in ipairs(found.unmeasured) do assert(rules[u.rule] and u.cause) end
	if sst.path:find("/corpus/", 1, true) then
		healthy = healthy + 1
		assert(#found == 0 and found.tables[1].scanned and found.tables[1].worst == "harmless", found[1] and found[1].message)
		local n = 0
		for part in sst:partitions() do n = n + 1 end
		assert(found.tables[1].partitions == n)
	else
		damaged = damaged + 1
		assert(#found > 0, sst.path)
		local doc = sst:doc()
		for _, f in ipairs(found) do
			assert(rules[f.rule] and f.message and f.severity and f.effect and f.means and f.action and f.path == sst.path)
			if wanted[f.rule] then wanted[f.rule] = wanted[f.rule] + 1 end
			if f.off and f.component and doc:component(f.component) then
				local node = doc:at(f.component, f.space, f.off)
				assert(node and node.component == f.component, f.rule)
			end
			if f.keys then assert(f.keys.n > 0 or f.keys.first_token or f.keys.first) end
			if f.rule == "chunk-crc" then
				local chunk = sst:to_stream(f.space == "raw" and f.off or sst:to_raw(f.off).raw_off)
				assert(chunk:ok() == false and f.expected and f.found)
				fails("checksum", function() return sst:stream(chunk.off, 1) end)
				fails("checksum", function() for _ in sst:partitions() do end end)
				local skipped = 0
				for _ in sst:partitions { lenient = true, skipped = function(s) skipped = skipped + s.len end } do end
				assert(skipped == chunk.len)
			end
		end
		doc:close()
		-- Only what was asked for.
		local id = found[1].rule
		for _, f in ipairs(cq.check(sst, { level = "deep", rules = { id } })) do assert(f.rule == id) end
		for _, f in ipairs(cq.check(sst, { level = "deep", ignore = { id } })) do assert(f.rule ~= id) end
	end
	fails("no rule", function() cq.check(sst, { rules = { "no such" } }) end)
	fails("ids of rules", function() cq.check(sst, { rules = "digest" }) end)
	fails("ids of rules", function() cq.check(sst, { rules = { 1 } }) end)
	fails("no option depth here", function() cq.check(sst, { depth = 3 }) end)
	fails("invalid option", function() cq.check(sst, { level = "deepest" }) end)
	fails("max_findings", function() cq.check(sst, { max_findings = 0 }) end)
	sst:close()
	fails("this SSTable is closed", function() cq.check(sst) end)
end
assert(healthy == 6 and damaged == 5)
for rule, n in pairs(wanted) do assert(n > 0, rule) end

fails("cq.sst expected", function() cq.check(3) end)
-- All of them, a folder at a time.
local all = cq.check { level = "quick" }
assert(#all.tables == 11)
print("ok")
