#include "cli.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* ---- tables ---- */

/* Options of the command and the global ones as one sequence: index counts through both. */
static const struct cli_option *option_nth(const struct cli *cli, size_t index)
{
	const struct cli_option *o = cli->command ? cli->command->options : NULL;

	for (; o && o->name; o++)
		if (index-- == 0)
			return o;
	for (o = cli_global_options; o->name; o++)
		if (index-- == 0)
			return o;
	return NULL;
}

static const struct cli_option *option_named(const struct cli *cli, const char *name, size_t len)
{
	const struct cli_option *o;

	for (size_t i = 0; (o = option_nth(cli, i)); i++)
		if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
			return o;
	return NULL;
}

static const struct cli_option *option_lettered(const struct cli *cli, char letter)
{
	const struct cli_option *o;

	for (size_t i = 0; (o = option_nth(cli, i)); i++)
		if (o->letter == letter)
			return o;
	return NULL;
}

/* ---- suggestions ---- */

/* Edits (insert, delete, replace, swap neighbours) between two words, up to 63 letters each. */
static unsigned distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	unsigned d[3][64];

	if (n > 63 || m > 63)
		return 99;
	for (size_t j = 0; j <= m; j++)
		d[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned *row = d[i % 3], *up = d[(i - 1) % 3], *up2 = d[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned best = up[j - 1] + (a[i - 1] != b[j - 1]);

			if (up[j] + 1 < best)
				best = up[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && up2[j - 2] + 1 < best)
				best = up2[j - 2] + 1;
			row[j] = best;
		}
	}
	return d[n % 3][m];
}

const char *cli_nearest(const char *word, const char *const *names)
{
	const char *best = NULL;
	unsigned least = 99;
	size_t len = strlen(word);

	for (; *names; names++) {
		unsigned d = distance(word, *names);

		/* What a name begins with is a good guess however much is missing. */
		if (len >= 2 && strncmp(word, *names, len) == 0 && d > 1)
			d = 1;
		if (d < least) {
			least = d;
			best = *names;
		}
	}
	/* A third of the letters may be wrong. */
	return least <= (len + 2) / 3 && least <= 3 ? best : NULL;
}

static int unknown_option(struct cli *cli, const char *name, size_t len)
{
	char word[64];
	const char *names[128], *near;
	const struct cli_option *o;
	size_t n = 0;

	for (size_t i = 0; (o = option_nth(cli, i)) && n < CQ_COUNTOF(names) - 1; i++)
		names[n++] = o->name;
	names[n] = NULL;
	snprintf(word, sizeof word, "%.*s", (int)(len < 63 ? len : 63), name);
	near = cli_nearest(word, names);
	if (near)
		return cli_usage(cli, "unknown option --%s; did you mean --%s?", word, near);
	return cli_usage(cli, "unknown option --%s", word);
}

/* ---- values ---- */

static int give(struct cli *cli, const struct cli_option *o, const char *text)
{
	struct cli_given g = { .option = o, .text = text };
	struct cli_given *more;

	if (o->kind == CLI_NUMBER || o->kind == CLI_INTEGER) {
		char *end;

		errno = 0;
		g.number = strtoll(text, &end, 10);
		if (end == text || *end || *text == ' ')
			return cli_usage(cli, "--%s wants a number, not '%s'", o->name, text);
		if (errno == ERANGE || (o->kind == CLI_NUMBER && g.number < 0))
			return cli_usage(cli, "--%s: %s is out of range", o->name, text);
	}
	if (o->kind == CLI_CHOICE) {
		size_t i = 0;
		char all[256] = "";

		while (o->choices[i] && strcmp(o->choices[i], text) != 0)
			i++;
		if (!o->choices[i]) {
			for (i = 0; o->choices[i]; i++)
				snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? ", " : "", o->choices[i]);
			return cli_usage(cli, "--%s wants one of %s, not '%s'", o->name, all, text);
		}
		g.number = (int64_t)i;
	}
	more = realloc(cli->given, (cli->ngiven + 1) * sizeof *more);
	if (!more) {
		cli_error(cli, "out of memory");
		return CLI_UNFINISHED;
	}
	cli->given = more;
	cli->given[cli->ngiven++] = g;
	return CLI_WELL;
}

