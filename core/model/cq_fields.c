#include "cq_fields.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

static const struct cq_field_info infos[] = {
#define CQ_FIELD(id, versions, name, kind, unit, help, spec) { #id, name, kind, unit, help, spec, versions },
#include "cq_fields.def"
#undef CQ_FIELD
};

static const struct cq_field_info *added[CQ_FIELDS_ADDED_MAX];
static unsigned nadded;

const struct cq_field_info *cq_field_info(unsigned field)
{
	if (CQ_UNLIKELY(field >= CQ_COUNTOF(infos) && field - CQ_COUNTOF(infos) < nadded))
		return added[field - CQ_COUNTOF(infos)];
	return &infos[field < CQ_COUNTOF(infos) ? field : CQ_F_NONE];
}

unsigned cq_field_named(const char *id)
{
	for (unsigned f = CQ_F_NONE + 1; f < CQ_COUNTOF(infos) + nadded; f++)
		if (strcmp(cq_field_info(f)->id, id) == 0)
			return f;
	return CQ_F_NONE;
}

int cq_field_add(const struct cq_field_info *info, unsigned *field, struct cq_error *err)
{
	if (!info->id || !*info->id || !info->name || !*info->name)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "a field needs an id and a name");
	if (cq_field_named(info->id))
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "there is a field %s already", info->id);
	if (nadded == CQ_FIELDS_ADDED_MAX)
		return cq_fail(err, CQ_EUSAGE, CQ_NO_OFFSET, "more than %d fields added", CQ_FIELDS_ADDED_MAX);
	*field = (unsigned)CQ_COUNTOF(infos) + nadded;
	added[nadded++] = info;
	return CQ_OK;
}

const char *cq_field_kind_name(enum cq_field_kind kind)
{
	static const char *const names[] = { "group", "unsigned", "signed", "hex", "flags", "enum", "boolean", "double",
		"timestamp", "milliseconds", "seconds", "duration", "offset", "length", "bytes", "text", "uuid", "value",
		"padding" };

	return (unsigned)kind < CQ_COUNTOF(names) ? names[kind] : "?";
}

/* ---- versions ---- */

static const char versions[][3] = { "ma", "mb", "mc", "md", "me", "na", "nb", "nc", "oa", "da" };

const char *cq_field_version(size_t index)
{
	return index < CQ_COUNTOF(versions) ? versions[index] : NULL;
}

/* Which version two letters are; CQ_COUNTOF(versions) when none. */
static size_t version_at(const char *two)
{
	size_t i = 0;

	while (i < CQ_COUNTOF(versions) && strncmp(versions[i], two, 2) != 0)
		i++;
	return i;
}

/* The range at *at ("na-", "ma-nc", "da"), and *at behind it. False at the end. */
static bool next_range(const char **at, size_t *first, size_t *last)
{
	const char *p = *at;

	if (!*p)
		return false;
	*first = *last = version_at(p);
	p += 2;
	if (*p == '-') {
		p++;
		*last = *p && *p != ' ' ? version_at(p) : CQ_COUNTOF(versions) - 1;
		p += *p && *p != ' ' ? 2 : 0;
	}
	assert(*first <= *last && *last < CQ_COUNTOF(versions));
	*at = p + (*p == ' ');
	return true;
}

int cq_field_in_version(unsigned field, const char *version)
{
	const char *at = cq_field_info(field)->versions;
	size_t v = strlen(version) == 2 ? version_at(version) : CQ_COUNTOF(versions), first, last;

	if (v == CQ_COUNTOF(versions))
		return -1;
	while (next_range(&at, &first, &last))
		if (v >= first && v <= last)
			return 1;
	return 0;
}

const char *cq_field_first_version(unsigned field)
{
	const char *at = cq_field_info(field)->versions;
	size_t first, last;

	return next_range(&at, &first, &last) ? versions[first] : "";
}

const char *cq_field_last_version(unsigned field)
{
	const char *at = cq_field_info(field)->versions, *found = "";
	size_t first, last;

	while (next_range(&at, &first, &last))
		found = versions[last];
	return found;
}

