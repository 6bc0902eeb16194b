/* The small components explained: Statistics, CompressionInfo, Filter, Summary, CRC, Digest, TOC, and files of other makers. */
#include <stdlib.h>

#include "cq_hash.h"
#include "shared.h"
#include "statistics.inc.h"

static struct cq_unit unit(const struct cq_unit *of, unsigned kind, unsigned field, uint64_t off, uint64_t len, uint64_t arg0)
{
	return (struct cq_unit){ .kind = kind, .field = field, .component = of->component, .space = CQ_SPACE_RAW, .off = off,
		.len = len, .arg = { arg0 } };
}

/* A run of leaves of the same width, as pages of up to CQ_UNITS_A_PAGE of them. */
static void pages(const struct cq_unit *of, unsigned kind, unsigned field, uint64_t off, uint64_t n, unsigned width,
	const cq_trace *tr)
{
	struct cq_unit u = unit(of, kind, field, off, n * width, 0);

	if (n)
		cq_trace_child(tr, &u, CQ_NO_INDEX, (cq_slice){0});
}

/* Up to a page of numbers from u->off; the rest as another unit of the same kind. */
static int numbers(const struct cq_space *space, const struct cq_unit *u, unsigned field, unsigned width, bool little,
	const cq_trace *tr, struct cq_error *err)
{
	uint64_t n = u->len / width, page = n < CQ_UNITS_A_PAGE ? n : CQ_UNITS_A_PAGE;
	uint8_t bytes[CQ_UNITS_A_PAGE * 8];
	int rc = cq_space_read(space, u->off, bytes, (size_t)page * width, err);
	cq_cur c;

	if (rc < 0)
		return rc;
	c = cq_cur_over(bytes, (size_t)page * width, u->off);
	for (uint64_t i = 0; i < page; i++) {
		if (width == 8)
			cq_u64(&c, tr, field);
		else if (little)
			cq_u32le(&c, tr, field);
		else
			cq_u32(&c, tr, field);
	}
	if (n > page) {
		struct cq_unit more = unit(u, u->kind, CQ_F_MORE, u->off + page * width, u->len - page * width, u->arg[0] + page);

		cq_trace_child(tr, &more, more.arg[0], (cq_slice){0});
	}
	return CQ_OK;
}

/* Up to a page of bytes as one leaf; the rest as another unit. */
static int bytes_page(const struct cq_space *space, const struct cq_unit *u, unsigned field, const cq_trace *tr,
	struct cq_error *err)
{
	uint64_t n = u->len < CQ_BYTES_A_PAGE ? u->len : CQ_BYTES_A_PAGE;
	uint8_t bytes[CQ_BYTES_A_PAGE];
	int rc = cq_space_read(space, u->off, bytes, (size_t)n, err);

	if (rc < 0)
		return rc;
	if (n)
		cq_trace_bytes(tr, field, u->off, cq_slice_of(bytes, (size_t)n), NULL);
	if (u->len > n) {
		struct cq_unit more = unit(u, u->kind, CQ_F_MORE, u->off + n, u->len - n, u->arg[0] + n / 8);

		cq_trace_child(tr, &more, more.arg[0] / (CQ_BYTES_A_PAGE / 8), (cq_slice){0});
	}
	return CQ_OK;
}

/* What is left of the file when the structure has ended. */
static void tail(const struct cq_space *space, const struct cq_unit *of, uint64_t off, const cq_trace *tr)
{
	struct cq_unit u = unit(of, CQ_U_BYTES, CQ_F_UNKNOWN_BYTES, off, space->size - off, 0);

	if (off < space->size)
		cq_trace_child(tr, &u, CQ_NO_INDEX, (cq_slice){0});
}

static int stopped(const cq_cur *c, const struct cq_space *space, struct cq_error *err)
{
	int rc = c->status == CQ_ENOMEM ? cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory") : cq_cur_error(c, err);

	cq_error_at(err, space->name, CQ_SPACE_RAW);
	return rc;
}

