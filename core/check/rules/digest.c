/* digest - Digest.crc32 (or .adler32): one checksum over all of Data.db. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cq_damage.h"
#include "cq_textfile.h"

/* A bit found in a longer file is more likely chance than cause: 8 * 4 Mi / 2^32 is below one in a hundred. */
enum { BIT_MAX = 4 << 20, TEXT_MAX = 4096 };

/* Decimal, as Long.parseLong reads the first line. */
static bool parse(cq_slice text, uint32_t *out)
{
	uint64_t v = 0;
	size_t n = text.len;

	if (n && text.p[n - 1] == '\n')
		n--;
	if (n && text.p[n - 1] == '\r')
		n--;
	if (!n || n > 10)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		v = v * 10 + (unsigned)(text.p[i] - '0');
	}
	*out = (uint32_t)v;
	return v <= UINT32_MAX;
}

/* Which flipped bit of the text makes it the right number? */
static bool bit_of_text(cq_slice text, uint32_t right, struct cq_suspect *out)
{
	uint8_t copy[16];
	uint32_t v;

	if (text.len > sizeof copy)
		return false;
	memcpy(copy, text.p, text.len);
	for (size_t i = 0; i < text.len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			copy[i] ^= (uint8_t)(1u << bit);
			if (parse(cq_slice_of(copy, text.len), &v) && v == right) {
				*out = (struct cq_suspect){ .set = true, .component = CQ_C_DIGEST, .space = CQ_SPACE_RAW, .off = i, .bit = bit,
					.found = text.p[i], .expected = copy[i] };
				return true;
			}
			copy[i] ^= (uint8_t)(1u << bit);
		}
	}
	return false;
}

/* No chunk, no block: which bit of Data.db? */
static void bit_of_data(struct cq_check *c, const struct cq_damage *d, uint32_t stored, struct cq_suspect *out)
{
	struct cq_bit bit;
	struct cq_space *file;
	uint8_t byte;

	if (d->raw_len > BIT_MAX || !cq_single_bit(stored, d->crc, d->raw_len, &bit) || bit.in_checksum ||
	    cq_space_open_file(&file, c->entry->data_path, NULL) != CQ_OK)
		return;
	if (cq_space_read(file, bit.off, &byte, 1, NULL) == CQ_OK)
		*out = (struct cq_suspect){ .set = true, .component = CQ_C_DATA, .space = CQ_SPACE_RAW, .off = bit.off, .bit = bit.bit, .found = byte,
			.expected = byte ^ (uint8_t)(1u << bit.bit) };
	cq_space_close(file);
}

static const char *rule_of(const struct cq_bad *b, bool chunks)
{
	switch (b->cause) {
	case CQ_DMG_MAP: return "chunk-map";
	case CQ_DMG_TRUNCATED: return "truncated";
	case CQ_DMG_LENGTH: return "chunk-length";
	case CQ_DMG_ZEROS: return "zero-run";
	default: return chunks ? "chunk-crc" : "crcdb";
	}
}

/* A fault of CompressionInfo.db or CRC.db does not change Data.db. */
static const struct cq_bad *first_in_data(const struct cq_damage *d)
{
	for (const struct cq_bad *b = d->first; b; b = b->next)
		if (b->cause != CQ_DMG_MAP && b->cause != CQ_DMG_LENGTH && !(b->suspect.set && b->suspect.component == CQ_C_CRC) &&
		    !(d->map_bit.set && !d->chunks))
			return b;
	return NULL;
}

