#include "lua_view.h"

#include <stdlib.h>

#include "doc_view.h"
#include "lcq_view.h"

/* The widths are those of the first rows; what comes later is printed as it comes, so that a view of any length takes little memory. */
enum { ROWS_MEASURED = 1000 };

struct table {
	struct cli *cli;
	size_t ncolumns, *width, nrows;
	struct cq_buf held;                    /* cells of the first rows, safe, each ended by a zero byte */
	bool flowing;
};

/* Characters, not bytes. */
static size_t width_of(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((uint8_t)*s & 0xc0) != 0x80;
	return n;
}

/* One row of cells that stand one behind the other. Returns what is behind it. */
static const char *put_row(struct table *t, const char *cell)
{
	struct cq_buf *out = &t->cli->out;

	for (size_t i = 0; i < t->ncolumns; i++, cell += strlen(cell) + 1) {
		cq_buf_str(out, cell);
		for (size_t n = width_of(cell); i + 1 < t->ncolumns && n < t->width[i] + 2; n++)
			cq_buf_byte(out, ' ');
	}
	while (out->len && out->p[out->len - 1] == ' ')
		out->len--;
	cq_buf_byte(out, '\n');
	return cell;
}

static void flow(struct table *t)
{
	const char *at = t->held.len ? (const char *)t->held.p : "";

	for (size_t i = 0; i < t->nrows; i++)
		at = put_row(t, at);
	t->nrows = 0;
	cq_buf_clear(&t->held);
	t->flowing = true;
}

static int row(void *arg, const cq_slice *cells, size_t n)
{
	struct table *t = arg;

	for (size_t i = 0; i < n; i++) {
		size_t start = t->held.len, w;

		doc_view_safe(&t->held, cells[i]);
		cq_buf_byte(&t->held, 0);
		if (t->held.failed)
			return -1;
		w = width_of((const char *)t->held.p + start);
		if (!t->flowing && w > t->width[i])
			t->width[i] = w;
	}
	t->nrows++;
	if (t->flowing || t->nrows == ROWS_MEASURED)
		flow(t);
	return cli_stop || cli_flush_some(t->cli) != CLI_WELL ? -1 : 0;
}

static int show(struct cli *cli, const struct lcq_view *v, const char *path)
{
	struct table t = { .cli = cli, .ncolumns = lcq_view_columns(v) };
	struct cq_error err = {0};
	cq_slice heads[64];
	int rc;

	t.width = cq_arena_zalloc(&cli->arena, t.ncolumns, sizeof *t.width);
	if (!t.width)
		return CLI_UNFINISHED;
	for (size_t i = 0; i < t.ncolumns && i < CQ_COUNTOF(heads); i++)
		heads[i] = cq_slice_str(lcq_view_column(v, i));
	cq_buf_printf(&cli->out, "%s%s%s: %s\n", cli_color(cli, CLI_BOLD), lcq_view_title(v), cli_color(cli, CLI_PLAIN), cq_basename(path));
	row(&t, heads, t.ncolumns);
	rc = lcq_view_rows(v, path, row, &t, &err);
	flow(&t);
	cq_buf_finish(&t.held);
	if (rc == CQ_ESTOPPED)
		return cli_stop ? CLI_INTERRUPTED + cli_stop : CLI_UNFINISHED;
	if (rc != CQ_OK) {
		cli_error(cli, "view %s: %s", lcq_view_name(v), err.msg);
		return CLI_UNFINISHED;
	}
	return CLI_WELL;
}

int lua_view(struct cli *cli, const char *name, int npaths, char **paths)
{
	const struct lcq_view *v = lcq_view_named(name);
	const char *names[64], *near;
	size_t n = 0;
	int worst = CLI_WELL;

	if (!v) {
		while (n < CQ_COUNTOF(names) - 1 && lcq_view_nth(n)) {
			names[n] = lcq_view_name(lcq_view_nth(n));
			n++;
		}
		names[n] = NULL;
		near = cli_nearest(name, names);
		return near ? cli_usage(cli, "no view %s; did you mean %s?", name, near) : cli_usage(cli, "no view %s; scripts add them (--lua)", name);
	}
	if (!npaths)
		return cli_usage(cli, "a view is one of SSTables: no PATH");
	for (int i = 0; i < npaths && worst < CLI_INTERRUPTED; i++) {
		struct cq_desc_list list = {0};
		bool left_out = false;
		int rc = cli_list(cli, paths[i], &list, &left_out);

		for (size_t k = 0; rc <= CLI_FOUND && k < list.ntables; k++)
			rc = cli_worse(rc, show(cli, v, list.tables[k].data_path));
		worst = cli_worse(worst, left_out ? cli_worse(rc, CLI_UNFINISHED) : rc);
		cq_desc_list_finish(&list);
	}
	return cli_worse(worst, cli_flush(cli));
}
