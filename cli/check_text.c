/* A report of the detector for people: what is the matter, what is lost, what to do, and then the details. */
#include <inttypes.h>

#include "check.h"

enum { WIDTH = 110, INDENT = 11 };

const char *check_verdict(const struct cq_check_table *t)
{
	if (t->n[CQ_ERROR] + t->n[CQ_WARNING] == 0) {
		if (t->entry && t->entry->fate != CQ_TXN_NONE && !t->opened)
			return "NOT CHECKED: left behind by an operation";
		if (t->entry && !t->nrun && t->unmeasured)
			return "NOT CHECKED: no rule ran to its end";
		if (t->entry && t->scanned && t->unmeasured)
			return "healthy, as far as it was measured";
		return t->entry && !t->scanned ? "NOTHING FOUND in metadata; its rows were not read" : "healthy";
	}
	if (t->n[CQ_ERROR] == 0)
		return "USABLE, with warnings";
	switch (t->worst) {
	case CQ_LOST: return "DAMAGED: rows are lost";
	case CQ_WRONG_ANSWERS: return "DAMAGED: reads answer wrongly";
	case CQ_REFUSED: return "DAMAGED: Cassandra may refuse it, the rows are there";
	default: return "DAMAGED";
	}
}

static enum cli_role role_of(const struct cq_check_table *t)
{
	return t->n[CQ_ERROR] ? CLI_BAD : t->n[CQ_WARNING] ? CLI_WARN : CLI_GOOD;
}

/* Words of text between the columns INDENT and WIDTH, behind a label. */
static void paragraph(struct cli *cli, const char *label, enum cli_role role, const char *text)
{
	struct cq_buf *out = &cli->out;
	size_t column = INDENT;
	bool first = true;

	if (!text || !*text)
		return;
	cq_buf_printf(out, "  %s%-8s%s ", cli_color(cli, role), label, cli_color(cli, CLI_PLAIN));
	while (*text) {
		size_t n = strcspn(text, " \n");

		if (!first && column + 1 + n > WIDTH) {
			cq_buf_printf(out, "\n%*s", INDENT, "");
			column = INDENT;
			first = true;
		}
		if (!first) {
			cq_buf_str(out, " ");
			column++;
		}
		cq_buf_put(out, text, n);
		column += n;
		first = false;
		text += n;
		while (*text == ' ' || *text == '\n')
			text++;
	}
	cq_buf_str(out, "\n");
}

static void place(struct cq_buf *out, const struct cq_check_finding *f)
{
	cq_buf_str(out, *f->file ? f->file : "(directory)");
	if (f->off == CQ_NO_OFFSET)
		return;
	cq_buf_printf(out, " at %s0x%" PRIx64, f->space == CQ_SPACE_DECOMPRESSED ? "decompressed " : "", f->off);
	if (f->len > 1)
		cq_buf_printf(out, " (%" PRIu64 " bytes)", f->len);
}

static void keys(struct cq_buf *out, const struct cq_keys *k)
{
	if (k->n == 1) {
		cq_buf_printf(out, "%s", k->first ? k->first : "one that cannot be read");
		if (k->first_token)
			cq_buf_printf(out, " (token %s%s)", k->first ? "" : "from ", k->first_token);
	} else {
		cq_buf_printf(out, "%s%" PRIu64 " keys, from %s", k->at_least ? "at least " : "", k->n, k->first ? k->first : "one that cannot be read");
		if (k->first_token)
			cq_buf_printf(out, " (token %s%s)", k->first ? "" : "from ", k->first_token);
		if (k->last || k->last_token)
			cq_buf_printf(out, " to %s", k->last ? k->last : "one that cannot be read");
		if (k->last_token)
			cq_buf_printf(out, " (token %s%s)", k->last ? "" : "to ", k->last_token);
	}
}

static void suspect(struct cq_buf *out, const struct cq_suspect *s)
{
	cq_buf_printf(out, "one flipped bit would explain it: bit %u of the byte at %s0x%" PRIx64 ", which is 0x%02x and was 0x%02x",
		s->bit, s->space == CQ_SPACE_DECOMPRESSED ? "decompressed " : "", s->off, s->found, s->expected);
}

/* ---- one finding ---- */

static const enum cli_role severity_role[] = { [CQ_INFO] = CLI_DIM, [CQ_WARNING] = CLI_WARN, [CQ_ERROR] = CLI_BAD };

