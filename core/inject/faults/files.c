/* Faults of whole files: components that are gone, empty, of another SSTable; TOC.txt, digests, CRC.db, transaction logs. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cq_txnlog.h"
#include "faults.h"

/* The component that the options name, or one of several by the seed. */
static const struct inject_file *chosen(struct cq_inject *in, bool (*fits)(const struct inject_file *f), struct cq_error *err)
{
	const struct inject_file *best = NULL;
	uint64_t n = 0;

	for (size_t i = 0; i < in->image->nfiles; i++) {
		const struct inject_file *f = &in->image->file[i];

		if (f->whole || f->component < 0)
			continue;
		if (in->opt->component ? strncmp(f->name, in->opt->component, strlen(in->opt->component)) == 0 :
		    fits(f) && cq_inject_random(in, ++n) == 0)
			best = f;
	}
	if (!best)
		cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "the SSTable has no %s", in->opt->component ? in->opt->component : "such component");
	return best;
}

static bool is_any(const struct inject_file *f)
{
	return f->component < CQ_C_SAI;
}

static bool has_bytes(const struct inject_file *f)
{
	return f->component < CQ_C_SAI && f->len;
}

static int delete_component(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	const struct inject_file *c = chosen(in, is_any, err);
	int rc;

	(void)f;
	if (!c)
		return CQ_NOT_FOUND;
	rc = cq_inject_delete(in, c->name, err);
	if (rc == CQ_OK)
		rc = cq_inject_expect(in, "toc-set", c->component == CQ_C_DIGEST || c->component == CQ_C_TOC || c->component == CQ_C_CRC ||
			c->component == CQ_C_SUMMARY || c->component == CQ_C_FILTER ? CQ_WARNING : CQ_ERROR, c->name, CQ_SPACE_RAW, CQ_NO_OFFSET,
			false, err);
	if (rc == CQ_OK)
		rc = cq_inject_expect(in, "decode index-cover mix bti-root", CQ_ERROR, c->name, CQ_SPACE_RAW, CQ_NO_OFFSET, true, err);
	cq_inject_say(in, "%s is not there", c->name);
	return rc;
}

static int empty_component(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	const struct inject_file *c = chosen(in, has_bytes, err);
	int rc;

	(void)f;
	if (!c)
		return CQ_NOT_FOUND;
	if (!c->len)
		return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "%s is empty already", c->name);
	rc = cq_inject_empty(in, c->name, err);
	/* A Filter.db without a byte is legal where no filter is wanted, a Rows.db where no partition is wide. */
	if (rc == CQ_OK)
		rc = cq_inject_expect(in, c->component == CQ_C_DIGEST ? "os|digest" : c->component == CQ_C_TOC ? "os|toc-set" :
			c->component == CQ_C_CRC ? "os|crcdb" : c->component == CQ_C_FILTER ? "os|filter-fp" : c->component == CQ_C_ROWS ?
			"os|bti-rows|bti-leafset" : "os", CQ_ERROR, c->name, CQ_SPACE_RAW, CQ_NO_OFFSET, false, err);
	if (rc == CQ_OK)
		rc = cq_inject_expect(in, "decode truncated bti-root index-cover index-data stats-toc chunk-map", CQ_ERROR, c->name, CQ_SPACE_RAW,
			CQ_NO_OFFSET, true, err);
	cq_inject_say(in, "%s has no byte", c->name);
	return rc;
}

static int swap_component(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	const struct inject_file *c;
	struct cq_desc d;
	char path[4096 + 600];
	int rc;

	if (!in->opt->from)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "%s needs --from: a file of the other SSTable", f->id);
	rc = cq_desc_parse(in->opt->from, &d, err);
	if (rc != CQ_OK)
		return rc == CQ_NOT_FOUND ? CQ_EUSAGE : rc;
	c = in->opt->component ? chosen(in, is_any, err) : inject_file_of(in, d.component);
	if (!c)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "the SSTable has no component like %s", in->opt->from);
	snprintf(path, sizeof path, "%.*s/%.*s-%s", (int)d.dir.len, (const char *)d.dir.p, (int)d.base.len, (const char *)d.base.p, c->name);
	rc = cq_inject_take(in, c->name, path, err);
	if (rc == CQ_OK)
		rc = cq_inject_expect(in, c->component == CQ_C_DIGEST ? "digest|mix" : c->component == CQ_C_CRC ? "crcdb|mix" :
			c->component == CQ_C_TOC ? "toc-set|mix" : c->component == CQ_C_COMPRESSION_INFO ? "mix|chunk-map|chunk-crc" : "mix", CQ_ERROR,
			c->name, CQ_SPACE_RAW, CQ_NO_OFFSET, c->component == CQ_C_TOC, err);
	if (rc == CQ_OK)
		rc = cq_inject_expect(in, "decode index-data index-cover summary-index filter-fn chunk-map chunk-crc bti-leafset bti-root bti-rows "
			"stats-ts stats-ldt stats-counts stats-hist stats-keys stats-cardinality stats-clustering stats-ratio digest crcdb truncated",
			CQ_ERROR, c->name, CQ_SPACE_RAW, CQ_NO_OFFSET, true, err);
	cq_inject_say(in, "%s is that of %.*s", c->name, (int)d.base.len, (const char *)d.base.p);
	return rc;
}