/* Does a word that begins with - stand for an option? "-" and negative numbers do not. */
static bool is_option(const struct cli *cli, const char *word)
{
	return word[0] == '-' && word[1] && (!(word[1] >= '0' && word[1] <= '9') || option_lettered(cli, word[1]));
}

/* The value of an option that was not written in the same word. Returns how many words were taken, negative on error. */
static int take_values(struct cli *cli, const struct cli_option *o, int left, char **words, int *rc)
{
	int n = 0;

	if (left < 1) {
		*rc = cli_usage(cli, "--%s wants a value (%s)", o->name, o->arg);
		return -1;
	}
	do {
		*rc = give(cli, o, words[n++]);
	} while (*rc == CLI_WELL && (o->flags & CLI_MANY) && cli->noperands && n < left && !is_option(cli, words[n]));
	return *rc == CLI_WELL ? n : -1;
}

static int long_option(struct cli *cli, const char *word, int left, char **words, int *rc)
{
	const char *eq = strchr(word, '=');
	size_t len = eq ? (size_t)(eq - word) : strlen(word);
	const struct cli_option *o = option_named(cli, word, len);

	if (!o) {
		*rc = unknown_option(cli, word, len);
		return -1;
	}
	if (o->kind == CLI_SWITCH) {
		*rc = eq ? cli_usage(cli, "--%s takes no value", o->name) : give(cli, o, NULL);
		return *rc == CLI_WELL ? 0 : -1;
	}
	if (eq) {
		*rc = give(cli, o, eq + 1);
		return *rc == CLI_WELL ? 0 : -1;
	}
	return take_values(cli, o, left, words, rc);
}

static int short_options(struct cli *cli, const char *word, int left, char **words, int *rc)
{
	for (; *word; word++) {
		const struct cli_option *o = option_lettered(cli, *word);

		if (!o) {
			*rc = cli_usage(cli, "unknown option -%c", *word);
			return -1;
		}
		if (o->kind != CLI_SWITCH && !word[1])
			return take_values(cli, o, left, words, rc);
		*rc = give(cli, o, o->kind == CLI_SWITCH ? NULL : word + 1);
		if (*rc != CLI_WELL)
			return -1;
		if (o->kind != CLI_SWITCH)
			break;
	}
	return 0;
}

int cli_parse(struct cli *cli, int argc, char **argv, int *used)
{
	bool only_operands = false;
	int rc = CLI_WELL, i, n;

	for (i = 0; i < argc; i++) {
		if (only_operands || !is_option(cli, argv[i])) {
			if (!cli->command)
				break;
			cli->operands[cli->noperands++] = argv[i];
		} else if (strcmp(argv[i], "--") == 0) {
			only_operands = true;
			cli->ndashes = cli->noperands;
		} else {
			n = argv[i][1] == '-' ? long_option(cli, argv[i] + 2, argc - i - 1, argv + i + 1, &rc)
				: short_options(cli, argv[i] + 1, argc - i - 1, argv + i + 1, &rc);
			if (n < 0)
				return rc;
			i += n;
		}
	}
	*used = i;
	return rc;
}

/* ---- asking ---- */

static const struct cli_given *given_nth(const struct cli *cli, const char *name, size_t index)
{
	assert(option_named(cli, name, strlen(name)));
	for (size_t i = 0; i < cli->ngiven; i++)
		if (strcmp(cli->given[i].option->name, name) == 0 && index-- == 0)
			return &cli->given[i];
	return NULL;
}

static const struct cli_given *given_last(const struct cli *cli, const char *name)
{
	assert(option_named(cli, name, strlen(name)));
	for (size_t i = cli->ngiven; i-- > 0;)
		if (strcmp(cli->given[i].option->name, name) == 0)
			return &cli->given[i];
	return NULL;
}

bool cli_has(const struct cli *cli, const char *option)
{
	return given_last(cli, option) != NULL;
}

const char *cli_text(const struct cli *cli, const char *option)
{
	const struct cli_given *g = given_last(cli, option);

	return g ? g->text : NULL;
}

int64_t cli_number(const struct cli *cli, const char *option, int64_t otherwise)
{
	const struct cli_given *g = given_last(cli, option);

	return g ? g->number : otherwise;
}

const char *cli_nth(const struct cli *cli, const char *option, size_t index)
{
	const struct cli_given *g = given_nth(cli, option, index);

	return g ? g->text : NULL;
}
