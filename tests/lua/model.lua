-- Documents and nodes, over tables of several versions: what is walked, found, linked, forgotten and misused.
-- paths: 5.0-oa/main/scalars 5.0-da/main/scalars 4.0-nb 3.11-md 5.0-oa/main/range_tombstones 5.0-da/main/collections
-- output: ok

local function fails(what, f, ...)
	local ok, msg = pcall(f, ...)
	assert(not ok, "no error: " .. what)
	assert(tostring(msg):find(what, 1, true), msg)
end

local versions, tables = {}, 0

-- Every component: children tile the parent's labels, paths lead back, walk and children agree.
local function whole(doc)
	local seen, kinds = 0, {}
	for top in doc.root:children() do
		assert(top.component == top.label and top.off == 0 and top.space == "raw")
		assert(doc:component(top.label) == top and doc.root:child(top.label) == top)
		assert(#top:raw() == top.len)
		assert(top:gaps() == 0, top.label)
		local n = 0
		for node in top:walk() do
			n = n + 1
			assert(not node.page and not node.gap and not node.damaged)
			if n % 17 == 0 then
				assert(doc:get(node.path) == node, node.path)
				assert(node.parent:child(node.label) == node, node.path)
				assert(#node.help > 0 and #node.versions > 0 and #node.name > 0 and node.field:match("^[A-Z0-9_]+$"))
				assert(type(node.text) == "string" and type(node.notes) == "table")
				local off, len = node:span()
				assert(off == node.off and len == node.len)
				assert(#node:raw(3) <= 3)
			end
			kinds[math.type(node.value) or type(node.value)] = true
		end
		seen = seen + n
		local again = 0
		local function count(node)
			local before
			for child in node:children() do
				again = again + 1
				assert(child.parent == node)
				assert(not before or before.next == child)
				before = child
				count(child)
			end
			assert(not before or not before.next)
		end
		count(top)
		assert(again == n, top.label)
		local shallow = 0
		for node in top:walk(1) do
			assert(node.parent == top)
			shallow = shallow + 1
		end
		local direct = 0
		for _ in top:children() do direct = direct + 1 end
		assert(shallow == direct)
	end
	assert(kinds.integer and kinds.string and kinds["nil"])
	return seen
end

local function partitions(sst, doc)
	local k = 0
	for part in sst:partitions() do
		local node = doc:get(("Data.db/partitions[%d]"):format(k))
		assert(node.off == part.off and node.index == k)
		assert(doc:at("Data.db", nil, part.off).off == part.off)
		local key = node:get("header/key")
		assert(key:raw() == part.raw_key)
		local there = node:link()
		if there then assert(there:link() == node, there.path) end
		k = k + 1
		if k == 50 then break end
	end
end

for sst in cq.tables() do
	tables = tables + 1
	versions[sst.version] = true
	local doc = sst:doc()
	assert(tostring(doc):find(sst.path, 1, true))
	assert(doc.root.parent == nil and doc.root.path == "" and doc.root.component == nil and doc.root:raw() == "")
	local n = whole(doc)
	partitions(sst, doc)
	-- A walk that forgets sees the same, and leaves nothing open.
	local m = 0
	for _ in doc.root:walk(nil, true) do m = m + 1 end
	local open = doc.nodes
	assert(open < 64, open)
	local all = 0
	for top in doc.root:children() do all = all + 1 end
	assert(m == n + all, m .. " " .. n)

	-- Handles
	local part = doc:get("Data.db/partitions[0]")
	local key = part and part:get("header/key")
	assert(key and tostring(key) == "cq.node: Data.db/partitions[0]/header/key")
	part:close()
	assert(part.lazy and part.off == 0)
	fails("was forgotten", function() return key.value end)
	fails("was forgotten", function() return key:children() end)
	assert(tostring(key) == "cq.node: forgotten")
	fails("cannot be changed", function() part.off = 3 end)
	fails("cq.node has no lenght", function() return part.lenght end)
	fails("cq.node expected", function() return part.raw(doc) end)
	fails("cq.doc expected", function() return doc.get(part, "") end)
	fails("number", function() return part:raw("x") end)
	fails("negative", function() return part:raw(-1) end)
	fails("negative", function() return part:walk(-1) end)
	fails("no such component", function() return doc:at("Nothing.db", nil, 0) end)
	fails("invalid option", function() return doc:at("Data.db", "cooked", 0) end)
	fails("number", function() return doc:at("Data.db", nil, "x") end)
	assert(doc:at("Data.db", nil, -1) == nil and doc:at("Data.db", nil, 1 << 60) == nil)
	assert(doc:get("Data.db/partitions[99999999]") == nil and doc:get("Nothing.db") == nil and doc:component("x") == nil)
	fails("zero bytes", function() return doc:get("Data.db\0x") end)
	assert(not pcall(doc.get, doc, "Data.db/partitions[" ))
	fails("string", function() return doc:get() end)
	assert(part ~= doc and part ~= part.parent and not (part == nil))

	-- A list whose child is closed by who iterates; nested walks; a child of another document.
	local next, state = doc.root:children()
	local other = sst:doc()
	fails("a child of this node", function() return next(state, other.root) end)
	fails("a child of this node", function() return next(state, part) end)
	fails("a node of this document", function()
		local step, top = doc.root:walk()
		return step(top, other.root)
	end)
	for top in doc.root:children() do
		for _ in top:children() do break end
		top:close()
	end
	do
		local closed <close> = other
	end
	fails("this document is closed", function() return other.root end)
	doc:close()
	doc:close()
	fails("node of a closed document", function() return part.off end)
	fails("node of a closed document", function() return next(state, nil) end)
	fails("this document is closed", function() return doc:get("") end)
	assert(tostring(doc) == "cq.doc: closed" and tostring(part) == "cq.node: closed")

	-- Closing the table closes its documents.
	doc = sst:doc()
	local root = doc.root
	sst:close()
	fails("this document is closed", function() return doc.root end)
	fails("node of a closed document", function() return root.off end)
	fails("this SSTable is closed", function() return sst:doc() end)
end
assert(versions.oa and versions.da and versions.nb and versions.md and tables > 4, tables)

-- Documents nobody keeps are collected, their files and memory given back.
local sst = cq.tables()()
for _ = 1, 2000 do sst:doc():get("Data.db/partitions[0]/rows[0]") end
collectgarbage()
print("ok")
