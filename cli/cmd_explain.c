/* cqlite explain: what is this byte, or the node at this path. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "cq_format.h"
#include "cq_hash.h"
#include "doc_view.h"

static const char *const spaces[] = { "raw", "decompressed", NULL };

static const struct cli_option options[] = {
	{ .name = "space", .arg = "SPACE", .kind = CLI_CHOICE, .choices = spaces,
	  .help = "what OFFSET counts: raw, bytes of the file as stored (the default), or decompressed, those that a compressed "
		  "Data.db holds, as positions in indexes do" },
	{ .name = "json", .help = "print JSON; schema cqlite-explain-1" },
	{ .name = "fields", .help = "print the list of all fields as Markdown (no FILE)" },
	{ 0 },
};

/* ---- the list of fields ---- */

static void cell(struct cq_buf *out, const char *text)
{
	cq_buf_str(out, " ");
	for (; *text; text++)
		cq_buf_printf(out, *text == '|' ? "\\%c" : "%c", *text);
	cq_buf_str(out, " |");
}

static int print_fields(struct cli *cli)
{
	struct cq_buf *out = &cli->out;
	char text[64];

	cq_buf_str(out, "# Fields\n\nEvery field that `cqlite tree` and `cqlite explain` know, in the order of the files and of their bytes. "
		"Made by\n`cqlite explain --fields` from `core/model/cq_fields.def`; change it there. Versions\n"
		"are, oldest first, ma mb mc md me (3.0 to 3.11), na nb nc (4.0 to 5.0), oa (5.0) of the BIG format and da (5.0) of BTI; a field\n"
		"is there in those named, where there is something for it to say.\n");
	for (unsigned f = CQ_F_NONE + 1; f < CQ_FIELD_COUNT; f++) {
		const struct cq_field_info *i = cq_field_info(f);
		const char *head = NULL;

		switch (f) {
		case CQ_F_DATA_DB: head = "Components"; break;
		case CQ_F_PARTITION: head = "Data.db: partitions"; break;
		case CQ_F_STATIC_ROW: head = "Data.db: rows"; break;
		case CQ_F_MARKER: head = "Data.db: range tombstone markers"; break;
		case CQ_F_CHUNKS: head = "Data.db: chunks"; break;
		case CQ_F_INDEX_ENTRY: head = "Index.db"; break;
		case CQ_F_MIN_INDEX_INTERVAL: head = "Summary.db"; break;
		case CQ_F_HASH_COUNT: head = "Filter.db"; break;
		case CQ_F_SECTION_COUNT: head = "Statistics.db"; break;
		case CQ_F_COMPRESSOR: head = "CompressionInfo.db"; break;
		case CQ_F_CRC_CHUNK_SIZE: head = "CRC.db, Digest, TOC.txt"; break;
		case CQ_F_TRIE_ROOT: head = "Partitions.db and Rows.db"; break;
		default: break;
		}
		if (head)
			cq_buf_printf(out, "\n## %s\n\n| Name | Id | Kind | Unit | What it is | Specified in | Versions |\n"
				"| --- | --- | --- | --- | --- | --- | --- |\n", head);
		cq_buf_str(out, "|");
		cell(out, i->name);
		cell(out, i->id);
		cell(out, cq_field_kind_name(i->kind));
		cell(out, i->unit);
		cell(out, i->help);
		cell(out, i->spec);
		cell(out, cq_field_versions_text(f, text, sizeof text));
		cq_buf_byte(out, '\n');
	}
	return cli_flush(cli);
}

/* ---- what is known of a node ---- */

struct facts {
	struct doc_view *v;
	cq_nid id;
	struct cq_node n;
	cq_nid partition, row;                 /* units that it is in; 0 none */
	struct cq_buf clustering, column, chunk, holds, leads;
	bool chunk_bad, has_place;
	struct cq_chunk_place place;
	uint64_t off;                          /* that was asked for, or where the node begins */
};

static void append(struct cq_buf *to, const char *between, cq_slice s)
{
	if (to->len)
		cq_buf_str(to, between);
	doc_view_safe(to, s);
}

