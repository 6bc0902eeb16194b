/* check - what `cqlite check` prints, apart from the command. */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H
#include "cli.h"
#include "cq_rule.h"

struct check_view {
	struct cli *cli;
	const struct cq_report *report;
	const struct cq_check_options *options;
	const char *path;                  /* as given */
	bool brief;                        /* a line a table, no findings */
};

/* For people: a verdict and what to do first, then the findings. */
void check_text(const struct check_view *v);
/* cqlite-check-1 */
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
