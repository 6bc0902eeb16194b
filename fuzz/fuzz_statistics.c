/* Statistics.db of any version, alone. seeds: statistics; words: table
 *
 *     version (1 byte, modulo fuzz_versions), then Statistics.db
 *
 * Loading and explaining agree: a section that was read to its end explains without error and the other way round, a table
 * opens exactly when the directory and the HEADER section are good. Leaves tile the file. What was loaded has bounds. */
#include "fuzz.h"

enum { BIG = 1 << 16 };

/* Explained without a table that opened. Returns the bits of the sections that came to their end; *directory its status. */
static unsigned explained(const struct cq_format *f, unsigned features, cq_slice bytes, int *directory)
{
	struct cq_table fake = { .format = f, .features = features };
	struct cq_unit u = { .kind = CQ_U_COMPONENT, .component = CQ_C_STATISTICS, .len = bytes.len };
	struct fuzz_sink top = {0}, s = {0};
	uint8_t *cover = calloc(bytes.len + 1, 1);
	struct cq_error err = {0};
	unsigned has = 0;
	bool all = true;

	MUST(cq_space_open_memory(&fake.component[CQ_C_STATISTICS], bytes, "xx-1-big-Statistics.db", NULL) == CQ_OK);
	*directory = fuzz_explain(&fake, &u, &top, &err);
	MUST(top.jumps == 0 || *directory < 0);
	MUST(*directory < 0 || top.at == bytes.len);
	for (size_t i = 0; i < top.n; i++) {
		int rc = fuzz_explain(&fake, &top.unit[i], &s, &err);

		all &= rc == CQ_OK;
		MUST(s.jumps == 0);
		if (top.unit[i].kind == CQ_U_STATISTICS_SECTION) {
			uint64_t type = top.unit[i].arg[0];

			MUST(rc < 0 || s.n || s.at == top.unit[i].off + top.unit[i].len);
			if (rc == CQ_OK && type < 4)
				has |= 1u << type;
		}
		for (uint64_t k = 0; k < top.unit[i].len; k++)
			MUST(!cover[top.unit[i].off + k]++);
	}
	free(cover);
	free(top.unit);
	free(s.unit);
	cq_space_close(fake.component[CQ_C_STATISTICS]);
	(void)all;
	return has;
}

static void histogram(const struct cq_histogram *h)
{
	for (size_t i = 0; i < h->n; i++)
		fuzz_sum += (uint64_t)h->offsets[i] + (uint64_t)h->counts[i];
	fuzz_sum += (uint64_t)cq_histogram_percentile(h, 0.5) + (uint64_t)cq_histogram_percentile(h, 1) + (uint64_t)cq_histogram_mean(h) +
		(uint64_t)cq_histogram_min(h) + (uint64_t)cq_histogram_max(h) + (uint64_t)cq_histogram_total(h);
}

static void touch(const struct cq_statistics *s)
{
	int64_t keys;

	fuzz_touch(s->partitioner);
	fuzz_touch(s->cardinality);
	if (s->cardinality.p)
		cq_cardinality(s->cardinality, &keys, NULL);
	histogram(&s->partition_sizes);
	histogram(&s->cells_per_partition);
	for (size_t i = 0; i < s->ndrop_times; i++)
		fuzz_sum += (uint64_t)s->drop_times[i].count;
	for (size_t i = 0; i < s->nmin; i++)
		fuzz_touch(s->min_clustering[i]);
	for (size_t i = 0; i < s->nmax; i++)
		fuzz_touch(s->max_clustering[i]);
	for (size_t i = 0; i < s->ncovered_types; i++)
		fuzz_touch(s->covered_types[i]);
	if (s->has & CQ_HAS_COVERED) {
		MUST(s->covered_start.n <= s->ncovered_types && s->covered_end.n <= s->ncovered_types);
		fuzz_touch_prefix(&s->covered_start);
		fuzz_touch_prefix(&s->covered_end);
	}
	for (size_t i = 0; i < s->nintervals; i++)
		fuzz_sum += (uint64_t)s->intervals[i].start.segment;
	MUST(!s->pending_repair.p || s->pending_repair.len == 16);
	MUST(!s->host_id.p || s->host_id.len == 16);
	fuzz_touch(s->first_key);
	fuzz_touch(s->last_key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_archive a = {0};
	const struct cq_version_info *info;
	const struct cq_format *f;
	struct cq_error err = {0};
	struct cq_table *t;
	unsigned version, has;
	int rc, directory;
	cq_slice bytes;

	if (size < 1 || size > BIG)
		return 0;
	version = data[0] % FUZZ_VERSIONS;
	bytes = cq_slice_of(data + 1, size - 1);
	a.has[CQ_C_STATISTICS] = true;
	a.file[CQ_C_STATISTICS] = bytes;
	f = cq_format_for(fuzz_versions[version], &info);
	has = explained(f, info->features, bytes, &directory);
	rc = fuzz_open(&a, version, false, true, &t, &err);
	fuzz_said(rc, &err);
	if (rc < 0) {
		/* Explaining walks sections in the order of the file and leaves out those that overlap: it may know fewer. */
		MUST(directory < 0 || !(has & CQ_HAS_HEADER) || rc == CQ_DAMAGED);
		return 0;
	}
	MUST(directory == CQ_OK && t->stats.has & CQ_HAS_HEADER);
	MUST((has & ~t->stats.has & 15) == 0);
	touch(&t->stats);
	for (size_t i = 0; i < t->stats.nclustering; i++)
		MUST(t->stats.clustering_types[i] != NULL);
	for (size_t i = 0; i < t->stats.nstatic + t->stats.nregular; i++) {
		const struct cq_column *c = i < t->stats.nstatic ? &t->stats.statics[i] : &t->stats.regulars[i - t->stats.nstatic];

		fuzz_touch(c->name);
		MUST(c->type && c->index == (i < t->stats.nstatic ? i : i - t->stats.nstatic));
		/* Rows want simple columns before complex ones. */
		MUST(c->index == 0 || c->complex >= c[-1].complex);
	}
	fuzz_explain_all(t, CQ_C_STATISTICS);
	cq_table_close(t);
	return 0;
}
