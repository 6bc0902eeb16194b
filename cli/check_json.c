/* A report of the detector for programs. */
#include <inttypes.h>

#include "check.h"

static void string(struct cq_buf *out, const char *name, const char *s)
{
	cq_buf_printf(out, ", \"%s\": ", name);
	if (s)
		cq_json_string(out, cq_slice_str(s));
	else
		cq_buf_str(out, "null");
}

static void keys(struct cq_buf *out, const struct cq_keys *k)
{
	cq_buf_printf(out, ", \"keys\": {\"count\": %" PRIu64 ", \"at_least\": %s", k->n, k->at_least ? "true" : "false");
	string(out, "first", k->first);
	string(out, "first_token", k->first_token);
	string(out, "last", k->n > 1 ? k->last : k->first);
	string(out, "last_token", k->n > 1 ? k->last_token : k->first_token);
	cq_buf_str(out, "}");
}

static const char *space_name(int space)
{
	return space == CQ_SPACE_DECOMPRESSED ? "decompressed" : space == CQ_SPACE_RAW ? "raw" : "buffer";
}

static void finding(struct cq_buf *out, const struct cq_check_finding *f)
{
	const struct cq_rule *r = f->rule;

	cq_buf_printf(out, "{\"rule\": \"%s\", \"severity\": \"%s\"", r->id, cq_severity_name(f->severity));
	string(out, "effect", cq_effect_name(f->effect));
	string(out, "file", f->file);
	string(out, "component", f->component < CQ_C_KINDS ? cq_component_name((enum cq_component)f->component) : NULL);
	string(out, "space", space_name(f->space));
	if (f->off == CQ_NO_OFFSET)
		cq_buf_str(out, ", \"offset\": null");
	else
		cq_buf_printf(out, ", \"offset\": %" PRIu64, f->off);
	cq_buf_printf(out, ", \"length\": %" PRIu64, f->len);
	string(out, "message", f->message);
	string(out, "expected", f->expected);
	string(out, "found", f->found);
	if (f->keys.n)
		keys(out, &f->keys);
	if (f->suspect.set)
		cq_buf_printf(out, ", \"suspect\": {\"component\": \"%s\", \"space\": \"%s\", \"offset\": %" PRIu64 ", \"bit\": %u, \"found\": %u, "
			"\"expected\": %u}", cq_component_name((enum cq_component)f->suspect.component), space_name(f->suspect.space), f->suspect.off,
			f->suspect.bit, f->suspect.found, f->suspect.expected);
	string(out, "because", f->because);
	string(out, "means", f->means ? f->means : r->means);
	string(out, "action", f->action ? f->action : r->action);
	string(out, "bug", f->bug ? f->bug : r->bug);
	cq_buf_str(out, "}");
}

static void table(struct cq_buf *out, const struct check_path *p, const struct cq_check_table *t)
{
	bool first = true;

	cq_buf_str(out, "{\"path\": ");
	cq_json_string(out, cq_slice_str(p->path));
	string(out, "file", t->entry ? t->entry->data_path : NULL);
	if (t->entry)
		cq_buf_printf(out, ", \"version\": \"%.*s\"", (int)t->entry->desc.version.len, (const char *)t->entry->desc.version.p);
	string(out, "verdict", check_verdict(t));
	cq_buf_printf(out, ", \"errors\": %zu, \"warnings\": %zu, \"notes\": %zu, \"not_kept\": %zu, \"rules_run\": %zu", t->n[CQ_ERROR],
		t->n[CQ_WARNING], t->n[CQ_INFO], t->dropped, t->nrun);
	cq_buf_printf(out, ", \"opened\": %s, \"scanned\": %s, \"partitions\": %" PRIu64 ", \"rows\": %" PRIu64 ", \"cells\": %" PRIu64
		", \"markers\": %" PRIu64, t->opened ? "true" : "false", t->scanned ? "true" : "false", t->partitions, t->rows, t->cells, t->markers);
	cq_buf_printf(out, ", \"stream_bytes\": %" PRIu64 ", \"skipped_bytes\": %" PRIu64 ", \"keys_lost\": %" PRIu64 ", \"keys_perhaps\": %" PRIu64
		", \"keys_known\": %s", t->stream_bytes, t->skipped_bytes, t->keys_lost, t->keys_perhaps, t->keys_known ? "true" : "false");
	cq_buf_str(out, ",\n   \"findings\": [");
	for (const struct cq_check_finding *f = t->first; f; f = f->next, first = false) {
		cq_buf_str(out, first ? "\n    " : ",\n    ");
		finding(out, f);
	}
	cq_buf_str(out, "],\n   \"unmeasured\": [");
	first = true;
	for (const struct cq_unmeasured *u = t->unmeasured; u; u = u->next, first = false) {
		cq_buf_printf(out, "%s{\"rule\": \"%s\"", first ? "" : ", ", u->rule->id);
		string(out, "cause", u->cause);
		cq_buf_str(out, "}");
	}
	cq_buf_str(out, "]}");
}

