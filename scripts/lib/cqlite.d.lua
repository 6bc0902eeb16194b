---@meta
-- Made by `cqlite lua --annotations`: what scripts see, for editors that speak LuaLS.

---@class cq
cq = {}

--- The SSTables that the script was given, opened one after another. One that cannot be opened is an error.
---@return fun(): cq.sst
function cq.tables() end

--- Their Data.db files, opening nothing.
---@return string[]
function cq.paths() end

--- Open one of cq.paths(); any when the script is trusted.
---@param path string
---@return cq.sst
function cq.open(path) end

--- To standard output, without spaces or a line's end.
---@param ... any
function cq.write(...) end

--- Look for damage in an SSTable, or in all that the script was given (then also between those of one directory). Options: level = "quick", "full" or "deep"; rules, ignore = {ids}; max_findings of one rule and table; now, seconds since 1970. A list of {rule, severity, effect, path, component, file, space, off, len, message, expected, found, means, action, bug, because, keys {n, at_least, first, last, first_token, last_token}, suspect {component, space, off, bit, found, expected}}, with unmeasured ({rule, cause, path}) and tables (what was read of each).
---@param sst? cq.sst
---@param options? table
---@return table
function cq.check(sst, options) end

--- What it looks for: {id, title, severity, effect, level, proves, means, action, bug, silent}.
---@return table[]
function cq.rules() end

--- A line on standard error. The script goes on; what it returns says whether all is well.
---@param text string
function cq.warn(text) end

--- Ends the script: it was called in a wrong way. The text goes to standard error, the exit code is 2.
---@param text string
function cq.usage(text) end

---@class cq

--- The Lua value of bytes. The type is one of CQL (without user-defined types) or a class as Cassandra writes it ("org.apache.cassandra.db.marshal.Int32Type"). nil (null) stays nil. Numbers of up to 64 bits, text, blobs and booleans are Lua's own; varint and decimal are exact objects; lists, sets and vectors are tables, tuples too, with their length in n; maps are cq.map, user-defined types cq.udt; all others cq.value. Bytes that are no value of the type come as a cq.value of kind "damaged".
---@param type string
---@param bytes string?
---@return any
function cq.decode(type, bytes) end

--- The bytes of a value, the inverse of cq.decode. Integers may be given as varints, what is no text itself may be given as text, timestamps as milliseconds, dates as days, times as nanoseconds, maps and user-defined types as tables. A value that is not of the type is an error.
---@param type string
---@param value any
---@return string?
function cq.encode(type, value) end

--- The shards of a counter's bytes (cell.raw): {id, clock, count, kind}, kind being "global", "local" or "remote".
---@param bytes string
---@return table[]
function cq.shards(bytes) end

---@class cq
---@field empty cq.value The value without bytes that most types allow, of kind "empty".

--- A uuid of any version.
---@param text string
---@return cq.value
function cq.uuid(text) end

--- A uuid of version 1, which is ordered by its time.
---@param text string
---@return cq.value
function cq.timeuuid(text) end

--- A timestamp, from milliseconds since 1970 or from text.
---@param ms integer|string
---@return cq.value
function cq.timestamp(ms) end

--- A date, from days since 1970 or from text.
---@param days integer|string
---@return cq.value
function cq.date(days) end

--- A time, from nanoseconds since midnight or from text.
---@param nanos integer|string
---@return cq.value
function cq.time_of_day(nanos) end

--- An address, of either family. Names are not looked up.
---@param text string
---@return cq.value
function cq.inet(text) end

--- A duration: "1y2mo3d4h5m6s", or as ISO 8601 has it.
---@param text string
---@return cq.value
function cq.duration(text) end

---@class cq

--- An integer of any size, from a Lua integer or from decimal digits.
---@param value integer|string|cq.varint
---@return cq.varint
function cq.varint(value) end

--- A decimal from text ("1.50", "-2e10"), from an integer, or from an unscaled integer and its scale.
---@param value integer|string|cq.varint|cq.decimal
---@param scale? integer
---@return cq.decimal
function cq.decimal(value, scale) end

---@class cq

--- A map in this order, of {key =, value =}. cq.encode writes it in that order; a plain table it orders by its keys.
---@param pairs table[]
---@return cq.map
function cq.map(pairs) end

---@class cq

