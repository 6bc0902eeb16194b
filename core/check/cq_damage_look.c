/* Looks at one bad unit: a flipped bit, zeros, a cut end, what else its bytes may be. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "cq_cut.h"
#include "cq_damage_priv.h"
#include "cq_hash.h"

enum {
	SECTOR = 512,
	SLACK = 16,                    /* healthy zeros that may happen to touch a zeroed sector */
	TAIL_MIN = 16,                 /* zeros from a sector's start to the end of the file: as few as this count */
	LONG = 512,                    /* zeros that no compressed chunk holds, wherever they are */
	ROWS_MAX = 64 << 20,           /* rows decoded to confirm something about one unit */
	BEFORE_MAX = 16 << 20,
};

/* ---- rows ---- */

/* A trie has no key of a partition whose bytes are bad, but its place. Questions come in rising order mostly. */
static bool partition_by_trie(struct cq_looker *k, uint64_t off, uint64_t *start)
{
	struct cq_index_entry e;
	int rc = CQ_OK;

	if (k->index && off < k->asked) {
		cq_index_close(k->index);
		k->index = NULL;
	}
	if (!k->index) {
		k->before = k->ahead = CQ_NO_OFFSET;
		if (cq_index_open(&k->index, k->t, NULL) != CQ_OK)
			return false;
	}
	k->asked = off;
	for (size_t damages = 0; damages < 64;) {
		if (k->ahead != CQ_NO_OFFSET) {
			if (k->ahead > off)
				break;
			k->before = k->ahead;
			k->ahead = CQ_NO_OFFSET;
		}
		rc = cq_index_next(k->index, &e, NULL);
		if (rc == CQ_OK)
			k->ahead = e.data_off;
		else if (rc == CQ_DAMAGED)
			damages++;
		else
			break;
	}
	*start = k->before;
	return k->before != CQ_NO_OFFSET;
}

bool cq_look_partition(struct cq_looker *k, uint64_t off, uint64_t *start)
{
	struct cq_position pos;
	bool found = false;
	uint64_t at;

	if (k->rows && k->t->component[CQ_C_PARTITIONS])
		return partition_by_trie(k, off, start);
	if (!k->rows || (!k->lookup && cq_lookup_open(&k->lookup, k->t, NULL) != CQ_OK))
		return false;
	at = cq_walk_from(k->lookup, k->t, off);
	while (cq_lookup_next(k->lookup, &at, &pos, NULL) == CQ_OK && pos.data_off <= off) {
		*start = pos.data_off;
		found = true;
	}
	return found;
}

bool cq_look_rows(const struct cq_table *t, uint64_t start, uint64_t from, uint64_t end, bool *ended)
{
	const struct cq_scan_options opt = { .start = start };
	struct cq_error err = {0};
	struct cq_event ev = {0};
	struct cq_scan *s;
	int rc = cq_scan_open(&s, t, &opt, &err);

	*ended = false;
	if (rc != CQ_OK)
		return false;
	while ((rc = cq_scan_next(s, &ev, &err)) == CQ_OK && (ev.kind != CQ_EV_PARTITION || ev.off < end))
		if (ev.off > end && ev.off - start > ROWS_MAX)
			break;
	cq_scan_close(s);
	if (rc >= 0)
		return true;
	*ended = strstr(err.msg, "the data ends inside") || strstr(err.msg, "the bytes end before");
	/* Another unit is bad: when it comes behind, what matters was read. */
	if (err.space != cq_stream_space(&t->stream))
		return ev.kind && ev.off + ev.len >= from;
	return err.off != CQ_NO_OFFSET && err.off >= end;
}

/* ---- one flipped bit ---- */

/* A file with one byte changed. */
struct patched {
	struct cq_space space;
	const struct cq_space *base;
	uint64_t off;
	uint8_t flip;
};

static int patched_read(const struct cq_space *s, uint64_t off, void *buf, size_t n, struct cq_error *err)
{
	const struct patched *p = (const struct patched *)s;
	int rc = cq_space_read(p->base, off, buf, n, err);

	if (rc == CQ_OK && p->off >= off && p->off - off < n)
		((uint8_t *)buf)[p->off - off] ^= p->flip;
	return rc;
}

static const struct cq_space_ops patched_ops = { .read = patched_read };