/* Nothing is said about several tables where nothing was found. */
static bool told(const struct cq_check_table *t)
{
	return t->entry || t->first || t->unmeasured;
}

void check_json(const struct check_view *v)
{
	struct cq_buf *out = &v->cli->out;
	size_t n[CQ_ERROR + 1] = {0}, unmeasured = 0;
	bool stopped = false, first = true;

	for (size_t i = 0; i < v->npaths; i++) {
		const struct cq_report *r = &v->paths[i].report;

		for (int k = 0; k <= CQ_ERROR; k++)
			n[k] += r->n[k];
		unmeasured += r->unmeasured;
		stopped |= r->stopped;
	}
	cq_buf_printf(out, "{\"schema\": \"cqlite-check-1\", \"level\": \"%s\", \"stopped\": %s, \"errors\": %zu, \"warnings\": %zu, "
		"\"notes\": %zu, \"unmeasured\": %zu,\n \"not_checked\": [", cq_check_level_name(v->options->level), stopped ? "true" : "false",
		n[CQ_ERROR], n[CQ_WARNING], n[CQ_INFO], unmeasured);
	for (size_t i = 0; i < v->npaths; i++) {
		if (!v->paths[i].failed)
			continue;
		cq_buf_str(out, first ? "\n  {\"path\": " : ",\n  {\"path\": ");
		cq_json_string(out, cq_slice_str(v->paths[i].path));
		string(out, "cause", v->paths[i].failed);
		cq_buf_str(out, "}");
		first = false;
	}
	cq_buf_str(out, "],\n \"tables\": [");
	first = true;
	for (size_t i = 0; i < v->npaths; i++) {
		const struct cq_report *r = &v->paths[i].report;

		for (size_t k = 0; k < r->ntables; k++) {
			if (!told(&r->tables[k]))
				continue;
			cq_buf_str(out, first ? "\n  " : ",\n  ");
			table(out, &v->paths[i], &r->tables[k]);
			first = false;
		}
	}
	cq_buf_str(out, "\n ]}\n");
}

/* ---- SARIF ---- */

static const char *sarif_level(enum cq_severity s)
{
	return s == CQ_ERROR ? "error" : s == CQ_WARNING ? "warning" : "note";
}