--- JSON, in one line, of any value of a column and of tables of them. Maps and user-defined types keep their order, other tables are ordered by name; a table is an array when its keys are 1 to #t, or when it says how many it has in n. nil, NaN and infinities are null; a string that is no UTF-8 comes as "0x" and hexadecimal digits (a blob is a string like any other: where it has to look the same each time give cq.bytes.hex of it). Tables nested deeper than 100 (or in themselves), functions and handles are errors.
---@param value any
---@return string
function cq.json(value) end

--- One line of CSV (RFC 4180) without its end. nil is an empty field, "" a quoted one; tables and maps come as their JSON, a string that is no UTF-8 as 0x and hexadecimal digits.
---@param ... any
---@return string
function cq.csv(...) end

--- Microseconds since 1970 (row.timestamp, cell.timestamp) as text.
---@param us integer
---@return string
function cq.time(us) end

--- Seconds since 1970 (ldt) as text.
---@param s integer
---@return string
function cq.seconds(s) end

--- Now, in microseconds since 1970.
---@return integer
function cq.now() end

---@class cq

--- Add a rule to the detector: id, title; severity ("warning"), effect ("unsure": harmless, slower, unsure, refused, wrong_answers, lost); wants, a list of "partition", "static", "row", "marker", and event(state, ev, p), called with each; begin(p) makes the state; skipped(state, span, p); finish(state, c); quick(c) before any row, deep(c) at that level; whole = true: finish only when every byte was read; texts proves, means, action, bug, silent. Findings are said with p:say. An error ends the rule for the table, which is then unmeasured.
---@param rule table
function cq.rule(rule) end

--- Print the values of a custom type: class, its Java class; text(bytes) gives a string, json(bytes) what JSON shows: nil, a boolean, number or string, a list, or a table with names. Either may be left out. When it fails the value is printed in hexadecimal, and why is said once.
---@param printer table
function cq.printer(printer) end

--- A format for cqlite dump --format NAME: name; begin(w) and finish(w), once; table(w) for each SSTable, partition(w, part), row(w, row) for rows, static rows and markers (row.kind tells). They write with w:write.
---@param output table
function cq.output(output) end

--- Add a fault to cqlite inject: id, family, summary; rules, also (what check has to say, what it may), severity ("error"); checksums = "fix" (they follow, the default) or "keep"; format = "big" or "bti", stored = "compressed" or "plain" when it is only for those; apply(inject), which picks and changes, or returns false and why there is nothing to do it to. Never picked by "random".
---@param fault table
function cq.fault(fault) end

--- Add a table of rows about an SSTable: name, title, columns (names), rows(sst), which gives an iterator of lists of cells. cqlite lua --view NAME prints it; the workbench can show it.
---@param view table
function cq.view(view) end

--- Add a file format that tree and explain show: name, about; files, patterns of its files' names; field, what the file's node is (an id of the registry of fields), probe(head) whether the first 64 bytes are of it; structure, a list of fields in the order of the bytes. A field: name; kind (u8 u16 u32 u64 i8 i16 i32 i64 u16le u32le u64le f64 bool vint svint uuid utf, bytes and text with a length) or group, a list of fields; field, an id of the registry, otherwise one is made, shown as = hex, flags, micros, millis, seconds, duration, offset, length, uuid, text or padding, with unit and help; when(ctx), whether it is there; count or upto makes a list, list (or list_field) names the group around it; check(value, ctx) gives nil or what was expected; note(value, ctx) a remark. length and count are numbers, names of fields before, or functions of ctx; length also "rest", upto "end" or a function of ctx that says when it is over. ctx has the fields before by name, and off, size, file, index.
---@param format table
function cq.format(format) end

---@class cq.bytes
cq.bytes = {}

--- An unsigned byte at a position (1 without one), and the position behind it. Bytes that are not there are an error.
---@param s string
---@param pos? integer
---@return integer value
---@return integer next
function cq.bytes.u8(s, pos) end

--- An unsigned big-endian number of 2 bytes at a position (1 without one), and the position behind it. Bytes that are not there are an error.
---@param s string
---@param pos? integer
---@return integer value
---@return integer next
function cq.bytes.u16(s, pos) end

--- An unsigned big-endian number of 4 bytes at a position (1 without one), and the position behind it. Bytes that are not there are an error.
---@param s string
---@param pos? integer
---@return integer value
---@return integer next
function cq.bytes.u32(s, pos) end

--- 8 bytes, big-endian, as the integer with these bits (%u prints it unsigned: math.ult compares) at a position (1 without one), and the position behind it. Bytes that are not there are an error.
---@param s string
---@param pos? integer
---@return integer value
---@return integer next
function cq.bytes.u64(s, pos) end

