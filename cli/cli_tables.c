#include "cli.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cq_schema.h"
#include "cq_space.h"
#include "cq_txnlog.h"

/* ---- --schema ---- */

enum { SCHEMA_FILE_MAX = 64 << 20 };         /* a dump of every keyspace of a large cluster is a few MB */

static int read_schema(struct cli *cli, const char *path, struct cq_error *err)
{
	struct cq_space *s;
	uint8_t *p;
	int rc;

	if (cli->schema_text.p)
		return CQ_OK;
	rc = cq_space_open_file(&s, path, err);
	if (rc != CQ_OK)
		return rc;
	if (s->size > SCHEMA_FILE_MAX) {
		rc = cq_fail(err, CQ_EUNSUPPORTED, CQ_NO_OFFSET, "%s has %llu bytes, more than a file of CQL has", path,
			(unsigned long long)s->size);
	} else if (!(p = cq_arena_alloc(&cli->arena, (size_t)s->size + 1))) {
		rc = cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "out of memory for %s", path);
	} else {
		rc = s->size ? cq_space_read(s, 0, p, (size_t)s->size, err) : CQ_OK;
		if (rc == CQ_OK)
			cli->schema_text = cq_slice_of(p, (size_t)s->size);
	}
	cq_space_close(s);
	return rc;
}

/* The table that belongs to data_path: the only one in the file, or the one its directory is named after. */
int cli_schema(struct cli *cli, const char *data_path, const struct cq_schema **out, struct cq_error *err)
{
	const char *file = cli_text(cli, "schema"), *absolute;
	struct cq_schema *s = NULL;
	struct cq_desc d;
	char want[512];
	struct cq_error first;
	cq_slice text;
	int rc = CQ_OK;

	*out = NULL;
	if (file)
		rc = read_schema(cli, file, err);
	if (rc != CQ_OK || !file)
		return rc;
	text = cli->schema_text;
	rc = cq_schema_parse(&cli->arena, text, NULL, &s, err);
	if (rc == CQ_OK) {
		*out = s;
		return rc;
	}
	first = *err;
	absolute = realpath(data_path, NULL);
	if (absolute && cq_desc_parse(absolute, &d, NULL) == CQ_OK && d.place.table.p && d.place.keyspace.p) {
		snprintf(want, sizeof want, "%.*s.%.*s", (int)d.place.keyspace.len, (const char *)d.place.keyspace.p,
			(int)d.place.table.len, (const char *)d.place.table.p);
		rc = cq_schema_parse(&cli->arena, text, want, &s, err);
		if (rc == CQ_NOT_FOUND) {
			snprintf(want, sizeof want, "%.*s", (int)d.place.table.len, (const char *)d.place.table.p);
			rc = cq_schema_parse(&cli->arena, text, want, &s, err);
		}
	}
	free((void *)(uintptr_t)absolute);
	/* The only table there is, under another name, and something is wrong with it: that is the news. */
	if (rc == CQ_NOT_FOUND && first.code == CQ_DAMAGED) {
		*err = first;
		rc = first.code;
	}
	if (rc == CQ_OK)
		*out = s;
	else
		cq_error_at(err, file, CQ_SPACE_RAW);
	return rc;
}

int cli_schema_failed(struct cli *cli, const struct cq_error *err)
{
	if (err->code != CQ_NOT_FOUND)
		return cli_worse(cli_fail(cli, err), CLI_USAGE);
	cli_error(cli, "%s: %s", cli_text(cli, "schema"), err->msg);
	return CLI_USAGE;
}

int cli_open(struct cli *cli, const char *data_path, const struct cq_open_options *opt, struct cq_table **out)
{
	struct cq_open_options o = opt ? *opt : (struct cq_open_options){0};
	struct cq_error err = {0};
	int rc = o.schema ? CQ_OK : cli_schema(cli, data_path, &o.schema, &err);

	if (rc != CQ_OK)
		return cli_schema_failed(cli, &err);
	rc = cq_table_open(out, data_path, &o, &err);
	return rc == CQ_OK ? CLI_WELL : cli_fail(cli, &err);
}

/* ---- lists ---- */

int cli_list(struct cli *cli, const char *path, struct cq_desc_list *list, bool *left_out)
{
	struct cq_error err = {0};
	struct cq_txn_logs logs = {0};
	struct stat st;
	bool one_file;
	size_t n = 0;
	int rc;

	rc = cq_desc_list(path, list, &err);
	if (rc == CQ_OK)
		rc = cq_txn_state(list, &logs, &err);
	if (rc != CQ_OK) {
		cli_error(cli, "%s", err.msg);
		return cli_exit_code(rc);
	}
	/* Who names a file of one SSTable does not ask about its neighbours. */
	one_file = list->ntables == 1 && stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
	for (size_t i = 0; i < list->nothers && !one_file; i++) {
		if (list->others[i].kind != CQ_OTHER_UNSUPPORTED && list->others[i].kind != CQ_OTHER_UNREADABLE)
			continue;
		/* One line a table is enough, and Data.db is what makes one. */
		if (list->others[i].kind == CQ_OTHER_UNSUPPORTED && !strstr(cq_basename(list->others[i].path), "-Data.db"))
			continue;
		cli_error(cli, "left out: %s: %s", list->others[i].path, list->others[i].why ? list->others[i].why : "");
		*left_out = true;
	}
	/* A path that is one file means that file, whatever a log says of it. */
	if (list->ntables == 1)
		return CLI_WELL;
	for (size_t i = 0; i < list->ntables; i++) {
		const char *what = list->tables[i].data_path;

		if (list->tables[i].fate == CQ_TXN_INCOMPLETE)
			cli_note(cli, "left out: %s: the operation that wrote it did not finish (%s)", what, list->tables[i].fate_log);
		else if (list->tables[i].fate == CQ_TXN_OBSOLETE)
			cli_note(cli, "left out: %s: replaced by another table (%s)", what, list->tables[i].fate_log);
		else
			list->tables[n++] = list->tables[i];
	}
	list->ntables = n;
	return CLI_WELL;
}
