#include "info_lines.h"

#include <inttypes.h>
#include <stdarg.h>

struct cq_buf *info_section(struct info *i, const char *name)
{
	struct cq_buf *out = &i->cli->out;

	cq_buf_printf(out, "\n%s%s%s\n", cli_color(i->cli, CLI_BOLD), name, cli_color(i->cli, CLI_PLAIN));
	return out;
}

struct cq_buf *info_name(struct info *i, const char *name)
{
	struct cq_buf *out = &i->cli->out;

	cq_buf_printf(out, "  %s%-*s%s ", cli_color(i->cli, CLI_NAME), INFO_NAME_WIDTH, name, cli_color(i->cli, CLI_PLAIN));
	return out;
}

/* Text out of files: control characters must not reach a terminal. */
void info_put_clean(struct cq_buf *out, const char *s, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		unsigned char c = (unsigned char)s[k];

		if (c < 0x20 || c == 0x7f)
			cq_buf_printf(out, "\\x%02x", c);
		else
			cq_buf_byte(out, c);
	}
}

void info_line(struct info *i, const char *name, const char *fmt, ...)
{
	struct cq_buf text = {0};
	char small[512];
	va_list ap;
	int n;

	info_name(i, name);
	va_start(ap, fmt);
	n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof small && cq_buf_reserve(&text, (size_t)n + 1)) {
		va_start(ap, fmt);
		vsnprintf((char *)text.p, (size_t)n + 1, fmt, ap);
		va_end(ap);
		info_put_clean(&i->cli->out, (const char *)text.p, (size_t)n);
	} else if (n > 0) {
		info_put_clean(&i->cli->out, small, strlen(small));
	}
	cq_buf_byte(&i->cli->out, '\n');
	cq_buf_finish(&text);
}

static void in_role(struct info *i, enum cli_role role, const char *name, const char *word, const char *why)
{
	struct cq_buf *out = info_name(i, name);

	cq_buf_printf(out, "%s%s%s%s", cli_color(i->cli, role), word, why ? ": " : "", why ? "" : cli_color(i->cli, CLI_PLAIN));
	if (why) {
		info_put_clean(out, why, strlen(why));
		cq_buf_str(out, cli_color(i->cli, CLI_PLAIN));
	}
	cq_buf_byte(out, '\n');
}

void info_unmeasured(struct info *i, const char *name, const char *why)
{
	in_role(i, CLI_WARN, name, "unmeasured", why);
}

void info_not_here(struct info *i, const char *name)
{
	in_role(i, CLI_DIM, name, "not in this version", NULL);
}

void info_put_size(struct cq_buf *out, uint64_t n)
{
	static const char units[] = "KMGTPE";
	double v = (double)n;
	int u = -1;

	while (v >= 1024 && u < 5) {
		v /= 1024;
		u++;
	}
	if (u < 0)
		cq_buf_printf(out, "%" PRIu64 " B", n);
	else
		cq_buf_printf(out, "%.1f %ciB", v, units[u]);
}

/* Behind the bytes of a column: the same in larger units, when that says more. */
void info_put_bytes(struct cq_buf *out, uint64_t n)
{
	if (n < 1024)
		return;
	cq_buf_str(out, "  ");
	info_put_size(out, n);
}

void info_size_line(struct info *i, const char *name, uint64_t n)
{
	struct cq_buf *out = info_name(i, name);

	cq_buf_u64(out, n);
	if (n >= 1024) {
		cq_buf_str(out, " (");
		info_put_size(out, n);
		cq_buf_byte(out, ')');
	}
	cq_buf_byte(out, '\n');
}

void info_put_micros(struct cq_buf *out, int64_t micros)
{
	int64_t rest = micros % 1000000;

	cq_print_instant(out, micros / 1000000 - (rest < 0), (uint32_t)(rest < 0 ? rest + 1000000 : rest) * 1000);
}

void info_micros_line(struct info *i, const char *name, int64_t micros, const char *none)
{
	struct cq_buf *out = info_name(i, name);

	if (none) {
		cq_buf_printf(out, "%s (%" PRId64 ")\n", none, micros);
		return;
	}
	info_put_micros(out, micros);
	cq_buf_printf(out, " (%" PRId64 ")\n", micros);
}

void info_seconds_line(struct info *i, const char *name, int64_t v, const char *none)
{
	struct cq_buf *out = info_name(i, name);

	if (v == CQ_NO_LDT) {
		cq_buf_printf(out, "%s\n", none);
		return;
	}
	cq_print_instant(out, v, 0);
	cq_buf_printf(out, " (%" PRId64 ")%s\n", v, v < 0 ? " negative: an overflow" : "");
}

void info_ttl_line(struct info *i, const char *name, int32_t v)
{
	struct cq_buf *out = info_name(i, name);

	cq_buf_printf(out, "%" PRId32, v);
	if (v == INT32_MAX) {
		cq_buf_str(out, " (expired liveness of a view)");
	} else if (v > 0) {
		cq_buf_str(out, " (");
		info_java_words(out, v);
		cq_buf_byte(out, ')');
	}
	cq_buf_byte(out, '\n');
}

void info_double_line(struct info *i, const char *name, double v, const char *unit)
{
	struct cq_buf *out = info_name(i, name);

	cq_print_double(out, v);
	cq_buf_printf(out, "%s\n", unit);
}

void info_slice_line(struct info *i, const char *name, cq_slice s)
{
	struct cq_buf *out = info_name(i, name);

	info_put_clean(out, s.p ? (const char *)s.p : "", s.len);
	cq_buf_byte(out, '\n');
}

void info_uuid_line(struct info *i, const char *name, cq_slice v, const char *none)
{
	struct cq_buf *out = info_name(i, name);

	if (v.p && v.len == 16)
		cq_print_uuid(out, v.p);
	else
		cq_buf_str(out, none);
	cq_buf_byte(out, '\n');
}
