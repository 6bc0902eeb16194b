/* toc-set - the set of components: what TOC.txt lists, what the disk has, what the version needs. */
#include <inttypes.h>

#include "cq_format.h"
#include "cq_rule.h"
#include "cq_toc.h"

#define SUMMARY_TOOL "sstabledump, sstablemetadata -s and other offline tools up to 4.1 delete Summary.db when the table's min_index_interval is not 128; " \
	"whoever looked at the table with one of them did it."

static const struct cq_component_file *on_disk(const struct cq_sst_entry *e, cq_slice name)
{
	for (size_t i = 0; i < e->nfiles; i++)
		if (cq_slice_eq(e->files[i].name, name))
			return &e->files[i];
	return NULL;
}

static bool listed(const struct cq_toc *toc, cq_slice name)
{
	for (size_t i = 0; i < toc->n; i++)
		if (cq_slice_eq(toc->entries[i].name, name))
			return true;
	return false;
}

static bool is_index(enum cq_component kind)
{
	return kind == CQ_C_SAI || kind == CQ_C_SASI;
}

static const struct cq_format *format_of(const struct cq_check *c)
{
	char version[8] = "";

	if (c->partial)
		return c->partial->format;
	if (c->entry->desc.version.len < sizeof version)
		memcpy(version, c->entry->desc.version.p, c->entry->desc.version.len);
	return cq_format_for(version, NULL);
}

/* ---- what there must be ---- */

static void say_missing(struct cq_check *c, enum cq_component kind, bool in_toc)
{
	const char *name = cq_component_name(kind), *also = in_toc ? ", though TOC.txt lists it" : "";
	struct cq_check_finding *f = cq_say(&c->out, CQ_ERROR, kind, CQ_NO_OFFSET, 0, "%s is missing%s", name, also);

	switch (kind) {
	case CQ_C_DATA:
		f->effect = CQ_LOST;
		cq_say_means(&c->out, f, "The rows are gone from this directory. The other components cannot bring them back.");
		cq_say_action(&c->out, f, "Restore it from a snapshot or backup of this SSTable. Otherwise move the other components away and run nodetool repair on the "
			"table.");
		break;
	case CQ_C_STATISTICS:
		cq_say_means(&c->out, f, "It holds the types that rows are decoded with: without it nobody can read Data.db. Cassandra refuses to start or skips the "
			"table.");
		cq_say_action(&c->out, f, "Restore it from a snapshot or backup of this SSTable. That of another SSTable of the same table does not do: the base of "
			"all timestamps is in it.");
		break;
	case CQ_C_COMPRESSION_INFO:
		f->effect = CQ_LOST;
		cq_say_means(&c->out, f, "Data.db is compressed, and only this component says where its chunks are. Cassandra would read it as if it were not compressed.");
		cq_say_action(&c->out, f, "Restore it from a snapshot or backup of this SSTable; no tool of Cassandra makes it again.");
		break;
	default:
		cq_say_means(&c->out, f, "Cassandra does not open the table without it; sstableverify passes it over in silence.");
		cq_say_action(&c->out, f, "Restore it from a snapshot or backup of this SSTable, or run sstablescrub with the node down: it reads Data.db from its start and "
			"writes all components anew.");
		break;
	}
}

static void check_required(struct cq_check *c, const struct cq_toc *toc, bool compressed)
{
	const struct cq_format *format = format_of(c);

	for (size_t i = 0; format && i < format->ncomponents; i++) {
		const struct cq_component_info *info = &format->components[i];
		bool needed = info->flags & CQ_CF_REQUIRED || (info->flags & CQ_CF_IF_COMPRESSED && compressed);

		if (needed && !(c->entry->present & UINT32_C(1) << info->kind))
			say_missing(c, info->kind, toc && toc->listed & UINT32_C(1) << info->kind);
	}
}

/* ---- TOC.txt against the disk ---- */