--- A signed byte at a position (1 without one), and the position behind it. Bytes that are not there are an error.
---@param s string
---@param pos? integer
---@return integer value
---@return integer next
function cq.bytes.i8(s, pos) end

--- A signed big-endian number of 2 bytes at a position (1 without one), and the position behind it. Bytes that are not there are an error.
---@param s string
---@param pos? integer
---@return integer value
---@return integer next
function cq.bytes.i16(s, pos) end

--- A signed big-endian number of 4 bytes at a position (1 without one), and the position behind it. Bytes that are not there are an error.
---@param s string
---@param pos? integer
---@return integer value
---@return integer next
function cq.bytes.i32(s, pos) end

--- A signed big-endian number of 8 bytes at a position (1 without one), and the position behind it. Bytes that are not there are an error.
---@param s string
---@param pos? integer
---@return integer value
---@return integer next
function cq.bytes.i64(s, pos) end

--- An unsigned little-endian number of 2 bytes at a position (1 without one), and the position behind it. Bytes that are not there are an error.
---@param s string
---@param pos? integer
---@return integer value
---@return integer next
function cq.bytes.u16le(s, pos) end

--- An unsigned little-endian number of 4 bytes at a position (1 without one), and the position behind it. Bytes that are not there are an error.
---@param s string
---@param pos? integer
---@return integer value
---@return integer next
function cq.bytes.u32le(s, pos) end

--- 8 bytes, little-endian, as the integer with these bits at a position (1 without one), and the position behind it. Bytes that are not there are an error.
---@param s string
---@param pos? integer
---@return integer value
---@return integer next
function cq.bytes.u64le(s, pos) end

--- A signed little-endian number of 2 bytes at a position (1 without one), and the position behind it. Bytes that are not there are an error.
---@param s string
---@param pos? integer
---@return integer value
---@return integer next
function cq.bytes.i16le(s, pos) end

--- A signed little-endian number of 4 bytes at a position (1 without one), and the position behind it. Bytes that are not there are an error.
---@param s string
---@param pos? integer
---@return integer value
---@return integer next
function cq.bytes.i32le(s, pos) end

--- A signed little-endian number of 8 bytes at a position (1 without one), and the position behind it. Bytes that are not there are an error.
---@param s string
---@param pos? integer
---@return integer value
---@return integer next
function cq.bytes.i64le(s, pos) end

--- Cassandra's unsigned vint (1 to 9 bytes, the leading ones of the first say how many follow) at a position (1 without one), and the position behind it. Bytes that are not there are an error.
---@param s string
---@param pos? integer
---@return integer value
---@return integer next
function cq.bytes.vint(s, pos) end

--- Cassandra's signed vint (zig-zag) at a position (1 without one), and the position behind it. Bytes that are not there are an error.
---@param s string
---@param pos? integer
---@return integer value
---@return integer next
function cq.bytes.svint(s, pos) end

--- The unsigned vint of an integer; a negative one stands for its bits (9 bytes).
---@param value integer
---@return string
function cq.bytes.pack_vint(value) end

--- The signed vint of an integer.
---@param value integer
---@return string
function cq.bytes.pack_svint(value) end

--- How many bytes its unsigned vint has.
---@param value integer
---@return integer
function cq.bytes.vint_length(value) end

--- How many bytes its signed vint has.
---@param value integer
---@return integer
function cq.bytes.svint_length(value) end

--- Bytes as hexadecimal digits, lower case.
---@param s string
---@return string
function cq.bytes.hex(s) end

--- The bytes that hexadecimal digits say; 0x in front and blanks between pairs may be there.
---@param text string
---@return string
function cq.bytes.unhex(text) end

--- Lines of offset (the first is off, 0 without it), bytes and characters, 16 bytes a line or width.
---@param s string
---@param off? integer
---@param width? integer
---@return string
function cq.bytes.hexdump(s, off, width) end