/* Of a file in an absolute directory; none: of the directory. */
static void uri(struct cq_buf *out, const char *dir, const char *file)
{
	cq_buf_str(out, "\"file://");
	for (int part = 0; part < 2; part++) {
		for (const char *c = part ? file : dir; *c; c++) {
			if (strchr("/-_.~", *c) || (*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z'))
				cq_buf_put(out, c, 1);
			else
				cq_buf_printf(out, "%%%02X", (unsigned char)*c);
		}
		if (!part)
			cq_buf_str(out, "/");
	}
	cq_buf_str(out, "\"");
}

static void result(struct cq_buf *out, const struct cq_check_table *t, const struct cq_check_finding *f)
{
	cq_buf_printf(out, "{\"ruleId\": \"%s\", \"level\": \"%s\", \"message\": {\"text\": ", f->rule->id, sarif_level(f->severity));
	cq_json_string(out, cq_slice_str(f->message ? f->message : ""));
	cq_buf_str(out, "}");
	if (t->entry) {
		cq_buf_str(out, ", \"locations\": [{\"physicalLocation\": {\"artifactLocation\": {\"uri\": ");
		uri(out, t->entry->dir, f->file ? f->file : "");
		cq_buf_str(out, "}");
		if (f->off != CQ_NO_OFFSET && f->space == CQ_SPACE_RAW)
			cq_buf_printf(out, ", \"region\": {\"byteOffset\": %" PRIu64 ", \"byteLength\": %" PRIu64 "}", f->off, f->len);
		cq_buf_str(out, "}}]");
	}
	cq_buf_str(out, "}");
}

/* What was not checked: a path, or a rule over a table. */
static void notification(struct cq_buf *out, bool *first, const char *level, const char *rule, const char *what, const char *cause)
{
	struct cq_buf text = {0};

	cq_buf_printf(&text, "%s%s%s", what, *what ? ": " : "", cause);
	cq_buf_printf(out, "%s{\"level\": \"%s\", ", *first ? "\n  " : ",\n  ", level);
	if (rule)
		cq_buf_printf(out, "\"associatedRule\": {\"id\": \"%s\"}, ", rule);
	cq_buf_str(out, "\"message\": {\"text\": ");
	cq_json_string(out, cq_buf_bytes(&text));
	cq_buf_str(out, "}}");
	cq_buf_finish(&text);
	*first = false;
}

static void invocation(struct cq_buf *out, const struct check_view *v)
{
	bool well = true, first = true;

	for (size_t i = 0; i < v->npaths; i++)
		well &= !v->paths[i].failed;
	cq_buf_printf(out, " \"invocations\": [{\"executionSuccessful\": %s, \"toolExecutionNotifications\": [", well ? "true" : "false");
	for (size_t i = 0; i < v->npaths; i++) {
		const struct check_path *p = &v->paths[i];

		if (p->failed)
			notification(out, &first, "error", NULL, "", p->failed);
		for (size_t k = 0; k < p->report.ntables; k++)
			for (const struct cq_unmeasured *u = p->report.tables[k].unmeasured; u; u = u->next)
				notification(out, &first, "note", u->rule->id, p->report.tables[k].entry ? p->report.tables[k].entry->data_path : "",
					u->cause ? u->cause : "");
	}
	cq_buf_str(out, "]}],\n");
}

void check_sarif(const struct check_view *v)
{
	struct cq_buf *out = &v->cli->out;
	const struct cq_rule *rule;
	bool first = true;

	cq_buf_str(out, "{\"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\", \"version\": \"2.1.0\", \"runs\": [{\"tool\": "
		"{\"driver\": {\"name\": \"cqlite\", \"rules\": [");
	for (size_t i = 0; (rule = cq_rule_nth(i)); i++) {
		cq_buf_printf(out, "%s{\"id\": \"%s\", \"shortDescription\": {\"text\": ", i ? ",\n  " : "\n  ", rule->id);
		cq_json_string(out, cq_slice_str(rule->title));
		cq_buf_str(out, "}}");
	}
	cq_buf_str(out, "]}},\n");
	invocation(out, v);
	cq_buf_str(out, " \"results\": [");
	for (size_t i = 0; i < v->npaths; i++) {
		const struct cq_report *r = &v->paths[i].report;

		for (size_t k = 0; k < r->ntables; k++) {
			for (const struct cq_check_finding *f = r->tables[k].first; f; f = f->next, first = false) {
				cq_buf_str(out, first ? "\n  " : ",\n  ");
				result(out, &r->tables[k], f);
			}
		}
	}
	cq_buf_str(out, "\n ]}]}\n");
}
