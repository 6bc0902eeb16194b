-- scylla's JSON writer: what the low-level calls print, and that nothing which is no JSON can be written.
-- paths: 5.0-oa/main/scalars
-- output: {"null":null,"yes":true,"int":-9223372036854775808,"whole":8,"double":0.5,"one":1.0,"text":"a\"\\\n\u0001é�","list":[1,[],{}],"empty":{}}
-- output: [1]
-- output: ok

local w = Scylla.new_json_writer()
w:start_object()
w:key("null") w:null()
w:key("yes") w:bool(true)
w:key("int") w:int(math.mininteger)
w:key("whole") w:int(8.0)
w:key("double") w:double(0.5)
w:key("one") w:double(1)
w:key("text") w:string("a\"\\\n\1é\xff")
w:key("list") w:start_array() w:int(1) w:start_array() w:end_array() w:start_object() w:end_object() w:end_array()
w:key("empty") w:start_object() w:end_object()
w:end_object()

local function fails(what, f, ...)
	local ok, msg = pcall(f, ...)
	assert(not ok, "no error, but: " .. what)
	assert(tostring(msg):find(what, 1, true), msg)
end

fails("the document has ended", w.null, w)
w = Scylla.new_json_writer()
fails("outside of an object", w.key, w, "k")
w:start_array()
fails("expected argument of type string", w.string, w, 5)
fails("expected argument of type boolean", w.bool, w)
fails("expected argument of type number", w.int, w, "1")
fails("no integer", w.int, w, 0.5)
fails("no NaN", w.double, w, 0 / 0)
fails("a key in an array", w.key, w, "k")
fails("nothing here", w.end_object, w)
fails("partition_start expected", w.start_partition, w, {})
fails("sstable expected", w.start_sstable, w, {})
w:int(1)
w:end_array()

function consume_stream_end()
	print("ok")
end
