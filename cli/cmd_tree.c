/* cqlite tree: the object model of a file with its bytes beside it. Units are opened, printed and forgotten, so that memory
 * does not follow the size of the file. */
#include <inttypes.h>

#include "cq_format.h"
#include "doc_view.h"

static const struct cli_option options[] = {
	{ .name = "path", .arg = "PATH", .kind = CLI_TEXT, .help = "only the node at this path, \"partitions[3]/rows[0]\"" },
	{ .letter = 'd', .name = "depth", .arg = "N", .kind = CLI_NUMBER,
	  .help = "levels to open, at most 2000; default: what is useful for the file" },
	{ .letter = 'n', .name = "max-children", .arg = "N", .kind = CLI_NUMBER,
	  .help = "nodes to show of one list (default 16; 0: all)" },
	{ .name = "no-hex", .help = "no column of bytes" },
	{ .name = "raw-values", .help = "numbers as numbers, bytes as hexadecimal" },
	{ .name = "json", .help = "print JSON; schema cqlite-tree-1" },
	{ 0 },
};

/* Levels are levels of recursion here. */
enum { DEPTH_MAX = 2000, HEX = 16 };

struct tree {
	struct doc_view v;
	uint64_t depth, max;
	bool hex, json, damage;
	unsigned print;                  /* CQ_DOC_RAW or nothing */
	int space, component;            /* of the last line */
	int failed;                      /* exit code of what could not be read */
};

static bool on(struct tree *t)
{
	return t->failed < CLI_UNFINISHED && !cli_stop;
}

static void open_unit(struct tree *t, cq_nid id)
{
	struct cq_error err = {0};

	if (cq_doc_expand(t->v.d, id, &err) < 0)
		t->failed = cli_worse(t->failed, cli_fail(t->v.cli, &err));
}

static unsigned default_depth(const struct tree *t, cq_nid top)
{
	struct cq_node n;

	cq_doc_node(t->v.d, top, &n);
	switch (n.field) {
	case CQ_F_STATISTICS_DB:
	case CQ_F_SUMMARY_DB: return 3;
	case CQ_F_PARTITIONS_DB:
	case CQ_F_ROWS_DB: return 12;
	case CQ_F_DATA_DB:
	case CQ_F_INDEX_DB:
	case CQ_F_FILTER_DB:
	case CQ_F_COMPRESSION_INFO_DB:
	case CQ_F_CRC_DB: return 2;
	case CQ_F_NONE: return 1;        /* the table */
	case CQ_F_PARTITION: return 3;
	default: return n.component >= 0 ? 4 : 1;
	}
}

/* ---- text ---- */

static const char *color(const struct tree *t, enum cli_role role)
{
	return cli_color(t->v.cli, role);
}

/* Offset and bytes; for lines that have none, their width. */
static void columns(struct tree *t, const struct cq_node *n)
{
	struct cq_buf *out = &t->v.cli->out;
	size_t used = 0;

	if (!n || n->component < 0) {
		cq_buf_printf(out, "%*s", t->hex ? 10 + 3 * HEX + 2 : 10, "");
		return;
	}
	if (n->component == CQ_C_DATA && t->v.t->stream.chunks && t->space != n->space) {
		cq_buf_printf(out, "%s-- %s offsets%s\n", color(t, CLI_DIM), cq_space_kind_name(n->space), color(t, CLI_PLAIN));
		t->space = n->space;
	}
	cq_buf_printf(out, "%s%08" PRIx64 "%s  ", color(t, CLI_DIM), n->off, color(t, CLI_PLAIN));
	if (!t->hex)
		return;
	used = n->len != CQ_NO_OFFSET ? doc_view_hex(&t->v, n, HEX, out) : 0;
	cq_buf_printf(out, "%*s", (int)(3 * HEX + 2 - used), "");
}

static void notes(struct tree *t, cq_nid id)
{
	struct cq_buf *out = &t->v.cli->out;
	cq_slice s;

	for (size_t k = 0; (s = cq_doc_note(t->v.d, id, k)).p; k++) {
		cq_buf_printf(out, "  %s# ", color(t, CLI_DIM));
		doc_view_safe(out, s);
		cq_buf_str(out, color(t, CLI_PLAIN));
	}
}

/* What a unit says without being shown open: a chunk's checksum, where an entry points. */
static void summary(struct tree *t, cq_nid id, const struct cq_unit *u)
{
	struct cq_buf *out = &t->v.cli->out, where = {0};
	struct cq_node leaf;
	cq_nid at;

	switch (u->kind) {
	case CQ_U_CHUNK:
		for (at = cq_doc_first(t->v.d, id); at; at = cq_doc_next(t->v.d, at))
			notes(t, at);
		break;
	case CQ_U_INDEX_ENTRY:
	case CQ_U_ROWS_ENTRY:
		if (doc_view_leaf(&t->v, id, CQ_F_DATA_POSITION, &at, &leaf) && doc_view_arrow(&t->v, &leaf, &where))
			cq_buf_printf(out, "  -> %s", cq_buf_cstr(&where));
		break;
	default:
		break;
	}
	cq_buf_finish(&where);
}

