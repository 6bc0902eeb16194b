-- Arguments of a script: words of the form name=value behind --.
--
--     local args = require "args"
--     local opt = args.parse({ { "top", "integer", 20, min = 1 }, { "by", { "bytes", "rows" }, "bytes" } }, ...)
--
-- A spec is a list of { name, kind, default }. kind: "string", "integer", "number", "bool" (yes or no), or a list of words to choose from.
-- min, max: bounds of numbers; required = true: it has no default and has to be given. Anything wrong ends the script with exit
-- code 2 and says what there is.
local M = {}

local bools = { yes = true, no = false, ["true"] = true, ["false"] = false, ["1"] = true, ["0"] = false }

local function kind_words(spec)
	if type(spec[2]) == "table" then
		return table.concat(spec[2], "|")
	end
	return ({ string = "TEXT", integer = "N", number = "X", bool = "yes|no" })[spec[2]]
end

local function fail(specs, what)
	local lines = { what }
	if #specs == 0 then
		lines[2] = "This script has no arguments."
	end
	for _, spec in ipairs(specs) do
		local default = spec[3]
		if type(default) == "boolean" then
			default = default and "yes" or "no"
		end
		lines[#lines + 1] = ("  %s=%s%s"):format(spec[1], kind_words(spec),
			spec.required and "  (has to be given)" or default ~= nil and ("  (default %s)"):format(default) or "")
	end
	cq.usage(table.concat(lines, "\n"))
end

local function convert(specs, spec, text)
	local kind = spec[2]
	if type(kind) == "table" then
		for _, word in ipairs(kind) do
			if word == text then
				return text
			end
		end
		fail(specs, ("%s=%s: it is one of %s"):format(spec[1], text, table.concat(kind, ", ")))
	elseif kind == "bool" then
		if bools[text] == nil then
			fail(specs, ("%s=%s: yes or no"):format(spec[1], text))
		end
		return bools[text]
	elseif kind == "integer" or kind == "number" then
		local n = tonumber(text)
		if kind == "integer" then
			n = n and math.tointeger(n)
		end
		if not n or n ~= n or (spec.min and n < spec.min) or (spec.max and n > spec.max) then
			fail(specs, ("%s=%s: %s%s%s"):format(spec[1], text, kind == "integer" and "a whole number" or "a number",
				spec.min and (" from %s"):format(spec.min) or "", spec.max and (" to %s"):format(spec.max) or ""))
		end
		return n
	end
	return text
end

function M.parse(specs, ...)
	local by_name, out = {}, {}
	for _, spec in ipairs(specs) do
		by_name[spec[1]] = spec
		out[spec[1]] = spec[3]
	end
	for _, word in ipairs { ... } do
		local name, text = word:match("^%-*([%a_][%w_-]*)=(.*)$")
		local spec = name and by_name[name]
		if not spec then
			fail(specs, name and ("there is no argument %s"):format(name) or ("arguments have the form name=value, not %s"):format(word))
		end
		out[name] = convert(specs, spec, text)
	end
	for _, spec in ipairs(specs) do
		if spec.required and out[spec[1]] == nil then
			fail(specs, ("%s=%s has to be given"):format(spec[1], kind_words(spec)))
		end
	end
	return out
end

-- "a,b,c" as a list; nil and "" as nil.
function M.list(text)
	if not text or text == "" then
		return nil
	end
	local out = {}
	for word in (text .. ","):gmatch("(.-),") do
		if word ~= "" then
			out[#out + 1] = word
		end
	end
	return out
end

return M
