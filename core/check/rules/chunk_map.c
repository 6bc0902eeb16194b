/* chunk-map - CompressionInfo.db: where the chunks of Data.db are. */
#include <inttypes.h>
#include <stdio.h>

#include "cq_damage.h"
#include "cq_format.h"

#define HANGS "Where an offset is wrong, Cassandra 5.0.6 may spin for ever in the read-ahead buffer instead of failing; older versions met negative " \
	"offsets and NegativeArraySizeException when a length overflowed (CASSANDRA-15595)."

/* ---- options ---- */

static const struct {
	enum cq_codec codec;
	const char *option;
} options[] = {
	{ CQ_CODEC_LZ4, "lz4_compressor_type" },
	{ CQ_CODEC_LZ4, "lz4_high_compressor_level" },
	{ CQ_CODEC_ZSTD, "compression_level" },
	{ CQ_CODEC_UNKNOWN, "crc_check_chance" },              /* any: Scylla and old 3.x */
};

struct seen {
	struct cq_check *c;
	cq_slice key;
};

static void option_bytes(void *arg, unsigned field, uint64_t off, cq_slice value, const struct cq_type *type)
{
	struct seen *s = arg;
	const struct cq_chunks *chunks = &s->c->partial->chunks;
	struct cq_check_finding *f;
	bool good = false;

	(void)type;
	if (field != CQ_F_OPTION_KEY && field != CQ_F_OPTION_VALUE)
		return;
	for (size_t i = 0; field == CQ_F_OPTION_KEY && i < CQ_COUNTOF(options); i++)
		good |= (options[i].codec == chunks->codec || options[i].codec == CQ_CODEC_UNKNOWN) && cq_slice_is(value, options[i].option);
	if (field == CQ_F_OPTION_VALUE) {
		/* fast, high, a level, a chance: nothing outside of ASCII letters and numbers. */
		good = value.len && value.len < 32;
		for (size_t i = 0; good && i < value.len; i++)
			good = (value.p[i] >= '0' && value.p[i] <= '9') || (value.p[i] >= 'a' && value.p[i] <= 'z') ||
				(value.p[i] >= 'A' && value.p[i] <= 'Z') || value.p[i] == '.' || value.p[i] == '-' || value.p[i] == '_';
		if (good && cq_slice_is(s->key, "lz4_compressor_type"))
			good = cq_slice_is(value, "fast") || cq_slice_is(value, "high");
	}
	if (field == CQ_F_OPTION_KEY)
		s->key = value;
	if (good)
		return;
	f = cq_say(&s->c->out, CQ_WARNING, CQ_C_COMPRESSION_INFO, off, value.len, "the compressor's option %s \"%.*s\" is none that %s has",
		field == CQ_F_OPTION_KEY ? "name" : "value", (int)(value.len < 64 ? value.len : 64), (const char *)value.p, cq_codec_name(chunks->codec));
	f->effect = CQ_REFUSED;
}

static void nothing_begin(void *arg, unsigned field, uint64_t off, uint64_t index, cq_slice name)
{
	(void)arg, (void)field, (void)off, (void)index, (void)name;
}

static void nothing_end(void *arg, uint64_t off, int status)
{
	(void)arg, (void)off, (void)status;
}

static void nothing_number(void *arg, unsigned field, uint64_t off, size_t len, uint64_t value)
{
	(void)arg, (void)field, (void)off, (void)len, (void)value;
}

static void nothing_child(void *arg, const struct cq_unit *unit, uint64_t index, cq_slice name)
{
	(void)arg, (void)unit, (void)index, (void)name;
}

static void nothing_note(void *arg, unsigned field, uint64_t off, const char *text)
{
	(void)arg, (void)field, (void)off, (void)text;
}

static void check_options(struct cq_check *c)
{
	static const struct cq_sink sink = { nothing_begin, nothing_end, nothing_number, option_bytes, nothing_child, nothing_note };
	const struct cq_table *t = c->partial;
	const struct cq_unit u = { .kind = CQ_U_COMPONENT, .component = CQ_C_COMPRESSION_INFO, .space = CQ_SPACE_RAW,
		.len = t->component[CQ_C_COMPRESSION_INFO]->size };
	struct seen s = { .c = c };
	const cq_trace tr = { .sink = &sink, .arg = &s };

	if (t->format->explain)
		t->format->explain(t, &u, &tr, NULL);
}

/* ---- the table by itself ---- */