/* brief: texts of the rule were printed with an earlier finding of it. What follows from something else is put right there. */
static void finding(struct cli *cli, const struct cq_check_finding *f, bool brief)
{
	const struct cq_rule *r = f->rule;
	struct cq_buf *out = &cli->out, text = {0};

	cq_buf_printf(out, "\n%s%s%s %s%s%s  ", cli_color(cli, severity_role[f->severity]), cq_severity_name(f->severity),
		cli_color(cli, CLI_PLAIN), cli_color(cli, CLI_NAME), r->id, cli_color(cli, CLI_PLAIN));
	place(out, f);
	cq_buf_str(out, "\n");
	paragraph(cli, "what", CLI_BOLD, f->message);
	if (f->expected || f->found) {
		paragraph(cli, "expected", CLI_DIM, f->expected);
		paragraph(cli, "found", CLI_DIM, f->found);
	}
	if (f->keys.n) {
		keys(&text, &f->keys);
		paragraph(cli, f->keys.n == 1 ? "key" : "keys", CLI_DIM, cq_buf_cstr(&text));
		cq_buf_clear(&text);
	}
	if (f->suspect.set) {
		suspect(&text, &f->suspect);
		paragraph(cli, "perhaps", CLI_DIM, cq_buf_cstr(&text));
	}
	if (f->because) {
		cq_buf_clear(&text);
		cq_buf_printf(&text, "follows from %s above", f->because);
		paragraph(cli, "because", CLI_DIM, cq_buf_cstr(&text));
	}
	brief |= f->because != NULL;
	if (f->means || !brief)
		paragraph(cli, "means", CLI_DIM, f->means ? f->means : r->means);
	if (f->severity != CQ_INFO && (f->action || !brief))
		paragraph(cli, "do", CLI_DIM, f->action ? f->action : r->action);
	if (f->bug || !brief)
		paragraph(cli, "see", CLI_DIM, f->bug ? f->bug : r->bug);
	cq_buf_finish(&text);
}

/* ---- the head of a table ---- */

static void loss(struct cq_buf *out, const struct cq_check_table *t)
{
	double part = t->stream_bytes ? 100.0 * (double)t->skipped_bytes / (double)t->stream_bytes : 0;

	if (!t->opened) {
		cq_buf_str(out, "the table cannot be opened as it is: no row was read");
		return;
	}
	if (!t->skipped_bytes) {
		if (t->scanned)
			cq_buf_printf(out, "nothing: all %" PRIu64 " partitions and %" PRIu64 " rows can be read", t->partitions, t->rows);
		else
			cq_buf_str(out, "not known");
		return;
	}
	cq_buf_printf(out, "%" PRIu64 " of %" PRIu64 " bytes of rows (%.3g %%)", t->skipped_bytes, t->stream_bytes, part);
	if (t->keys_lost || t->keys_perhaps)
		cq_buf_printf(out, ": %" PRIu64 " partitions for certain, %" PRIu64 " in part or perhaps", t->keys_lost, t->keys_perhaps);
	if (!t->keys_known)
		cq_buf_str(out, " (without a usable index: there may be more)");
	cq_buf_printf(out, "; %" PRIu64 " partitions and %" PRIu64 " rows can still be read", t->partitions, t->rows);
}

/* What to do first, by what the worst finding means. */
static void first_steps(struct cq_buf *out, const struct cq_check_table *t)
{
	const char *path = t->entry->data_path;

	switch (t->worst) {
	case CQ_LOST:
		if (t->opened)
			cq_buf_printf(out, "keep a copy of these files. Other replicas have the rows: stop the node, move this SSTable's files out of "
				"the directory, start it, run nodetool repair on the table. Without replicas get out what is readable: "
				"cqlite dump --lenient %s", path);
		else
			cq_buf_str(out, "keep a copy of these files. Restore the component named below from a snapshot, or move this SSTable's "
				"files out of the directory with the node down and run nodetool repair on the table");
		break;
	case CQ_WRONG_ANSWERS:
		cq_buf_str(out, "the rows are there, but Cassandra may not find them or may show what is deleted: do what the findings below say "
			"before you trust an answer from this replica");
		break;
	case CQ_REFUSED:
		if (!t->opened) {
			cq_buf_str(out, "the rows are probably whole, but what they are decoded with is not. Restore the component named below from a "
				"snapshot; until then neither Cassandra nor this tool can read them");
			break;
		}
		cq_buf_str(out, "the rows are there. Do what the first finding below says; until then Cassandra may fail to start, to read "
			"or to compact this table");
		break;
	default:
		cq_buf_str(out, "nothing is lost; the findings below say what can be put right");
	}
}

