/* lcq_api - every class and module that scripts see. */
#include "lcq_ext.h"
#include "lcq_value.h"

static const struct lcq_member cq_members[] = {
	{ "tables", lcq_tables, "() -> fun(): cq.sst",
	  "The SSTables that the script was given, opened one after another. One that cannot be opened is an error.",
	  "for sst in cq.tables() do\n\tprint(sst.base)\nend" },
	{ "paths", lcq_paths, "() -> string[]", "Their Data.db files, opening nothing.", NULL },
	{ "open", lcq_open_path, "(path: string) -> cq.sst", "Open one of cq.paths(); any when the script is trusted.",
	  "local one <close> = cq.open(cq.paths()[1])" },
	{ "write", lcq_write_values, "(...: any)", "To standard output, without spaces or a line's end.", "cq.write(1, \" \", true, \"\\n\")" },
	{ "check", lcq_check_tables, "(sst?: cq.sst, options?: table) -> table",
	  "Look for damage in an SSTable, or in all that the script was given (then also between those of one directory). Options: level = "
	  "\"quick\", \"full\" or \"deep\"; rules, ignore = {ids}; max_findings of one rule and table; now, seconds since 1970. A list of "
	  "{rule, severity, effect, path, component, file, space, off, len, message, expected, found, means, action, bug, because, keys {n, "
	  "at_least, first, last, first_token, last_token}, suspect {component, space, off, bit, found, expected}}, with unmeasured ({rule, "
	  "cause, path}) and tables (what was read of each).",
	  "local found = cq.check(sst, { level = \"deep\" })\nassert(#found == 0)" },
	{ "rules", lcq_list_rules, "() -> table[]",
	  "What it looks for: {id, title, severity, effect, level, proves, means, action, bug, silent}.",
	  "for _, r in ipairs(cq.rules()) do print(r.id, r.title) end" },
	{ "warn", lcq_warn, "(text: string)", "A line on standard error. The script goes on; what it returns says whether all is well.", "cq.warn(\"\")" },
	{ "usage", lcq_usage, "(text: string)",
	  "Ends the script: it was called in a wrong way. The text goes to standard error, the exit code is 2.", "print(pcall(cq.usage, \"no such argument\"))" },
	{ 0 },
};

const struct lcq_module lcq_module_cq = { .name = "cq", .about = "What a script begins with.", .members = cq_members };

const struct lcq_class *const lcq_classes[] = {
	&lcq_sst_class, &lcq_partition_class, &lcq_row_class, &lcq_cell_class, &lcq_typed_class, &lcq_source_class,
	&lcq_doc_class, &lcq_node_class,
	&lcq_simple_class, &lcq_varint_class, &lcq_decimal_class, &lcq_map_class, &lcq_udt_class, &lcq_type_class,
	&lcq_check_class, &lcq_output_class, &lcq_inject_class, &lcq_target_class,
	&lcq_chunk_class, &lcq_histogram_class, &lcq_walk_class, &lcq_report_class,
	NULL,
};

/* Those of one name stand together. */
const struct lcq_module *const lcq_modules[] = {
	&lcq_module_cq,
	&lcq_module_value, &lcq_module_simple, &lcq_module_number, &lcq_module_object, &lcq_module_text,
	&lcq_module_ext,
	&lcq_module_bytes,
	&lcq_module_consume,
	NULL,
};
