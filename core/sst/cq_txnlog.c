#include "cq_txnlog.h"

#include <stdlib.h>

#include "cq_hash.h"
#include "cq_textfile.h"

/* ---- names ------------------------------------------------------------------------------------------------ */

/* ^((?:[a-z]+-)?.{2}_)?txn_(.*)_(.*)\.log$ */
bool cq_txnlog_name_parse(const char *name, struct cq_txnlog_name *out)
{
	size_t n = strlen(name);
	const char *txn = name, *uuid;

	*out = (struct cq_txnlog_name){0};
	if (n < 4 || strcmp(name + n - 4, ".log"))
		return false;
	if (strncmp(txn, "txn_", 4)) {
		size_t letters = strspn(name, "abcdefghijklmnopqrstuvwxyz");

		txn = name + (letters && name[letters] == '-' ? letters + 1 : 0);
		if (strlen(txn) < 3 || txn[2] != '_' || strncmp(txn + 3, "txn_", 4))
			return false;
		txn += 3;
		out->prefix = cq_slice_of(name, (size_t)(txn - name) - 1);
	}
	txn += 4;
	for (uuid = name + n - 4; uuid > txn && uuid[-1] != '_';)
		uuid--;
	if (uuid == txn)
		return false;
	out->operation = cq_slice_of(txn, (size_t)(uuid - txn) - 1);
	out->uuid = cq_slice_of(uuid, (size_t)(name + n - 4 - uuid));
	return true;
}

/* ---- records ---------------------------------------------------------------------------------------------- */

static const char *const type_names[] = {
	[CQ_TXN_UNKNOWN] = "", [CQ_TXN_ADD] = "ADD", [CQ_TXN_REMOVE] = "REMOVE", [CQ_TXN_COMMIT] = "COMMIT", [CQ_TXN_ABORT] = "ABORT",
};

uint32_t cq_txn_checksum(enum cq_txn_type type, cq_slice path, int64_t time, int32_t files)
{
	bool has_file = type == CQ_TXN_ADD || type == CQ_TXN_REMOVE;
	uint64_t t = type == CQ_TXN_REMOVE ? (uint64_t)time : 0;
	uint8_t n[12];
	uint32_t crc = 0;

	if (has_file && path.len)
		crc = cq_crc32(crc, path.p, path.len);
	crc = cq_crc32(crc, type_names[type], strlen(type_names[type]));
	cq_put_be32(n, (uint32_t)t);
	cq_put_be32(n + 4, (uint32_t)(t >> 32));
	cq_put_be32(n + 8, has_file ? (uint32_t)files : 0);
	return cq_crc32(crc, n, sizeof n);
}