static bool required(const struct cq_check *c, enum cq_component kind)
{
	const struct cq_format *format = format_of(c);

	for (size_t i = 0; format && i < format->ncomponents; i++)
		if (format->components[i].kind == kind)
			return format->components[i].flags & (CQ_CF_REQUIRED | CQ_CF_IF_COMPRESSED);
	return false;
}

/* Do two names differ by one bit? */
static bool one_bit(cq_slice a, cq_slice b, size_t *at, unsigned *bit)
{
	uint8_t bits = 0;

	*at = SIZE_MAX;
	for (size_t k = 0; a.len == b.len && k < a.len; k++) {
		if (a.p[k] == b.p[k])
			continue;
		if (*at != SIZE_MAX)
			return false;
		bits = a.p[k] ^ b.p[k];
		*at = k;
	}
	for (*bit = 0; bits && bits >> *bit != 1 && *bit < 8;)
		++*bit;
	return bits && !(bits & (bits - 1));
}

/* A file that is not listed, and whose name differs from this one by a bit. */
static bool misspelt(struct cq_check *c, const struct cq_toc *toc, const struct cq_toc_entry *e, struct cq_suspect *out)
{
	for (size_t i = 0; i < c->entry->nfiles; i++) {
		cq_slice name = c->entry->files[i].name;
		unsigned bit;
		size_t at;

		if (listed(toc, name) || !one_bit(name, e->name, &at, &bit))
			continue;
		*out = (struct cq_suspect){ .set = true, .component = CQ_C_TOC, .space = CQ_SPACE_RAW, .off = e->off + at, .bit = bit,
			.found = e->name.p[at], .expected = name.p[at] };
		return true;
	}
	return false;
}

/* A name in TOC.txt that means this file, but for a bit. */
static bool meant(const struct cq_check *c, const struct cq_toc *toc, cq_slice name)
{
	unsigned bit;
	size_t at;

	for (size_t i = 0; i < toc->n; i++)
		if (!on_disk(c->entry, toc->entries[i].name) && one_bit(name, toc->entries[i].name, &at, &bit))
			return true;
	return false;
}

static void say_gone(struct cq_check *c, const struct cq_toc *toc, const struct cq_toc_entry *e)
{
	struct cq_check_finding *f;
	struct cq_suspect bit;

	if (misspelt(c, toc, e, &bit)) {
		f = cq_say(&c->out, CQ_WARNING, CQ_C_TOC, e->off, e->name.len, "TOC.txt lists %.*s, a name that is wrong by one bit",
			(int)(e->name.len < 64 ? e->name.len : 64), (const char *)e->name.p);
		f->suspect = bit;
		cq_say_action(&c->out, f, "Delete TOC.txt with the node down: Cassandra writes it again from the files that are there.");
		return;
	}
	if (e->kind == CQ_C_OTHER || e->kind == CQ_C_TEMP) {
		cq_say(&c->out, CQ_WARNING, CQ_C_TOC, e->off, e->name.len, "TOC.txt lists %.*s, which is no component's name, and there is no such file",
			(int)(e->name.len < 64 ? e->name.len : 64), (const char *)e->name.p);
		return;
	}
	f = cq_say(&c->out, CQ_WARNING, e->kind, CQ_NO_OFFSET, 0, "%.*s is gone: TOC.txt lists it", (int)(e->name.len < 64 ? e->name.len : 64),
		(const char *)e->name.p);
	switch (e->kind) {
	case CQ_C_SUMMARY:
		f->effect = CQ_SLOWER;
		f->bug = SUMMARY_TOOL;
		cq_say_means(&c->out, f, "Cassandra makes it again from Index.db when it opens the table: starting takes longer, nothing is lost.");
		cq_say_action(&c->out, f, "Nothing: the next start of the node repairs it. Copy files before you look at them with Cassandra's offline tools.");
		break;
	case CQ_C_FILTER:
		f->effect = CQ_SLOWER;
		cq_say_means(&c->out, f, "Cassandra makes it again when it opens the table; until then every read of any key looks into the index.");
		cq_say_action(&c->out, f, "Nothing: the next start of the node repairs it.");
		break;
	case CQ_C_DIGEST:
		f->effect = CQ_UNSURE;
		cq_say_means(&c->out, f, "Nothing is lost: sstableverify reads all rows instead. Somebody deleted it, or a copy is not complete.");
		cq_say_action(&c->out, f, "Nothing, if the other findings are none. If this is a copy, copy again and compare.");
		break;
	case CQ_C_CRC:
		f->effect = CQ_UNSURE;
		cq_say_means(&c->out, f, "The table is not compressed and has lost its checksums: flipped bits in values cannot be seen any more, except by the "
			"digest.");
		break;
	default:
		if (is_index(e->kind)) {
			cq_say_means(&c->out, f, "A part of an index is missing: queries through that index fail or miss rows, until it is built again.");
			cq_say_action(&c->out, f, "nodetool rebuild_index for the index.");
		}
		break;
	}
}