/* "3, 'x'": the clustering of a row or marker. */
static void clustering_of(struct facts *f)
{
	struct cq_doc *d = f->v->d;
	struct cq_node n;
	cq_nid at;

	if (cq_doc_expand(d, f->row, NULL) < 0 || !doc_view_leaf(f->v, f->row, CQ_F_CLUSTERING, &at, &n))
		return;
	for (cq_nid c = cq_doc_first(d, at); c; c = cq_doc_next(d, c)) {
		struct cq_buf one = {0};

		cq_doc_node(d, c, &n);
		if (n.field == CQ_F_CLUSTERING_VALUE) {
			cq_doc_print(d, c, &one, 0);
			append(&f->clustering, ", ", cq_buf_bytes(&one));
		}
		cq_buf_finish(&one);
	}
}

static void chunk_state(struct facts *f, uint64_t index)
{
	char path[64];
	cq_nid id, c;
	struct cq_node n;
	cq_slice s;

	snprintf(path, sizeof path, "Data.db/chunks[%" PRIu64 "]", index);
	if (cq_doc_get(f->v->d, path, &id, NULL) != CQ_OK || cq_doc_expand(f->v->d, id, NULL) < 0)
		return;
	for (c = cq_doc_first(f->v->d, id); c; c = cq_doc_next(f->v->d, c)) {
		cq_doc_node(f->v->d, c, &n);
		for (size_t k = 0; n.field == CQ_F_CHUNK_CRC && (s = cq_doc_note(f->v->d, c, k)).p; k++) {
			const size_t word = strlen("checksum ");

			append(&f->chunk, ", ", s.len > word ? cq_slice_of(s.p + word, s.len - word) : s);
		}
	}
	cq_doc_node(f->v->d, id, &n);
	f->chunk_bad = n.flags & CQ_N_DAMAGED;
	if (f->chunk_bad)
		append(&f->chunk, "; ", cq_doc_damage(f->v->d, id));
}

/* The block of an uncompressed Data.db and its checksum in CRC.db. */
static void block_state(struct facts *f, uint64_t off)
{
	const struct cq_stream *s = &f->v->t->stream;
	uint64_t k = off / s->crc_block, at = k * s->crc_block, n = s->len - at < s->crc_block ? s->len - at : s->crc_block;
	uint8_t crc[4], *p = malloc(n ? (size_t)n : 1);

	if (p && 4 + 4 * k + 4 <= s->crcs->size && cq_space_read(s->crcs, 4 + 4 * k, crc, 4, NULL) == CQ_OK &&
	    cq_space_read(s->raw, at, p, (size_t)n, NULL) == CQ_OK) {
		uint32_t computed = cq_crc32(0, p, (size_t)n);

		f->chunk_bad = computed != cq_be32(crc);
		cq_buf_printf(&f->chunk, "block %" PRIu64 " of CRC.db, 0x%" PRIx64 " to 0x%" PRIx64 ", checksum %s", k, at, at + n,
			f->chunk_bad ? "differs" : "right");
		if (f->chunk_bad)
			cq_buf_printf(&f->chunk, ": stored %08x, computed %08x", cq_be32(crc), computed);
	}
	free(p);
}

/* "partitions[3] k1 to partitions[9] k7": what a range of the decompressed stream holds. */
static void holds(struct facts *f, uint64_t off, uint64_t len)
{
	struct cq_node n;
	struct cq_unit u;
	cq_nid last = 0;

	for (int end = 0; len && end < 2; end++) {
		cq_nid id;

		if (cq_doc_at(f->v->d, CQ_C_DATA, CQ_SPACE_DECOMPRESSED, end ? off + len - 1 : off, &id, NULL) != CQ_OK)
			continue;
		while (id && !(cq_doc_unit(f->v->d, id, &u) && u.kind == CQ_U_PARTITION))
			id = cq_doc_parent(f->v->d, id);
		if (!id || id == last)
			continue;
		last = id;
		cq_buf_str(&f->holds, f->holds.len ? " to " : "");
		cq_doc_label(f->v->d, id, &f->holds);
		if (cq_doc_node(f->v->d, id, &n) && n.name.p) {
			cq_buf_str(&f->holds, " ");
			doc_view_safe(&f->holds, n.name);
		}
	}
}