static bool is_trie(const struct cq_node *n)
{
	return n->field == CQ_F_TRIE_ROOT || n->field == CQ_F_TRIE_CHILD;
}

/* A trie's node in one line: what leads to it, its type, what it says. */
static void trie_words(struct tree *t, cq_nid id, const struct cq_node *n)
{
	struct cq_buf *out = &t->v.cli->out, where = {0};
	struct cq_node leaf;
	cq_nid at;

	if (n->field == CQ_F_TRIE_CHILD && n->name.len == 2) {
		unsigned byte = 0;

		for (int i = 0; i < 2; i++)
			byte = byte << 4 | (unsigned)(n->name.p[i] <= '9' ? n->name.p[i] - '0' : n->name.p[i] - 'a' + 10);
		cq_buf_printf(out, "%s%02x%s", color(t, CLI_NAME), byte & 0xff, color(t, CLI_PLAIN));
		if (byte > 0x20 && byte < 0x7f)
			cq_buf_printf(out, " '%c'", byte);
	} else {
		cq_buf_printf(out, "%strie%s", color(t, CLI_NAME), color(t, CLI_PLAIN));
	}
	if (doc_view_leaf(&t->v, id, CQ_F_TRIE_HEAD, &at, &leaf) && cq_doc_note(t->v.d, at, 0).p) {
		cq_buf_str(out, "  ");
		doc_view_safe(out, cq_doc_note(t->v.d, at, 0));
	}
	if (doc_view_leaf(&t->v, id, CQ_F_TRIE_HASH, &at, &leaf))
		cq_buf_printf(out, "  hash %02" PRIx64, leaf.number);
	if (doc_view_leaf(&t->v, id, CQ_F_TRIE_POSITION, &at, &leaf) && doc_view_arrow(&t->v, &leaf, &where))
		cq_buf_printf(out, "  -> %s", cq_buf_cstr(&where));
	if (doc_view_leaf(&t->v, id, CQ_F_TRIE_BLOCK_OFFSET, &at, &leaf))
		cq_buf_printf(out, "  -> block at 0x%" PRIx64 " of the partition", leaf.number);
	if (doc_view_leaf(&t->v, id, CQ_F_TRIE_OPEN_DELETION, &at, &leaf))
		cq_buf_str(out, ", a range tombstone open");
	cq_buf_finish(&where);
}

static void line(struct tree *t, cq_nid id, const struct cq_node *n, const char *indent, const char *branch)
{
	struct cq_buf *out = &t->v.cli->out, tmp = {0};
	bool leaf = n->flags & (CQ_N_NUMBER | CQ_N_BYTES), bad = n->flags & (CQ_N_DAMAGED | CQ_N_GAP);
	struct cq_unit u;
	cq_slice why;

	columns(t, n);
	cq_buf_printf(out, "%s%s%s", indent, branch, bad ? color(t, CLI_BAD) : "");
	if (bad)
		cq_buf_str(out, "! ");
	if (is_trie(n)) {
		trie_words(t, id, n);
	} else {
		cq_doc_label(t->v.d, id, &tmp);
		if (!bad)
			cq_buf_str(out, color(t, leaf ? CLI_PLAIN : CLI_NAME));
		if (n->component < 0)
			cq_buf_printf(out, "%.*s", (int)t->v.t->desc.base.len, (const char *)t->v.t->desc.base.p);
		cq_buf_slice(out, cq_buf_bytes(&tmp));
		cq_buf_str(out, color(t, CLI_PLAIN));
		if (n->name.p && n->index != CQ_NO_INDEX) {
			cq_buf_byte(out, ' ');
			doc_view_safe(out, n->name);
		}
	}
	if (leaf) {
		cq_buf_str(out, ": ");
		cq_doc_print(t->v.d, id, out, t->print);
	} else if (n->len != CQ_NO_OFFSET && n->component >= 0 && !is_trie(n)) {
		cq_buf_printf(out, "  %s(%" PRIu64 " bytes)%s", color(t, CLI_DIM), n->len, color(t, CLI_PLAIN));
	}
	cq_buf_clear(&tmp);
	if (doc_view_arrow(&t->v, n, &tmp))
		cq_buf_printf(out, "  -> %s", cq_buf_cstr(&tmp));
	if (cq_doc_unit(t->v.d, id, &u))
		summary(t, id, &u);
	notes(t, id);
	cq_buf_byte(out, '\n');
	why = cq_doc_damage(t->v.d, id);
	if (why.p) {
		columns(t, NULL);
		cq_buf_printf(out, "%s  %s! ", indent, color(t, CLI_BAD));
		doc_view_safe(out, why);
		cq_buf_printf(out, "%s\n", color(t, CLI_PLAIN));
	}
	t->damage |= (n->flags & CQ_N_DAMAGED) != 0;
	cq_buf_finish(&tmp);
	cli_flush_some(t->v.cli);
}

