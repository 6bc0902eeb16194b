/* check - what `cqlite check` prints, apart from the command. */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H
#include "cli.h"
#include "cq_rule.h"

/* A path that was given, and what the run over it found. */
struct check_path {
	const char *path;
	struct cq_desc_list list;
	struct cq_report report;
	const char *failed;                /* why nothing, or not everything, was checked; NULL: it was */
};

struct check_view {
	struct cli *cli;
	const struct cq_check_options *options;
	struct check_path *paths;
	size_t npaths;
	bool brief;                        /* a line a table, no findings */
};

/* For people: a verdict and what to do first, then the findings. One path, as soon as it is checked. */
void check_text(const struct check_view *v, const struct cq_report *r);
/* cqlite-check-1: one document for all paths. */
void check_json(const struct check_view *v);
/* SARIF 2.1.0: a run with its rules and results, for tools that collect those. */
void check_sarif(const struct check_view *v);

/* The pages of --list, --explain and --explain-all (Markdown for docs/). */
void check_rule_list(struct cli *cli);
void check_rule_page(struct cli *cli, const struct cq_rule *r);
void check_rule_book(struct cli *cli);

/* "healthy", "DAMAGED: rows are lost", ... by the worst finding. Static. */
const char *check_verdict(const struct cq_check_table *t);
const char *check_stage_name(enum cq_stage s);

#endif
