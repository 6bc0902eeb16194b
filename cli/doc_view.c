#include "doc_view.h"

#include <inttypes.h>

#include "cq_file_format.h"

/* A file with a format of its own. There is no table: v->t is one without anything but the names. */
static int open_file(struct doc_view *v, const struct cq_file_format *f, const char *path)
{
	struct cq_error err = {0};

	v->t = &v->none;
	if (cq_desc_parse(path, &v->none.desc, NULL) != CQ_OK || !v->none.desc.base.len)
		v->none.desc = (struct cq_desc){ .base = cq_slice_str(cq_basename(path)) };
	if (cq_file_doc(f, path, &v->d, &err) != CQ_OK)
		return cli_fail(v->cli, &err);
	v->top = cq_doc_first(v->d, cq_doc_root(v->d));
	return CLI_WELL;
}

int doc_view_open(struct doc_view *v, struct cli *cli, const char *path)
{
	const struct cq_open_options opt = { .metadata_only = true, .inspect = true };
	struct cq_desc_list list = {0};
	struct cq_error err = {0};
	bool left_out = false;
	const struct cq_file_format *f = cq_file_format_for(path);
	int rc;

	*v = (struct doc_view){ .cli = cli };
	if (f)
		return open_file(v, f, path);
	rc = cli_list(cli, path, &list, &left_out);
	if (rc == CLI_WELL && list.ntables != 1)
		rc = cli_usage(cli, "%s holds %zu SSTables; name a file of one", path, list.ntables);
	if (rc == CLI_WELL)
		rc = cli_open(cli, list.tables[0].data_path, &opt, &v->t);
	if (rc == CLI_WELL && cq_table_doc(v->t, &v->d, &err) != CQ_OK)
		rc = cli_fail(cli, &err);
	if (rc == CLI_WELL) {
		v->top = cq_table_doc_file(v->d, v->t, path);
		if (!v->top)
			v->top = cq_doc_root(v->d);
	}
	cq_desc_list_finish(&list);
	return rc;
}

void doc_view_close(struct doc_view *v)
{
	cq_doc_close(v->d);
	if (v->t != &v->none)
		cq_table_close(v->t);
	v->d = NULL;
	v->t = NULL;
}

int doc_view_get(struct doc_view *v, const char *path, cq_nid *out, struct cq_error *err)
{
	size_t n = strcspn(path, "/");
	struct cq_node c;

	for (cq_nid id = cq_doc_first(v->d, cq_doc_root(v->d)); id; id = cq_doc_next(v->d, id))
		if (cq_doc_node(v->d, id, &c) && cq_slice_eq(c.name, cq_slice_of(path, n)))
			return cq_doc_get(v->d, path, out, err);
	return cq_doc_get_from(v->d, v->top, path, out, err);
}

size_t doc_view_hex(struct doc_view *v, const struct cq_node *n, size_t max, struct cq_buf *out)
{
	size_t want = n->len < max ? (size_t)n->len : max, start = out->len;
	uint8_t bytes[64];

	if (want > sizeof bytes)
		want = sizeof bytes;
	if (n->component < 0 || cq_doc_bytes(v->d, n->component, n->space, n->off, bytes, want, NULL) != CQ_OK)
		return 0;
	for (size_t i = 0; i < want; i++)
		cq_buf_printf(out, "%s%02x", i ? " " : "", bytes[i]);
	if (n->len > want && want)
		cq_buf_str(out, "..");
	return out->len - start;
}

bool doc_view_leaf(struct doc_view *v, cq_nid unit, unsigned field, cq_nid *id, struct cq_node *out)
{
	for (cq_nid at = cq_doc_first(v->d, unit); at;) {
		cq_doc_node(v->d, at, out);
		if (out->field == field) {
			*id = at;
			return true;
		}
		at = cq_doc_walk(v->d, at, unit, !(out->flags & CQ_N_UNIT));
	}
	return false;
}