static void gather(struct facts *f)
{
	const struct cq_table *t = f->v->t;
	struct cq_doc *d = f->v->d;
	struct cq_node n;
	struct cq_unit u;
	cq_nid there;

	cq_doc_expand(d, f->id, NULL);
	cq_doc_node(d, f->id, &f->n);
	for (cq_nid at = f->id; at; at = cq_doc_parent(d, at)) {
		cq_doc_node(d, at, &n);
		if ((n.field == CQ_F_CELL || n.field == CQ_F_COLUMN) && n.name.p && !f->column.len)
			doc_view_safe(&f->column, n.name);
		if (!cq_doc_unit(d, at, &u))
			continue;
		if (u.kind == CQ_U_PARTITION)
			f->partition = at;
		if ((u.kind == CQ_U_UNFILTERED || u.kind == CQ_U_STATIC_ROW) && !f->row)
			f->row = at;
	}
	if (f->row)
		clustering_of(f);
	if (t != &f->v->none && cq_table_link(t, d, f->id, &there, NULL) == CQ_OK)
		cq_doc_path(d, there, &f->leads);
	if (f->n.component != CQ_C_DATA)
		return;
	if (t->stream.chunks) {
		int rc = f->n.space == CQ_SPACE_DECOMPRESSED ? cq_table_to_raw(t, f->off, &f->place, NULL) :
			cq_table_to_stream(t, f->off, &f->place, NULL);

		f->has_place = rc == CQ_OK;
		if (rc == CQ_OK) {
			chunk_state(f, f->place.index);
			holds(f, f->place.off, f->place.len);
		}
	} else if (t->stream.crcs && t->stream.crc_block && f->off < t->stream.len) {
		block_state(f, f->off);
	}
}

/* ---- text ---- */

static void fact(struct facts *f, const char *name, const char *fmt, ...) CQ_PRINTF(3, 4);
static void fact(struct facts *f, const char *name, const char *fmt, ...)
{
	struct cq_buf *out = &f->v->cli->out;
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	cq_buf_printf(out, "%s%-13s%s %s\n", cli_color(f->v->cli, CLI_BOLD), name, cli_color(f->v->cli, CLI_PLAIN), text);
}

/* Component down to the node, pages left out; indented. */
static void chain(struct facts *f)
{
	struct cq_buf *out = &f->v->cli->out;
	cq_nid root = cq_doc_root(f->v->d), below = root;
	unsigned level = 0;

	while (below != f->id) {
		struct cq_buf label = {0};
		struct cq_node n;
		cq_nid at = f->id;

		while (at && cq_doc_parent(f->v->d, at) != below)
			at = cq_doc_parent(f->v->d, at);
		if (!at)
			break;
		below = at;
		cq_doc_node(f->v->d, at, &n);
		if (n.flags & CQ_N_PAGE)
			continue;
		cq_doc_label(f->v->d, at, &label);
		cq_buf_printf(out, "%*s%s%s%s%s", (int)(2 * level++), "", n.flags & CQ_N_DAMAGED ? "! " : "",
			cli_color(f->v->cli, n.flags & CQ_N_DAMAGED ? CLI_BAD : CLI_NAME), cq_buf_cstr(&label),
			cli_color(f->v->cli, CLI_PLAIN));
		if (n.name.p && n.index != CQ_NO_INDEX) {
			cq_buf_byte(out, ' ');
			doc_view_safe(out, n.name);
		}
		cq_buf_printf(out, "  %s%s 0x%" PRIx64, cli_color(f->v->cli, CLI_DIM), cq_space_kind_name(n.space), n.off);
		if (n.len != CQ_NO_OFFSET)
			cq_buf_printf(out, ", %" PRIu64 " bytes", n.len);
		cq_buf_printf(out, "%s\n", cli_color(f->v->cli, CLI_PLAIN));
		cq_buf_finish(&label);
	}
	cq_buf_byte(out, '\n');
}

