-- A check that takes longer than the script may ends with the script, also when the script catches the error.
-- options: --instructions 40000
-- status: 3
-- error: more instructions than it may

local function count() for _ = 1, 1000000 do end end
pcall(count)
while true do pcall(cq.check, { level = "deep" }) end