/* ---- Statistics.db ---- */

static unsigned section_field(int type)
{
	static const unsigned fields[] = { CQ_F_VALIDATION, CQ_F_COMPACTION, CQ_F_STATS, CQ_F_HEADER };

	return type >= 0 && type <= SECTION_HEADER ? fields[type] : CQ_F_UNKNOWN_BYTES;
}

static int explain_statistics(const struct cq_table *t, const struct cq_space *space, const struct cq_unit *u,
	const cq_trace *tr, struct cq_error *err)
{
	struct stats_directory dir = {0};
	struct cq_arena arena = {0};
	struct cq_statistics s = {0};
	struct cq_error type_error = {0};
	struct stats_in in = { .arena = &arena, .feat = t->features, .type_error = &type_error, .key_type = t->stats.key_type,
		.known = t->ctx.clustering, .nknown = t->ctx.nclustering };
	cq_slice b = {0};
	cq_cur c;
	int rc = shared_slurp(&arena, space, STATISTICS_MAX, &b, err);

	if (rc < 0)
		goto out;
	if (u->kind == CQ_U_COMPONENT) {
		uint64_t at;

		c = cq_cur_over(b.p, b.len, 0);
		stats_directory_body(&c, t->features, &dir, tr);
		if (c.status) {
			rc = stopped(&c, space, err);
			goto out;
		}
		/* In the order of the file, whatever the directory's. */
		for (at = cq_cur_off(&c); at < b.len;) {
			uint32_t next = dir.n;
			uint64_t end;
			struct cq_unit section;

			for (uint32_t i = 0; i < dir.n; i++)
				if (dir.entry[i].off >= at && (next == dir.n || dir.entry[i].off < dir.entry[next].off))
					next = i;
			if (next == dir.n || dir.entry[next].off > b.len) {
				tail(space, u, at, tr);
				break;
			}
			if (dir.entry[next].off > at) {
				section = unit(u, CQ_U_BYTES, CQ_F_UNKNOWN_BYTES, at, dir.entry[next].off - at, 0);
				cq_trace_child(tr, &section, CQ_NO_INDEX, (cq_slice){0});
			}
			end = stats_section_end(&dir, next, b.len, t->features);
			section = unit(u, CQ_U_STATISTICS_SECTION, section_field(dir.entry[next].type), dir.entry[next].off,
				end - dir.entry[next].off, (uint64_t)(int64_t)dir.entry[next].type);
			cq_trace_child(tr, &section, CQ_NO_INDEX, (cq_slice){0});
			at = end;
			if (t->features & CQ_FEAT_METADATA_CHECKSUM && b.len - at >= 4) {
				uint32_t computed = cq_crc32(0, b.p + section.off, (size_t)section.len);

				cq_trace_number(tr, CQ_F_SECTION_CRC, at, 4, cq_be32(b.p + at));
				cq_trace_note(tr, CQ_F_SECTION_CRC, at, computed == cq_be32(b.p + at) ? "checksum right" :
					"checksum differs: computed %08x", computed);
				at += 4;
			} else if (!section.len) {
				tail(space, u, at, tr);
				break;
			}
		}
		goto out;
	}
	if (u->off > b.len || u->len > b.len - u->off) {
		rc = cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "no such section in Statistics.db");
		goto out;
	}
	c = cq_cur_over(b.p + u->off, (size_t)u->len, u->off);
	stats_section_body(&c, (int)u->arg[0], &in, &s, tr);
	if (!c.status && cq_cur_left(&c)) {
		bool zeros = true;

		/* 5.0 reserves 16 bytes for each drop time and writes 12; and something like it for null clusterings. */
		for (const uint8_t *p = c.p; p < c.end; p++)
			zeros &= !*p;
		cq_skip(&c, cq_cur_left(&c), tr, zeros ? CQ_F_PADDING : CQ_F_UNKNOWN_BYTES);
	}
	rc = stopped(&c, space, err);
out:
	cq_arena_finish(&arena);
	return rc;
}