bool doc_view_arrow(struct doc_view *v, const struct cq_node *n, struct cq_buf *out)
{
	const char *file = NULL;
	uint64_t at = n->number;

	if (!(n->flags & CQ_N_NUMBER))
		return false;
	switch (n->field) {
	case CQ_F_DATA_POSITION: file = "Data.db"; break;
	case CQ_F_SUMMARY_POSITION: file = "Index.db"; break;
	case CQ_F_CHUNK_OFFSET: file = "Data.db"; break;
	case CQ_F_ROWS_ROOT: file = "Rows.db"; break;
	case CQ_F_ROOT_POSITION:
	case CQ_F_KEYS_POSITION: file = "Partitions.db"; break;
	case CQ_F_TRIE_POSITION:
		file = (int64_t)at < 0 ? "Data.db" : "Rows.db";
		at = (int64_t)at < 0 ? ~at : at;
		break;
	default: return false;
	}
	cq_buf_printf(out, "%s 0x%" PRIx64, file, at);
	if (v->t->stream.chunks && n->field != CQ_F_CHUNK_OFFSET && strcmp(file, "Data.db") == 0)
		cq_buf_str(out, " (decompressed)");
	return true;
}

void doc_view_safe(struct cq_buf *out, cq_slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.p[i];

		/* C1 controls are c2 80 to c2 9f */
		if (c < 0x20 || c == 0x7f || (c == 0xc2 && i + 1 < s.len && s.p[i + 1] < 0xa0))
			cq_buf_printf(out, "\\x%02x", c);
		else
			cq_buf_byte(out, c);
	}
}

void doc_view_json(struct cq_buf *out, const char *key, cq_slice s)
{
	cq_buf_printf(out, ", \"%s\": ", key);
	cq_json_string(out, s);
}

static void json_flags(struct cq_buf *out, const struct cq_node *n)
{
	if (n->flags & CQ_N_DAMAGED)
		cq_buf_str(out, ", \"damaged\": true");
	if (n->flags & CQ_N_DAMAGE_BELOW)
		cq_buf_str(out, ", \"damage_below\": true");
	if (n->flags & CQ_N_GAP)
		cq_buf_str(out, ", \"gap\": true");
}

void doc_view_node_json(struct doc_view *v, cq_nid id, const struct cq_node *n, bool hex, unsigned print_flags, struct cq_buf *out)
{
	struct cq_buf tmp = {0};
	cq_slice s;

	cq_buf_str(out, "\"path\": ");
	cq_doc_path(v->d, id, &tmp);
	cq_json_string(out, cq_buf_bytes(&tmp));
	doc_view_json(out, "field", cq_slice_str(cq_field_info(n->field)->id));
	doc_view_json(out, "label", cq_slice_str(cq_field_info(n->field)->name));
	if (n->index != CQ_NO_INDEX)
		cq_buf_printf(out, ", \"index\": %" PRIu64, n->index);
	if (n->name.p)
		doc_view_json(out, "name", n->name);
	if (n->component >= 0) {
		doc_view_json(out, "space", cq_slice_str(cq_space_kind_name(n->space)));
		cq_buf_printf(out, ", \"offset\": %" PRIu64, n->off);
		if (n->len != CQ_NO_OFFSET)
			cq_buf_printf(out, ", \"length\": %" PRIu64, n->len);
	}
	if (n->flags & (CQ_N_NUMBER | CQ_N_BYTES)) {
		cq_buf_clear(&tmp);
		if (hex) {
			doc_view_hex(v, n, 16, &tmp);
			doc_view_json(out, "hex", cq_buf_bytes(&tmp));
			cq_buf_clear(&tmp);
		}
		if (n->flags & CQ_N_NUMBER) {
			cq_buf_str(out, ", \"number\": ");
			cq_doc_print(v->d, id, out, CQ_DOC_RAW);
		}
		cq_doc_print(v->d, id, &tmp, print_flags);
		doc_view_json(out, "value", cq_buf_bytes(&tmp));
		if (n->type) {
			cq_buf_clear(&tmp);
			cq_type_cql(n->type, &tmp);
			doc_view_json(out, "type", cq_buf_bytes(&tmp));
		}
		cq_buf_clear(&tmp);
		if (doc_view_arrow(v, n, &tmp))
			doc_view_json(out, "leads_to", cq_buf_bytes(&tmp));
	}
	json_flags(out, n);
	s = cq_doc_damage(v->d, id);
	if (s.p)
		doc_view_json(out, "error", s);
	for (size_t k = 0; (s = cq_doc_note(v->d, id, k)).p; k++) {
		cq_buf_str(out, k ? ", " : ", \"notes\": [");
		cq_json_string(out, s);
	}
	if (cq_doc_note(v->d, id, 0).p)
		cq_buf_str(out, "]");
	cq_buf_finish(&tmp);
}