static void check_offsets(struct cq_check *c)
{
	const struct cq_chunks *k = &c->partial->chunks;
	const struct cq_space *data = c->partial->stream.raw;
	uint8_t bytes[8 * 512];
	uint64_t prev = 0;

	for (uint64_t i = 0; i < k->count; i += 512) {
		uint64_t n = k->count - i < 512 ? k->count - i : 512;
		struct cq_error err;

		if (cq_space_read(k->table, k->offsets_at + 8 * i, bytes, (size_t)(8 * n), &err) < 0) {
			cq_unmeasured(&c->out, "the chunk offsets cannot be read: %s", err.msg);
			return;
		}
		for (uint64_t j = 0; j < n; j++) {
			uint64_t off = cq_be64(bytes + 8 * j), at = k->offsets_at + 8 * (i + j);
			struct cq_check_finding *f = NULL;

			if (!(i + j) && off)
				f = cq_say(&c->out, CQ_ERROR, CQ_C_COMPRESSION_INFO, at, 8, "the first chunk is said to lie at 0x%" PRIx64, off);
			else if (i + j && off < prev + 4)
				f = cq_say(&c->out, CQ_ERROR, CQ_C_COMPRESSION_INFO, at, 8, "chunk %" PRIu64 " is said to lie at 0x%" PRIx64
					", its predecessor at 0x%" PRIx64, i + j, off, prev);
			else if (data && off + 4 > data->size)
				f = cq_say(&c->out, CQ_ERROR, CQ_C_COMPRESSION_INFO, at, 8, "chunk %" PRIu64 " is said to lie at 0x%" PRIx64
					" of a Data.db of 0x%" PRIx64 " bytes: one of the two is wrong", i + j, off, data->size);
			if (f)
				f->effect = CQ_LOST;
			prev = off;
		}
	}
}

static void check_head(struct cq_check *c)
{
	const struct cq_chunks *k = &c->partial->chunks;
	uint64_t need = (k->data_len + k->chunk_len - 1) / k->chunk_len;

	if (k->count != need && k->count != need + 1) {
		struct cq_check_finding *f = cq_say(&c->out, CQ_ERROR, CQ_C_COMPRESSION_INFO, k->offsets_at - 12, 12,
			"%" PRIu64 " chunks of %u bytes do not make %" PRIu64 " bytes of data", k->count, k->chunk_len, k->data_len);

		cq_say_expected(&c->out, f, "%" PRIu64 " chunks, or one more", need);
		cq_say_found(&c->out, f, "%" PRIu64, k->count);
	}
	check_options(c);
}

/* ---- the table against the chunks ---- */

static void say_offset(struct cq_check *c, uint64_t index, uint64_t stored, uint64_t expected)
{
	const struct cq_chunks *k = &c->partial->chunks;
	uint64_t at = k->offsets_at + 8 * index, first = index ? index - 1 : 0, bits = stored ^ expected;
	struct cq_check_finding *f = cq_say(&c->out, CQ_ERROR, CQ_C_COMPRESSION_INFO, at, 8, "the offset of chunk %" PRIu64
		" is wrong: the chunk stands at 0x%" PRIx64 " of Data.db, whole and with the right checksum", index, expected);

	cq_say_expected(&c->out, f, "0x%" PRIx64, expected);
	cq_say_found(&c->out, f, "0x%" PRIx64, stored);
	cq_say_span(&c->out, f, first * k->chunk_len, (index - first + 1) * (uint64_t)k->chunk_len);
	cq_say_means(&c->out, f, "Nothing is wrong with Data.db: only the table that says where its chunks are. Cassandra cannot read the rows of "
		"this chunk and of the one before it.");
	if (bits && !(bits & (bits - 1))) {
		unsigned n = 0;

		while (bits >> n != 1)
			n++;
		f->suspect = (struct cq_suspect){ .set = true, .component = CQ_C_COMPRESSION_INFO, .space = CQ_SPACE_RAW, .off = at + 7 - n / 8,
			.bit = n % 8, .found = (uint8_t)(stored >> (n & ~7u)), .expected = (uint8_t)(expected >> (n & ~7u)) };
		cq_suspect_action(&c->out, f);
	} else {
		cq_say_action(&c->out, f, "Take CompressionInfo.db from a snapshot or backup of this very SSTable, with the node down; or, as the offset is known, write its "
			"eight bytes (big-endian) into a copy of the file, and check the copy.");
	}
}