static void as_text(struct facts *f)
{
	const struct cq_field_info *i = cq_field_info(f->n.field);
	struct cq_buf tmp = {0};
	char versions[64];
	struct cq_node n;
	cq_slice s;

	chain(f);
	fact(f, "field", "%s (%s)", i->name, i->id);
	cq_doc_path(f->v->d, f->id, &tmp);
	fact(f, "path", "%s", cq_buf_cstr(&tmp));
	if (f->n.len != CQ_NO_OFFSET)
		fact(f, "bytes", "%s offsets 0x%" PRIx64 " to 0x%" PRIx64 ", %" PRIu64 " bytes", cq_space_kind_name(f->n.space), f->n.off,
			f->n.off + f->n.len, f->n.len);
	if (f->n.flags & (CQ_N_NUMBER | CQ_N_BYTES)) {
		cq_buf_clear(&tmp);
		if (doc_view_hex(f->v, &f->n, 32, &tmp))
			fact(f, "", "%s", cq_buf_cstr(&tmp));
		cq_buf_clear(&tmp);
		cq_doc_print(f->v->d, f->id, &tmp, 0);
		fact(f, "value", "%s", cq_buf_cstr(&tmp));
	}
	if (f->n.type) {
		cq_buf_clear(&tmp);
		cq_type_cql(f->n.type, &tmp);
		fact(f, "type", "%s", cq_buf_cstr(&tmp));
	}
	fact(f, "kind", "%s", cq_field_kind_name(i->kind));
	if (i->unit[0])
		fact(f, "unit", "%s", i->unit);
	fact(f, "meaning", "%s", i->help);
	if (i->spec[0])
		fact(f, "specified in", "%s", i->spec);
	if (cq_field_versions_text(f->n.field, versions, sizeof versions)[0] && f->v->t->desc.version.len)
		fact(f, "versions", "%s; this table is %.*s", versions, (int)f->v->t->desc.version.len,
			(const char *)f->v->t->desc.version.p);
	for (size_t k = 0; (s = cq_doc_note(f->v->d, f->id, k)).p; k++) {
		cq_buf_clear(&tmp);
		doc_view_safe(&tmp, s);
		fact(f, "note", "%s", cq_buf_cstr(&tmp));
	}
	if (f->partition && cq_doc_node(f->v->d, f->partition, &n)) {
		cq_buf_clear(&tmp);
		doc_view_safe(&tmp, n.name);
		fact(f, "partition", "%" PRIu64 ", key %s", n.index, cq_buf_cstr(&tmp));
	}
	if (f->row && cq_doc_node(f->v->d, f->row, &n)) {
		if (n.field == CQ_F_STATIC_ROW)
			fact(f, "row", "static");
		else
			fact(f, "row", "%" PRIu64 "%s%s%s", n.index, f->clustering.len ? ", clustering (" : "",
				f->clustering.len ? cq_buf_cstr(&f->clustering) : "", f->clustering.len ? ")" : "");
	}
	if (f->column.len)
		fact(f, "column", "%s", cq_buf_cstr(&f->column));
	if (f->has_place) {
		const struct cq_chunk_place *p = &f->place;

		fact(f, "chunk", "%" PRIu64 " of %" PRIu64 ", raw offsets 0x%" PRIx64 " to 0x%" PRIx64 " and 4 bytes of checksum%s", p->index,
			f->v->t->chunks.count, p->raw.off, p->raw.off + p->raw.len, p->stored_raw ? ", not compressed" : "");
		fact(f, "", "holds decompressed offsets 0x%" PRIx64 " to 0x%" PRIx64, p->off, p->off + p->len);
		if (f->n.space == CQ_SPACE_DECOMPRESSED && p->stored_raw)
			fact(f, "raw offset", "0x%" PRIx64, p->raw.off + (f->off - p->off));
		if (f->holds.len)
			fact(f, "", "%s", cq_buf_cstr(&f->holds));
	}
	if (f->chunk.len)
		fact(f, f->has_place ? "checksum" : "block", "%s%s", f->chunk_bad ? "! " : "", cq_buf_cstr(&f->chunk));
	if (f->leads.len)
		fact(f, "linked with", "%s", cq_buf_cstr(&f->leads));
	s = cq_doc_damage(f->v->d, f->id);
	if (s.p) {
		cq_buf_clear(&tmp);
		doc_view_safe(&tmp, s);
		fact(f, "damage", "! %s", cq_buf_cstr(&tmp));
	}
	cq_buf_finish(&tmp);
}