static void say_mismatch(struct cq_check *c, const struct cq_component_file *file, const struct cq_damage *d, cq_slice text, uint32_t stored,
	uint32_t computed)
{
	const struct cq_bad *bad = first_in_data(d);
	bool covered = d->ngood && !d->nbad;
	struct cq_suspect bit = {0};
	struct cq_check_finding *f;

	bit_of_text(text, computed, &bit);
	f = cq_say(&c->out, covered || bad ? CQ_WARNING : CQ_ERROR, CQ_C_DIGEST, 0, text.len, covered || bit.set ?
		"the digest is wrong, and not Data.db: the checksum of every %s is right" : bad ?
		"the digest does not fit Data.db, as it must be with a bad %s" : "the digest does not fit Data.db", cq_damage_unit(d));
	if (bit.set && !covered)
		f->message = cq_say_text(&c->out, "the digest is wrong by one bit");
	cq_say_expected(&c->out, f, "%" PRIu32 ", the %s of the %" PRIu64 " bytes of Data.db", computed,
		cq_slice_is(file->name, "Digest.adler32") ? "Adler-32" : "CRC32", d->raw_len);
	cq_say_found(&c->out, f, "%" PRIu32, stored);
	if (!bit.set && !d->chunks && !d->blocks && cq_slice_is(file->name, "Digest.crc32"))
		bit_of_data(c, d, stored, &bit);
	f->suspect = bit;
	f->effect = CQ_REFUSED;
	if (covered || (bit.set && bit.component == CQ_C_DIGEST)) {
		cq_say_means(&c->out, f, "%sRows are read as ever; only nodetool verify and sstableverify call the table corrupt, and scrub or repair may be "
			"started for nothing.", bit.set ? "One flipped bit in the digest's own text. " :
			"It belongs to an older or another Data.db, or was damaged itself. ");
		cq_say_action(&c->out, f, "Delete the Digest file with the node down: verify then reads every row instead.");
	} else if (bad) {
		f->because = rule_of(bad, d->chunks);
		cq_say_means(&c->out, f, "It covers the bytes that another finding is about, and says nothing more.");
		cq_say_action(&c->out, f, "Nothing by itself: see %s.", f->because);
	} else if (c->result->skipped_bytes) {
		f->because = d->first ? rule_of(d->first, d->chunks) : "decode";
	} else if (bit.set) {
		f->effect = CQ_WRONG_ANSWERS;
		cq_say_means(&c->out, f, "One flipped bit would explain it: %s. If so, the row there has a wrong value that nothing else can tell.",
			cq_suspect_text(&c->out, &bit));
		cq_say_span(&c->out, f, bit.off, 1);
	} else if (!d->chunks && !d->blocks) {
		f->effect = CQ_WRONG_ANSWERS;
	} else {
		f->effect = CQ_UNSURE;
	}
}

static void compare(struct cq_check *c)
{
	const struct cq_component_file *file = cq_sst_file(c->entry, CQ_C_DIGEST);
	const struct cq_damage *d;
	struct cq_arena scratch = {0};
	struct cq_error err = {0};
	struct cq_check_finding *f;
	uint32_t stored;
	cq_slice text;

	if (!file || !cq_sst_file(c->entry, CQ_C_DATA))
		return;
	if (!cq_slice_is(file->name, "Digest.crc32") && !cq_slice_is(file->name, "Digest.adler32")) {
		cq_unmeasured(&c->out, "%.*s is of a kind that is not computed", (int)file->name.len, (const char *)file->name.p);
		return;
	}
	d = cq_damage_of(c);
	if (!d || !d->whole) {
		cq_unmeasured(&c->out, "Data.db cannot be read to its end%s%s", d ? ": " : "", d ? d->error.msg : "");
		return;
	}
	if (cq_textfile_read(&scratch, file->path, TEXT_MAX, &text, &err) != CQ_OK) {
		if (err.code == CQ_DAMAGED)
			cq_say(&c->out, CQ_WARNING, CQ_C_DIGEST, 0, file->bytes, "the digest is no number: %s", err.msg);
		else
			cq_unmeasured(&c->out, "the digest cannot be read: %s", err.msg);
	} else if (!parse(text, &stored)) {
		uint32_t computed = cq_slice_is(file->name, "Digest.adler32") ? d->adler : d->crc;

		f = cq_say(&c->out, CQ_WARNING, CQ_C_DIGEST, 0, text.len, "the digest is no decimal number");
		cq_say_expected(&c->out, f, "%" PRIu32, computed);
		cq_say_found(&c->out, f, "\"%.*s\"", (int)(text.len < 40 ? text.len : 40), (const char *)text.p);
		bit_of_text(text, computed, &f->suspect);
	} else {
		uint32_t computed = cq_slice_is(file->name, "Digest.adler32") ? d->adler : d->crc;

		if (stored != computed)
			say_mismatch(c, file, d, text, stored, computed);
	}
	cq_arena_finish(&scratch);
}

static void quick(struct cq_check *c)
{
	if (!c->table)
		compare(c);
}

static void finish(struct cq_check *c, void *state)
{
	(void)state;
	compare(c);
}

const struct cq_rule cq_rule_digest = {
	.id = "digest", .title = "the digest is that of Data.db", .severity = CQ_WARNING, .effect = CQ_REFUSED,
	.stage = CQ_STAGE_PASS, .flags = CQ_RULE_UNOPENED, .quick = quick, .finish = finish,
	.proves = "The number in Digest.crc32 is the checksum of the bytes of Data.db as they lie on the disk, chunk checksums included.",
	.means = "Data.db, or the digest, is not what was written. With checksums of chunks or blocks the other findings say which; an uncompressed "
		"table without CRC.db has only the digest, and then some byte is wrong that nobody can name.",
	.action = "With no other finding about Data.db: delete the Digest file with the node down. Otherwise do what the other finding says; for an uncompressed "
		"table without CRC.db move the SSTable away and run nodetool repair on the table.",
	.bug = "CASSANDRA-14217: sstableverify called healthy tables corrupt over their digests; CASSANDRA-8778.",
	.silent = "A table without a digest is healthy: verify reads its rows instead.",
	.kinds = "8",
};
