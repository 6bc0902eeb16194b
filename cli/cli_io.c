#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* ---- standard output ---- */

int cli_flush(struct cli *cli)
{
	const uint8_t *p = cli->out.p;
	size_t left = cli->out.len;
	bool failed = cli->out.failed;

	cq_buf_clear(&cli->out);
	if (failed) {
		cli_error(cli, "out of memory for the output");
		return CLI_UNFINISHED;
	}
	while (left && !cli->write_error) {
		/* No more at a time: where memory is not at hand, a system that keeps a file in larger pieces has to find them. */
		ssize_t n = write(STDOUT_FILENO, p, left < CLI_OUT_HIGH ? left : CLI_OUT_HIGH);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			cli->write_error = n < 0 ? errno : EIO;
			/* A reader that has seen enough (| head) knows why it left: nothing to explain. */
			if (cli->write_error != EPIPE)
				cli_error(cli, "cannot write to standard output: %s", strerror(cli->write_error));
			break;
		}
		p += n;
		left -= (size_t)n;
	}
	return cli->write_error ? CLI_UNFINISHED : CLI_WELL;
}

static const char *const sequences[] = {
	[CLI_PLAIN] = "\033[0m", [CLI_BOLD] = "\033[1m", [CLI_DIM] = "\033[2m", [CLI_NAME] = "\033[36m",
	[CLI_GOOD] = "\033[32m", [CLI_WARN] = "\033[33m", [CLI_BAD] = "\033[1;31m",
};

const char *cli_color(const struct cli *cli, enum cli_role role)
{
	return cli->color_out ? sequences[role] : "";
}

const char *cli_color_err(const struct cli *cli, enum cli_role role)
{
	return cli->color_err ? sequences[role] : "";
}

/* ---- messages ---- */

/* The progress line that is on the terminal now, to be wiped before a message. */
static struct cli_progress *drawn;

/* Names and values from files end up in messages: a control character among them must not reach the terminal. */
static void put_clean(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p < 0x20 || *p == 0x7f)
			fprintf(stderr, "\\x%02x", *p);
		else
			fputc(*p, stderr);
	}
}

static void say(struct cli *cli, const char *who, enum cli_role role, const char *fmt, va_list ap)
{
	char text[2048];

	vsnprintf(text, sizeof text, fmt, ap);
	if (drawn) {
		fputs("\r\033[K", stderr);
		drawn->drawn = false;
		drawn = NULL;
	}
	flockfile(stderr);
	fprintf(stderr, "%s%s:%s ", cli_color_err(cli, role), who, cli_color_err(cli, CLI_PLAIN));
	put_clean(text);
	fputc('\n', stderr);
	funlockfile(stderr);
}

void cli_error(struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(cli, "cqlite", CLI_BAD, fmt, ap);
	va_end(ap);
}

void cli_note(struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	if (cli->quiet)
		return;
	va_start(ap, fmt);
	say(cli, "cqlite: note", CLI_WARN, fmt, ap);
	va_end(ap);
}

int cli_usage(struct cli *cli, const char *fmt, ...)
{
	char who[64] = "cqlite";
	va_list ap;

	if (cli->command)
		snprintf(who, sizeof who, "cqlite %s", cli->command->name);
	va_start(ap, fmt);
	say(cli, who, CLI_BAD, fmt, ap);
	va_end(ap);
	fprintf(stderr, "Try '%s --help'.\n", who);
	return CLI_USAGE;
}

int cli_exit_code(int status)
{
	switch (status) {
	case CQ_OK:
	case CQ_END:
		return CLI_WELL;
	case CQ_DAMAGED:
		return CLI_FOUND;
	case CQ_EUSAGE:
		return CLI_USAGE;
	case CQ_ESTOPPED:
		return cli_stop ? CLI_INTERRUPTED + cli_stop : CLI_UNFINISHED;
	default:
		return CLI_UNFINISHED;
	}
}

int cli_fail(struct cli *cli, const struct cq_error *err)
{
	char line[640];

	cli_error(cli, "%s", cq_error_text(err, line, sizeof line));
	return cli_exit_code(err->code);
}

int cli_worse(int a, int b)
{
	return a > b ? a : b;
}

int cli_findings(struct cli *cli, const struct cq_findings *f)
{
	for (const struct cq_finding *x = f->first; x; x = x->next) {
		char place[64] = "";

		if (x->severity == CQ_INFO || (x->severity == CQ_WARNING && cli->quiet))
			continue;
		if (x->off != CQ_NO_OFFSET)
			snprintf(place, sizeof place, " at %s offset 0x%llx",
				x->space == CQ_SPACE_DECOMPRESSED ? "decompressed" : x->space == CQ_SPACE_BUFFER ? "value" : "file",
				(unsigned long long)x->off);
		cli_error(cli, "%s%s: %s: %s", x->file ? x->file : "", place, cq_severity_name(x->severity), x->message);
	}
	return f->errors ? CLI_FOUND : CLI_WELL;
}

/* ---- progress ---- */

double cli_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void cli_progress_begin(struct cli_progress *p, struct cli *cli, const char *what, uint64_t total, bool to_stdout)
{
	const char *after = getenv("CQLITE_PROGRESS_AFTER");

	*p = (struct cli_progress){ .cli = cli, .what = what, .total = total, .began = cli_clock(), .after = 1 };
	if (after && *after)
		p->after = strtod(after, NULL);
	p->on = !cli->quiet && isatty(STDERR_FILENO) && !(to_stdout && isatty(STDOUT_FILENO));
}

void cli_progress_draw(struct cli_progress *p, uint64_t done)
{
	double now = cli_clock(), spent = now - p->began, rate;
	char line[256];
	int n;

	if (!p->on || spent < p->after || (p->shown > 0 && now - p->shown < 0.2))
		return;
	p->shown = now;
	rate = (double)done / spent;
	n = snprintf(line, sizeof line, "\r\033[K%.80s: %.1f MB, %.1f MB/s", p->what, (double)done / 1e6, rate / 1e6);
	if (p->total && done <= p->total && rate > 0) {
		double left = (double)(p->total - done) / rate;

		n += snprintf(line + n, sizeof line - (size_t)n, ", %u %%", (unsigned)(100.0 * (double)done / (double)p->total));
		if (left >= 3600)
			snprintf(line + n, sizeof line - (size_t)n, ", %u h %02u min left", (unsigned)(left / 3600),
				(unsigned)left % 3600 / 60);
		else if (left >= 60)
			snprintf(line + n, sizeof line - (size_t)n, ", %u min %02u s left", (unsigned)(left / 60), (unsigned)left % 60);
		else
			snprintf(line + n, sizeof line - (size_t)n, ", %u s left", (unsigned)left + 1);
	}
	fputs(line, stderr);
	fflush(stderr);
	p->drawn = true;
	drawn = p;
}

void cli_progress_end(struct cli_progress *p)
{
	if (p->drawn) {
		fputs("\r\033[K", stderr);
		fflush(stderr);
	}
	p->drawn = p->on = false;
	if (drawn == p)
		drawn = NULL;
}