/* ---- CompressionInfo.db, CRC.db, Filter.db ---- */

static int head_of(const struct cq_space *space, size_t max, struct cq_arena *arena, cq_slice *out, struct cq_error *err)
{
	size_t n = space->size < max ? (size_t)space->size : max;
	uint8_t *p = cq_arena_alloc(arena, n + 1);
	int rc;

	if (!p)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory");
	rc = cq_space_read(space, 0, p, n, err);
	*out = cq_slice_of(p, n);
	return rc;
}

static int explain_compression(const struct cq_table *t, const struct cq_space *space, const struct cq_unit *u,
	const cq_trace *tr, struct cq_error *err)
{
	struct compression_info i = {0};
	struct cq_arena arena = {0};
	uint64_t room, n;
	cq_slice b = {0};
	cq_cur c;
	int rc;

	if (u->kind == CQ_U_CHUNK_OFFSETS)
		return numbers(space, u, CQ_F_CHUNK_OFFSET, 8, false, tr, err);
	rc = head_of(space, 1 << 16, &arena, &b, err);
	if (rc == CQ_OK) {
		c = cq_cur_over(b.p, b.len, 0);
		compression_info_body(&c, t->features, &i, tr);
		rc = stopped(&c, space, err);
	}
	if (rc == CQ_OK) {
		room = (space->size - i.offsets_at) / 8;
		n = i.count < room ? i.count : room;
		pages(u, CQ_U_CHUNK_OFFSETS, CQ_F_CHUNK_OFFSETS, i.offsets_at, n, 8, tr);
		tail(space, u, i.offsets_at + 8 * n, tr);
	}
	cq_arena_finish(&arena);
	return rc;
}

static int explain_crc(const struct cq_space *space, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	uint8_t head[4];
	uint64_t n;
	cq_cur c;
	int rc;

	if (u->kind == CQ_U_CHECKSUMS)
		return numbers(space, u, CQ_F_CRC_CHECKSUM, 4, false, tr, err);
	rc = cq_space_read(space, 0, head, 4, err);
	if (rc < 0)
		return rc;
	c = cq_cur_over(head, 4, 0);
	cq_u32(&c, tr, CQ_F_CRC_CHUNK_SIZE);
	n = (space->size - 4) / 4;
	pages(u, CQ_U_CHECKSUMS, CQ_F_CRC_CHECKSUMS, 4, n, 4, tr);
	tail(space, u, 4 + 4 * n, tr);
	return CQ_OK;
}

static int explain_filter(const struct cq_table *t, const struct cq_space *space, const struct cq_unit *u, const cq_trace *tr,
	struct cq_error *err)
{
	struct filter_header f;
	uint8_t head[8];
	uint64_t bits;
	cq_cur c;
	int rc;

	(void)t;
	if (u->kind == CQ_U_FILTER_BITS)
		return bytes_page(space, u, CQ_F_FILTER_BITS, tr, err);
	if (!space->size)
		return CQ_OK;
	rc = cq_space_read(space, 0, head, space->size < 8 ? (size_t)space->size : 8, err);
	if (rc < 0)
		return rc;
	c = cq_cur_over(head, space->size < 8 ? (size_t)space->size : 8, 0);
	filter_header_body(&c, &f, tr);
	if (c.status)
		return stopped(&c, space, err);
	bits = 8 * (uint64_t)f.words;
	if (bits > space->size - 8)
		bits = (space->size - 8) & ~(uint64_t)7;
	pages(u, CQ_U_FILTER_BITS, CQ_F_FILTER_BITS, 8, bits / 8, 8, tr);
	tail(space, u, 8 + bits, tr);
	return CQ_OK;
}

/* ---- Summary.db ---- */