/* Do the rows in the unit decode when the bit is put back? */
static bool rows_decode(struct cq_looker *k, const struct cq_bad *b)
{
	struct patched p = { .space = { .ops = &patched_ops }, .off = b->suspect.off, .flip = (uint8_t)(1u << b->suspect.bit) };
	struct cq_table t;
	uint64_t start;
	bool ended;

	if (!b->len || !cq_look_partition(k, b->off, &start) || b->off - start > ROWS_MAX)
		return false;
	t = *k->t;
	if (b->suspect.component == CQ_C_CRC) {
		t.stream.crcs = NULL;                      /* the data is not what was hit */
	} else {
		p.base = t.stream.raw;
		p.space.size = p.base->size;
		p.space.name = p.base->name;
		t.stream.raw = &p.space;
	}
	return cq_look_rows(&t, start, b->off, b->off + b->len, &ended);
}

void cq_look_bit(struct cq_looker *k, struct cq_bad *b)
{
	const uint64_t covered = k->chunks ? b->raw_len - 4 : b->raw_len;
	struct cq_suspect *s = &b->suspect;
	struct cq_bit bit;
	uint8_t *copy;
	const uint8_t *p;

	if (covered > k->budget)
		return;
	k->budget -= covered;
	if (!cq_single_bit(b->stored, b->computed, covered, &bit))
		return;
	*s = (struct cq_suspect){ .component = CQ_C_DATA, .space = CQ_SPACE_RAW, .off = b->raw_off + bit.off, .bit = bit.bit };
	if (bit.in_checksum && k->chunks)
		s->off = b->raw_off + covered + bit.off;
	if (bit.in_checksum && !k->chunks) {
		s->component = CQ_C_CRC;
		s->off = 4 + 4 * b->index + bit.off;
		s->found = (uint8_t)(b->stored >> 8 * (3 - bit.off));
	} else {
		if (cq_reader_get(&k->raw, s->off, 1, &p, NULL) != CQ_OK)
			return;
		s->found = *p;
	}
	s->expected = s->found ^ (uint8_t)(1u << bit.bit);
	/* The codec has its say, too. */
	if (k->chunks) {
		uint8_t *out = malloc(k->chunks->chunk_len);
		int rc = CQ_ENOMEM;

		copy = malloc((size_t)covered + 1);
		if (copy && out && cq_reader_get(&k->raw, b->raw_off, (size_t)covered, &p, NULL) == CQ_OK) {
			if (covered)
				memcpy(copy, p, (size_t)covered);
			if (!bit.in_checksum)
				copy[bit.off] ^= (uint8_t)(1u << bit.bit);
			rc = cq_chunk_decode(k->chunks, b->index, cq_slice_of(copy, (size_t)covered), &k->codec, out, NULL);
		}
		free(copy);
		free(out);
		if (rc != CQ_OK)
			return;
	}
	s->set = true;
	b->rows_read = rows_decode(k, b);
}

/* ---- zeros ---- */

/* The longest run of zeros that begins in p[0..n). */
static size_t longest_zeros(const uint8_t *p, size_t n, size_t *len)
{
	size_t best = 0, at = 0;

	for (size_t i = 0; i < n;) {
		size_t start = i;

		while (i < n && !p[i])
			i++;
		if (i - start > best) {
			best = i - start;
			at = start;
		}
		while (i < n && p[i])
			i++;
	}
	*len = best;
	return at;
}

/* Where the run that holds [*from, *to) begins and ends in the file. */
static void extend(struct cq_looker *k, uint64_t *from, uint64_t *to)
{
	const uint64_t size = k->raw.space->size;
	const uint8_t *p;

	while (*from) {
		size_t n = *from < 4096 ? (size_t)*from : 4096, i = n;

		if (cq_reader_get(&k->raw, *from - n, n, &p, NULL) != CQ_OK)
			return;
		while (i && !p[i - 1])
			i--;
		*from -= n - i;
		if (i)
			break;
	}
	while (*to < size) {
		size_t n = size - *to < 65536 ? (size_t)(size - *to) : 65536, i = 0;

		if (cq_reader_get(&k->raw, *to, n, &p, NULL) != CQ_OK)
			return;
		while (i < n && !p[i])
			i++;
		*to += i;
		if (i < n)
			return;
	}
}

/* Is the run that holds [from, to) made of sectors? Then it is the one to talk of. */
static bool sectors(struct cq_looker *k, const struct cq_bad *b, uint64_t from, uint64_t to)
{
	const uint64_t size = k->raw.space->size;
	uint64_t a, z;

	extend(k, &from, &to);
	a = (from + SECTOR - 1) & ~(uint64_t)(SECTOR - 1);
	z = to == size ? to : to & ~(uint64_t)(SECTOR - 1);
	if (!(z > a && a - from <= SLACK && to - z <= SLACK && (z - a >= SECTOR || (to == size && z - a >= TAIL_MIN)))) {
		/* Not by sectors. Nothing compressed holds so many, though. */
		if (!k->chunks || cq_chunk_is_raw(k->chunks, b->raw_len - 4) || k->chunks->codec == CQ_CODEC_NOOP || to - from < LONG)
			return false;
		a = from;
		z = to;
	}
	k->zero_off = a;
	k->zero_end = z;
	return true;
}

