#include "info.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "cq_toc.h"

const char *info_say(struct info *i, const char *fmt, ...)
{
	char text[512];
	const char *copy;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	copy = cq_arena_dup(&i->arena, text, strlen(text));
	return copy ? copy : "out of memory";
}

const char *info_say_error(struct info *i, const struct cq_error *err)
{
	char line[512];

	return info_say(i, "%s", cq_error_text(err, line, sizeof line));
}

/* ---- components ---- */

static bool described(const struct info *i, enum cq_component kind, unsigned *flags)
{
	*flags = 0;
	if (!i->format)
		return kind < CQ_C_TEMP;
	for (size_t c = 0; c < i->format->ncomponents; c++)
		if (i->format->components[c].kind == kind) {
			*flags = i->format->components[c].flags;
			return true;
		}
	/* Files of indexes and of other makers: the name is known, the bytes are not ours. */
	return kind == CQ_C_SAI || kind == CQ_C_SASI || kind == CQ_C_SCYLLA;
}

static bool listed_in(const struct cq_toc *toc, cq_slice name)
{
	for (size_t n = 0; n < toc->n; n++)
		if (cq_slice_eq(toc->entries[n].name, name))
			return true;
	return false;
}

static bool on_disk(const struct cq_sst_entry *e, cq_slice name)
{
	for (size_t n = 0; n < e->nfiles; n++)
		if (cq_slice_eq(e->files[n].name, name))
			return true;
	return false;
}

static void add_component(struct info *i, cq_slice name, enum cq_component kind, bool present, uint64_t bytes, bool listed)
{
	struct info_component *c = &i->components[i->ncomponents++];
	unsigned flags;

	*c = (struct info_component){ .name = name, .kind = kind, .present = present, .bytes = bytes, .listed = listed };
	c->known = described(i, kind, &flags);
}

static void gather_components(struct info *i)
{
	const struct cq_sst_entry *e = i->entry;
	struct cq_toc toc = {0};
	struct cq_error err = {0};
	const char *path = cq_arena_printf(&i->arena, "%s/%.*s-TOC.txt", e->dir, (int)e->desc.base.len, (const char *)e->desc.base.p);
	int rc = path ? cq_toc_read(&i->arena, path, &toc, &err) : CQ_ENOMEM;
	size_t most;

	i->has_toc = rc == CQ_OK;
	if (rc != CQ_OK && rc != CQ_NOT_FOUND)
		i->toc_why = info_say_error(i, &err);
	/* Files, then what TOC.txt lists besides, then what is needed besides. */
	most = e->nfiles + toc.n + (i->format ? i->format->ncomponents : 0);
	i->components = cq_arena_zalloc(&i->arena, most, sizeof *i->components);
	if (!i->components)
		return;
	for (size_t n = 0; n < e->nfiles; n++)
		add_component(i, e->files[n].name, e->files[n].kind, true, e->files[n].bytes, listed_in(&toc, e->files[n].name));
	for (size_t n = 0; n < toc.n; n++) {
		bool again = false;

		for (size_t m = 0; m < n && !again; m++)
			again = cq_slice_eq(toc.entries[m].name, toc.entries[n].name);
		if (!again && !on_disk(e, toc.entries[n].name))
			add_component(i, toc.entries[n].name, toc.entries[n].kind, false, 0, true);
	}
	for (size_t n = 0; i->format && n < i->format->ncomponents; n++) {
		enum cq_component kind = i->format->components[n].kind;
		bool there = false;

		if (!(i->format->components[n].flags & CQ_CF_REQUIRED))
			continue;
		for (size_t m = 0; m < i->ncomponents; m++)
			if (i->components[m].kind == kind) {
				there = true;
				i->components[m].needed = !i->components[m].present;
			}
		if (!there) {
			add_component(i, cq_slice_str(cq_component_name(kind)), kind, false, 0, false);
			i->components[i->ncomponents - 1].needed = true;
		}
	}
}

/* ---- keys ---- */

cq_slice info_keep(struct info *i, struct cq_buf *b)
{
	const char *s = cq_arena_dup(&i->arena, b->p ? (const char *)b->p : "", b->len);
	cq_slice kept = s ? cq_slice_of(s, b->len) : cq_slice_str("(out of memory)");

	cq_buf_clear(b);
	return kept;
}

