#include "cq_desc.h"

/* ---- components ------------------------------------------------------------------------------------------- */

static const char *const component_names[CQ_C_KINDS] = {
	[CQ_C_DATA] = "Data.db", [CQ_C_INDEX] = "Index.db", [CQ_C_SUMMARY] = "Summary.db", [CQ_C_FILTER] = "Filter.db",
	[CQ_C_STATISTICS] = "Statistics.db", [CQ_C_COMPRESSION_INFO] = "CompressionInfo.db",
	[CQ_C_DIGEST] = "Digest.crc32", [CQ_C_CRC] = "CRC.db", [CQ_C_TOC] = "TOC.txt",
	[CQ_C_PARTITIONS] = "Partitions.db", [CQ_C_ROWS] = "Rows.db",
	[CQ_C_SAI] = "(storage-attached index)", [CQ_C_SASI] = "(SASI index)", [CQ_C_SCYLLA] = "Scylla.db",
	[CQ_C_TEMP] = "(temporary)", [CQ_C_OTHER] = "(other)",
};

const char *cq_component_name(enum cq_component c)
{
	return (unsigned)c < CQ_C_KINDS ? component_names[c] : "(other)";
}

static bool starts(cq_slice s, const char *with)
{
	size_t n = strlen(with);

	return s.len >= n && memcmp(s.p, with, n) == 0;
}

static bool ends(cq_slice s, const char *with)
{
	size_t n = strlen(with);

	return s.len >= n && memcmp(s.p + s.len - n, with, n) == 0;
}

enum cq_component cq_component_of(cq_slice name)
{
	if (ends(name, ".tmp"))
		return CQ_C_TEMP;
	for (int c = 0; c < CQ_C_KINDS; c++) {
		if (component_names[c][0] != '(' && cq_slice_is(name, component_names[c]))
			return (enum cq_component)c;
	}
	if (cq_slice_is(name, "Digest.adler32") || cq_slice_is(name, "Digest.sha1"))
		return CQ_C_DIGEST;
	if (starts(name, "SAI+") && ends(name, ".db"))
		return CQ_C_SAI;
	if (starts(name, "SI_") && ends(name, ".db"))
		return CQ_C_SASI;
	return CQ_C_OTHER;
}

/* ---- identifiers ------------------------------------------------------------------------------------------ */

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_word(uint8_t c)
{
	return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z') || c == '_';
}

/* n digits of base 36; false on another character or past 64 bits. */
static bool base36(const uint8_t *p, size_t n, uint64_t *out)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++) {
		uint8_t c = p[i] >= 'A' && p[i] <= 'Z' ? (uint8_t)(p[i] + 32) : p[i];
		unsigned digit;

		if (is_digit(c))
			digit = (unsigned)(c - '0');
		else if (is_lower(c))
			digit = (unsigned)(c - 'a') + 10;
		else
			return false;
		if (v > (UINT64_MAX - digit) / 36)
			return false;
		v = v * 36 + digit;
	}
	*out = v;
	return true;
}

/*  dddd_ssss_nnnnnrrrrrrrrrrrrr   days, second of the day, 100 ns in the second, low half of the UUID */
enum { UUID_ID_LEN = 28 };

static bool uuid_id(cq_slice text, struct cq_sst_id *out)
{
	uint64_t days, seconds, ticks, low, ts;

	if (text.len != UUID_ID_LEN || text.p[4] != '_' || text.p[9] != '_' || !base36(text.p, 4, &days)
	    || !base36(text.p + 5, 4, &seconds) || !base36(text.p + 10, 5, &ticks) || !base36(text.p + 15, 13, &low))
		return false;
	ts = (days * 86400 + seconds) * 10000000 + ticks;      /* at most 36^4 days: far below 2^64 */
	out->is_uuid = true;
	out->ticks = ts;
	cq_put_be32(out->uuid, (uint32_t)ts);
	cq_put_be16(out->uuid + 4, (uint16_t)(ts >> 32));
	cq_put_be16(out->uuid + 6, (uint16_t)(0x1000 | (ts >> 48 & 0xfff)));
	cq_put_be64(out->uuid + 8, low);
	return true;
}

