/* stats-toc - the directory of Statistics.db: four sections, in order, without gaps or bytes left over. */
#include "stats_field.h"

#include <inttypes.h>

#include "cq_format.h"

enum { SECTIONS_MAX = 16, LEFT_MAX = 8 };

struct layout {
	int64_t type[SECTIONS_MAX];
	uint64_t off[SECTIONS_MAX];
	size_t ntypes, noffs;
	uint64_t type_at[SECTIONS_MAX], off_at[SECTIONS_MAX];   /* where the directory says so */
	struct cq_unit section[SECTIONS_MAX];
	size_t nsections;
	struct { uint64_t off, len; bool zeros; int type; } left[LEFT_MAX];    /* bytes that belong to nothing */
	size_t nleft;
	int in;                                /* section that is being explained, -1: the file */
};

static void begin(void *arg, unsigned field, uint64_t off, uint64_t index, cq_slice name)
{
	(void)arg, (void)field, (void)off, (void)index, (void)name;
}

static void end(void *arg, uint64_t off, int status)
{
	(void)arg, (void)off, (void)status;
}

static void number(void *arg, unsigned field, uint64_t off, size_t len, uint64_t value)
{
	struct layout *l = arg;

	(void)len;
	if (field == CQ_F_SECTION_TYPE && l->ntypes < SECTIONS_MAX) {
		l->type_at[l->ntypes] = off;
		l->type[l->ntypes++] = (int64_t)value;
	}
	if (field == CQ_F_SECTION_OFFSET && l->noffs < SECTIONS_MAX) {
		l->off_at[l->noffs] = off;
		l->off[l->noffs++] = value;
	}
}

static void left_over(struct layout *l, uint64_t off, uint64_t len, bool zeros)
{
	if (l->nleft < LEFT_MAX) {
		l->left[l->nleft].off = off;
		l->left[l->nleft].len = len;
		l->left[l->nleft].zeros = zeros;
		l->left[l->nleft++].type = l->in;
	}
}

static void bytes(void *arg, unsigned field, uint64_t off, cq_slice value, const struct cq_type *type)
{
	(void)type;
	if (field == CQ_F_PADDING || field == CQ_F_UNKNOWN_BYTES)
		left_over(arg, off, value.len, field == CQ_F_PADDING);
}

static void child(void *arg, const struct cq_unit *u, uint64_t index, cq_slice name)
{
	struct layout *l = arg;

	(void)index, (void)name;
	if (u->kind == CQ_U_STATISTICS_SECTION && l->nsections < SECTIONS_MAX)
		l->section[l->nsections++] = *u;
	else if (u->kind == CQ_U_BYTES)
		left_over(l, u->off, u->len, false);
}

static void note(void *arg, unsigned field, uint64_t off, const char *text)
{
	(void)arg, (void)field, (void)off, (void)text;
}

static const char *section_name(int64_t type)
{
	static const char *const names[] = { "VALIDATION", "COMPACTION", "STATS", "HEADER" };

	return type >= 0 && type < (int64_t)CQ_COUNTOF(names) ? names[type] : "?";
}

static void missing(struct cq_check *c, const struct layout *l)
{
	for (int64_t type = 0; type < 4; type++) {
		size_t n = 0;

		for (size_t i = 0; i < l->ntypes; i++)
			n += l->type[i] == type;
		if (n == 1)
			continue;
		if (n > 1)
			cq_say(&c->out, CQ_ERROR, CQ_C_STATISTICS, 0, 4, "the directory lists section %s %zu times", section_name(type), n);
		else
			cq_say(&c->out, CQ_ERROR, CQ_C_STATISTICS, 0, 4, "the directory does not list section %s", section_name(type))->effect =
				type == 3 ? CQ_LOST : CQ_REFUSED;
	}
	for (size_t i = 0; i < l->ntypes; i++)
		if (l->type[i] < 0 || l->type[i] > 3)
			cq_say(&c->out, stats_scylla(c) ? CQ_INFO : CQ_ERROR, CQ_C_STATISTICS, l->type_at[i], 4, "the directory lists a section of type %" PRId64
				", which no Cassandra knows", l->type[i])->effect = stats_scylla(c) ? CQ_HARMLESS : CQ_REFUSED;
}

static void order(struct cq_check *c, const struct layout *l)
{
	const unsigned crc = c->partial->features & CQ_FEAT_METADATA_CHECKSUM ? 4 : 0;
	uint64_t first = 4 + 8 * (uint64_t)l->ntypes + 2 * crc;

	for (size_t i = 1; i < l->noffs && i < l->ntypes; i++) {
		if (l->type[i] > l->type[i - 1] && l->off[i] > l->off[i - 1])
			continue;
		/* Old Scylla lists sections in the order of a hash table. Only a file that also stores them in order, and whole, is
		 * one of those; anything else shows as bytes left over or as sections that cannot be read. */
		cq_say(&c->out, stats_scylla(c) ? CQ_INFO : CQ_WARNING, CQ_C_STATISTICS, 0, 0,
			"the directory lists sections out of order (%s before %s): Cassandra never does, old Scylla does", section_name(l->type[i - 1]),
			section_name(l->type[i]))->effect = CQ_UNSURE;
		break;
	}
	for (size_t i = 0; i < l->noffs; i++)
		if (l->off[i] < first)
			cq_say(&c->out, CQ_ERROR, CQ_C_STATISTICS, l->off_at[i], 4, "section %s is said to begin at 0x%" PRIx64 ", inside the directory",
				i < l->ntypes ? section_name(l->type[i]) : "?", l->off[i]);
}

