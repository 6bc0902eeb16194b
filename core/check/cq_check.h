/* cq_check - the corruption detector: what is wrong with SSTables, where to the byte, what is lost, what to do.
 *
 *     struct cq_check_options opt = { .level = CQ_CHECK_FULL };
 *     struct cq_report report = {0};
 *
 *     cq_desc_list(path, &list, &err);
 *     cq_txn_state(&list, &logs, &err);
 *     rc = cq_check_run(&list, &opt, &report, &err);
 *     for (size_t i = 0; i < report.ntables; i++)
 *             for (f = report.tables[i].first; f; f = f->next) printf("%s: %s\n", f->rule->id, f->message);
 *     cq_report_finish(&report);
 *
 * The rules are in rules/, one a file (cq_rule.h says how to write one). A run opens each table, asks the rules that read
 * metadata only, then reads all rows once for all rules together (a lenient scan, in pieces by token range on several
 * threads), then asks those that look up or read again, and at last those that compare several tables.
 *
 * What a run could not look at is in the report as unmeasured with its cause: no rule is ever taken as passed that did not
 * run to its end. Memory is bounded by the size of a filter and the number of findings kept; it does not grow with rows. */
#ifndef CQ_CHECK_H
#define CQ_CHECK_H
#include "cq_arena.h"
#include "cq_desc_list.h"
#include "cq_finding.h"
#include "cq_table.h"

enum cq_check_level {
	CQ_CHECK_QUICK,            /* structure and metadata; no row is read */
	CQ_CHECK_FULL,             /* and every row once */
	CQ_CHECK_DEEP,             /* and every look-up, reversed reads */
};

/* What a finding means for who uses the table. The worst one makes the verdict. */
enum cq_effect {
	CQ_HARMLESS,
	CQ_SLOWER,                 /* reads do more work than they need */
	CQ_UNSURE,                 /* nothing is wrong for certain; somebody should look */
	CQ_REFUSED,                /* Cassandra, or one of its tools, stops at it; the rows are there */
	CQ_WRONG_ANSWERS,          /* reads miss rows, show deleted ones, or show wrong values, silently */
	CQ_LOST,                   /* rows cannot be read any more */
};

struct cq_rule;
struct cq_txn_logs;

/* The partitions that a finding touches, those that are known. */
struct cq_keys {
	uint64_t n;                        /* how many; 0: none or not known */
	bool at_least;                     /* there may be more */
	const char *first, *last;          /* as text; NULL when not known; last NULL when n is 1 */
	const char *first_token, *last_token;  /* of a key that is not known: the lowest, the highest that it can be */
};

/* A single flipped bit that would explain what was found: a hypothesis. */
struct cq_suspect {
	bool set;
	int component, space;
	uint64_t off;
	unsigned bit;                      /* 0: the lowest */
	uint8_t found, expected;           /* the byte as it is, and as it may have been */
};

struct cq_check_finding {
	const struct cq_rule *rule;
	size_t rule_index;                 /* in the list: cq_rule_nth */
	enum cq_severity severity;
	enum cq_effect effect;
	int component;                     /* enum cq_component; CQ_C_KINDS: none (the directory, several tables) */
	const char *file;                  /* its name; "" for none */
	int space;                         /* enum cq_space_kind */
	uint64_t off, len;                 /* CQ_NO_OFFSET: no place; len 0: only the start is known */
	const char *message;               /* one sentence */
	const char *expected, *found;      /* NULL: nothing to say */
	const char *means, *action, *bug;  /* of this case; NULL: the rule's own hold */
	const char *because;               /* id of the rule whose finding explains this one; NULL: none */
	struct cq_keys keys;
	struct cq_suspect suspect;
	struct cq_check_finding *next;
};

struct cq_unmeasured {
	const struct cq_rule *rule;
	const char *cause;
	struct cq_unmeasured *next;
};

/* What was found in one SSTable; the last one of a report stands for what concerns several. */
struct cq_check_table {
	const struct cq_sst_entry *entry;  /* borrowed from the list; NULL: several tables */
	const struct cq_schema *schema;    /* what schema_of said */
	struct cq_check_finding *first;    /* by severity, causes before what follows, then component and offset */
	struct cq_unmeasured *unmeasured;
	size_t n[CQ_ERROR + 1];            /* findings by severity, those not kept included */
	size_t dropped;                    /* not kept: more than max_findings of one rule */
	enum cq_effect worst;
	bool opened, scanned;              /* could the table be opened; were its rows read to the end */
	bool compared;                     /* with a schema: schema_of's or a schema.cql */
	uint64_t partitions, rows, cells, markers;     /* that were read */
	uint64_t skipped_bytes, stream_bytes;
	uint64_t keys_lost, keys_perhaps;  /* by the index; see cq_lenient.h */
	bool keys_known;
	size_t nrun;                       /* rules that ran to their end */
};

struct cq_report {
	struct cq_arena arena;             /* all texts */
	struct cq_check_table *tables;     /* in the order of the list, one more for what concerns several */
	size_t ntables;
	size_t n[CQ_ERROR + 1], unmeasured;
	enum cq_effect worst;
	bool stopped;                      /* by opt->progress: what is here is what was found so far */
};

struct cq_check_options {
	enum cq_check_level level;
	const char *const *rules;          /* ids, NULL at the end; NULL: all */
	const char *const *ignore;         /* ids, NULL at the end; NULL: none */
	size_t max_findings;               /* kept of one rule and table; 0: 20 */
	unsigned jobs;                     /* threads for one table; 0: 1 */
	/* The schema of a table, lent for the run; *schema NULL: only the schema.cql beside it. Asked once a table before
	 * anything is read; an error ends the run. NULL: nobody to ask. */
	int (*schema_of)(void *arg, const char *data_path, const struct cq_schema **schema, struct cq_error *err);
	bool no_schema_file;               /* as cq_open_options */
	const struct cq_txn_logs *txn;     /* what cq_txn_state found in the list; NULL: not asked */
	int64_t now;                       /* seconds since 1970, for what lies in the future; 0: the clock */
	/* Called from the calling thread now and then: bytes of Data.db read of how many in all. False: stop. */
	bool (*progress)(void *arg, const char *what, uint64_t done, uint64_t total);
	/* A finding, as soon as it is there (from the calling thread, after each table's stage); may be NULL. */
	void (*found)(void *arg, const struct cq_check_table *t, const struct cq_check_finding *f);
	void *arg;
};

/* Check every table of a list, and what its directories hold beside them.
 *
 * returns   CQ_OK, whatever was found; CQ_EUSAGE: a rule id that does not exist; CQ_ENOMEM; CQ_ESTOPPED: the report holds what
 *           was found so far. A table that cannot be opened is a finding, not an error. */
CQ_API int cq_check_run(const struct cq_desc_list *list, const struct cq_check_options *opt, struct cq_report *out,
	struct cq_error *err);
CQ_API void cq_report_finish(struct cq_report *r);

CQ_API const char *cq_effect_name(enum cq_effect e);       /* "rows are lost" */
CQ_API const char *cq_check_level_name(enum cq_check_level l);

#endif