static void table_head(const struct check_view *v, const struct cq_check_table *t)
{
	struct cli *cli = v->cli;
	struct cq_buf *out = &cli->out, text = {0};

	if (!t->entry) {
		cq_buf_printf(out, "%s%s%s  several SSTables together\n", cli_color(cli, role_of(t)), check_verdict(t), cli_color(cli, CLI_PLAIN));
		return;
	}
	cq_buf_printf(out, "%s%s%s  %s\n", cli_color(cli, role_of(t)), check_verdict(t), cli_color(cli, CLI_PLAIN), t->entry->data_path);
	loss(&text, t);
	paragraph(cli, "lost", CLI_BOLD, cq_buf_cstr(&text));
	if (t->n[CQ_ERROR] + t->n[CQ_WARNING]) {
		cq_buf_clear(&text);
		first_steps(&text, t);
		paragraph(cli, "do", CLI_BOLD, cq_buf_cstr(&text));
	}
	cq_buf_finish(&text);
}

static void table_found(const struct check_view *v, const struct cq_check_table *t)
{
	const struct cq_rule *said[64];
	struct cli *cli = v->cli;
	size_t nsaid = 0;

	for (const struct cq_check_finding *f = t->first; f; f = f->next) {
		bool brief = false;

		for (size_t i = 0; i < nsaid; i++)
			brief |= said[i] == f->rule;
		finding(cli, f, brief);
		if (!brief && !f->because && nsaid < CQ_COUNTOF(said))
			said[nsaid++] = f->rule;
	}
	if (t->dropped)
		cq_buf_printf(&cli->out, "\nand %zu more of the same rules (--max-findings)\n", t->dropped);
}

/* The rules that one cause kept from measuring, and the cause. Returns what follows. */
static const struct cq_unmeasured *cause_of(struct cq_buf *out, const struct cq_unmeasured *u)
{
	const struct cq_unmeasured *first = u;

	cq_buf_clear(out);
	for (; u && !strcmp(u->cause, first->cause); u = u->next)
		cq_buf_printf(out, "%s%s", u == first ? "" : ", ", u->rule->id);
	cq_buf_printf(out, ": %s", first->cause);
	return u;
}

static void table_unmeasured(const struct check_view *v, const struct cq_check_table *t)
{
	struct cli *cli = v->cli;
	const struct cq_unmeasured *u = t->unmeasured;
	struct cq_buf text = {0};

	if (u)
		cq_buf_printf(&cli->out, "\n%snot measured%s\n", cli_color(cli, CLI_BOLD), cli_color(cli, CLI_PLAIN));
	while (u) {
		u = cause_of(&text, u);
		paragraph(cli, "rule", CLI_DIM, cq_buf_cstr(&text));
	}
	cq_buf_finish(&text);
}

/* Where it is all that there is to say about several SSTables: a line each. */
static void only_unmeasured(const struct check_view *v, const struct cq_check_table *t)
{
	struct cli *cli = v->cli;
	struct cq_buf text = {0};

	cq_buf_str(&cli->out, "\n");
	for (const struct cq_unmeasured *u = t->unmeasured; u;) {
		u = cause_of(&text, u);
		cq_buf_printf(&cli->out, "%snot measured%s: %s\n", cli_color(cli, CLI_BOLD), cli_color(cli, CLI_PLAIN), cq_buf_cstr(&text));
	}
	cq_buf_finish(&text);
}

/* ---- the whole ---- */