/* A page of entries from entry arg0 on. Each begins where its offset says; well-formed ones stand one after another. */
static int summary_entries(const struct cq_table *t, const struct cq_space *space, const struct cq_unit *u, const cq_trace *tr,
	struct cq_error *err)
{
	struct summary_header h;
	uint8_t head[SUMMARY_HEADER], entry[65535 + 8], two[8];
	uint64_t end = u->off + u->len, at = u->off, i = u->arg[0], n = 0;
	cq_cur c;
	int rc = cq_space_read(space, 0, head, sizeof head, err);

	if (rc < 0)
		return rc;
	c = cq_cur_over(head, sizeof head, 0);
	summary_header_body(&c, &h, NULL);
	for (; at < end; i++, n++) {
		uint64_t off, next = h.size;
		cq_slice key;
		uint64_t position;

		if (i < h.n) {
			rc = cq_space_read(space, SUMMARY_HEADER + 4 * i, two, i + 1 < h.n ? 8 : 4, err);
			if (rc < 0)
				return rc;
			off = cq_le32(two);
			next = i + 1 < h.n ? cq_le32(two + 4) : h.size;
		}
		if (i >= h.n || SUMMARY_HEADER + off != at || next < off + 8 || next > h.size || next - off > sizeof entry) {
			struct cq_unit rest = unit(u, CQ_U_BYTES, CQ_F_UNKNOWN_BYTES, at, end - at, 0);

			cq_trace_child(tr, &rest, CQ_NO_INDEX, (cq_slice){0});
			rc = cq_fail(err, CQ_DAMAGED, at, "entry %llu: its offset does not follow the entry before",
				(unsigned long long)i);
			cq_error_at(err, space->name, CQ_SPACE_RAW);
			return rc;
		}
		if (n == CQ_UNITS_A_PAGE) {
			struct cq_unit more = unit(u, CQ_U_SUMMARY_ENTRIES, CQ_F_MORE, at, end - at, i);

			cq_trace_child(tr, &more, i, (cq_slice){0});
			return CQ_OK;
		}
		rc = cq_space_read(space, at, entry, (size_t)(next - off), err);
		if (rc < 0)
			return rc;
		c = cq_cur_over(entry, (size_t)(next - off), at);
		summary_entry_body(&c, t->stats.key_type, i, &key, &position, tr);
		at += next - off;
	}
	return CQ_OK;
}

static int explain_summary(const struct cq_table *t, const struct cq_space *space, const struct cq_unit *u, const cq_trace *tr,
	struct cq_error *err)
{
	struct summary_header h;
	struct cq_arena arena = {0};
	uint8_t head[SUMMARY_HEADER];
	uint64_t offsets_end, entries_end;
	cq_slice b = {0};
	cq_cur c;
	int rc;

	if (u->kind == CQ_U_SUMMARY_OFFSETS)
		return numbers(space, u, CQ_F_SUMMARY_OFFSET, 4, true, tr, err);
	if (u->kind == CQ_U_SUMMARY_ENTRIES)
		return summary_entries(t, space, u, tr, err);
	rc = cq_space_read(space, 0, head, space->size < sizeof head ? (size_t)space->size : sizeof head, err);
	if (rc < 0)
		return rc;
	c = cq_cur_over(head, space->size < sizeof head ? (size_t)space->size : sizeof head, 0);
	summary_header_body(&c, &h, tr);
	if (c.status)
		return stopped(&c, space, err);
	if (h.size > space->size - SUMMARY_HEADER) {
		tail(space, u, SUMMARY_HEADER, tr);
		rc = cq_fail(err, CQ_DAMAGED, 8, "size %llu passes the end of the file", (unsigned long long)h.size);
		cq_error_at(err, space->name, CQ_SPACE_RAW);
		return rc;
	}
	offsets_end = SUMMARY_HEADER + 4 * (uint64_t)h.n;
	entries_end = SUMMARY_HEADER + h.size;
	pages(u, CQ_U_SUMMARY_OFFSETS, CQ_F_SUMMARY_OFFSETS, SUMMARY_HEADER, h.n, 4, tr);
	pages(u, CQ_U_SUMMARY_ENTRIES, CQ_F_SUMMARY_ENTRIES, offsets_end, entries_end - offsets_end, 1, tr);
	/* Two keys and their lengths: 128 KiB at most. */
	b.len = space->size - entries_end < 1 << 18 ? (size_t)(space->size - entries_end) : 1 << 18;
	b.p = cq_arena_alloc(&arena, b.len + 1);
	rc = b.p ? cq_space_read(space, entries_end, (uint8_t *)(uintptr_t)b.p, b.len, err) :
		cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory");
	if (rc == CQ_OK) {
		c = cq_cur_over(b.p, b.len, entries_end);
		summary_key_body(&c, CQ_F_FIRST_KEY_LENGTH, CQ_F_FIRST_KEY, t->stats.key_type, tr);
		summary_key_body(&c, CQ_F_LAST_KEY_LENGTH, CQ_F_LAST_KEY, t->stats.key_type, tr);
		rc = stopped(&c, space, err);
		if (rc == CQ_OK)
			tail(space, u, cq_cur_off(&c), tr);
	}
	cq_arena_finish(&arena);
	return rc;
}