const char *cq_field_versions_text(unsigned field, char *out, size_t n)
{
	const char *at = cq_field_info(field)->versions;
	size_t first, last, len = 0;

	out[0] = 0;
	while (next_range(&at, &first, &last)) {
		const char *between = len ? ", " : "";
		char *to = out + (len < n ? len : n - 1);
		size_t room = len < n ? n - len : 1;

		if (first == last)
			len += (size_t)snprintf(to, room, "%s%s", between, versions[first]);
		else if (last == CQ_COUNTOF(versions) - 1)
			len += (size_t)snprintf(to, room, "%ssince %s", between, versions[first]);
		else
			len += (size_t)snprintf(to, room, "%s%s to %s", between, versions[first], versions[last]);
	}
	return out;
}

/* ---- values ---- */

struct named {
	uint16_t field;
	uint64_t value;
	const char *name;
};

/* Values of enums, bits of flags. */
static const struct named nameds[] = {
	{ CQ_F_ROW_FLAGS, 0x01, "END_OF_PARTITION" }, { CQ_F_ROW_FLAGS, 0x02, "IS_MARKER" },
	{ CQ_F_ROW_FLAGS, 0x04, "HAS_TIMESTAMP" }, { CQ_F_ROW_FLAGS, 0x08, "HAS_TTL" },
	{ CQ_F_ROW_FLAGS, 0x10, "HAS_DELETION" }, { CQ_F_ROW_FLAGS, 0x20, "HAS_ALL_COLUMNS" },
	{ CQ_F_ROW_FLAGS, 0x40, "HAS_COMPLEX_DELETION" }, { CQ_F_ROW_FLAGS, 0x80, "EXTENSION_FLAG" },
	{ CQ_F_ROW_EXTENDED_FLAGS, 0x01, "IS_STATIC" }, { CQ_F_ROW_EXTENDED_FLAGS, 0x02, "HAS_SHADOWABLE_DELETION" },
	{ CQ_F_ROW_EXTENDED_FLAGS, 0x80, "SCYLLA_SHADOWABLE" },
	{ CQ_F_CELL_FLAGS, 0x01, "IS_DELETED" }, { CQ_F_CELL_FLAGS, 0x02, "IS_EXPIRING" },
	{ CQ_F_CELL_FLAGS, 0x04, "HAS_EMPTY_VALUE" }, { CQ_F_CELL_FLAGS, 0x08, "USE_ROW_TIMESTAMP" },
	{ CQ_F_CELL_FLAGS, 0x10, "USE_ROW_TTL" },
	{ CQ_F_BOUND_KIND, 0, "EXCL_END_BOUND" }, { CQ_F_BOUND_KIND, 1, "INCL_START_BOUND" },
	{ CQ_F_BOUND_KIND, 2, "EXCL_END_INCL_START_BOUNDARY" }, { CQ_F_BOUND_KIND, 3, "STATIC_CLUSTERING" },
	{ CQ_F_BOUND_KIND, 4, "CLUSTERING" }, { CQ_F_BOUND_KIND, 5, "INCL_END_EXCL_START_BOUNDARY" },
	{ CQ_F_BOUND_KIND, 6, "INCL_END_BOUND" }, { CQ_F_BOUND_KIND, 7, "EXCL_START_BOUND" },
	{ CQ_F_SECTION_TYPE, 0, "VALIDATION" }, { CQ_F_SECTION_TYPE, 1, "COMPACTION" },
	{ CQ_F_SECTION_TYPE, 2, "STATS" }, { CQ_F_SECTION_TYPE, 3, "HEADER" },
};

const char *cq_field_value_name(unsigned field, uint64_t value, char *out, size_t n)
{
	bool flags = cq_field_info(field)->kind == CQ_K_FLAGS;
	size_t len = 0;

	out[0] = 0;
	for (size_t i = 0; i < CQ_COUNTOF(nameds); i++) {
		if (nameds[i].field != field || (flags ? !(value & nameds[i].value) : value != nameds[i].value))
			continue;
		len += (size_t)snprintf(out + len, len < n ? n - len : 0, "%s%s", len ? "|" : "", nameds[i].name);
		value = flags ? value & ~nameds[i].value : value;
	}
	if (flags && value && len)
		snprintf(out + len, len < n ? n - len : 0, "|0x%" PRIx64, value);
	return out;
}
