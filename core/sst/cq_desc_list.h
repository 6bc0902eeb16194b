/* cq_desc_list - all SSTables at a path, whatever the path is.
 *
 *     struct cq_desc_list list = {0};                      or { .flags = CQ_LIST_SNAPSHOTS }
 *     int rc = cq_desc_list("/var/lib/cassandra/data/ks", &list, &err);
 *     for (size_t i = 0; rc == CQ_OK && i < list.ntables; i++)
 *             printf("%s\n", list.tables[i].data_path);
 *     cq_desc_list_finish(&list);                          in every case
 *
 * The path may be any component file (its SSTable is listed), a table directory, a keyspace directory, a snapshot, a data
 * directory or anything above: directories are walked to the bottom, .INDEX directories included. Snapshots and backups
 * are left out (and counted) unless the path is inside one or is one, or flags ask for them.
 *
 * Everything in the list lives in its arena until cq_desc_list_finish. Nothing is opened but directories.
 *
 * Honest about what it leaves out: a directory that cannot be read makes the whole call fail with CQ_EIO (lost+found is
 * not entered); a file that is no component is in others with its kind. Symbolic links are followed; a directory met
 * twice is walked once. A directory called snapshots or backups is Cassandra's when its parent holds components or has
 * a table's id in its name; a keyspace or table may be called so too. */
#ifndef CQ_DESC_LIST_H
#define CQ_DESC_LIST_H
#include "cq_arena.h"
#include "cq_desc.h"

enum {
	CQ_LIST_SNAPSHOTS = 1 << 0,      /* walk into snapshots/ as well */
	CQ_LIST_BACKUPS = 1 << 1,        /* and into backups/ */
	CQ_LIST_ANY_VERSION = 1 << 2,    /* versions that CQLite does not know by itself are tables too, not others: for
	                                    callers with a plugin for them */
};

struct cq_component_file {
	enum cq_component kind;
	cq_slice name;                   /* "Data.db" */
	const char *path;
	uint64_t bytes;
};

/* What transaction logs say of a table; filled by cq_txn_state (cq_txnlog.h). */
enum cq_txn_fate {
	CQ_TXN_NONE,                     /* no log names it: an ordinary table */
	CQ_TXN_INCOMPLETE,               /* added by an operation that did not commit: not to be read */
	CQ_TXN_OBSOLETE,                 /* removed by an operation that did commit: its rows live on in another table */
};

/* One SSTable. */
struct cq_sst_entry {
	struct cq_desc desc;             /* of its first file; component is CQ_C_DATA when it has one */
	const char *dir;                 /* absolute */
	const char *data_path;           /* Data.db, or where it would be when the table has none */
	uint32_t present;                /* 1 << kind for each kind of component that is there */
	struct cq_component_file *files; /* by kind, then by name */
	size_t nfiles;
	uint64_t bytes;                  /* of all files */
	enum cq_txn_fate fate;
	const char *fate_log;            /* path of the log that says so */
};

/* Files that are no readable component. */
enum cq_other_kind {
	CQ_OTHER_UNSUPPORTED,            /* a component of a version that is not read: why says which */
	CQ_OTHER_UNREADABLE,             /* a dangling link, or something the system would not say more about: why */
	CQ_OTHER_TXN_LOG, CQ_OTHER_MANIFEST, CQ_OTHER_SCHEMA, CQ_OTHER_COMMIT_LOG,
	CQ_OTHER_EPHEMERAL,              /* ephemeral.snapshot */
	CQ_OTHER_TEMP,                   /* *.tmp of no table that is here */
	CQ_OTHER_STRAY,                  /* none of Cassandra's names */
	CQ_OTHER_KINDS
};

struct cq_other_file {
	enum cq_other_kind kind;
	const char *path;
	const char *why;                 /* a sentence, or NULL */
};

struct cq_desc_list {
	unsigned flags;                  /* set by the caller before the call */
	struct cq_arena arena;
	const char *root;                /* the path, absolute, its own links resolved */
	struct cq_sst_entry *tables;     /* by keyspace, table, index, snapshot, directory, version, id */
	size_t ntables;
	struct cq_other_file *others;    /* by path */
	size_t nothers;
	size_t nother[CQ_OTHER_KINDS];   /* how many of each kind */
	size_t snapshots_skipped, backups_skipped;      /* such directories not walked into */
	size_t ndirs;                    /* directories read */
};

/* returns   CQ_OK with at least one table;
 *           CQ_NOT_FOUND when there is none: err says what was there instead;
 *           CQ_EUNSUPPORTED when there are only tables of versions that are not read (they are in others);
 *           CQ_EIO when the path does not exist or a directory cannot be read; CQ_ENOMEM.
 * For a component file, others holds the strays and logs of its directory too. */
CQ_API int cq_desc_list(const char *path, struct cq_desc_list *out, struct cq_error *err);
CQ_API void cq_desc_list_finish(struct cq_desc_list *list);

/* The file of a kind, NULL when the table has none. Of several (SAI) the first by name. */
CQ_API const struct cq_component_file *cq_sst_file(const struct cq_sst_entry *e, enum cq_component kind);

/* "transaction log", "commit log segment", ... Static. */
CQ_API const char *cq_other_name(enum cq_other_kind kind);

#endif