/* ---- text ---- */

/* Lines and their ends, a page of them. A line longer than a page of bytes is cut. */
static int explain_lines(const struct cq_space *space, const struct cq_unit *u, unsigned field, const cq_trace *tr,
	struct cq_error *err)
{
	uint64_t off = u->kind == CQ_U_COMPONENT ? 0 : u->off, line = u->kind == CQ_U_COMPONENT ? 0 : u->arg[0];
	uint8_t bytes[CQ_BYTES_A_PAGE];

	for (size_t n = 0; off < space->size; n++, line++) {
		size_t have = space->size - off < sizeof bytes ? (size_t)(space->size - off) : sizeof bytes, len;
		const uint8_t *nl;
		int rc;

		if (n == CQ_UNITS_A_PAGE) {
			struct cq_unit more = unit(u, CQ_U_TEXT_LINES, CQ_F_MORE, off, space->size - off, line);

			cq_trace_child(tr, &more, line, (cq_slice){0});
			return CQ_OK;
		}
		rc = cq_space_read(space, off, bytes, have, err);
		if (rc < 0)
			return rc;
		nl = memchr(bytes, '\n', have);
		len = nl ? (size_t)(nl - bytes) : have;
		if (len)
			cq_trace_bytes(tr, field, off, cq_slice_of(bytes, len), NULL);
		if (nl)
			cq_trace_bytes(tr, CQ_F_LINE_END, off + len, cq_slice_of(nl, 1), NULL);
		off += len + (nl != NULL);
	}
	return CQ_OK;
}

int shared_explain(const struct cq_table *t, const struct cq_unit *u, const cq_trace *tr, struct cq_error *err)
{
	const struct cq_space *space = u->component >= 0 && u->component < CQ_C_KINDS ? t->component[u->component] : NULL;

	if (!space)
		return cq_fail(err, CQ_EIO, CQ_NO_OFFSET, "%s is not there", u->component >= 0 && u->component < CQ_C_KINDS ?
			cq_component_name((enum cq_component)u->component) : "the component");
	if (u->kind == CQ_U_BYTES)
		return bytes_page(space, u, CQ_F_UNKNOWN_BYTES, tr, err);
	switch (u->component) {
	case CQ_C_STATISTICS: return explain_statistics(t, space, u, tr, err);
	case CQ_C_COMPRESSION_INFO: return explain_compression(t, space, u, tr, err);
	case CQ_C_CRC: return explain_crc(space, u, tr, err);
	case CQ_C_FILTER: return explain_filter(t, space, u, tr, err);
	case CQ_C_SUMMARY: return explain_summary(t, space, u, tr, err);
	case CQ_C_DIGEST: return explain_lines(space, u, CQ_F_DIGEST_TEXT, tr, err);
	case CQ_C_TOC: return explain_lines(space, u, CQ_F_TOC_LINE, tr, err);
	default:
		tail(space, u, 0, tr);
		return CQ_OK;
	}
}