void info_value(struct cq_buf *out, const struct cq_type *type, cq_slice v)
{
	if (!v.p) {
		cq_buf_str(out, "null");
		return;
	}
	if (type && cq_value_text(type, v, out, NULL) == CQ_OK)
		return;
	cq_buf_str(out, "0x");
	cq_buf_hex(out, v);
}

/* First and last key out of the index, by reading all of it: for tables whose Summary.db is gone. */
static const char *keys_of_index(struct info *i)
{
	struct info_keys *k = &i->keys;
	struct cq_lookup *l;
	struct cq_position pos;
	struct cq_error err = {0};
	struct cq_buf last = {0};
	uint64_t at = 0;
	const char *why = NULL;
	int rc = cq_lookup_open(&l, i->t, &err);

	if (rc != CQ_OK)
		return info_say_error(i, &err);
	while (!cli_stop && (rc = cq_lookup_next(l, &at, &pos, &err)) == CQ_OK) {
		if (!k->first.p) {
			cq_buf_slice(&last, pos.key);
			k->first = info_keep(i, &last);
		}
		cq_buf_clear(&last);
		cq_buf_slice(&last, pos.key);
	}
	if (cli_stop)
		why = "interrupted";
	else if (rc < 0)
		why = info_say_error(i, &err);
	else if (!k->first.p)
		why = "the index holds no key";
	else
		k->last = info_keep(i, &last);
	cq_buf_finish(&last);
	cq_lookup_close(l);
	return why;
}

static void gather_keys(struct info *i, const struct info_fields *summary)
{
	struct info_keys *k = &i->keys;
	const struct cq_statistics *s;
	struct cq_buf b = {0};
	struct cq_token token;

	if (!i->t) {
		k->why = "the table could not be opened";
		return;
	}
	s = &i->t->stats;
	if (!(s->has & CQ_HAS_VALIDATION) || !(s->has & CQ_HAS_HEADER)) {
		k->why = i->why_validation ? i->why_validation : i->why_header;     /* no tokens, no types */
		return;
	}
	if (s->has & CQ_HAS_KEY_RANGE && s->has & CQ_HAS_STATS) {
		k->from = "Statistics.db";
		k->first = s->first_key;
		k->last = s->last_key;
	} else if (summary->n && info_field_bytes(summary, CQ_F_FIRST_KEY, &k->first)
		&& info_field_bytes(summary, CQ_F_LAST_KEY, &k->last)) {
		k->from = "Summary.db";
	} else if (i->opt.brief) {
		k->why = i->summary.why ? i->summary.why : "there is no Summary.db";
		return;
	} else {
		k->from = "Index.db";
		k->why = keys_of_index(i);
		if (k->why)
			return;
	}
	if (i->t->partitioner.kind == CQ_P_UNKNOWN) {
		k->first_token = k->last_token = NULL;
	} else {
		cq_token(&i->t->partitioner, k->first, &token);
		cq_token_print(&i->t->partitioner, &token, &b);
		k->first_token = (const char *)info_keep(i, &b).p;
		cq_token(&i->t->partitioner, k->last, &token);
		cq_token_print(&i->t->partitioner, &token, &b);
		k->last_token = (const char *)info_keep(i, &b).p;
	}
	info_value(&b, s->key_type, k->first);
	k->first_text = info_keep(i, &b);
	info_value(&b, s->key_type, k->last);
	k->last_text = info_keep(i, &b);
	cq_buf_finish(&b);
}

/* ---- covered clusterings ---- */

bool info_covered_bounds(const struct info *i, struct cq_prefix *start, struct cq_prefix *end)
{
	const struct cq_statistics *s = &i->t->stats;

	if (i->why_stats)
		return false;
	if (s->has & CQ_HAS_COVERED) {
		*start = s->covered_start;
		*end = s->covered_end;
		return true;
	}
	if (!(s->has & CQ_HAS_LEGACY_MINMAX) || !(i->t->features & CQ_FEAT_ACCURATE_MINMAX))
		return false;
	*start = (struct cq_prefix){ .kind = CQ_INCL_START, .n = (uint32_t)s->nmin, .values = s->min_clustering };
	*end = (struct cq_prefix){ .kind = CQ_INCL_END, .n = (uint32_t)s->nmax, .values = s->max_clustering };
	return true;
}

