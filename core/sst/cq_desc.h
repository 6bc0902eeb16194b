/* cq_desc - what the name and the place of a file say about the SSTable it belongs to.
 *
 *     struct cq_desc d;
 *     if (cq_desc_parse("/data/ks/users-5a1c395eb41f11e59f22ba0be0483c18/nb-17-big-Data.db", &d, &err) == CQ_OK)
 *             d.version is "nb", d.id.number 17, d.component CQ_C_DATA, d.place.keyspace "ks", d.place.table "users"
 *
 * Nothing here opens a file: names are only taken apart. All slices are borrowed from the path that was passed in.
 *
 * A component file is called <version>-<id>-<format>-<Component>; its directory is
 *
 *     <keyspace>/<table>[-<32 hex digits of the table's id>]/[backups/ | snapshots/<tag>/][.<index>/]
 *
 * Names of Cassandra 2.2 and before have other shapes (<keyspace>-<table>-[tmp-]<version>-<id>-<Component>); they are
 * recognised so that the error can say what wrote them.
 *
 * Source: Descriptor.java, Directories.java, SequenceBasedSSTableId.java and UUIDBasedSSTableId.java of 5.0. */
#ifndef CQ_DESC_H
#define CQ_DESC_H
#include "cq_base.h"

/* What a component is. CQ_C_DIGEST covers Digest.crc32, .adler32 and .sha1: cq_desc.suffix tells which. */
enum cq_component {
	CQ_C_DATA, CQ_C_INDEX, CQ_C_SUMMARY, CQ_C_FILTER, CQ_C_STATISTICS, CQ_C_COMPRESSION_INFO,
	CQ_C_DIGEST, CQ_C_CRC, CQ_C_TOC,
	CQ_C_PARTITIONS, CQ_C_ROWS,        /* the tries of bti */
	CQ_C_SAI,                          /* SAI+aa+...db: storage-attached index, many files a table */
	CQ_C_SASI,                         /* SI_<index>.db, one file an index */
	CQ_C_SCYLLA,                       /* Scylla.db */
	CQ_C_TEMP,                         /* anything ending in .tmp: a rewrite or a stream that did not finish */
	CQ_C_OTHER,                        /* a name we do not know: belongs to the table, is not read */
	CQ_C_KINDS
};

/* "Data.db", "Digest.crc32", ...; "(other)" and the like for the kinds without one name. Static. */
CQ_API const char *cq_component_name(enum cq_component c);
/* The kind of a component name as TOC.txt writes it. Unknown names are CQ_C_OTHER. */
CQ_API enum cq_component cq_component_of(cq_slice name);

/* The identifier ("generation") of an SSTable: a number, or since 4.1 a version-1 UUID as 28 characters. */
struct cq_sst_id {
	cq_slice text;             /* as in the name */
	bool is_uuid;
	uint32_t number;           /* is_uuid false: at most 2^31 - 1 */
	uint8_t uuid[16];          /* is_uuid true: in the usual order of bytes */
	uint64_t ticks;            /* is_uuid true: the UUID's time, 100 ns since 1582-10-15 */
};

/* False when text is neither form. text is borrowed by out. */
CQ_API bool cq_sst_id_parse(cq_slice text, struct cq_sst_id *out);
/* <0, 0, >0 as Cassandra orders them: numbers before UUIDs, numbers by value, UUIDs by time. */
CQ_API int cq_sst_id_cmp(const struct cq_sst_id *a, const struct cq_sst_id *b);
/* Microseconds since 1970 of a UUID id; INT64_MIN for a number. */
CQ_API int64_t cq_sst_id_micros(const struct cq_sst_id *id);

/* Where a directory is. p == NULL: the path does not say. Without has_table_id the names of keyspace and table are what
 * the last two directories are called, which may be chance. */
struct cq_place {
	cq_slice keyspace, table;
	bool has_table_id;
	uint8_t table_id[16];
	cq_slice index;            /* hidden table of a secondary index: the name without its dot */
	cq_slice snapshot;         /* the tag */
	bool backup;               /* in backups/ */
};

/* Take a directory's path apart (with or without a / at its end). Never fails; "." and ".." make what is left of them
 * unknown, so pass an absolute path when it matters. */
CQ_API void cq_place_parse(const char *dir, struct cq_place *out);

enum cq_sst_format { CQ_SST_BIG, CQ_SST_BTI, CQ_SST_OTHER };

struct cq_desc {
	cq_slice dir;              /* path before the last /, "." when there is none (then not inside path) */
	cq_slice file;             /* the name without its directory */
	cq_slice base;             /* "nb-17-big": common to the files of one SSTable */
	cq_slice version;          /* "nb" */
	struct cq_sst_id id;
	cq_slice format_name;      /* "big"; p == NULL for names that had none */
	enum cq_sst_format format;
	cq_slice component_name;   /* "Data.db" */
	cq_slice suffix;           /* CQ_C_DIGEST: "crc32" */
	enum cq_component component;
	struct cq_place place;
	bool known;                /* a version that Cassandra 3.0 to 5.0 writes */
};

/* Take the path of a component file apart.
 *
 * returns   CQ_OK;
 *           CQ_NOT_FOUND when the name is not a component's at all (err says so too);
 *           CQ_EUNSUPPORTED for the names of 2.2 and before, Scylla's ms and mt, DataStax's bti versions and versions newer
 *           than this build, err saying which. *out is filled as far as the name goes, so that a caller with a plugin
 *           for such a version may go on when out->id.text.p is not NULL and out->format is not CQ_SST_OTHER.
 * *out is written in every case (zeroed where nothing is known). */
CQ_API int cq_desc_parse(const char *path, struct cq_desc *out, struct cq_error *err);

#endif