void check_text(const struct check_view *v, const struct cq_report *r)
{
	struct cq_buf *out = &v->cli->out;
	size_t healthy = 0, tables = r->ntables ? r->ntables - 1 : 0;
	bool shown = false;

	for (size_t i = 0; i < tables; i++)
		healthy += !r->tables[i].first && !r->tables[i].unmeasured;
	if (r->stopped)
		cq_buf_printf(out, "%sSTOPPED%s: what follows was found until then\n", cli_color(v->cli, CLI_WARN), cli_color(v->cli, CLI_PLAIN));
	if (tables > 1)
		cq_buf_printf(out, "%zu SSTables, %zu without a finding; %zu errors, %zu warnings, %zu notes (level %s)\n\n", tables, healthy,
			r->n[CQ_ERROR], r->n[CQ_WARNING], r->n[CQ_INFO], cq_check_level_name(v->options->level));
	for (size_t i = 0; i < r->ntables; i++) {
		const struct cq_check_table *t = &r->tables[i];

		if (!t->entry && !t->first) {
			if (t->unmeasured && !v->brief)
				only_unmeasured(v, t);
			continue;
		}
		if (v->brief || (tables > 1 && t->entry && !t->first && !t->unmeasured)) {
			if (v->brief || tables <= 12 || t->n[CQ_ERROR] + t->n[CQ_WARNING])
				table_head(v, t);
			continue;
		}
		if (shown)
			cq_buf_str(out, "\n");
		shown = true;
		table_head(v, t);
		table_found(v, t);
		table_unmeasured(v, t);
		if (t->entry && tables == 1 && !t->n[CQ_ERROR])
			cq_buf_printf(out, "\n%zu rules ran (level %s), %zu warnings, %zu notes\n", t->nrun, cq_check_level_name(v->options->level),
				t->n[CQ_WARNING], t->n[CQ_INFO]);
	}
}

/* ---- rules ---- */

const char *check_stage_name(enum cq_stage s)
{
	static const char *const names[] = {
		[CQ_STAGE_QUICK] = "metadata only", [CQ_STAGE_PASS] = "one pass over the rows", [CQ_STAGE_DEEP] = "reads again (deep)",
		[CQ_STAGE_MANY] = "over several SSTables",
	};

	return (size_t)s < CQ_COUNTOF(names) ? names[s] : "?";
}

void check_rule_list(struct cli *cli)
{
	const struct cq_rule *r;

	for (size_t i = 0; (r = cq_rule_nth(i)); i++)
		cq_buf_printf(&cli->out, "%s%-18s%s %-8s %-24s %s\n", cli_color(cli, CLI_NAME), r->id, cli_color(cli, CLI_PLAIN),
			cq_severity_name(r->severity), check_stage_name(r->stage), r->title);
}

void check_rule_page(struct cli *cli, const struct cq_rule *r)
{
	struct cq_buf *out = &cli->out;

	cq_buf_printf(out, "%s%s%s: %s\n\n", cli_color(cli, CLI_BOLD), r->id, cli_color(cli, CLI_PLAIN), r->title);
	cq_buf_printf(out, "  %-8s %s; %s\n", "kind", cq_severity_name(r->severity), cq_effect_name(r->effect));
	cq_buf_printf(out, "  %-8s %s\n", "cost", check_stage_name(r->stage));
	paragraph(cli, "proves", CLI_DIM, r->proves);
	paragraph(cli, "means", CLI_DIM, r->means);
	paragraph(cli, "do", CLI_DIM, r->action);
	paragraph(cli, "see", CLI_DIM, r->bug);
	paragraph(cli, "silent", CLI_DIM, r->silent);
}

void check_rule_book(struct cli *cli)
{
	struct cq_buf *out = &cli->out;
	const struct cq_rule *r;

	cq_buf_str(out, "# The rules of the detector\n\nMade from the rules themselves (`cqlite check --explain-all`). Each is a file in "
		"`core/check/rules/`; `cqlite check --explain RULE`\nprints its page.\n\n| rule | holds | usual finding | cost | kinds |\n|---|---|---|---|---|\n");
	for (size_t i = 0; (r = cq_rule_nth(i)); i++)
		cq_buf_printf(out, "| [`%s`](#%s) | %s | %s, %s | %s | %s |\n", r->id, r->id, r->title, cq_severity_name(r->severity),
			cq_effect_name(r->effect), check_stage_name(r->stage), r->kinds ? r->kinds : "");
	for (size_t i = 0; (r = cq_rule_nth(i)); i++) {
		cq_buf_printf(out, "\n## %s\n\n%s.\n\n- **Proves:** %s\n- **Means:** %s\n- **Do:** %s\n", r->id, r->title, r->proves ? r->proves : "",
			r->means ? r->means : "", r->action ? r->action : "");
		if (r->bug)
			cq_buf_printf(out, "- **See:** %s\n", r->bug);
		if (r->silent)
			cq_buf_printf(out, "- **Silent:** %s\n", r->silent);
	}
}