static void put_prefix(struct cq_buf *out, const struct info *i, const struct cq_prefix *p)
{
	for (uint32_t k = 0; k < p->n; k++) {
		cq_buf_str(out, k ? ":" : "");
		info_value(out, k < i->t->stats.nclustering ? i->t->stats.clustering_types[k] : NULL, p->values[k]);
	}
}

void info_covered(struct cq_buf *out, const struct info *i)
{
	struct cq_prefix start, end;

	/* A slice from nowhere to nowhere that was made of the older lists is Slice.ALL. */
	if (!info_covered_bounds(i, &start, &end) || (!(i->t->stats.has & CQ_HAS_COVERED) && start.n == 0 && end.n == 0)) {
		cq_buf_str(out, "ALL");
		return;
	}
	cq_buf_byte(out, start.kind == CQ_INCL_START ? '[' : '(');
	put_prefix(out, i, &start);
	cq_buf_str(out, ", ");
	put_prefix(out, i, &end);
	cq_buf_byte(out, end.kind == CQ_INCL_END ? ']' : ')');
}

/* ---- drop times ---- */

static int by_point(const void *a, const void *b)
{
	const struct info_drop *x = a, *y = b;

	return (x->point > y->point) - (x->point < y->point);
}

/* The range that deletion times have in 5.0's memory; what a file has beyond it becomes the largest. */
static int64_t capped(double point, bool wide)
{
	double most = wide ? 4294967293.0 : 2147483646.0;

	return point != point ? 0 : point < 0 || point > most ? (int64_t)most : (int64_t)point;
}

static void gather_drops(struct info *i)
{
	const struct cq_statistics *s = &i->t->stats;
	bool wide = i->t->features & CQ_FEAT_UINT_DELETION_TIME;
	size_t n = 0;

	i->drops = cq_arena_zalloc(&i->arena, s->ndrop_times + 1, sizeof *i->drops);
	if (!i->drops)
		return;
	for (size_t k = 0; k < s->ndrop_times; k++) {
		int64_t c = s->drop_times[k].count;

		i->drops[k].point = capped(s->drop_times[k].point, wide);
		i->drops[k].count = c > INT32_MAX ? INT32_MAX : (int32_t)(uint32_t)(uint64_t)c;
	}
	qsort(i->drops, s->ndrop_times, sizeof *i->drops, by_point);
	for (size_t k = 0; k < s->ndrop_times; k++) {
		if (n && i->drops[n - 1].point == i->drops[k].point) {
			int64_t sum = (int64_t)i->drops[n - 1].count + i->drops[k].count;

			i->drops[n - 1].count = sum > INT32_MAX ? INT32_MAX : (int32_t)(uint32_t)(uint64_t)sum;
		} else {
			i->drops[n++] = i->drops[k];
		}
	}
	i->ndrops = n;
}

/* How many drop times are at or before b: whole bins, and of the bin that b falls into a trapezium of the line between
 * its two neighbours (Ben-Haim and Tom-Tov, "A Streaming Parallel Decision Tree Algorithm", procedure sum). */
static double drops_until(const struct info *i, int32_t b)
{
	double sum = 0;

	for (size_t k = 0; k < i->ndrops; k++) {
		const struct info_drop *d = &i->drops[k];

		if (d->point > b) {
			const struct info_drop *before = d - 1;
			double weight, at_b;

			if (k == 0)
				return 0;
			weight = (double)(b - before->point) / (double)(d->point - before->point);
			at_b = before->count + (double)((int64_t)d->count - before->count) * weight;
			sum -= before->count;
			sum += (before->count + at_b) * weight / 2;
			sum += before->count / 2.0;
			return sum;
		}
		sum += d->count;
	}
	return sum;
}

static void gather_droppable(struct info *i)
{
	const struct cq_histogram *h = &i->t->stats.cells_per_partition;
	uint64_t overflow = h->n ? (uint64_t)h->counts[h->n - 1] : 0;
	uint64_t partitions = (uint64_t)cq_histogram_total(h) - overflow;
	int64_t cells = (int64_t)((uint64_t)cq_histogram_mean(h) * partitions);
	/* Cassandra's int arithmetic. */
	int32_t before = (int32_t)((uint32_t)(uint64_t)i->opt.now - (uint32_t)i->opt.gc_grace);

	i->droppable = cells > 0 ? drops_until(i, before) / (double)cells : 0;
}