/* 5.0 reserves more than it writes: four bytes for each drop time in oa and da; where a bound holds a null, what it and the
 * values behind it would have taken, in nb and nc. */
static bool allowed(const struct cq_check *c, const struct layout *l, size_t i)
{
	const struct cq_statistics *s = &c->partial->stats;

	if (l->left[i].type != 2 || !l->left[i].zeros)
		return false;
	if (c->partial->features & CQ_FEAT_UINT_DELETION_TIME)
		return l->left[i].len == 4 * s->ndrop_times;
	return s->partition_sizes.n == 156;
}

/* The section that is said to begin behind these bytes: it may begin where they do. SECTIONS_MAX: none does. */
static size_t behind(const struct cq_check *c, const struct layout *l, size_t i)
{
	const unsigned crc = c->partial->features & CQ_FEAT_METADATA_CHECKSUM ? 4 : 0;
	uint64_t at = l->left[i].off + l->left[i].len + (l->left[i].type < 0 ? 0 : crc);

	for (size_t k = 0; k < l->noffs && k < l->ntypes; k++)
		if (l->off[k] == at)
			return k;
	return SECTIONS_MAX;
}

static void say_left_over(struct cq_check *c, const struct layout *l, size_t i)
{
	const unsigned crc = c->partial->features & CQ_FEAT_METADATA_CHECKSUM ? 4 : 0;
	size_t next = behind(c, l, i);
	struct cq_check_finding *f;

	/* Cassandra leaves nothing between sections: this one's offset, or a length or count inside the one before, is wrong. */
	if (next < SECTIONS_MAX && !stats_scylla(c)) {
		uint64_t at = l->left[i].off + (l->left[i].type < 0 ? 0 : crc);

		f = cq_say(&c->out, CQ_ERROR, CQ_C_STATISTICS, l->off_at[next], 4, "section %s is said to begin at 0x%" PRIx64 ", %s ends at 0x%" PRIx64
			": the offset, or a length or count inside what stands before, is wrong", section_name(l->type[next]), l->off[next],
			l->left[i].type < 0 ? "what stands before it" : section_name(l->left[i].type), at);
		cq_say_expected(&c->out, f, "0x%" PRIx64, at);
		cq_say_found(&c->out, f, "0x%" PRIx64, l->off[next]);
		return;
	}
	f = cq_say(&c->out, stats_scylla(c) ? CQ_INFO : CQ_WARNING, CQ_C_STATISTICS, l->left[i].off, l->left[i].len, "%" PRIu64 " %sbytes %s%s", l->left[i].len,
		l->left[i].zeros ? "zero " : "", l->left[i].type < 0 ? "that belong to no section" : "left over behind what is to be in section ",
		l->left[i].type < 0 ? "" : section_name(l->left[i].type));
	f->effect = CQ_UNSURE;
}

static void quick(struct cq_check *c)
{
	static const struct cq_sink sink = { .begin = begin, .end = end, .number = number, .bytes = bytes, .child = child, .note = note };
	const struct cq_table *t = c->partial;
	const struct cq_unit whole = { .kind = CQ_U_COMPONENT, .component = CQ_C_STATISTICS, .space = CQ_SPACE_RAW, .len = CQ_NO_OFFSET };
	struct layout l = { .in = -1 };
	const cq_trace tr = { .sink = &sink, .arg = &l };

	if (!t || !t->format || !t->format->explain || !t->component[CQ_C_STATISTICS]) {
		if (!c->table)
			cq_unmeasured(&c->out, "the table cannot be opened: %s", c->open_error.msg);
		return;
	}
	t->format->explain(t, &whole, &tr, NULL);
	for (size_t i = 0; i < l.nsections; i++) {
		l.in = (int)l.section[i].arg[0];
		t->format->explain(t, &l.section[i], &tr, NULL);
	}
	missing(c, &l);
	order(c, &l);
	for (size_t i = 0; i < l.nleft; i++) {
		if (!allowed(c, &l, i))
			say_left_over(c, &l, i);
	}
	/* 5.0 always leaves those bytes. */
	if (t->features & CQ_FEAT_UINT_DELETION_TIME && t->stats.ndrop_times && t->stats.has & CQ_HAS_STATS && !stats_scylla(c)) {
		bool found = false;

		for (size_t i = 0; i < l.nleft; i++)
			found |= l.left[i].type == 2;
		if (!found)
			cq_say(&c->out, CQ_INFO, CQ_C_STATISTICS, CQ_NO_OFFSET, 0, "section STATS ends without the zero bytes that Cassandra 5.0 leaves behind it: "
				"another writer's");
	}
}

const struct cq_rule cq_rule_stats_toc = {
	.id = "stats-toc", .title = "Statistics.db is four sections in order, without gaps", .severity = CQ_WARNING, .effect = CQ_REFUSED,
	.stage = CQ_STAGE_QUICK, .flags = CQ_RULE_UNOPENED, .quick = quick,
	.proves = "The directory lists VALIDATION, COMPACTION, STATS and HEADER once each, ascending, the first right behind it; every section's fields take "
		"all of its bytes, save the zeros that 5.0 is known to leave.",
	.means = "A section that is missing or moved is not found, or other bytes are read in its place. Bytes left over are a sign that a length or a count "
		"inside the section is wrong, and that what was read of it may be, too.",
	.action = "Compare the other findings: they tell which values are wrong. Restore Statistics.db from a snapshot, or compute it again from the rows.",
	.bug = "CASSANDRA-10676: tables without the COMPACTION section.",
	.silent = "Older Scylla lists the sections in another order and has a section of its own. 5.0's zero bytes behind STATS.",
	.kinds = "32",
};