static void more_line(struct tree *t, const struct cq_node *n, const char *indent, uint64_t left)
{
	struct cq_buf *out = &t->v.cli->out;

	columns(t, NULL);
	cq_buf_printf(out, "%s%s...", indent, color(t, CLI_DIM));
	if (left)
		cq_buf_printf(out, " %" PRIu64 " more", left);
	else
		cq_buf_printf(out, " more, from 0x%" PRIx64, n->off);
	cq_buf_printf(out, "%s\n", color(t, CLI_PLAIN));
}

/* ---- JSON ---- */

static void json_head(struct tree *t, cq_nid id, const struct cq_node *n, uint64_t level)
{
	struct cq_buf *out = &t->v.cli->out;

	cq_buf_printf(out, "%*s{", (int)(2 * level), "");
	doc_view_node_json(&t->v, id, n, t->hex, t->print, out);
	t->damage |= (n->flags & CQ_N_DAMAGED) != 0;
}

/* ---- walking ---- */

static void show(struct tree *t, cq_nid id, uint64_t level, struct cq_buf *indent, bool last);

/* The child behind c in its list, pages opened as they are met and closed behind. */
static cq_nid following(struct tree *t, cq_nid c)
{
	struct cq_node n;
	cq_nid next = cq_doc_next(t->v.d, c), parent = cq_doc_parent(t->v.d, c);

	for (;;) {
		if (!next) {
			cq_doc_node(t->v.d, parent, &n);
			if (!(n.flags & CQ_N_PAGE))
				return 0;
			next = cq_doc_next(t->v.d, parent);
			cq_doc_forget(t->v.d, parent);
			parent = cq_doc_parent(t->v.d, parent);
			continue;
		}
		cq_doc_node(t->v.d, next, &n);
		if (!(n.flags & CQ_N_PAGE))
			return next;
		open_unit(t, next);
		parent = next;
		next = on(t) ? cq_doc_first(t->v.d, parent) : 0;
		if (!on(t))
			return 0;
	}
}

static cq_nid beginning(struct tree *t, cq_nid id)
{
	cq_nid first = cq_doc_first(t->v.d, id);
	struct cq_node n;

	cq_doc_node(t->v.d, first, &n);
	if (!(n.flags & CQ_N_PAGE))
		return first;
	open_unit(t, first);
	return on(t) ? cq_doc_first(t->v.d, first) : 0;
}

/* How many siblings are left; 0 when some are in a page that nobody has opened. */
static uint64_t count_left(struct tree *t, cq_nid c)
{
	uint64_t left = 0;
	struct cq_node n;

	for (; c; c = cq_doc_next(t->v.d, c), left++)
		if (!cq_doc_node(t->v.d, c, &n) || n.flags & CQ_N_PAGE)
			return 0;
	cq_doc_node(t->v.d, c, &n);
	return left;
}

static void children(struct tree *t, cq_nid id, uint64_t level, struct cq_buf *indent)
{
	struct cq_buf *out = &t->v.cli->out;
	struct cq_node self, n;
	uint64_t shown = 0, skip = 0;
	cq_nid c = beginning(t, id), next;

	cq_doc_node(t->v.d, id, &self);
	/* Of a trie's node inside a trie the line above has told all but the children. */
	if (is_trie(&self) && level > 1 && !t->json)
		skip = 1;
	for (; c && on(t); c = next) {
		cq_doc_node(t->v.d, c, &n);
		if (skip && !(n.flags & (CQ_N_UNIT | CQ_N_GAP))) {
			next = following(t, c);
			continue;
		}
		if (t->max && shown == t->max) {
			if (t->json)
				cq_buf_printf(out, ",\n%*s{\"more\": true}", (int)(2 * level), "");
			else
				more_line(t, &n, cq_buf_cstr(indent), count_left(t, c));
			break;
		}
		if (t->json && shown)
			cq_buf_str(out, ",\n");
		shown++;
		show(t, c, level, indent, !cq_doc_next(t->v.d, c));
		next = following(t, c);
		cli_flush_some(t->v.cli);
	}
}