static void say_unit(struct cq_check *c, const struct cq_damage *d, const struct cq_bad *b)
{
	const struct cq_chunks *k = &c->partial->chunks;
	const struct cq_bad *next = b->next;
	struct cq_check_finding *f;
	uint8_t bytes[8];

	if (!b->real_end) {
		f = cq_say(&c->out, CQ_ERROR, CQ_C_COMPRESSION_INFO, k->offsets_at + 8 * b->index, 8, "the place of chunk %" PRIu64
			" makes no sense, and the chunk was not found elsewhere: %s", b->index, b->why.msg);
		cq_damage_say(&c->out, f, b);
		return;
	}
	if (b->real_off != b->raw_off) {
		say_offset(c, b->index, b->raw_off, b->real_off);
	} else if (b->index + 1 == k->count) {
		f = cq_say_raw(&c->out, CQ_ERROR, CQ_C_DATA, b->real_end, d->raw_len - b->real_end, "Data.db goes on behind its last chunk: %" PRIu64
			" bytes that no chunk offset names", d->raw_len - b->real_end);
		cq_say_expected(&c->out, f, "a file of 0x%" PRIx64 " bytes", b->real_end);
		cq_say_found(&c->out, f, "0x%" PRIx64 " bytes", d->raw_len);
		cq_damage_say(&c->out, f, b);
		cq_say_means(&c->out, f, "The last chunk is whole, but it is taken to reach to the end of the file, and so fails its checksum. Either something was "
			"appended to Data.db, or CompressionInfo.db has lost the offsets of chunks.");
		f->bug = NULL;
	} else if (!(next && next->cause == CQ_DMG_MAP && next->index == b->index + 1 && next->real_off == b->real_end && next->real_off != next->raw_off) &&
		   cq_space_read(k->table, k->offsets_at + 8 * (b->index + 1), bytes, 8, NULL) == CQ_OK) {
		say_offset(c, b->index + 1, cq_be64(bytes), b->real_end);
	}
}

static void compare(struct cq_check *c)
{
	const struct cq_damage *d = cq_damage_of(c);
	struct cq_check_finding *f;

	if (!d)
		return;
	if (d->map_bit.set && d->map_bit.component == CQ_C_COMPRESSION_INFO) {
		f = cq_say(&c->out, CQ_ERROR, CQ_C_COMPRESSION_INFO, d->map_bit.off, 1, "with one bit turned, CompressionInfo.db fits Data.db");
		cq_say_expected(&c->out, f, "%s", d->map_text ? d->map_text : "");
		f->suspect = d->map_bit;
		cq_suspect_action(&c->out, f);
		cq_say_means(&c->out, f, "A single flipped bit: %s. Nothing is wrong with Data.db.", cq_suspect_text(&c->out, &d->map_bit));
	}
	for (const struct cq_bad *b = d->first; b && c->partial && c->partial->stream.chunks; b = b->next)
		if (b->cause == CQ_DMG_MAP && !(b->why.code && b->compared && !b->real_end))
			say_unit(c, d, b);
}

static void quick(struct cq_check *c)
{
	bool full = c->options->level >= CQ_CHECK_FULL;

	if (c->partial && c->partial->stream.chunks) {
		check_head(c);
		if (!full)
			check_offsets(c);
	}
	if (!c->table && full && cq_sst_file(c->entry, CQ_C_COMPRESSION_INFO))
		compare(c);
}

static void finish(struct cq_check *c, void *state)
{
	(void)state;
	if (c->partial->stream.chunks)
		compare(c);
}

static void skipped(struct cq_pass *p, void *state, const struct cq_skipped *s)
{
	(void)state;
	if (p->table->stream.chunks && cq_damage_span(p, s)->cause == CQ_DMG_MAP)
		p->claimed = true;
}

static const char *const adopts[] = { "compression-info", "compression-info-tail", "compression-info-missing", NULL };

const struct cq_rule cq_rule_chunk_map = {
	.id = "chunk-map", .title = "CompressionInfo.db says where the chunks of Data.db are", .severity = CQ_ERROR, .effect = CQ_LOST,
	.stage = CQ_STAGE_QUICK, .flags = CQ_RULE_UNOPENED, .quick = quick, .skipped = skipped, .finish = finish, .adopts = adopts,
	.proves = "The chunk offsets rise from 0 and stay in the file, there are as many as the data length needs, and nothing stands behind them. Where "
		"chunks failed, the fault is not in the table: each chunk was looked for elsewhere by its checksum.",
	.means = "CompressionInfo.db is damaged, or belongs to another Data.db. The rows are there, but Cassandra does not find them.",
	.action = "Take CompressionInfo.db from a snapshot or backup of this very SSTable, with the node down. There is no Cassandra tool that rebuilds it. "
		"Without a copy: move the SSTable away and run nodetool repair on the table.",
	.bug = HANGS,
	.silent = "One offset more than the data needs is usual after compactions: the chunk that it names is empty.",
	.kinds = "22, 55",
};
