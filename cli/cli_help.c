/* cli_help - help, manual pages and completions, all from the tables of options and commands. */
#include "cli.h"

#include <ctype.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifndef CQ_VERSION
#define CQ_VERSION "unknown"
#endif

static const char about[] =
	"cqlite opens Apache Cassandra's SSTables without a node, a configuration or a Java machine: it shows what is in them, finds "
	"what is wrong with them, and gets the data out. It never changes the files it reads.\n\n"
	"A PATH is any file of an SSTable, a table's directory, a keyspace's directory, a snapshot, or a whole data directory.";

static const char statuses[] =
	"0 all well; 1 damage (or other findings) was met and reported; 2 the command line is wrong; 3 the work could not be "
	"finished (reading or writing failed, no memory, a format that this build does not read); 128 + N ended by signal N.";

struct variable {
	const char *name, *what;
};

static const struct variable variables[] = {
	{ "NO_COLOR", "when set to anything, no colour unless --color always" },
	{ "CQLITE_PROGRESS_AFTER", "seconds of work after which progress is shown on a terminal; default 1" },
	{ "CQLITE_PLUGIN_PATH", "folders (':' between) whose *.so files are loaded as formats" },
};

const struct cli_command *cli_command_named(const char *name)
{
	for (size_t i = 0; cli_commands[i]; i++)
		if (strcmp(cli_commands[i]->name, name) == 0)
			return cli_commands[i];
	return NULL;
}

/* "-k, --key KEY..." */
static void option_words(const struct cli_option *o, char *out, size_t n)
{
	char letter[8] = "    ";

	if (o->letter)
		snprintf(letter, sizeof letter, "-%c, ", o->letter);
	snprintf(out, n, "%s--%s%s%s%s", letter, o->name, o->arg ? " " : "", o->arg ? o->arg : "",
		o->flags & CLI_MANY ? "..." : "");
}

/* ---- text ---- */

static size_t width(void)
{
	struct winsize w;

	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= 40)
		return w.ws_col > 100 ? 100 : w.ws_col;
	return 80;
}

/* Fill text into lines that begin at column indent; the first one stands at column at already. */
static void fill(struct cq_buf *out, const char *text, size_t indent, size_t at)
{
	size_t max = width();
	bool first = true;

	while (*text) {
		size_t len = strcspn(text, " \n");

		if (len) {
			if (!first && at + 1 + len > max) {
				cq_buf_byte(out, '\n');
				at = 0;
				first = true;
			}
			if (first) {
				for (; at < indent; at++)
					cq_buf_byte(out, ' ');
			} else {
				cq_buf_byte(out, ' ');
				at++;
			}
			cq_buf_put(out, text, len);
			at += len;
			first = false;
			text += len;
		}
		if (text[0] == '\n' && text[1] == '\n') {
			cq_buf_str(out, "\n\n");
			at = 0;
			first = true;
			text++;
		}
		if (*text)
			text++;
	}
	cq_buf_byte(out, '\n');
}

static void title(struct cli *cli, const char *text)
{
	cq_buf_printf(&cli->out, "\n%s%s%s\n", cli_color(cli, CLI_BOLD), text, cli_color(cli, CLI_PLAIN));
}

/* A word and its explanation, in two columns. */
static void entry(struct cli *cli, const char *word, const char *text, size_t column)
{
	size_t len = strlen(word);

	cq_buf_printf(&cli->out, "  %s%s%s", cli_color(cli, CLI_NAME), word, cli_color(cli, CLI_PLAIN));
	if (len + 4 > column) {
		cq_buf_byte(&cli->out, '\n');
		len = 0;
		fill(&cli->out, text, column, 0);
	} else {
		fill(&cli->out, text, column, 2 + len);
	}
}

static void help_options(struct cli *cli, const struct cli_option *o)
{
	char words[128];

	for (; o->name; o++) {
		option_words(o, words, sizeof words);
		entry(cli, words, o->help, 26);
	}
}

static void help_program(struct cli *cli)
{
	struct cq_buf *out = &cli->out;

	cq_buf_str(out, "Usage: cqlite COMMAND [OPTION...] [PATH...]\n\n");
	fill(out, about, 0, 0);
	title(cli, "Commands");
	for (size_t i = 0; cli_commands[i]; i++)
		entry(cli, cli_commands[i]->name, cli_commands[i]->summary, 14);
	title(cli, "Options of all commands");
	help_options(cli, cli_global_options);
	title(cli, "Environment");
	for (size_t i = 0; i < CQ_COUNTOF(variables); i++)
		entry(cli, variables[i].name, variables[i].what, 26);
	title(cli, "Exit status");
	fill(out, statuses, 2, 0);
	cq_buf_str(out, "\n'cqlite help COMMAND' explains a command.\n");
}