/* ---- JSON ---- */

static void as_json(struct facts *f)
{
	const struct cq_field_info *i = cq_field_info(f->n.field);
	struct cq_buf *out = &f->v->cli->out, tmp = {0};
	cq_nid root = cq_doc_root(f->v->d), below = root;
	const char *version;
	struct cq_node n;
	bool any = false;

	cq_buf_str(out, "{\"schema\": \"cqlite-explain-1\"");
	doc_view_json(out, "table", f->v->t->desc.base);
	cq_buf_str(out, ", \"chain\": [");
	while (below != f->id) {
		cq_nid at = f->id;

		while (at && cq_doc_parent(f->v->d, at) != below)
			at = cq_doc_parent(f->v->d, at);
		if (!at)
			break;
		below = at;
		cq_doc_node(f->v->d, at, &n);
		if (n.flags & CQ_N_PAGE)
			continue;
		cq_buf_str(out, any ? ",\n  {" : "\n  {");
		any = true;
		doc_view_node_json(f->v, at, &n, true, 0, out);
		cq_buf_str(out, "}");
	}
	cq_buf_str(out, "]");
	doc_view_json(out, "kind", cq_slice_str(cq_field_kind_name(i->kind)));
	doc_view_json(out, "unit", cq_slice_str(i->unit));
	doc_view_json(out, "meaning", cq_slice_str(i->help));
	doc_view_json(out, "specified_in", cq_slice_str(i->spec));
	cq_buf_clear(&tmp);
	for (size_t k = 0; (version = cq_field_version(k)); k++)
		if (cq_field_in_version(f->n.field, version) == 1)
			cq_buf_printf(&tmp, "%s%s", tmp.len ? " " : "", version);
	if (tmp.len) {
		doc_view_json(out, "since", cq_slice_str(cq_field_first_version(f->n.field)));
		doc_view_json(out, "versions", cq_buf_bytes(&tmp));
	}
	if (f->partition && cq_doc_node(f->v->d, f->partition, &n)) {
		cq_buf_printf(out, ", \"partition\": {\"index\": %" PRIu64, n.index);
		doc_view_json(out, "key", n.name);
		cq_buf_str(out, "}");
	}
	if (f->row && cq_doc_node(f->v->d, f->row, &n)) {
		cq_buf_printf(out, ", \"row\": {\"static\": %s", n.field == CQ_F_STATIC_ROW ? "true" : "false");
		if (n.index != CQ_NO_INDEX)
			cq_buf_printf(out, ", \"index\": %" PRIu64, n.index);
		doc_view_json(out, "clustering", cq_buf_bytes(&f->clustering));
		cq_buf_str(out, "}");
	}
	if (f->column.len)
		doc_view_json(out, "column", cq_buf_bytes(&f->column));
	if (f->has_place) {
		cq_buf_printf(out, ", \"chunk\": {\"index\": %" PRIu64 ", \"raw_offset\": %" PRIu64 ", \"raw_length\": %" PRIu64
			", \"decompressed_offset\": %" PRIu64 ", \"decompressed_length\": %u, \"stored_raw\": %s", f->place.index,
			f->place.raw.off, f->place.raw.len, f->place.off, f->place.len, f->place.stored_raw ? "true" : "false");
		doc_view_json(out, "checksum", cq_buf_bytes(&f->chunk));
		doc_view_json(out, "holds", cq_buf_bytes(&f->holds));
		cq_buf_str(out, "}");
	} else if (f->chunk.len) {
		doc_view_json(out, "block", cq_buf_bytes(&f->chunk));
	}
	if (f->leads.len)
		doc_view_json(out, "linked_with", cq_buf_bytes(&f->leads));
	cq_buf_str(out, "}\n");
	cq_buf_finish(&tmp);
}