/* ---- TOC.txt ---- */

static int toc_missing(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	static const unsigned fields[] = { CQ_F_TOC_LINE, CQ_F_NONE };
	const struct cq_inject_want want = { .component = CQ_C_TOC, .fields = fields, .what = "line in TOC.txt" };
	char name[300];
	struct cq_node n;
	uint64_t len;
	cq_nid id;
	int rc = cq_inject_pick(in, &want, &id, &n, err);

	(void)f;
	if (rc != CQ_OK)
		return rc;
	len = n.len + (n.off + n.len < cq_inject_size(in, CQ_C_TOC, CQ_SPACE_RAW));
	snprintf(name, sizeof name, "%.*s", (int)n.preview.len, (const char *)n.preview.p);
	rc = cq_inject_replace(in, CQ_C_TOC, CQ_SPACE_RAW, n.off, len, (cq_slice){0}, id, err);
	cq_inject_say(in, "TOC.txt does not list %s", name);
	return rc;
}

static int toc_extra(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	uint64_t size = cq_inject_size(in, CQ_C_TOC, CQ_SPACE_RAW);
	const char *line = "Ghost.db\n";
	uint8_t last = '\n';
	int rc = CQ_OK;

	(void)f;
	if (!inject_file_of(in, CQ_C_TOC))
		return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "the SSTable has no TOC.txt");
	if (size)
		rc = cq_inject_read(in, CQ_C_TOC, CQ_SPACE_RAW, size - 1, &last, 1, err);
	if (rc == CQ_OK && last != '\n')
		line = "\nGhost.db\n";
	if (rc == CQ_OK)
		rc = cq_inject_replace(in, CQ_C_TOC, CQ_SPACE_RAW, size, 0, cq_slice_str(line), 0, err);
	cq_inject_say(in, "TOC.txt lists Ghost.db, which is not there");
	return rc;
}

/* ---- checksums that lie; they cannot be made right again ---- */

static int unfixable(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	if (in->opt->checksums == CQ_INJECT_FIX)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "%s is about a checksum: it cannot be made right", f->id);
	in->now->fix = false;
	return CQ_OK;
}

static int digest_wrong(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	uint64_t size = cq_inject_size(in, CQ_C_DIGEST, CQ_SPACE_RAW), k;
	uint8_t b;
	int rc = unfixable(in, f, err);

	if (rc != CQ_OK)
		return rc;
	if (!size)
		return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET, "the SSTable has no digest");
	/* 0 and 1, 2 and 3, ...: still a digit, and not the first, so that it stays a number of 32 bits. */
	k = size > 1 ? 1 + cq_inject_random(in, size - 1) : 0;
	rc = cq_inject_read(in, CQ_C_DIGEST, CQ_SPACE_RAW, k, &b, 1, err);
	b ^= 1;
	if (rc == CQ_OK)
		rc = cq_inject_replace(in, CQ_C_DIGEST, CQ_SPACE_RAW, k, 1, cq_slice_of(&b, 1), 0, err);
	cq_inject_say(in, "digit %" PRIu64 " of the digest is another one; Data.db is as it was", k + 1);
	return rc;
}

static int checksum_field(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	int rc = unfixable(in, f, err);

	return rc == CQ_OK ? fault_field(in, f, err) : rc;
}

/* ---- transaction logs ---- */

/* A log of a compaction that replaced this table: its first record carries a wrong checksum, so that the whole is of no use and
 * nobody knows whether the table is obsolete. */