bool cq_sst_id_parse(cq_slice text, struct cq_sst_id *out)
{
	uint64_t v = 0;

	*out = (struct cq_sst_id){ .text = text };
	if (!text.len)
		return false;
	if (text.len == UUID_ID_LEN)
		return uuid_id(text, out);
	if (text.len > 10)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!is_digit(text.p[i]))
			return false;
		v = v * 10 + (uint64_t)(text.p[i] - '0');
	}
	if (v > INT32_MAX)
		return false;
	out->number = (uint32_t)v;
	return true;
}

int cq_sst_id_cmp(const struct cq_sst_id *a, const struct cq_sst_id *b)
{
	if (a->is_uuid != b->is_uuid)
		return a->is_uuid ? 1 : -1;
	if (!a->is_uuid)
		return (a->number > b->number) - (a->number < b->number);
	if (a->ticks != b->ticks)
		return a->ticks > b->ticks ? 1 : -1;
	return memcmp(a->uuid + 8, b->uuid + 8, 8);
}

int64_t cq_sst_id_micros(const struct cq_sst_id *id)
{
	/* 1582-10-15 to 1970-01-01 in 100 ns */
	const int64_t epoch = 0x01b21dd213814000;

	return id->is_uuid ? ((int64_t)id->ticks - epoch) / 10 : INT64_MIN;
}

/* ---- directories ------------------------------------------------------------------------------------------ */

/* The last directory of *rest, which is shortened by it. p == NULL when there is none, or when it is . or .. and says
 * nothing without asking the file system. */
static cq_slice last_dir(cq_slice *rest)
{
	cq_slice name;

	do {
		size_t end = rest->len, start;

		while (end && rest->p[end - 1] == '/')
			end--;
		for (start = end; start && rest->p[start - 1] != '/';)
			start--;
		name = cq_slice_of(rest->p + start, end - start);
		rest->len = start;
	} while (cq_slice_is(name, "."));
	if (cq_slice_is(name, ".."))
		rest->len = 0;
	return name.len && !cq_slice_is(name, "..") ? name : (cq_slice){0};
}

static bool all_word(cq_slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!is_word(s.p[i]))
			return false;
	}
	return s.len > 0;
}

