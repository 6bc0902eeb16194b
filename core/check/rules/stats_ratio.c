/* stats-ratio - compressed by uncompressed length, as the writer divided them. */
#include "stats_field.h"

#include <inttypes.h>
#include <math.h>

static bool same(double a, double b)
{
	return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static uint64_t bits(double v)
{
	uint64_t b;

	memcpy(&b, &v, sizeof b);
	return b;
}

/* The length of the chunks that gives this ratio, when there is one. */
static bool length_of(const struct cq_table *t, double ratio, uint64_t *bytes)
{
	double n = floor(ratio * (double)t->chunks.data_len + 0.5);

	if (!(n >= 0 && n < 0x1p53) || !same(n / (double)t->chunks.data_len, ratio))
		return false;
	*bytes = (uint64_t)n + 4 * t->chunks.count;
	return true;
}

static void quick(struct cq_check *c)
{
	const struct cq_table *t = c->table;
	double stored = t->stats.compression_ratio, real = cq_collect_ratio(t);
	struct cq_check_finding *f;
	uint64_t other;

	if (!(t->stats.has & CQ_HAS_STATS)) {
		cq_unmeasured(&c->out, "the STATS section cannot be read");
		return;
	}
	if (!t->component[CQ_C_DATA] || same(stored, real))
		return;
	if (stored == -1 && real >= 0) {
		/* 3.0.0 */
		bool old = !strncmp((const char *)t->desc.version.p, "ma", 2);

		f = stats_say(c, old ? CQ_INFO : CQ_WARNING, (struct stats_field){ .field = CQ_F_COMPRESSION_RATIO },
			"compression ratio is -1, \"not compressed\", and the table has CompressionInfo.db");
	} else if (isnan(stored) && stats_scylla(c)) {
		f = stats_say(c, CQ_INFO, (struct stats_field){ .field = CQ_F_COMPRESSION_RATIO }, "compression ratio was not computed");
	} else if (real == -1) {
		f = stats_say(c, CQ_WARNING, (struct stats_field){ .field = CQ_F_COMPRESSION_RATIO },
			"compression ratio is %.17g, and the table is not compressed: Statistics.db is damaged, or CompressionInfo.db is gone", stored);
		f->effect = CQ_UNSURE;
	} else if (length_of(t, stored, &other)) {
		f = stats_say(c, CQ_WARNING, (struct stats_field){ .field = CQ_F_COMPRESSION_RATIO },
			"by the compression ratio Data.db had %" PRIu64 " bytes when it was written, it has %" PRIu64 ": it was cut or belongs to another table, "
			"or its data length in CompressionInfo.db is wrong", other, t->component[CQ_C_DATA]->size);
		f->effect = CQ_UNSURE;
	} else {
		f = stats_say(c, CQ_WARNING, (struct stats_field){ .field = CQ_F_COMPRESSION_RATIO }, "compression ratio is none of this Data.db's");
	}
	cq_say_expected(&c->out, f, "%.17g", real);
	cq_say_found(&c->out, f, "%.17g", stored);
	stats_suspect(c, f, bits(stored), bits(real));
}

const struct cq_rule cq_rule_stats_ratio = {
	.id = "stats-ratio", .title = "the compression ratio is that of Data.db", .severity = CQ_WARNING, .effect = CQ_HARMLESS,
	.stage = CQ_STAGE_QUICK, .quick = quick,
	.proves = "The ratio in STATS is, to the last bit, the length of all chunks without their checksums divided by the length of what they hold; -1 without "
		"compression.",
	.means = "Cassandra estimates free space and the length of results with it. As it is exact, it also tells how long Data.db once was.",
	.action = "Nothing by itself. When other findings say that Data.db is cut, this tells by how much.",
	.silent = "-1 in compressed tables of 3.0.0 (ma). NaN where nothing was written.",
	.kinds = "5, 9",
};