/* ---- the whole ---- */

static const char *why_section(struct info *i, unsigned bit, const char *name)
{
	if (!i->t)
		return "the table could not be opened";
	if (i->t->stats.has & bit)
		return NULL;
	return info_say(i, "the section %s of Statistics.db could not be read", name);
}

/* Marks that a writer left, where they tell more than the version. */
static const char *guess_writer(const struct info *i)
{
	const struct cq_statistics *s = &i->t->stats;

	if (i->entry->present & (uint32_t)1 << CQ_C_SCYLLA)
		return "Scylla (it has a Scylla.db)";
	if (!(s->has & CQ_HAS_STATS) || !cq_slice_is(i->entry->desc.version, "nb"))
		return NULL;
	return s->partition_sizes.n >= 156 ? "Cassandra 5.0 in its compatibility mode (156 partition size buckets)"
		: "Cassandra 4.0 or 4.1 (151 partition size buckets)";
}

static void open_table(struct info *i)
{
	const struct cq_open_options o = { .metadata_only = true };
	struct cq_error err = {0};

	i->open_status = cq_table_open(&i->t, i->entry->data_path, &o, &err);
	if (i->open_status != CQ_OK) {
		i->t = NULL;
		i->why_closed = info_say_error(i, &err);
	}
}

void info_gather(struct info *i, struct cli *cli, const struct cq_sst_entry *entry, const char *given,
	const struct info_options *opt, struct cq_table *opened)
{
	struct info_fields summary;
	char version[16];

	*i = (struct info){ .cli = cli, .opt = *opt, .entry = entry, .given = given, .t = opened,
		.schema_given = opened != NULL };
	snprintf(version, sizeof version, "%.*s", (int)(entry->desc.version.len < 15 ? entry->desc.version.len : 15),
		(const char *)entry->desc.version.p);
	i->format = cq_format_for(version, &i->version);
	if (!i->t)
		open_table(i);
	gather_components(i);
	i->why_validation = why_section(i, CQ_HAS_VALIDATION, "VALIDATION");
	i->why_compaction = why_section(i, CQ_HAS_COMPACTION, "COMPACTION");
	i->why_stats = why_section(i, CQ_HAS_STATS, "STATS");
	i->why_header = why_section(i, CQ_HAS_HEADER, "HEADER");
	info_files(i, &summary);
	gather_keys(i, &summary);
	i->cardinality_why = i->why_compaction;
	if (!i->cardinality_why) {
		struct cq_error err = {0};

		if (cq_cardinality(i->t->stats.cardinality, &i->cardinality, &err) != CQ_OK)
			i->cardinality_why = info_say_error(i, &err);
	}
	if (i->t)
		i->writer = guess_writer(i);
	if (!i->why_stats) {
		gather_drops(i);
		gather_droppable(i);
	}
	i->scan.asked = opt->scan;
	if (!i->t)
		i->scan.why = "the table could not be opened";
	else if (opt->scan)
		info_scan(i);
	else
		i->scan.why = "not asked for (--scan)";
}

void info_finish(struct info *i)
{
	cq_table_close(i->t);
	cq_arena_finish(&i->arena);
}

int info_exit_code(const struct info *i)
{
	int rc = CLI_WELL;

	if (!i->t)
		return i->open_status == CQ_DAMAGED ? CLI_FOUND : cli_exit_code(i->open_status);
	for (size_t n = 0; n < i->ncomponents; n++)
		if (!i->components[n].present)
			rc = cli_worse(rc, CLI_FOUND);
	if (i->t->findings.errors || i->toc_why || i->cardinality_why || i->filter.why || i->compression.why || i->summary.why
		|| i->trie.why)
		rc = cli_worse(rc, CLI_FOUND);
	if (!i->opt.brief && (i->keys.why || i->compression.chunks_why))
		rc = cli_worse(rc, CLI_FOUND);
	if (i->scan.asked && i->scan.why)
		rc = cli_worse(rc, CLI_FOUND);
	return rc;
}