static void say_unlisted(struct cq_check *c, const struct cq_component_file *file)
{
	bool needed = required(c, file->kind);
	/* Known and harmless: 5.0 forgets one file of its own index; of tables with a SASI index 3.0 to 4.0 may forget just that. */
	bool known = is_index(file->kind) || file->kind == CQ_C_OTHER;
	struct cq_check_finding *f = cq_say(&c->out, known ? CQ_INFO : CQ_WARNING, file->kind, CQ_NO_OFFSET, 0, "%.*s is there, but TOC.txt does not list it",
		(int)file->name.len, (const char *)file->name.p);

	f->effect = known ? CQ_HARMLESS : needed ? CQ_REFUSED : CQ_UNSURE;
	if (known)
		cq_say_means(&c->out, f, "Cassandra up to 4.0 forgets a SASI index's file, 5.0 forgets PartitionToSize of an SAI index. A node goes by the files and does not "
			"mind.");
	else
		cq_say_means(&c->out, f, "A node goes by the files and does not mind; tools that go by TOC.txt treat the component as missing%s.",
			file->kind == CQ_C_COMPRESSION_INFO ? ", and take Data.db for uncompressed" : "");
	cq_say_action(&c->out, f, known ? "Nothing." : "Delete TOC.txt with the node down: Cassandra writes it again from the files that are there.");
}

static void compare(struct cq_check *c, const struct cq_toc *toc)
{
	bool only_index = toc->n > 0;

	for (size_t i = 0; i < toc->n; i++)
		only_index &= is_index(toc->entries[i].kind);
	for (size_t i = 0; i < toc->n; i++) {
		const struct cq_toc_entry *e = &toc->entries[i];

		if (!on_disk(c->entry, e->name) && !(required(c, e->kind) && !(c->entry->present & UINT32_C(1) << e->kind)))
			say_gone(c, toc, e);
		for (size_t k = 0; k < i; k++)
			if (cq_slice_eq(toc->entries[k].name, e->name)) {
				cq_say(&c->out, CQ_WARNING, CQ_C_TOC, e->off, e->name.len, "TOC.txt lists %.*s twice", (int)(e->name.len < 64 ? e->name.len : 64),
					(const char *)e->name.p);
				break;
			}
	}
	if (only_index) {
		struct cq_check_finding *f = cq_say(&c->out, CQ_INFO, CQ_C_TOC, 0, 0, "TOC.txt lists nothing but %.*s", (int)(toc->entries[0].name.len < 64 ?
			toc->entries[0].name.len : 64), (const char *)toc->entries[0].name.p);

		cq_say_means(&c->out, f, "Cassandra up to 4.0 writes such a TOC.txt for some tables with a SASI index. A node does not mind; sstabledump and other tools "
			"that go by TOC.txt say that the Data component is missing.");
		cq_say_action(&c->out, f, "Nothing; or delete it with the node down, and Cassandra writes a full one.");
	}
	for (size_t i = 0; i < c->entry->nfiles; i++)
		if (!only_index && c->entry->files[i].kind != CQ_C_TEMP && !listed(toc, c->entry->files[i].name) &&
		    !meant(c, toc, c->entry->files[i].name))
			say_unlisted(c, &c->entry->files[i]);
	if (toc->unterminated)
		cq_say(&c->out, CQ_WARNING, CQ_C_TOC, cq_sst_file(c->entry, CQ_C_TOC)->bytes, 0, "the last line of TOC.txt has no end: the file may be cut")->effect =
			CQ_UNSURE;
}