/* ---- the command ---- */

/* False: not a number. */
static bool number(const char *text, uint64_t *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	*out = strtoull(text, &end, 0);
	return !*end;
}

static int find(struct facts *f, const char *what, struct cq_error *err)
{
	struct doc_view *v = f->v;
	struct cq_node n;
	int space, rc;

	if (!number(what, &f->off)) {
		rc = doc_view_get(v, what, &f->id, err);
		if (rc == CQ_OK && cq_doc_node(v->d, f->id, &n))
			f->off = n.off;
		return rc;
	}
	if (!cq_doc_node(v->d, v->top, &n) || n.component < 0)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "an offset is one in a file: name the file, not its folder");
	space = (int)cli_number(v->cli, "space", CQ_SPACE_RAW);
	if (space == CQ_SPACE_DECOMPRESSED && n.component == CQ_C_DATA && !v->t->stream.chunks)
		space = CQ_SPACE_RAW;          /* the same */
	return cq_doc_at(v->d, n.component, space, f->off, &f->id, err);
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct doc_view v = {0};
	struct facts f = { .v = &v };
	struct cq_error err = {0};
	struct cq_node n;
	int rc;

	if (cli_has(cli, "fields"))
		return print_fields(cli);
	if (argc < 2)
		return cli_usage(cli, "something is missing: cqlite explain FILE OFFSET|PATH");
	rc = doc_view_open(&v, cli, argv[0]);
	if (rc != CLI_WELL)
		goto out;
	rc = find(&f, argv[1], &err);
	if (rc != CQ_OK) {
		rc = rc == CQ_NOT_FOUND || rc == CQ_EUSAGE ? cli_usage(cli, "%s", err.msg) : cli_fail(cli, &err);
		goto out;
	}
	gather(&f);
	if (cli_has(cli, "json"))
		as_json(&f);
	else
		as_text(&f);
	rc = cli_findings(cli, &v.t->findings);
	for (cq_nid at = f.id; at && cq_doc_node(v.d, at, &n); at = cq_doc_parent(v.d, at))
		if (n.flags & CQ_N_DAMAGED)
			rc = cli_worse(rc, CLI_FOUND);
	if (f.chunk_bad)
		rc = cli_worse(rc, CLI_FOUND);
out:
	cq_buf_finish(&f.clustering);
	cq_buf_finish(&f.column);
	cq_buf_finish(&f.chunk);
	cq_buf_finish(&f.holds);
	cq_buf_finish(&f.leads);
	doc_view_close(&v);
	return cli_worse(rc, cli_flush(cli));
}

static const struct cli_example examples[] = {
	{ "cqlite explain nb-1-big-Statistics.db 0x2c", "what the byte at 0x2c means" },
	{ "cqlite explain nb-1-big-Data.db 0x1f3 --space decompressed", "the byte that an index or an error message speaks of" },
	{ "cqlite explain nb-1-big-Data.db 70000", "the chunk with that byte of the file, and the partitions in it" },
	{ "cqlite explain nb-1-big-Data.db 'partitions[3]/rows[0]/cells.name'", "a node by its path, as cqlite tree shows them" },
	{ 0 },
};

const struct cli_command cli_cmd_explain = {
	.name = "explain", .summary = "say what a byte or a field is", .usage = "[OPTION...] FILE OFFSET|PATH",
	.options = options, .examples = examples, .min_operands = 0, .max_operands = 2, .operand = CLI_FILE, .run = run,
	.description = "Prints the way from the file down to the field that holds the byte: its name, value, meaning, where Cassandra "
		"specifies it, the partition, row and column it belongs to, the chunk it is stored in, and what it points to or what points "
		"to it. OFFSET is decimal, or hexadecimal with 0x.",
};