static void show(struct tree *t, cq_nid id, uint64_t level, struct cq_buf *indent, bool last)
{
	struct cq_buf *out = &t->v.cli->out;
	struct cq_node n;
	struct cq_unit u;
	bool was_closed, open, trie;
	size_t at = indent->len;

	cq_doc_node(t->v.d, id, &n);
	was_closed = n.flags & CQ_N_LAZY;
	cq_doc_unit(t->v.d, id, &u);
	open = level < t->depth;
	/* A few say something about what is in them even when they are shown closed. */
	if (open || u.kind == CQ_U_CHUNK || u.kind == CQ_U_INDEX_ENTRY || u.kind == CQ_U_ROWS_ENTRY || u.kind == CQ_U_TRIE_NODE)
		open_unit(t, id);
	if (!on(t))
		return;
	cq_doc_node(t->v.d, id, &n);
	trie = n.field == CQ_F_TRIE_CHILD;
	if (t->json) {
		json_head(t, id, &n, level);
		if (open && cq_doc_first(t->v.d, id)) {
			cq_buf_str(out, ", \"children\": [\n");
			children(t, id, level + 1, indent);
			cq_buf_str(out, "]");
		} else if (n.flags & CQ_N_LAZY || cq_doc_first(t->v.d, id)) {
			cq_buf_str(out, ", \"closed\": true");
		}
		cq_buf_str(out, "}");
	} else {
		line(t, id, &n, cq_buf_cstr(indent), trie ? last ? "`-" : "|-" : "");
		cq_buf_str(indent, trie && !last ? "| " : "  ");
		if (open)
			children(t, id, level + 1, indent);
		indent->len = at;
	}
	if (was_closed)
		cq_doc_forget(t->v.d, id);
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct tree t = { .space = -1, .component = -1 };
	struct cq_buf indent = {0};
	struct cq_error err = {0};
	cq_nid top;
	int rc = doc_view_open(&t.v, cli, argv[0]);

	(void)argc;
	if (rc != CLI_WELL)
		goto out;
	top = t.v.top;
	if (cli_has(cli, "path") && (rc = doc_view_get(&t.v, cli_text(cli, "path"), &top, &err)) != CQ_OK) {
		rc = rc == CQ_NOT_FOUND || rc == CQ_EUSAGE ? cli_usage(cli, "%s", err.msg) : cli_fail(cli, &err);
		goto out;
	}
	t.max = (uint64_t)cli_number(cli, "max-children", 16);
	t.hex = !cli_has(cli, "no-hex");
	t.json = cli_has(cli, "json");
	t.print = cli_has(cli, "raw-values") ? CQ_DOC_RAW : 0;
	t.depth = (uint64_t)cli_number(cli, "depth", default_depth(&t, top));
	if (t.depth > DEPTH_MAX) {
		rc = cli_usage(cli, "--depth is at most %d", DEPTH_MAX);
		goto out;
	}
	if (t.json) {
		cq_buf_str(&cli->out, "{\"schema\": \"cqlite-tree-1\", \"table\": ");
		cq_json_string(&cli->out, t.v.t->desc.base);
		cq_buf_str(&cli->out, ", \"tree\":\n");
	}
	show(&t, top, 0, &indent, true);
	if (t.json)
		cq_buf_str(&cli->out, "}\n");
	rc = t.failed;
	if (t.damage)
		rc = cli_worse(rc, CLI_FOUND);
	rc = cli_worse(rc, cli_findings(cli, &t.v.t->findings));
	if (cli_stop)
		rc = CLI_INTERRUPTED + cli_stop;
out:
	cq_buf_finish(&indent);
	doc_view_close(&t.v);
	return cli_worse(rc, cli_flush(cli));
}

static const struct cli_example examples[] = {
	{ "cqlite tree nb-1-big-Statistics.db", "all metadata, field by field" },
	{ "cqlite tree nb-1-big-Data.db --path 'partitions[3]'", "one partition" },
	{ "cqlite tree nb-1-big-Data.db --path 'partitions[3]/rows[1000]' --raw-values", "one row, values as they are stored" },
	{ "cqlite tree da-1-bti-Partitions.db --depth 100 --max-children 0", "the whole of a trie" },
	{ 0 },
};

const struct cli_command cli_cmd_tree = {
	.name = "tree", .summary = "show a file as its fields, with the bytes beside", .usage = "[OPTION...] FILE",
	.options = options, .examples = examples, .min_operands = 1, .max_operands = 1, .operand = CLI_FILE, .run = run,
	.description = "FILE is any component of an SSTable. Each line is a field or a group of them: offset, first bytes, name, value. "
		"Of a compressed Data.db both the chunks (raw offsets) and the partitions in them (decompressed offsets) are shown. What is "
		"damaged has a ! and is red, and so are bytes that no field describes.\n\n"
		"A trie is drawn as a tree: each line below another is reached by the byte at its front.",
};