void cli_help(struct cli *cli, const struct cli_command *c)
{
	struct cq_buf *out = &cli->out;

	if (!c) {
		help_program(cli);
		return;
	}
	cq_buf_printf(out, "Usage: cqlite %s %s\n\n", c->name, c->usage);
	cq_buf_byte(out, (uint8_t)toupper((unsigned char)c->summary[0]));
	cq_buf_printf(out, "%s.\n", c->summary + 1);
	if (c->description) {
		cq_buf_byte(out, '\n');
		fill(out, c->description, 0, 0);
	}
	if (c->options && c->options->name) {
		title(cli, "Options");
		help_options(cli, c->options);
	}
	title(cli, "Options of all commands");
	help_options(cli, cli_global_options);
	if (c->examples) {
		title(cli, "Examples");
		for (const struct cli_example *e = c->examples; e->command; e++) {
			cq_buf_printf(out, "  %s%s%s\n", cli_color(cli, CLI_NAME), e->command, cli_color(cli, CLI_PLAIN));
			fill(out, e->what, 6, 0);
		}
	}
	title(cli, "Exit status");
	fill(out, c->exit_status ? c->exit_status : statuses, 2, 0);
}

/* ---- roff ---- */

/* Text with what roff would read as its own taken the meaning from. Empty lines become paragraphs. */
static void roff(struct cq_buf *out, const char *text)
{
	bool start = true;

	for (; *text; text++) {
		if (text[0] == '\n' && text[1] == '\n') {
			cq_buf_str(out, "\n.PP\n");
			text++;
			start = true;
			continue;
		}
		if (start && (*text == '.' || *text == '\''))
			cq_buf_str(out, "\\&");
		if (*text == '\\')
			cq_buf_str(out, "\\e");
		else if (*text == '-')
			cq_buf_str(out, "\\-");
		else if (*text == '\'')
			cq_buf_str(out, "\\(aq");
		else
			cq_buf_byte(out, (uint8_t)*text);
		start = *text == '\n';
	}
}

static void roff_line(struct cq_buf *out, const char *macro, const char *text)
{
	cq_buf_str(out, macro);
	roff(out, text);
	cq_buf_byte(out, '\n');
}

static void man_options(struct cq_buf *out, const struct cli_option *o)
{
	for (; o->name; o++) {
		cq_buf_str(out, ".TP\n\\fB");
		if (o->letter)
			cq_buf_printf(out, "\\-%c\\fR, \\fB", o->letter);
		cq_buf_str(out, "\\-\\-");
		roff(out, o->name);
		cq_buf_str(out, "\\fR");
		if (o->arg) {
			cq_buf_str(out, " \\fI");
			roff(out, o->arg);
			cq_buf_printf(out, "\\fR%s", o->flags & CLI_MANY ? "..." : "");
		}
		cq_buf_byte(out, '\n');
		roff_line(out, "", o->help);
	}
}

static void man_head(struct cq_buf *out, const char *name, const char *summary)
{
	cq_buf_str(out, ".TH \"");
	for (const char *p = name; *p; p++) {
		if (*p == '-')
			cq_buf_byte(out, '\\');
		cq_buf_byte(out, (uint8_t)toupper((unsigned char)*p));
	}
	cq_buf_str(out, "\" 1 \"\" \"cqlite " CQ_VERSION "\" \"CQLite\"\n.SH NAME\n");
	roff(out, name);
	cq_buf_str(out, " \\- ");
	roff_line(out, "", summary);
}

static void man_tail(struct cq_buf *out)
{
	cq_buf_str(out, ".SH ENVIRONMENT\n");
	for (size_t i = 0; i < CQ_COUNTOF(variables); i++) {
		cq_buf_printf(out, ".TP\n\\fB%s\\fR\n", variables[i].name);
		roff_line(out, "", variables[i].what);
	}
}

static void man_program(struct cq_buf *out)
{
	man_head(out, "cqlite", "read and check Cassandra SSTables");
	cq_buf_str(out, ".SH SYNOPSIS\n\\fBcqlite\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...] [\\fIPATH\\fR...]\n.SH DESCRIPTION\n");
	roff_line(out, "", about);
	cq_buf_str(out, ".SH COMMANDS\n");
	for (size_t i = 0; cli_commands[i]; i++) {
		cq_buf_printf(out, ".TP\n\\fBcqlite\\-%s\\fR(1)\n", cli_commands[i]->name);
		roff_line(out, "", cli_commands[i]->summary);
	}
	cq_buf_str(out, ".SH OPTIONS\nOf all commands:\n");
	man_options(out, cli_global_options);
	cq_buf_str(out, ".SH EXIT STATUS\n");
	roff_line(out, "", statuses);
	man_tail(out);
}

