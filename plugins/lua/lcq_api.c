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
	{ 0 },
};

const struct lcq_module lcq_module_cq = { .name = "cq", .about = "What a script begins with.", .members = cq_members };

const struct lcq_class *const lcq_classes[] = {
	&lcq_sst_class, &lcq_partition_class, &lcq_row_class, &lcq_cell_class, &lcq_typed_class, &lcq_source_class,
	&lcq_doc_class, &lcq_node_class,
	&lcq_simple_class, &lcq_varint_class, &lcq_decimal_class, &lcq_map_class, &lcq_udt_class, &lcq_type_class,
	&lcq_check_class,
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
