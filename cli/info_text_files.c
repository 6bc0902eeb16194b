/* info for people: the files beside Data.db. */
#include "info_lines.h"

#include <inttypes.h>
#include <math.h>

void info_text_compression(struct info *i)
{
	const struct info_compression *c = &i->compression;
	const struct cq_chunks *ch = &i->t->chunks;
	struct cq_buf *out;

	info_section(i, "Compression");
	if (c->none) {
		info_line(i, "Compressor", "none");
		if (i->t->stream.crcs)
			info_line(i, "Checksums", "every %" PRIu32 " bytes (CRC.db)", i->t->stream.crc_block);
		else
			info_line(i, "Checksums", "none (no usable CRC.db)");
		return;
	}
	if (c->why) {
		info_unmeasured(i, "Compressor", c->why);
		return;
	}
	info_line(i, "Compressor", "%s", c->class_name);
	for (size_t k = 0; k < c->noptions; k++)
		info_line(i, k ? "" : "Options", "%.*s = %.*s", (int)c->options[k].key.len, (const char *)c->options[k].key.p,
			(int)c->options[k].value.len, (const char *)c->options[k].value.p);
	if (!i->t->stream.chunks) {
		info_unmeasured(i, "Chunks", c->chunks_why);
		return;
	}
	info_size_line(i, "Chunk length", ch->chunk_len);
	if (!c->has_max_compressed)
		info_not_here(i, "Max compressed length");
	else if (ch->max_compressed == INT32_MAX)
		info_line(i, "Max compressed length", "no limit (2147483647)");
	else
		info_size_line(i, "Max compressed length", ch->max_compressed);
	info_size_line(i, "Uncompressed length", ch->data_len);
	info_line(i, "Chunks", "%" PRIu64, c->chunks);
	if (c->chunks_why) {
		info_unmeasured(i, "Raw chunks", c->chunks_why);
	} else {
		info_line(i, "Raw chunks", "%" PRIu64, c->raw_chunks);
		out = info_name(i, "Compression ratio, measured");
		if (ch->data_len)
			cq_buf_printf(out, "%.6f (%" PRIu64 " / %" PRIu64 ")\n", (double)c->payload_bytes / (double)ch->data_len,
				c->payload_bytes, ch->data_len);
		else
			cq_buf_str(out, "none: no data\n");
	}
	if (i->why_stats)
		info_unmeasured(i, "Compression ratio, stated", i->why_stats);
	else
		info_double_line(i, "Compression ratio, stated", i->t->stats.compression_ratio, "");
}

void info_text_filter(struct info *i)
{
	const struct info_filter *f = &i->filter;
	double bits = 64.0 * (double)f->words;

	info_section(i, "Bloom filter");
	if (i->why_validation)
		info_unmeasured(i, "FP chance, as set", i->why_validation);
	else
		info_double_line(i, "FP chance, as set", i->t->stats.bloom_fp_chance, "");
	if (f->none) {
		info_line(i, "Filter", "none%s: every key may be there",
			!i->why_validation && i->t->stats.bloom_fp_chance < 1 ? ", though the setting asks for one" : "");
		return;
	}
	if (f->why) {
		info_unmeasured(i, "Filter", f->why);
		return;
	}
	info_line(i, "Hashes", "%" PRIu64, f->hashes);
	info_line(i, "Bits", "%" PRIu64 " (%" PRIu64 " set, %.1f %%)", f->words * 64, f->set, 100.0 * (double)f->set / bits);
	if (!i->cardinality_why && i->cardinality > 0)
		info_line(i, "Bits per key, about", "%.2f", bits / (double)i->cardinality);
	info_line(i, "FP chance, from the bits", "%.6f", f->expected_fp);
}

void info_text_index(struct info *i)
{
	const struct info_summary *s = &i->summary;
	const struct info_trie *t = &i->trie;
	struct cq_buf *out;

	if (!s->none) {
		info_section(i, "Index summary");
		if (s->why) {
			info_unmeasured(i, "Summary.db", s->why);
		} else {
			info_line(i, "Min index interval", "%" PRIu64, s->interval);
			info_line(i, "Sampling level", "%" PRIu64 " of 128", s->level);
			info_line(i, "Entries", "%" PRIu64 " (%" PRIu64 " at full sampling)", s->entries, s->full_entries);
			info_size_line(i, "Bytes", s->bytes);
		}
	}
	if (!t->none) {
		info_section(i, "Partition index");
		if (t->why) {
			info_unmeasured(i, "Partitions.db", t->why);
			return;
		}
		info_line(i, "Keys", "%" PRIu64, t->keys);
		info_line(i, "Root at", "0x%" PRIx64, t->root);
		if (t->first.p && t->last.p) {
			out = info_name(i, "Keys, first and last");
			info_value(out, i->t->stats.key_type, t->first);
			cq_buf_str(out, ", ");
			info_value(out, i->t->stats.key_type, t->last);
			cq_buf_byte(out, '\n');
		}
	}
}