void cli_man(struct cli *cli, const struct cli_command *c)
{
	struct cq_buf *out = &cli->out;
	char name[64];

	if (!c) {
		man_program(out);
		return;
	}
	snprintf(name, sizeof name, "cqlite-%s", c->name);
	man_head(out, name, c->summary);
	cq_buf_printf(out, ".SH SYNOPSIS\n\\fBcqlite %s\\fR ", c->name);
	roff_line(out, "", c->usage);
	if (c->description) {
		cq_buf_str(out, ".SH DESCRIPTION\n");
		roff_line(out, "", c->description);
	}
	cq_buf_str(out, ".SH OPTIONS\n");
	if (c->options)
		man_options(out, c->options);
	cq_buf_str(out, ".PP\nAs for all commands:\n");
	man_options(out, cli_global_options);
	if (c->examples) {
		cq_buf_str(out, ".SH EXAMPLES\n");
		for (const struct cli_example *e = c->examples; e->command; e++) {
			cq_buf_str(out, ".TP\n\\fB");
			roff(out, e->command);
			cq_buf_str(out, "\\fR\n");
			roff_line(out, "", e->what);
		}
	}
	cq_buf_str(out, ".SH EXIT STATUS\n");
	roff_line(out, "", c->exit_status ? c->exit_status : statuses);
	man_tail(out);
	cq_buf_str(out, ".SH SEE ALSO\n\\fBcqlite\\fR(1)\n");
}

/* ---- completion ---- */

static const char *bash_action(enum cli_kind kind)
{
	switch (kind) {
	case CLI_FILE: return "COMPREPLY=($(compgen -f -- \"$cur\")); compopt -o filenames 2>/dev/null";
	case CLI_DIR: return "COMPREPLY=($(compgen -d -- \"$cur\")); compopt -o filenames 2>/dev/null";
	default: return "COMPREPLY=()";
	}
}

/* case arms for options that take a value */
static void bash_values(struct cq_buf *out, const char *command, const struct cli_option *o)
{
	for (; o && o->name; o++) {
		if (o->kind == CLI_SWITCH)
			continue;
		cq_buf_printf(out, "\t%s,--%s", command, o->name);
		if (o->letter)
			cq_buf_printf(out, "|%s,-%c", command, o->letter);
		if (o->kind == CLI_CHOICE) {
			cq_buf_str(out, ") COMPREPLY=($(compgen -W \"");
			for (size_t i = 0; o->choices[i]; i++)
				cq_buf_printf(out, "%s%s", i ? " " : "", o->choices[i]);
			cq_buf_str(out, "\" -- \"$cur\")); return ;;\n");
		} else {
			cq_buf_printf(out, ") %s; return ;;\n", bash_action(o->kind));
		}
	}
}

static void bash_words(struct cq_buf *out, const struct cli_option *o)
{
	for (; o && o->name; o++) {
		cq_buf_printf(out, " --%s", o->name);
		if (o->letter)
			cq_buf_printf(out, " -%c", o->letter);
	}
}

static void complete_bash(struct cq_buf *out)
{
	cq_buf_str(out, "# bash completion for cqlite, made by 'cqlite help --complete bash'\n"
		"_cqlite()\n{\n"
		"\tlocal cur prev command= word i\n"
		"\tcur=${COMP_WORDS[COMP_CWORD]}\n"
		"\tprev=${COMP_WORDS[COMP_CWORD-1]}\n"
		"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
		"\t\tword=${COMP_WORDS[i]}\n"
		"\t\tcase $word in\n"
		"\t\t--color|--plugin|--schema) i=$((i + 1)) ;;\n"
		"\t\t-*|=) ;;\n"
		"\t\t*) command=$word; break ;;\n"
		"\t\tesac\n\tdone\n"
		"\tif [ \"$prev\" = = ]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
		"\tif [ \"$cur\" = = ]; then cur=; fi\n"
		"\tcase $command,$prev in\n");
	for (size_t i = 0; cli_commands[i]; i++)
		bash_values(out, cli_commands[i]->name, cli_commands[i]->options);
	bash_values(out, "*", cli_global_options);
	cq_buf_str(out, "\tesac\n\tcase $command,$cur in\n");
	for (size_t i = 0; cli_commands[i]; i++) {
		cq_buf_printf(out, "\t%s,-*) COMPREPLY=($(compgen -W \"", cli_commands[i]->name);
		bash_words(out, cli_commands[i]->options);
		bash_words(out, cli_global_options);
		cq_buf_str(out, "\" -- \"$cur\")) ;;\n");
	}
	cq_buf_str(out, "\t,-*) COMPREPLY=($(compgen -W \"");
	bash_words(out, cli_global_options);
	cq_buf_str(out, "\" -- \"$cur\")) ;;\n\t,*|help,*) COMPREPLY=($(compgen -W \"");
	for (size_t i = 0; cli_commands[i]; i++)
		cq_buf_printf(out, "%s%s", i ? " " : "", cli_commands[i]->name);
	cq_buf_str(out, "\" -- \"$cur\")) ;;\n");
	for (size_t i = 0; cli_commands[i]; i++)
		if (cli_commands[i]->operand == CLI_FILE || cli_commands[i]->operand == CLI_DIR)
			cq_buf_printf(out, "\t%s,*) %s ;;\n", cli_commands[i]->name, bash_action(cli_commands[i]->operand));
	cq_buf_str(out, "\tesac\n}\ncomplete -F _cqlite cqlite\n");
}