static int txn_record(struct cq_inject *in, const struct cq_fault *f, struct cq_error *err)
{
	char path[PATH_MAX + 600], name[300], text[PATH_MAX + 1200], dir[PATH_MAX];
	const struct cq_desc *d = &in->t->desc;
	uint32_t crc;
	int rc;

	if (in->opt->dir[0] == '/')
		snprintf(dir, sizeof dir, "%s", in->opt->dir);
	else if (!getcwd(dir, sizeof dir) || strlen(dir) + strlen(in->opt->dir) + 2 > sizeof dir)
		return cq_fail(err, CQ_EIO, CQ_NO_OFFSET, "the folder's path is too long");
	else
		snprintf(dir + strlen(dir), sizeof dir - strlen(dir), "/%s", in->opt->dir);
	snprintf(path, sizeof path, "%s/%s-", dir, in->base);
	if (strpbrk(path, ",\n\r"))
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "a log cannot name a path with a comma: %s", path);
	crc = cq_txn_checksum(CQ_TXN_REMOVE, cq_slice_str(path), 1700000000000, (int32_t)in->image->nfiles);
	snprintf(name, sizeof name, "%s%.*s_txn_compaction_%08x-0000-11ee-8000-000000000000.log", d->format == CQ_SST_BTI ? "bti-" : "",
		(int)d->version.len, (const char *)d->version.p, (unsigned)cq_inject_random(in, UINT64_C(1) << 32));
	snprintf(text, sizeof text, "REMOVE:[%s,1700000000000,%zu][%" PRIu32 "]\nCOMMIT:[,0,0][%" PRIu32 "]\n", path, in->image->nfiles,
		crc ^ 1, cq_txn_checksum(CQ_TXN_COMMIT, (cq_slice){0}, 0, 0));
	rc = cq_inject_add_file(in, name, cq_slice_str(text), err);
	if (rc == CQ_OK)
		rc = cq_inject_expect(in, f->rules, f->severity, in->image->file[in->image->nfiles - 1].name, CQ_SPACE_RAW, 0, false, err);
	cq_inject_say(in, "%s says that a compaction has replaced the table, but the checksum of its first record is wrong", name);
	return rc;
}

static const struct cq_fault files_faults[] = {
	{ .id = "delete-component", .family = "files", .summary = "a component is not there (--component)", .rules = "toc-set",
	  .severity = CQ_ERROR, .apply = delete_component },
	{ .id = "empty-component", .family = "files", .summary = "a component has no byte (--component)", .rules = "os|digest|crcdb|toc-set|...",
	  .severity = CQ_ERROR, .apply = empty_component },
	{ .id = "swap-component", .family = "files", .summary = "a component of another SSTable (--from)", .rules = "mix|digest|crcdb",
	  .severity = CQ_ERROR, .flags = CQ_FAULT_NOT_RANDOM, .apply = swap_component },
	{ .id = "toc-missing", .family = "files", .summary = "TOC.txt does not list a component", .rules = "toc-set", .severity = CQ_WARNING,
	  .apply = toc_missing },
	{ .id = "toc-extra", .family = "files", .summary = "TOC.txt lists a component that is not there", .rules = "toc-set",
	  .severity = CQ_WARNING, .apply = toc_extra },
	{ .id = "digest-wrong", .family = "files", .summary = "another digest beside a good Data.db", .rules = "digest", .severity = CQ_WARNING,
	  .apply = digest_wrong },
	{ .id = "crcdb-entry", .family = "files", .summary = "one checksum of CRC.db is wrong", .rules = "crcdb", .severity = CQ_ERROR,
	  .flags = CQ_FAULT_PLAIN, .apply = checksum_field, .also = "digest",
	  .arg = &(const struct fault_field){ CQ_C_CRC, { CQ_F_CRC_CHECKSUM }, .what = "checksum in CRC.db" } },
	{ .id = "crcdb-size", .family = "files", .summary = "CRC.db claims blocks of another size", .rules = "crcdb", .severity = CQ_ERROR,
	  .flags = CQ_FAULT_PLAIN, .apply = checksum_field,
	  .arg = &(const struct fault_field){ CQ_C_CRC, { CQ_F_CRC_CHUNK_SIZE }, .how = FAULT_PLUS, .what = "chunk size in CRC.db" } },
	{ .id = "chunk-crc", .family = "files", .summary = "the checksum of a chunk is wrong, the chunk is not", .rules = "chunk-crc",
	  .severity = CQ_ERROR, .flags = CQ_FAULT_COMPRESSED, .apply = checksum_field, .also = "digest promoted-rows bti-rows",
	  .arg = &(const struct fault_field){ CQ_C_DATA, { CQ_F_CHUNK_CRC }, .what = "chunk" } },
	{ .id = "txn-record", .family = "files", .summary = "a transaction log that names the table, with a broken record", .rules = "txnlog",
	  .severity = CQ_ERROR, .apply = txn_record },
};

FAMILY(files);
