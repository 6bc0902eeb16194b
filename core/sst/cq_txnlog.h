/* cq_txnlog - transaction logs: which SSTables of a directory are unfinished, and which are on their way out.
 *
 *     cq_desc_list(path, &list, &err);
 *     struct cq_txn_logs logs = {0};
 *     cq_txn_state(&list, &logs, &err);
 *     list.tables[i].fate is CQ_TXN_INCOMPLETE: do not read it; CQ_TXN_OBSOLETE: another table replaces it
 *     for each logs.log[i]: .usable, .problem, .record[j].problem          what is wrong with the logs themselves
 *
 * Cassandra writes one log an operation (flush, compaction, ...), a copy of it into every directory that has a file of
 * the operation, and deletes it when the operation is done: a log that is there means that a node runs, or was killed.
 *
 *     [<prefix>_]txn_<operation>_<uuid>.log
 *     ADD:[/data/ks/t-.../oa-3-big-,0,8][2205568967]              a line a record; the last number is a CRC32
 *     REMOVE:[/data/ks/t-.../oa-1-big-,1700000000123,8][...]
 *     COMMIT:[,0,0][2613697770]
 *
 * Source: LogFile.java, LogRecord.java, LogReplicaSet.java of 5.0. */
#ifndef CQ_TXNLOG_H
#define CQ_TXNLOG_H
#include "cq_arena.h"
#include "cq_desc_list.h"

/* ---- one log ---- */

struct cq_txnlog_name {
	cq_slice prefix;                 /* "oa", "bti-da"; p == NULL: none */
	cq_slice operation;              /* "compaction" */
	cq_slice uuid;                   /* "921744d0-e6df-11f1-9f26-3ba06936b4d7" */
};

/* Is this the name (without directory) of a transaction log? Slices are borrowed from name. */
CQ_API bool cq_txnlog_name_parse(const char *name, struct cq_txnlog_name *out);

enum cq_txn_type { CQ_TXN_UNKNOWN, CQ_TXN_ADD, CQ_TXN_REMOVE, CQ_TXN_COMMIT, CQ_TXN_ABORT };

struct cq_txn_record {
	enum cq_txn_type type;           /* CQ_TXN_UNKNOWN when the line is no record */
	uint64_t off;                    /* of the line in the file */
	cq_slice line;                   /* without its line end */
	cq_slice path;                   /* ADD, REMOVE: absolute, up to and with the '-' before the component */
	int64_t time;                    /* REMOVE: newest modification of the files, ms; 0 otherwise */
	int32_t files;                   /* how many files the table had (REMOVE) or will have (ADD) */
	uint32_t checksum, computed;
	bool valid;
	const char *problem;             /* valid false: what is wrong, static */
};

struct cq_txnlog {
	const char *path;                /* NULL when parsed from memory */
	struct cq_txnlog_name name;      /* zeroed when parsed from memory */
	struct cq_txn_record *record;
	size_t nrecords, ninvalid;
	bool committed, aborted;         /* the last valid record says so */
	bool partial;                    /* only the last line is wrong or cut: the ones before it hold */
	bool usable;                     /* false: a line before the last is wrong, Cassandra would act on nothing */
	const char *problem;             /* a sentence when !usable or partial; NULL otherwise */
};

/* Take the text of a log apart; never fails but with CQ_ENOMEM. Slices are borrowed from text. */
CQ_API int cq_txnlog_parse(struct cq_arena *arena, cq_slice text, struct cq_txnlog *out, struct cq_error *err);
/* The same from a file (at most 64 MiB); everything lives in the arena. */
CQ_API int cq_txnlog_read(struct cq_arena *arena, const char *path, struct cq_txnlog *out, struct cq_error *err);
/* The CRC32 a record should carry. path is ignored for COMMIT and ABORT, time for all but REMOVE. */
CQ_API uint32_t cq_txn_checksum(enum cq_txn_type type, cq_slice path, int64_t time, int32_t files);

/* ---- the state of a list ---- */

struct cq_txn_logs {
	struct cq_txnlog *log;           /* one a log file; replicas are separate entries, next to each other */
	size_t n;
	size_t incomplete, obsolete;     /* tables of the list marked so */
	size_t elsewhere;                /* records whose SSTable is not in the list (deleted already, or another disk) */
};

/* Read every transaction log among list->others and mark the tables they name (fate, fate_log). All lives in the list's
 * arena. Replicas of one log (the same name in several directories) must agree line by line, apart from lines missing
 * at the end of some; where they do not, none is usable and problem says so.
 *
 * Records hold the path that the table had on its node. It need not be there any more: a record belongs to a table when
 * the names agree and the directory is the record's, or is the log's own and either ends in the same name (a copied data
 * directory) or is the only one that the log names (a copied table directory).
 *
 * A log that cannot be read is CQ_EIO: what it would say is not known. */
CQ_API int cq_txn_state(struct cq_desc_list *list, struct cq_txn_logs *out, struct cq_error *err);

#endif