/* A word inside '...' of a zsh argument specification. */
static void zsh_word(struct cq_buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			cq_buf_str(out, "'\\''");
		else if (strchr("[]:\\", *text))
			cq_buf_printf(out, "\\%c", *text);
		else
			cq_buf_byte(out, (uint8_t)*text);
	}
}

static void zsh_action(struct cq_buf *out, const struct cli_option *o)
{
	cq_buf_byte(out, ':');
	zsh_word(out, o->arg);
	cq_buf_byte(out, ':');
	if (o->kind == CLI_FILE) {
		cq_buf_str(out, "_files");
	} else if (o->kind == CLI_DIR) {
		cq_buf_str(out, "_files -/");
	} else if (o->kind == CLI_CHOICE) {
		for (size_t i = 0; o->choices[i]; i++)
			cq_buf_printf(out, "%s%s", i ? " " : "(", o->choices[i]);
		cq_buf_byte(out, ')');
	}
}

static void zsh_option(struct cq_buf *out, const struct cli_option *o, const char *word, bool equals)
{
	cq_buf_printf(out, " \\\n\t\t\t'%s%s%s[", o->flags & CLI_REPEATS ? "*" : "", word, equals ? "=" : "");
	zsh_word(out, o->help);
	cq_buf_byte(out, ']');
	if (o->kind != CLI_SWITCH)
		zsh_action(out, o);
	cq_buf_byte(out, '\'');
}

static void zsh_options(struct cq_buf *out, const struct cli_option *o)
{
	char word[72];

	for (; o && o->name; o++) {
		snprintf(word, sizeof word, "--%s", o->name);
		zsh_option(out, o, word, o->kind != CLI_SWITCH);
		if (o->letter) {
			snprintf(word, sizeof word, "-%c", o->letter);
			zsh_option(out, o, word, false);
		}
	}
}

static void complete_zsh(struct cq_buf *out)
{
	cq_buf_str(out, "#compdef cqlite\n# zsh completion for cqlite, made by 'cqlite help --complete zsh'\n"
		"_cqlite()\n{\n"
		"\tlocal context state state_descr line\n"
		"\ttypeset -A opt_args\n"
		"\tlocal -a commands\n\tcommands=(\n");
	for (size_t i = 0; cli_commands[i]; i++) {
		cq_buf_printf(out, "\t\t'%s:", cli_commands[i]->name);
		zsh_word(out, cli_commands[i]->summary);
		cq_buf_str(out, "'\n");
	}
	cq_buf_str(out, "\t)\n\t_arguments -C -S");
	zsh_options(out, cli_global_options);
	cq_buf_str(out, " \\\n\t\t\t'1:command:->command' '*::argument:->argument' && return\n"
		"\tcase $state in\n"
		"\tcommand) _describe command commands ;;\n"
		"\targument)\n\t\tcase $words[1] in\n");
	for (size_t i = 0; cli_commands[i]; i++) {
		const struct cli_command *c = cli_commands[i];

		cq_buf_printf(out, "\t\t%s) _arguments -S", c->name);
		zsh_options(out, c->options);
		zsh_options(out, cli_global_options);
		if (c->operand == CLI_FILE || c->operand == CLI_DIR) {
			cq_buf_printf(out, " \\\n\t\t\t'*:path:_files%s'", c->operand == CLI_DIR ? " -/" : "");
		} else if (strcmp(c->name, "help") == 0) {
			cq_buf_str(out, " \\\n\t\t\t'1:command:(");
			for (size_t j = 0; cli_commands[j]; j++)
				cq_buf_printf(out, "%s%s", j ? " " : "", cli_commands[j]->name);
			cq_buf_str(out, ")'");
		}
		cq_buf_str(out, " ;;\n");
	}
	cq_buf_str(out, "\t\tesac ;;\n\tesac\n}\n_cqlite \"$@\"\n");
}

void cli_complete(struct cli *cli, const char *shell)
{
	if (strcmp(shell, "bash") == 0)
		complete_bash(&cli->out);
	else
		complete_zsh(&cli->out);
}