bool cq_look_zeros(struct cq_looker *k, struct cq_bad *b)
{
	const uint64_t end = b->raw_off + b->raw_len;
	const uint8_t *p;
	size_t at, n, tail = 0;

	/* One run may spoil a million chunks: it is measured once. */
	if (!(k->zero_end > b->raw_off && k->zero_off < end)) {
		if (cq_reader_get(&k->raw, b->raw_off, (size_t)b->raw_len, &p, NULL) != CQ_OK)
			return false;
		at = longest_zeros(p, (size_t)b->raw_len, &n);
		while (tail < b->raw_len && !p[b->raw_len - 1 - tail])
			tail++;
		/* The longest one, or the beginning of one that goes on in the next unit. */
		if (!(n >= TAIL_MIN && sectors(k, b, b->raw_off + at, b->raw_off + at + n)) && !(tail && sectors(k, b, end - tail, end)))
			return false;
	}
	b->cause = CQ_DMG_ZEROS;
	b->zero_off = k->zero_off;
	b->zero_len = k->zero_end - k->zero_off;
	return true;
}

/* ---- what else the bytes may be ---- */

static const struct magic {
	const char *bytes;
	size_t n;
	const char *what;
} magics[] = {
#define MAGIC(s, what) { s, sizeof(s) - 1, what }
	MAGIC("\0\rLZ4Compressor", "the beginning of a CompressionInfo.db"),
	MAGIC("\0\20SnappyCompressor", "the beginning of a CompressionInfo.db"),
	MAGIC("\0\21DeflateCompressor", "the beginning of a CompressionInfo.db"),
	MAGIC("\0\16ZstdCompressor", "the beginning of a CompressionInfo.db"),
	MAGIC("org.apache.cassandra.", "a class name, as Statistics.db and logs hold"),
	MAGIC("Data.db\n", "a TOC.txt"),
	MAGIC("ADD:[/", "a transaction log"),
	MAGIC("REMOVE:[/", "a transaction log"),
	MAGIC("INFO  [", "a Cassandra log"),
	MAGIC("DEBUG [", "a Cassandra log"),
	MAGIC("WARN  [", "a Cassandra log"),
	MAGIC("\177ELF", "a program (ELF)"),
	MAGIC("SQLite format 3", "a SQLite file"),
	MAGIC("\211PNG\r\n", "a PNG picture"),
	MAGIC("PK\3\4", "a zip or jar file"),
	MAGIC("\xca\xfe\xba\xbe", "a Java class"),
	MAGIC("\x1f\x8b\x08", "a gzip file"),
	MAGIC("\xfd" "7zXZ", "an xz file"),
	MAGIC("#!/", "a script"),
#undef MAGIC
};

static const char *magic_at(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < CQ_COUNTOF(magics); i++)
		if (n >= magics[i].n && !memcmp(p, magics[i].bytes, magics[i].n))
			return magics[i].what;
	return NULL;
}

static bool printable(uint8_t c)
{
	return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\r' || c == '\t';
}

void cq_look_inside(struct cq_looker *k, struct cq_bad *b)
{
	const bool packed = k->chunks && !cq_chunk_is_raw(k->chunks, b->raw_len - 4);
	const uint8_t *p;
	size_t n = (size_t)b->raw_len, zeros, at;

	if (!n || cq_reader_get(&k->raw, b->raw_off, n, &p, NULL) != CQ_OK)
		return;
	for (size_t i = 0; i < n; i++) {
		bool sector = !((b->raw_off + i) % SECTOR);
		const char *what = sector || !i ? magic_at(p + i, n - i) : NULL;
		size_t end = i;

		while (end < n && printable(p[end]))
			end++;
		if (what) {
			b->inside = cq_arena_printf(k->arena, "at 0x%" PRIx64 " of the file stands what looks like %s", b->raw_off + i, what);
			return;
		}
		/* Text: a whole sector of it; in compressed bytes a quarter of one is enough. */
		if (end - i >= SECTOR || (packed && end - i >= SECTOR / 4)) {
			char sample[41];
			size_t m = 0;

			for (; m < 40 && i + m < end; m++)
				sample[m] = (char)(p[i + m] < 0x20 ? ' ' : p[i + m]);
			sample[m] = 0;
			if (packed)
				b->inside = cq_arena_printf(k->arena, "from 0x%" PRIx64 " of the file on stand %zu bytes of text (\"%s...\")",
					b->raw_off + i, end - i, sample);
			return;
		}
		i = end;
	}
	at = longest_zeros(p, n, &zeros);
	if (packed && zeros >= 64)
		b->inside = cq_arena_printf(k->arena, "%zu zero bytes stand at 0x%" PRIx64 " of the file", zeros, b->raw_off + at);
}