static void say_temporary(struct cq_check *c)
{
	for (size_t i = 0; i < c->entry->nfiles; i++) {
		const struct cq_component_file *f = &c->entry->files[i];
		struct cq_check_finding *x;

		if (f->kind != CQ_C_TEMP)
			continue;
		x = cq_say(&c->out, CQ_INFO, CQ_C_TEMP, CQ_NO_OFFSET, 0, "%.*s is left of a rewrite or a stream that did not finish", (int)f->name.len,
			(const char *)f->name.p);
		cq_say_action(&c->out, x, "Nothing: Cassandra does not read it. It can be deleted with the node down.");
	}
}

static void quick(struct cq_check *c)
{
	const struct cq_component_file *file = cq_sst_file(c->entry, CQ_C_TOC);
	struct cq_arena scratch = {0};
	struct cq_error err = {0};
	struct cq_toc toc = {0};
	bool good = false, compressed;
	int rc = file && file->bytes ? cq_toc_read(&scratch, file->path, &toc, &err) : CQ_NOT_FOUND;

	if (rc == CQ_OK) {
		good = true;
	} else if (rc == CQ_DAMAGED) {
		struct cq_check_finding *f = cq_say(&c->out, CQ_WARNING, CQ_C_TOC, err.off, 1, "TOC.txt is damaged: %s", err.msg);

		cq_say_action(&c->out, f, "Delete it with the node down: Cassandra writes it again from the files that are there.");
	} else if (rc == CQ_ENOMEM) {
		cq_say_nomem(&c->out);
	} else if (!file) {
		struct cq_check_finding *f = cq_say(&c->out, CQ_WARNING, CQ_C_TOC, CQ_NO_OFFSET, 0, "TOC.txt is missing");

		cq_say_means(&c->out, f, "Cassandra writes it last: the table may have been left unfinished by a crash, or the copy is not complete. A node starts and writes "
			"it again; sstableverify and other tools pass the table over, some in silence.");
		cq_say_action(&c->out, f, "Nothing, if the other components are whole. If this is a copy, copy again.");
	}
	/* Which tables are compressed when their CompressionInfo.db is gone? TOC.txt knows, and Statistics.db. */
	compressed = (good && toc.listed & UINT32_C(1) << CQ_C_COMPRESSION_INFO) ||
		(c->partial && c->partial->stats.has & CQ_HAS_STATS && c->partial->stats.compression_ratio >= 0);
	check_required(c, good ? &toc : NULL, compressed);
	if (good)
		compare(c, &toc);
	say_temporary(c);
	cq_arena_finish(&scratch);
}

const struct cq_rule cq_rule_toc_set = {
	.id = "toc-set", .title = "the components are those that TOC.txt lists and the version needs", .severity = CQ_WARNING, .effect = CQ_REFUSED,
	.stage = CQ_STAGE_QUICK, .flags = CQ_RULE_UNOPENED, .quick = quick,
	.proves = "TOC.txt, the files, and what the version cannot do without agree.",
	.means = "A component is missing, or TOC.txt does not say what is there. What that means depends on the component; most can be made again.",
	.action = "See each finding. CQLite itself never writes or deletes anything beside what it reads.",
	.bug = "CASSANDRA-15945: sstableverify passed tables over whose TOC.txt was missing. " SUMMARY_TOOL,
	.silent = "Filter.db is missing where bloom_filter_fp_chance is 1.0, CRC.db where the table is compressed.",
	.kinds = "7, 54",
};