/* A decimal number as Long.parseLong takes it, within 0 or low to high. */
static bool number(cq_slice s, uint64_t high, bool may_be_negative, int64_t *out)
{
	bool negative = s.len && s.p[0] == '-';
	uint64_t v = 0;
	size_t i = s.len && (s.p[0] == '-' || s.p[0] == '+');

	if (i == s.len || (negative && !may_be_negative))
		return false;
	for (; i < s.len; i++) {
		unsigned digit = (unsigned)(s.p[i] - '0');

		if (s.p[i] < '0' || s.p[i] > '9' || v > (high - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = negative ? -(int64_t)v : (int64_t)v;
	return true;
}

/* The word before ":[", whatever its case. */
static enum cq_txn_type type_of(cq_slice line, size_t *after)
{
	for (int t = CQ_TXN_ADD; t <= CQ_TXN_ABORT; t++) {
		size_t n = strlen(type_names[t]), i = 0;

		if (line.len < n + 2 || line.p[n] != ':' || line.p[n + 1] != '[')
			continue;
		while (i < n && (line.p[i] & 0xdf) == (uint8_t)type_names[t][i])
			i++;
		if (i == n) {
			*after = n + 2;
			return (enum cq_txn_type)t;
		}
	}
	return CQ_TXN_UNKNOWN;
}

/* ^(add|remove|commit|abort):\[([^,]*),?([^,]*),?([^,]*)\]\[(\d*)\]$ - a path may hold brackets, so the checksum is
 * looked for from the end. */
static const char *parse_line(cq_slice line, struct cq_txn_record *r)
{
	size_t at, end = line.len, comma[2], ncomma = 0, body;
	cq_slice field[3] = {{0}};
	enum cq_txn_type type = type_of(line, &at);
	int64_t time, files, checksum;

	if (type == CQ_TXN_UNKNOWN)
		return "does not begin with ADD:[, REMOVE:[, COMMIT:[ or ABORT:[";
	if (line.p[end - 1] != ']')
		return "does not end with ]";
	for (end--; end > at && line.p[end - 1] >= '0' && line.p[end - 1] <= '9';)
		end--;
	if (end < at + 2 || line.p[end - 1] != '[' || line.p[end - 2] != ']')
		return "has no checksum in brackets at its end";
	body = end - 2;
	for (size_t i = at; i < body; i++) {
		if (line.p[i] != ',')
			continue;
		if (ncomma == 2)
			return "has more than two commas (a path with a comma cannot be read back)";
		comma[ncomma++] = i;
	}
	if (ncomma < 2)
		return "has fewer than three fields";
	field[0] = cq_slice_of(line.p + at, comma[0] - at);
	field[1] = cq_slice_of(line.p + comma[0] + 1, comma[1] - comma[0] - 1);
	field[2] = cq_slice_of(line.p + comma[1] + 1, body - comma[1] - 1);
	if (!number(field[1], INT64_MAX, true, &time) || !number(field[2], INT32_MAX, true, &files)
	    || !number(cq_slice_of(line.p + end, line.len - 1 - end), INT64_MAX, false, &checksum))
		return "has a number that is none";
	r->type = type;
	if (type == CQ_TXN_ADD || type == CQ_TXN_REMOVE) {
		r->path = field[0];
		r->files = (int32_t)files;
	}
	r->time = type == CQ_TXN_REMOVE ? time : 0;
	r->computed = cq_txn_checksum(type, r->path, r->time, r->files);
	r->checksum = (uint32_t)checksum;
	return checksum == (int64_t)r->computed ? NULL : "has a wrong checksum";
}

/* What the records mean together. */
static void judge(struct cq_txnlog *log)
{
	log->usable = true;
	for (size_t i = 0; i < log->nrecords; i++) {
		const struct cq_txn_record *r = &log->record[i];

		if (r->valid) {
			log->committed = r->type == CQ_TXN_COMMIT;
			log->aborted = r->type == CQ_TXN_ABORT;
			continue;
		}
		log->ninvalid++;
		if (i + 1 < log->nrecords)
			log->usable = false;
		else
			log->partial = true;
	}
	if (!log->usable) {
		log->partial = log->committed = log->aborted = false;
		log->problem = "a record before the last is not valid: Cassandra would act on none of them";
	} else if (log->partial) {
		log->problem = "the last record is not valid: the ones before it hold";
	}
}

int cq_txnlog_parse(struct cq_arena *arena, cq_slice text, struct cq_txnlog *out, struct cq_error *err)
{
	struct cq_txnlog log = {0};
	size_t lines = 1, start = 0;

	for (size_t i = 0; i < text.len; i++)
		lines += text.p[i] == '\n';
	log.record = cq_arena_zalloc(arena, lines, sizeof *log.record);
	if (!log.record)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for the %zu lines of a transaction log", lines);
	for (size_t i = 0; i <= text.len; i++) {
		struct cq_txn_record *r;
		size_t end = i;

		if (i < text.len && text.p[i] != '\n')
			continue;
		if (end > start && text.p[end - 1] == '\r')
			end--;
		if (i < text.len || end > start) {
			r = &log.record[log.nrecords++];
			r->off = start;
			r->line = cq_slice_of(text.p + start, end - start);
			r->problem = parse_line(r->line, r);
			r->valid = !r->problem;
		}
		start = i + 1;
	}
	judge(&log);
	*out = log;
	return CQ_OK;
}

int cq_txnlog_read(struct cq_arena *arena, const char *path, struct cq_txnlog *out, struct cq_error *err)
{
	cq_slice text;
	int rc = cq_textfile_read(arena, path, 64 << 20, &text, err);

	if (rc == CQ_OK)
		rc = cq_txnlog_parse(arena, text, out, err);
	cq_error_at(err, path, CQ_SPACE_RAW);
	if (rc != CQ_OK)
		return rc;
	out->path = cq_arena_dup(arena, path, strlen(path));
	if (!out->path)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for a transaction log");
	cq_txnlog_name_parse(cq_basename(out->path), &out->name);
	return CQ_OK;
}

/* ---- the state of a list ---------------------------------------------------------------------------------- */

static cq_slice dir_part(cq_slice path)
{
	while (path.len && path.p[path.len - 1] != '/')
		path.len--;
	if (path.len > 1)
		path.len--;
	return path;
}

static cq_slice last_part(cq_slice path)
{
	size_t n = path.len;

	while (n && path.p[n - 1] != '/')
		n--;
	return cq_slice_of(path.p + n, path.len - n);
}

static int log_order(const void *x, const void *y)
{
	const struct cq_txnlog *a = x, *b = y;
	int c = strcmp(cq_basename(a->path), cq_basename(b->path));

	return c ? c : strcmp(a->path, b->path);
}

/* n replicas of one log: lines that two of them have must be the same. A line that is not valid in one is judged there
 * already. The longest speaks for all. */
static const struct cq_txnlog *reconcile(struct cq_txnlog *log, size_t n)
{
	struct cq_txnlog *longest = &log[0];
	bool agree = true;

	for (size_t i = 1; i < n; i++) {
		if (log[i].nrecords - log[i].partial > longest->nrecords - longest->partial)
			longest = &log[i];
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; agree && j < log[i].nrecords && j < longest->nrecords; j++) {
			bool cut = log[i].partial && j + 1 == log[i].nrecords;

			agree = cut || cq_slice_eq(log[i].record[j].line, longest->record[j].line);
		}
	}
	if (agree)
		return longest;
	for (size_t i = 0; i < n; i++) {
		log[i].usable = log[i].committed = log[i].aborted = false;
		log[i].problem = "the copies of this log in several directories disagree: Cassandra would act on none of them";
	}
	return longest;
}

/* Tables by directory and name, to find the one that a record means. */
static int by_place(const void *x, const void *y)
{
	const struct cq_sst_entry *a = *(struct cq_sst_entry *const *)x, *b = *(struct cq_sst_entry *const *)y;
	int c = strcmp(a->dir, b->dir);

	return c ? c : cq_slice_cmp(a->desc.base, b->desc.base);
}

static struct cq_sst_entry *find(struct cq_sst_entry **sorted, size_t n, cq_slice dir, cq_slice base)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = cq_slice_cmp(cq_slice_str(sorted[mid]->dir), dir);

		if (!c)
			c = cq_slice_cmp(sorted[mid]->desc.base, base);
		if (!c)
			return sorted[mid];
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* The directory that every record of a log names; p == NULL when there are several. */
static cq_slice only_dir(const struct cq_txnlog *log)
{
	cq_slice only = {0};

	for (size_t i = 0; i < log->nrecords; i++) {
		cq_slice dir = dir_part(log->record[i].path);

		if (!log->record[i].path.len)
			continue;
		if (only.p && !cq_slice_eq(dir, only))
			return (cq_slice){0};
		only = dir;
	}
	return only;
}

static struct cq_sst_entry *meant(struct cq_sst_entry **sorted, size_t n, const struct cq_txnlog *log,
	const struct cq_txn_record *r, cq_slice only)
{
	cq_slice dir = dir_part(r->path), base = last_part(r->path), own = dir_part(cq_slice_str(log->path));
	struct cq_sst_entry *e;

	if (!base.len || base.p[base.len - 1] != '-')
		return NULL;
	base.len--;
	e = find(sorted, n, dir, base);
	if (!e && (only.p || cq_slice_eq(last_part(dir), last_part(own))))
		e = find(sorted, n, own, base);
	return e;
}

/* Mark what one log (judged by "says", its longest copy) means for the tables around the copy "at". */
static void mark(struct cq_sst_entry **sorted, size_t n, const struct cq_txnlog *says, const struct cq_txnlog *at,
	struct cq_txn_logs *out)
{
	cq_slice only = only_dir(says);

	for (size_t i = 0; i < says->nrecords; i++) {
		const struct cq_txn_record *r = &says->record[i];
		enum cq_txn_fate fate = r->type == CQ_TXN_ADD && !says->committed ? CQ_TXN_INCOMPLETE
			: r->type == CQ_TXN_REMOVE && says->committed ? CQ_TXN_OBSOLETE : CQ_TXN_NONE;
		struct cq_sst_entry *e;

		if (!r->valid || !r->path.len)
			continue;
		e = meant(sorted, n, at, r, only);
		if (!e) {
			out->elsewhere++;
		} else if (fate != CQ_TXN_NONE && e->fate == CQ_TXN_NONE) {
			e->fate = fate;
			e->fate_log = at->path;
			out->incomplete += fate == CQ_TXN_INCOMPLETE;
			out->obsolete += fate == CQ_TXN_OBSOLETE;
		}
	}
}

int cq_txn_state(struct cq_desc_list *list, struct cq_txn_logs *out, struct cq_error *err)
{
	size_t nlogs = list->nother[CQ_OTHER_TXN_LOG];
	struct cq_sst_entry **sorted;

	*out = (struct cq_txn_logs){0};
	if (!nlogs)
		return CQ_OK;
	out->log = cq_arena_zalloc(&list->arena, nlogs, sizeof *out->log);
	sorted = cq_arena_zalloc(&list->arena, list->ntables + 1, sizeof(struct cq_sst_entry *));
	if (!out->log || !sorted)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for %zu transaction logs", nlogs);
	for (size_t i = 0; i < list->nothers; i++) {
		int rc;

		if (list->others[i].kind != CQ_OTHER_TXN_LOG)
			continue;
		rc = cq_txnlog_read(&list->arena, list->others[i].path, &out->log[out->n], err);
		if (rc == CQ_NOT_FOUND)                /* gone since it was listed: the operation is done */
			continue;
		if (rc != CQ_OK)
			return rc;
		out->n++;
	}
	for (size_t i = 0; i < list->ntables; i++)
		sorted[i] = &list->tables[i];
	qsort(sorted, list->ntables, sizeof(struct cq_sst_entry *), by_place);
	qsort(out->log, out->n, sizeof *out->log, log_order);
	for (size_t i = 0, j; i < out->n; i = j) {
		const struct cq_txnlog *says;

		for (j = i + 1; j < out->n && !strcmp(cq_basename(out->log[i].path), cq_basename(out->log[j].path));)
			j++;
		says = reconcile(&out->log[i], j - i);
		for (size_t k = i; says->usable && k < j; k++)
			mark(sorted, list->ntables, says, &out->log[k], out);
	}
	return CQ_OK;
}