static int hex_digit(uint8_t c)
{
	return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* users-5a1c395eb41f11e59f22ba0be0483c18; id may be NULL. */
static bool table_with_id(cq_slice dir, cq_slice *name, uint8_t *id)
{
	size_t n = dir.len < 34 ? 0 : dir.len - 33;
	cq_slice table = cq_slice_of(dir.p, n);

	if (!n || dir.p[n] != '-' || !all_word(table))
		return false;
	for (size_t i = 0; i < 16; i++) {
		int high = hex_digit(dir.p[n + 1 + 2 * i]), low = hex_digit(dir.p[n + 2 + 2 * i]);

		if (high < 0 || low < 0)
			return false;
		if (id)
			id[i] = (uint8_t)(high << 4 | low);
	}
	if (name)
		*name = table;
	return true;
}

/* Is "dir" a tag under snapshots/? A keyspace may be called snapshots, and its tables carry their ids: then only a table
 * directory above makes it one. */
static bool is_snapshot(cq_slice dir, cq_slice rest)
{
	if (!dir.p || !cq_slice_is(last_dir(&rest), "snapshots"))
		return false;
	if (!table_with_id(dir, NULL, NULL))
		return true;
	return table_with_id(last_dir(&rest), NULL, NULL);
}

static void place_of(cq_slice rest, struct cq_place *out)
{
	cq_slice dir, keyspace;

	*out = (struct cq_place){0};
	dir = last_dir(&rest);
	if (dir.len > 1 && dir.p[0] == '.') {
		out->index = cq_slice_of(dir.p + 1, dir.len - 1);
		dir = last_dir(&rest);
	}
	if (is_snapshot(dir, rest)) {
		out->snapshot = dir;
		last_dir(&rest);
		dir = last_dir(&rest);
	} else if (cq_slice_is(dir, "backups")) {
		out->backup = true;
		dir = last_dir(&rest);
	}
	if (table_with_id(dir, &out->table, out->table_id))
		out->has_table_id = true;
	else if (all_word(dir))
		out->table = dir;
	if (!out->table.p)
		return;
	keyspace = last_dir(&rest);
	if (all_word(keyspace))
		out->keyspace = keyspace;
}

void cq_place_parse(const char *dir, struct cq_place *out)
{
	place_of(cq_slice_str(dir), out);
}

/* ---- file names ------------------------------------------------------------------------------------------- */

static bool is_version(cq_slice s)
{
	return s.len == 2 && is_lower(s.p[0]) && is_lower(s.p[1]);
}

/* Split at '-', at most max pieces; returns how many there are (which may be more than max). */
static size_t split(cq_slice s, cq_slice *piece, size_t max)
{
	size_t n = 0, start = 0;

	for (size_t i = 0; i <= s.len; i++) {
		if (i < s.len && s.p[i] != '-')
			continue;
		if (n < max)
			piece[n] = cq_slice_of(s.p + start, i - start);
		n++;
		start = i + 1;
	}
	return n;
}

/* Who wrote a version that is older than 3.0, by its letters. */
static const char *old_writer(cq_slice version)
{
	switch (version.p[0]) {
	case 'h': return "Cassandra 1.0 or 1.1";
	case 'i': return "Cassandra 1.2";
	case 'j': return "Cassandra 2.0";
	case 'k': return "Cassandra 2.1";
	case 'l': return "Cassandra 2.2";
	}
	return version.p[0] < 'h' ? "Cassandra 0.8 or before" : "Cassandra before 3.0";
}

static int fail_old(const struct cq_desc *d, bool unfinished, struct cq_error *err)
{
	/* 3.0 and 3.11 read ka and la, no older ones. */
	bool far = d->version.p[0] < 'k';

	return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET,
		"%.*s: %swritten by %s (version %.2s); CQLite reads 3.0 to 5.0; upgrade it with sstableupgrade of %s",
		(int)(d->file.len > 100 ? 100 : d->file.len), (const char *)d->file.p, unfinished ? "an unfinished table, " : "",
		old_writer(d->version), (const char *)d->version.p,
		far ? "Cassandra 2.1 and then of 3.11" : "Cassandra 3.0 or 3.11");
}

/* Versions of Cassandra 3.0 to 5.0: first letter and how many minor letters there are. */
static bool known_version(enum cq_sst_format format, cq_slice v)
{
	static const struct { enum cq_sst_format format; char major, last; } all[] = {
		{ CQ_SST_BIG, 'm', 'e' }, { CQ_SST_BIG, 'n', 'c' }, { CQ_SST_BIG, 'o', 'a' }, { CQ_SST_BTI, 'd', 'a' },
	};

	for (size_t i = 0; i < CQ_COUNTOF(all); i++) {
		if (all[i].format == format && all[i].major == (char)v.p[0] && (char)v.p[1] <= all[i].last)
			return true;
	}
	return false;
}