/* ---- a cut end ---- */

enum rows_end { ROWS_UNKNOWN, ROWS_WRONG, ROWS_CUT, ROWS_WHOLE };

/* How the rows that lie in the first n bytes of a unit end. */
static enum rows_end rows_end(struct cq_looker *k, const struct cq_bad *b, const uint8_t *bytes, size_t n)
{
	struct cq_table t = *k->t;
	struct cq_space *memory = NULL;
	struct cq_window w;
	uint64_t start;
	size_t before;
	enum rows_end e = ROWS_UNKNOWN;
	uint8_t *all;
	bool cut;

	if (!cq_look_partition(k, b->off, &start) || b->off - start > BEFORE_MAX)
		return ROWS_UNKNOWN;
	before = (size_t)(b->off - start);
	all = malloc(before + n + 1);
	cq_window_init(&w, &k->t->stream, b->off);
	cq_window_seek(&w, start);
	if (all && (!before || (cq_window_need(&w, before, NULL) == CQ_OK && w.len >= before))) {
		if (before)
			memcpy(all, w.bytes, before);
		memcpy(all + before, bytes, n);
		if (cq_space_open_memory(&memory, cq_slice_of(all, before + n), "cut", NULL) == CQ_OK) {
			t.stream = (struct cq_stream){ .raw = memory, .len = before + n };
			bool good = cq_look_rows(&t, 0, before, before + n, &cut);

			e = cut ? ROWS_CUT : good ? ROWS_WHOLE : ROWS_WRONG;
		}
	}
	cq_space_close(memory);
	cq_window_finish(&w);
	free(all);
	return e;
}

/* Does the index name a partition behind the end of an uncompressed file? */
static bool index_goes_on(struct cq_looker *k)
{
	uint64_t start;

	return cq_look_partition(k, UINT64_MAX, &start) && start >= k->t->stream.len;
}

/* Only bytes of the checksum are gone? */
static bool checksum_cut(struct cq_looker *k, const struct cq_bad *b, const uint8_t *p)
{
	for (size_t left = 0; left < 4 && left <= b->raw_len; left++) {
		size_t n = (size_t)b->raw_len - left;
		uint8_t crc[4];

		cq_put_be32(crc, cq_crc32(0, p, n));
		if ((!left || !memcmp(crc, p + n, left)) && cq_unit_decodes(k, b->index, cq_slice_of(p, n)))
			return true;
	}
	return false;
}

bool cq_look_cut(struct cq_looker *k, const struct cq_bad *b)
{
	const uint64_t size = k->raw.space->size;
	const uint8_t *p;
	uint8_t *out;
	size_t got = 0;
	uint32_t want;
	bool cut;

	if (cq_reader_get(&k->raw, b->raw_off, (size_t)b->raw_len, &p, NULL) != CQ_OK)
		return false;
	if (!k->chunks)
		return k->rows && (index_goes_on(k) || rows_end(k, b, p, (size_t)b->raw_len) == ROWS_CUT);
	if (k->written)
		return size < k->written;
	/* Nobody knows how long the file was: there may be a checksum behind the payload, or there may be none. */
	want = cq_chunk_data_len(k->chunks, b->index);
	if (!want || (cq_chunk_is_raw(k->chunks, want) && b->raw_len >= want + 4))
		return false;
	if (checksum_cut(k, b, p))
		return true;
	out = malloc(want);
	cut = out && cq_cut_decode(k->chunks->codec, cq_slice_of(p, (size_t)b->raw_len), out, want, &got);
	/* What comes out must be rows. */
	cut = cut && rows_end(k, b, out, got) != ROWS_WRONG;
	free(out);
	return cut;
}

uint64_t cq_written_length(const struct cq_table *t)
{
	const double ratio = t->stats.compression_ratio, data = t->stream.chunks ? (double)t->chunks.data_len : 0;
	double n;

	if (!(t->stats.has & CQ_HAS_STATS) || !data || !(ratio > 0 && ratio < 0x1p20))
		return 0;
	n = floor(ratio * data + 0.5);
	/* Damage to any of the three numbers leaves a quotient that no division gives. */
	return n < 0x1p53 && !(n / data < ratio) && !(n / data > ratio) ? (uint64_t)n + 4 * t->chunks.count : 0;
}