--- The CRC32 of the files (zlib's), going on from one before.
---@param s string
---@param before? integer
---@return integer
function cq.bytes.crc32(s, before) end

--- Adler-32, as in old digests, going on from one before.
---@param s string
---@param before? integer
---@return integer
function cq.bytes.adler32(s, before) end

--- Cassandra's Murmur3 x64 128 with seed 0 in two integers: the first makes the token, both the bits of the Bloom filter.
---@param s string
---@return integer
---@return integer
function cq.bytes.murmur3(s) end

--- MurmurHash2 64A, which the cardinality sketch of Statistics.db is offered.
---@param s string
---@return integer
function cq.bytes.murmur2(s) end

--- The 16 bytes of MD5.
---@param s string
---@return string
function cq.bytes.md5(s) end

--- The token of a partition key's bytes: an integer for Murmur3 (without a name it is that), text for others.
---@param key string
---@param partitioner? string
---@return integer|string
function cq.bytes.token(key, partitioner) end

---@class cq.consume
cq.consume = {}

--- The columns of a partition's key.
---@param part cq.partition
---@return cq.typed[]
function cq.consume.partition_key(part) end

--- The clustering columns of a row, or those that a marker's bound has.
---@param row cq.row
---@return cq.typed[]
function cq.consume.clustering(row) end

--- A key from its serialized form: for each column a length of 2 bytes and its bytes. kind: "partition" or "clustering" (which may lack columns at its end).
---@param sst cq.sst
---@param kind string
---@param serialized string
---@return cq.typed[]
function cq.consume.key(sst, kind, serialized) end

--- The token of a partition key, as a partition's token.
---@param sst cq.sst
---@param key cq.typed[]
---@return integer|string
function cq.consume.token(sst, key) end

--- -1, 0 or 1, in the order of the column.
---@param a cq.typed
---@param b cq.typed
---@return integer
function cq.consume.compare(a, b) end

--- A cell's value; nil for a tombstone.
---@param cell cq.cell
---@return cq.typed?
function cq.consume.cell(cell) end

--- What it is in its collection: map key, set element, a list's timeuuid; nil for a simple column.
---@param cell cq.cell
---@return cq.typed?
function cq.consume.path(cell) end

--- The shards of a counter: {id, value, clock}.
---@param cell cq.cell
---@return table[]
function cq.consume.shards(cell) end

--- Every column: {id, name, kind, type, counter, collection, multicell, reversed}; kind is "partition_key", "clustering_key", "static_column" or "regular_column". Where a CREATE TABLE is known also in_schema (it has the column) and dropped_at (microseconds; when it was dropped).
---@param sst cq.sst
---@return table[]
function cq.consume.columns(sst) end

--- The part of Lua's os that tells the time: clock, date, difftime, time.
---@return table
function cq.consume.os() end

---@class cq.sst
---@field path string The file it was opened by.
---@field base string What the names of its files begin with.
---@field version string Version of the format: "nb".
---@field format string "big" or "bti".
---@field keyspace string? Keyspace, from the schema or the folder's name; nil when neither says.
---@field table string? Table, as keyspace.
---@field partitioner string Class name of the partitioner.
---@field data_length integer Bytes of Data.db, decompressed.
---@field stats table Statistics.db as a new table: partitioner, bloom_filter_fp_chance, estimated_cardinality, min_timestamp, max_timestamp, min_local_deletion_time, max_local_deletion_time, min_ttl, max_ttl, compression_ratio, tombstone_drop_times ({point, count}, max_bins), level, repaired_at, pending_repair, is_transient, originating_host_id, commit_log_lower, commit_log_upper, commit_log_intervals, total_columns_set, total_rows, has_legacy_counter_shards, has_partition_deletions, first_key, last_key, token_space_coverage, min_clustering_values, max_clustering_values, covered_clusterings {start, finish, types}, header, and the histograms partition_sizes and cells_per_partition. What the version does not have, or says is none, is nil.
---@field schema table What is known of the schema: keyspace, table, id, the columns partition, clustering, static, regular ({name, type, reversed}), dropped ({name, type, time, static}), options; guessed_names when no schema.cql named the key columns.
---@field schema_cql string The same as CREATE TABLE.
---@field components table[] Its files: {name, bytes, path}.
---@field findings table[] What was found wrong while opening it: {id, severity, file, message, space, off, len, field}. cq.check looks at everything.
local sst = {}

--- Partitions in the order of the table. Options: tokens = {start, end} (start exclusive, end inclusive; numbers or text, nil for open), lenient = true (read around damage; what was skipped goes to skipped(span), a function, with off, len, why, keys_lost), cells = false (rows come without cells). Damage is an error that names file and offset, unless lenient.
---@param options? table
---@return fun(): cq.partition
function sst:partitions(options) end

--- The partition with this key, through filter and index. The key is text as cqlite prints it, parts joined by ':', or {raw = its bytes}. nil when there is none.
---@param key string|table
---@return cq.partition?
function sst:partition(key) end

--- The table as a tree of fields: every byte of every component.
---@return cq.doc
function sst:doc() end

--- A partition between two clusterings, through its row index. Options: start, finish = {values}, as many as are known of the clustering columns, in the table's order, both inclusive; start_exclusive, finish_exclusive = true; reversed = true (rows from the last to the first). A range tombstone that reaches into the slice begins and ends with it.
---@param key string|table
---@param options? table
---@return cq.partition?
function sst:slice(key, options) end

--- The token of a key given as text, whether or not the table has it.
---@param key string|table
---@return integer|string
function sst:token(key) end

--- The chunks of a compressed Data.db; none of one that is not.
---@return fun(): cq.chunk
function sst:chunks() end

--- Every partition by the index: {key, key_text, data_off, index_off, rows_off}.
---@return fun(): table
function sst:index() end

--- The row index of a partition: {index, off and len of its description, start from the partition's start, data_off, open (the range deletion open at its end; in a trie before its start)}, and first, last, width or, in a trie, separator. Empty when it has none, nil when there is no such partition.
---@param key string|table
---@return table[]?
function sst:blocks(key) end

--- What the Bloom filter says of a key: may be there, or not. nil without a filter.
---@param key string|table
---@return boolean?
function sst:filter(key) end

--- The entries of Summary.db: {key, key_text, index_off}. nil when there is none.
---@return table[]?
function sst:summary() end

--- Bytes of a file as stored, as far as there are any. Without len all to its end.
---@param component string
---@param off? integer
---@param len? integer
---@return string
function sst:raw(component, off, len) end

--- Bytes of Data.db, decompressed.
---@param off integer
---@param len? integer
---@return string
function sst:stream(off, len) end

--- The chunk that holds a byte of the decompressed stream and, when it is stored as it is, where in Data.db. nil when Data.db is not compressed or ends before.
---@param off integer
---@return cq.chunk?
---@return integer?
function sst:to_raw(off) end

--- The inverse, for a byte of Data.db as stored.
---@param raw_off integer
---@return cq.chunk?
---@return integer?
function sst:to_stream(raw_off) end

--- Close it now instead of at collection. Everything got from it is closed, too.
function sst:close() end

---@class cq.partition
---@field key any The key: its value, or a list of values when it has several columns.
---@field key_text string The key as cqlite prints it and sst:partition takes it.
---@field raw_key string The key's bytes.
---@field token integer|string Its token: a number with Murmur3, text with others.
---@field off integer Where it begins in Data.db, decompressed.
---@field header_length integer Bytes of key and deletion.
---@field deletion table? {timestamp, ldt} when all of it was deleted; nil otherwise. Microseconds, seconds.
local partition = {}

--- Its rows in clustering order, without static row and markers.
---@return fun(): cq.row
function partition:rows() end

--- All that is in it: static row, rows and range tombstone markers; row.kind tells them apart.
---@return fun(): cq.row
function partition:unfiltereds() end

--- The static row, before rows() is begun; nil when it has none.
---@return cq.row?
function partition:static() end

--- A copy of key and deletion that stays when the scan goes on. It has no rows.
---@return cq.partition
function partition:keep() end

---@class cq.row
---@field kind string "row", "static" or "marker" (a bound of a range tombstone).
---@field clustering any[] Values of the clustering columns; of a marker those its bound has.
---@field timestamp integer? Of the row's liveness, microseconds since 1970; nil when it has none (only cells, or a deletion).
---@field ttl integer Of the liveness, seconds; 0 for none.
---@field ldt integer? When the liveness expires, seconds since 1970; nil when it does not.
---@field deletion table? {timestamp, ldt} when the row was deleted.
---@field shadowable boolean The deletion is a view's shadowable one.
---@field off integer Where it begins in Data.db, decompressed.
---@field len integer Its bytes; 0 for what a lenient scan made up.
---@field ncells integer How many cells it has, those of collections counted one by one.
---@field complex table[] The multi-cell columns of the row: {name, deletion, count}.
---@field bound string? Of a marker: "INCL_START_BOUND" and so on.
---@field closes table? Of a marker: {timestamp, ldt} of the range that ends here.
---@field opens table? Of a marker: {timestamp, ldt} of the range that begins here.
---@field partition cq.partition The partition it is in.
local row = {}

--- Its cells: simple columns first, each kind in column order.
---@return fun(): cq.cell
function row:cells() end

--- The first cell of a column; nil when the row has none.
---@param name string
---@return cq.cell?
function row:cell(name) end

--- A column's value: of the row, its clustering or its partition key. A collection of many cells comes whole, as far as the row holds it. nil when it is not there or deleted; a name that the SSTable does not have is an error.
---@param name string
---@return any
function row:value(name) end

--- A copy that stays when the scan goes on.
---@return cq.row
function row:keep() end

---@class cq.cell
---@field name string The column.
---@field type string The column's type in CQL.
---@field class string The class of the value's type (of a multi-cell column the element's) as Cassandra writes it: what cq.decode and cq.encode take.
---@field value any Its value; nil for a tombstone. Of a multi-cell column the element's.
---@field raw string The value's bytes; "" for a tombstone or an empty value.
---@field length integer Bytes of the value.
---@field path any Of a multi-cell column: map key, set element, a list's timeuuid, a field's number; nil otherwise.
---@field raw_path string? The path's bytes.
---@field timestamp integer When it was written, microseconds since 1970.
---@field ttl integer Seconds; 0 for none.
---@field ldt integer? When it expires, or was deleted: seconds since 1970; nil for neither.
---@field deleted boolean A tombstone.
---@field expiring boolean Has a TTL.
---@field counter boolean Its value is a counter.
---@field static boolean Of a static column.
---@field off integer Where it begins in Data.db, decompressed.
local cell = {}

---@class cq.typed
---@field value any As scylla's scripts know it: numbers, booleans and strings as themselves; a timestamp in milliseconds, a time in nanoseconds, a date in days (1970-01-01 is 2^31); list, tuple and vector as lists, map as {key = value}, set as {element = true}, UDT as {name = value}.
---@field decoded any As row:value gives it.
---@field text string As cqlite prints it; bytes that are no value of the type in hexadecimal.
---@field raw string? Its bytes; nil for null.
---@field type string The type in CQL.
local typed = {}

---@class cq.doc
---@field root cq.node The node above all components.
---@field nodes integer How many nodes there are now.
---@field memory integer Bytes that the tree takes of the script's memory.
local doc = {}

--- The node at a path, as node.path says it: components, fields, [N] for one of several, .NAME for a column's or key's. Opens what is on the way. nil when there is none; what is no path is an error.
---@param path string
---@return cq.node?
function doc:get(path) end

--- The deepest node that holds a byte of a component. space: "raw" or "decompressed"; nil for the decompressed stream of a compressed Data.db and raw otherwise. nil when no node has the byte.
---@param component string
---@param space? string
---@param off integer
---@return cq.node?
function doc:at(component, space, off) end

--- The node of a whole file, "Index.db"; nil when the table has no such file.
---@param name string
---@return cq.node?
function doc:component(name) end

--- Close it now instead of at collection; its nodes are closed, too.
function doc:close() end

---@class cq.node
---@field name string What it is: its field's name, "row size".
---@field label string The last part of its path: "rows[3]", "cells.name".
---@field path string The way to it, as doc:get takes it.
---@field of string? What it belongs to: a column's name, a file's; nil when nothing.
---@field field string Its field in the registry: "ROW_SIZE".
---@field kind string How its number or bytes are read.
---@field unit string What its number counts: "bytes", "us"; "" for nothing.
---@field help string What the field is for, in a sentence.
---@field spec string Where it is specified.
---@field versions string Versions of the format that have it.
---@field type string? The CQL type of its bytes; nil when they are no CQL value.
---@field off integer Where it begins, in its space.
---@field len integer? Its bytes; nil when that is not known. Opens what only decoding can tell.
---@field space string "raw" for bytes as stored, "decompressed" for the stream in the chunks of Data.db.
---@field component string? The file it is in, "Index.db"; nil for the root.
---@field index integer? Its number in a list; nil outside of one.
---@field nth integer Which one of the children of this name.
---@field value any A number's value; bytes: the CQL value when they have a type, a string otherwise. nil for other nodes.
---@field text string Its value as text, on one line, as cqlite tree prints it; "" when it has none.
---@field damaged boolean Its bytes are wrong. A unit says so once it has been opened.
---@field damaged_below boolean Something in it, as far as it was opened, is damaged.
---@field damage string? What is wrong with it, in words.
---@field gap boolean Bytes that no field describes.
---@field derived boolean It has no bytes of its own.
---@field page boolean It stands for the rest of a long list. children() sees through it.
---@field lazy boolean It was not opened yet.
---@field notes string[] What is worth knowing of it.
---@field doc cq.doc Its document.
---@field parent cq.node? The node above it; nil for the root.
---@field next cq.node? The node behind it in the same list; nil for the last.
local node = {}

--- Both.
---@return integer off
---@return integer? len
function node:span() end

--- Its bytes, max of them at most.
---@param max? integer
---@return string
function node:raw(max) end

--- What it is made of, opened as needed, however long the list. forget: close each child, and what was read of the list, when the next one comes; memory then does not grow with the list.
---@param forget? boolean
---@return fun(): cq.node
function node:children(forget) end

--- The child with this label; nil when there is none.
---@param label string
---@return cq.node?
function node:child(label) end

--- As doc:get, from here on.
---@param path string
---@return cq.node?
function node:get(path) end

--- All that is in it, a node before what is in it, depth levels at most. forget: close what was passed.
---@param depth? integer
---@param forget? boolean
---@return fun(): cq.node
function node:walk(depth, forget) end

--- What it points to in this or another file, or what points to it: an index entry's partition, a chunk offset's chunk, a partition's index entry. nil when nothing.
---@return cq.node?
function node:link() end

--- Open all of it, and count the bytes that no field describes; they become nodes.
---@return integer
function node:gaps() end

--- Forget what was opened in it. Handles of nodes below are errors from then on; it opens again when asked.
function node:close() end

---@class cq.value
---@field kind string "uuid", "timeuuid", "timestamp", "date", "time", "inet", "duration"; "empty" for a value without bytes of a type where that says nothing (an empty int); "damaged" for bytes that are no value of their type.
---@field raw string Its bytes.
---@field why string Of kind damaged: what is wrong with the bytes.
---@field version integer Of a uuid: its version, 0 to 15.
---@field time integer? Of a uuid of version 1: when it was made, microseconds since 1970. nil for other versions.
---@field ms integer Of a timestamp: milliseconds since 1970.
---@field seconds integer Of a timestamp: whole seconds since 1970, rounded down.
---@field days integer Of a date: days since 1970. Of a duration: its days.
---@field nanos integer Of a time: nanoseconds since midnight. Of a duration: its nanoseconds.
---@field months integer Of a duration: its months, 12 for a year.
---@field family integer Of an inet: 4 or 6.
local value = {}

---@class cq.varint
---@field raw string Its bytes.
local varint = {}

--- As a Lua integer; nil when it does not fit into 64 bits.
---@return integer?
function varint:tointeger() end

--- The nearest float.
---@return number
function varint:tonumber() end

--- -1, 0 or 1: how it is ordered with another exact number. 0 where == cannot say it: Lua never asks whether an object equals a plain integer.
---@param other cq.varint|cq.decimal|integer
---@return integer
function varint:compare(other) end

---@class cq.decimal
---@field scale integer Digits behind the point; negative: zeros before it.
---@field unscaled cq.varint The number without its point.
---@field raw string Its bytes.
local decimal = {}

--- The quotient with so many digits behind the point; a half goes to the even digit. d:div(1, 2) rounds.
---@param other cq.decimal|cq.varint|integer
---@param scale integer
---@return cq.decimal
function decimal:div(other, scale) end

--- As a Lua integer; nil when it is no whole number or does not fit.
---@return integer?
function decimal:tointeger() end

--- The nearest float.
---@return number
function decimal:tonumber() end

--- -1, 0 or 1: how it is ordered with another exact number. 0 where == cannot say it: Lua never asks whether an object equals a plain integer.
---@param other cq.varint|cq.decimal|integer
---@return integer
function decimal:compare(other) end

---@class cq.map
local map = {}

--- The value of a key; nil when it is not there. Keys that are objects (a uuid, a varint) are found by an equal object, or by their text or integer.
---@param key any
---@return any
function map:get(key) end

--- Keys and values in order; pairs(m) does the same.
---@return fun(): any
---@return any
function map:pairs() end

--- The keys, in order.
---@return any[]
function map:keys() end

--- The values, in the order of their keys.
---@return any[]
function map:values() end

---@class cq.udt
local udt = {}

--- Names and values of all fields in the type's order, nil for null; pairs(u) does the same.
---@return fun(): string
---@return any
function udt:fields() end

--- A field by name, where a method has that name, too. One that the type does not have is an error.
---@param name string
---@return any
function udt:get(name) end

---@class cq.check
---@field said integer Findings that the rule has said of this table so far.
---@field path string? The table's Data.db.
---@field base string? What the names of its files begin with; nil when it could not be opened.
---@field version string? Version of the format.
---@field now integer Seconds since 1970, for what lies in the future.
---@field whole boolean In finish: every byte of the rows was read.
---@field key string? Key of the partition at hand, as cqlite prints it.
---@field partitions integer Partitions read so far.
---@field rows integer Rows read so far.
---@field cells integer Cells read so far.
local check = {}

--- A finding. message (one sentence) is needed; severity ("error", "warning", "info") and effect are the rule's own when not said; component ("Index.db"), off and len in its bytes (of Data.db decompressed; raw = true: as stored), inside event() those of the event; expected, found, means, action: texts; key: of a partition as cqlite prints it, inside event() the one at hand (false: none).
---@param finding table
function check:say(finding) end

--- Why the rule could not look. A rule that says so never counts as passed.
---@param cause string
function check:unmeasured(cause) end

--- The table, opened once more for the script itself: for look-ups and documents.
---@return cq.sst
function check:open() end

---@class cq.dump
---@field file string? Name of the table's Data.db; nil before and after the tables.
---@field base string? What the names of its files begin with.
---@field columns table? Names of the table's columns: {partition, clustering, static, regular}, each a list in the table's order.
local dump = {}

--- To where the dump goes, without spaces or a line's end.
---@param ... any
function dump:write(...) end

---@class cq.inject
local inject = {}

--- A field to change: component, field (an id, or a list of ids), under and not_under (groups around it), fits(target), what ("row with a timestamp": for when there is none). Where the options of inject point, or one of all by the seed. nil and why when there is none.
---@param want table
---@return cq.target?
---@return string?
function inject:pick(want) end

--- By the seed: 0 to below - 1, or any number.
---@param below? integer
---@return integer
function inject:random(below) end

--- Bytes of a component; of Data.db decompressed.
---@param component string
---@return integer
function inject:size(component) end

--- Bytes of a component, with the changes so far.
---@param component string
---@param off integer
---@param len integer
---@return string
function inject:read(component, off, len) end

--- replace(target, bytes), or replace(component, off, len, bytes): other bytes in the place of those, as many or not.
---@param target cq.target|string
---@param ... any
function inject:replace(target, ...) end

--- Another number, in as many bytes as it takes now.
---@param target cq.target
---@param number integer
function inject:set_number(target, number) end

--- What was done, for the manifest.
---@param words string
function inject:say(words) end

--- What check has to say: rules (ids with ' ' between, '|' for either), component, severity, off; may = true: it may or may not. Without it: the fault's rules, at its first change.
---@param what table
function inject:expect(what) end

---@class cq.target
---@field field string Its id in the registry of fields.
---@field path string Its path in the document.
---@field off integer Where it is; of Data.db's content decompressed.
---@field len integer? Its bytes; nil when only decoding tells.
---@field number integer? Its value, of a number.
local target = {}

--- The smallest and the largest number that fit its bytes.
---@return integer?
---@return integer?
function target:range() end

--- The nearest field of that id around it, or itself.
---@param field string
---@return cq.target?
function target:above(field) end

--- The first field of that id inside it.
---@param field string
---@return cq.target?
function target:below(field) end

---@class cq.chunk
---@field index integer Which one, from 0.
---@field raw_off integer Where it begins in Data.db as stored.
---@field raw_len integer Its stored bytes, without the 4 of the checksum behind them.
---@field off integer Of its first byte in the decompressed stream.
---@field len integer Its decompressed bytes.
---@field stored_raw boolean It is not compressed, because that gained too little.
local chunk = {}

--- Compare its checksum, now.
---@return boolean ok
---@return integer stored
---@return integer computed
function chunk:ok() end

--- Its stored bytes.
---@return string
function chunk:raw() end

---@class cq.histogram
---@field mean integer Their mean, rounded up, by the bounds of buckets.
---@field min integer The lowest, by the bounds of buckets.
---@field max integer The highest; the largest integer when some are above every bucket.
---@field total integer How many values.
---@field overflow integer How many values are above every bucket.
---@field buckets table[] {above, count} as stored: how many values are above one bound and not above the next. The first begins where the second does, the last has no end.
local histogram = {}

--- A value that p of all (0 to 1) are not above: the bound of a bucket.
---@param p number
---@return integer
function histogram:percentile(p) end