static int judge_version(struct cq_desc *d, struct cq_error *err)
{
	const char *version = (const char *)d->version.p;
	int n = (int)(d->file.len > 100 ? 100 : d->file.len);

	d->known = known_version(d->format, d->version);
	if (d->known)
		return CQ_OK;
	if (d->format == CQ_SST_OTHER)
		return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "%.*s: format \"%.*s\" is not known; expected big or bti", n,
			(const char *)d->file.p, (int)(d->format_name.len > 20 ? 20 : d->format_name.len),
			(const char *)d->format_name.p);
	if (d->format == CQ_SST_BIG && (cq_slice_is(d->version, "ms") || cq_slice_is(d->version, "mt")))
		return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET,
			"%.*s: version %.2s is ScyllaDB's trie-indexed format, which this build does not read; "
			"have Scylla write me (sstable_format: me)", n, (const char *)d->file.p, version);
	if (d->format == CQ_SST_BIG && version[0] < 'm')
		return fail_old(d, false, err);
	if (d->format == CQ_SST_BTI && version[0] < 'd')
		return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET,
			"%.*s: bti version %.2s is DataStax Enterprise's; CQLite reads Cassandra's (da)", n,
			(const char *)d->file.p, version);
	return cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET,
		"%.*s: version %.2s is newer than this build, which reads ma to me, na to nc and oa (big) and da (bti)", n,
		(const char *)d->file.p, version);
}

static void set_component(struct cq_desc *d, cq_slice name)
{
	d->component_name = name;
	d->component = cq_component_of(name);
	if (d->component == CQ_C_DIGEST)
		d->suffix = cq_slice_of(name.p + strlen("Digest."), name.len - strlen("Digest."));
}

/* The shapes of 2.2 and before:
 *     tmp-la-1-big-Data.db                 2.2, unfinished
 *     ks-table-[tmp-|tmplink-]ka-1-Data.db 2.1 and before */
static bool old_name(struct cq_desc *d, const cq_slice *t, size_t n, bool *unfinished)
{
	size_t at;

	*unfinished = false;
	if (n == 5 && (cq_slice_is(t[0], "tmp") || cq_slice_is(t[0], "tmplink")) && is_version(t[1])
	    && cq_sst_id_parse(t[2], &d->id)) {
		*unfinished = true;
		d->version = t[1];
		d->format_name = t[3];
		set_component(d, t[4]);
		return true;
	}
	at = n == 6 && (cq_slice_is(t[2], "tmp") || cq_slice_is(t[2], "tmplink")) ? 3 : n == 5 ? 2 : 0;
	if (!at || !is_version(t[at]) || t[at].p[0] >= 'm' || !t[0].len || !t[1].len || !cq_sst_id_parse(t[at + 1], &d->id))
		return false;
	*unfinished = at == 3;
	d->version = t[at];
	d->place.keyspace = t[0];
	d->place.table = t[1];
	set_component(d, t[at + 2]);
	return true;
}

int cq_desc_parse(const char *path, struct cq_desc *out, struct cq_error *err)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	cq_slice t[6];
	size_t n;
	bool unfinished;

	*out = (struct cq_desc){ .file = cq_slice_str(name), .component = CQ_C_OTHER, .format = CQ_SST_OTHER };
	if (!slash)
		out->dir = cq_slice_str(".");
	else
		out->dir = cq_slice_of(path, slash == path ? 1 : (size_t)(slash - path));
	place_of(out->dir, &out->place);
	n = split(out->file, t, CQ_COUNTOF(t));
	if (n == 4 && is_version(t[0]) && cq_sst_id_parse(t[1], &out->id) && t[2].len && t[3].len) {
		out->version = t[0];
		out->format_name = t[2];
		out->format = cq_slice_is(t[2], "big") ? CQ_SST_BIG : cq_slice_is(t[2], "bti") ? CQ_SST_BTI : CQ_SST_OTHER;
		out->base = cq_slice_of(out->file.p, (size_t)(t[3].p - out->file.p) - 1);
		set_component(out, t[3]);
		return judge_version(out, err);
	}
	if (old_name(out, t, n, &unfinished)) {
		out->base = cq_slice_of(out->file.p, (size_t)(out->component_name.p - out->file.p) - 1);
		return fail_old(out, unfinished, err);
	}
	out->id = (struct cq_sst_id){0};
	return cq_fail(err, CQ_NOT_FOUND, CQ_NO_OFFSET,
		"%.100s is not the name of an SSTable's file; expected <version>-<id>-<format>-<component>, as nb-1-big-Data.db", name);
}
