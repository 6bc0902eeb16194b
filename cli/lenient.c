#include "lenient.h"

#include <inttypes.h>

enum {
	SPANS_SHOWN = 50,
	KEYS_SHOWN = 8,                        /* of a span */
	KEY_SHOWN = 60,                        /* bytes of one */
};

static void add_name(struct lenient *v, cq_slice key, struct lenient_keys *k)
{
	struct cq_buf text = {0};

	if (!key.p) {
		k->nowhere++;
		return;
	}
	if (k->named++ >= KEYS_SHOWN)
		return;
	if (k->names.len)
		cq_buf_str(&k->names, ", ");
	cq_table_print_key(v->table, key, &text);
	cq_buf_put(&k->names, text.p, text.len < KEY_SHOWN ? text.len : KEY_SHOWN);
	if (text.len > KEY_SHOWN)
		cq_buf_str(&k->names, "...");
	cq_buf_finish(&text);
}

static void on_lost(void *arg, cq_slice key, uint64_t data_off, bool certain)
{
	struct lenient *v = arg;

	(void)data_off;
	add_name(v, key, certain ? &v->lost_keys : &v->perhaps_keys);
}

static void say_keys(const char *what, uint64_t n, struct lenient_keys *k)
{
	if (n) {
		fprintf(stderr, "  %s: %" PRIu64 " partition%s", what, n, n == 1 ? "" : "s");
		if (k->named)
			fprintf(stderr, ": %s", cq_buf_cstr(&k->names));
		if (k->named > KEYS_SHOWN)
			fprintf(stderr, " and %" PRIu64 " more", k->named - KEYS_SHOWN);
		if (k->nowhere)
			fprintf(stderr, "%s %" PRIu64 " whose key stood nowhere else", k->named ? ";" : ":", k->nowhere);
		fputc('\n', stderr);
	}
	cq_buf_clear(&k->names);
	k->named = k->nowhere = 0;
}

static void say_negative(struct lenient *v, const struct cq_skipped *s)
{
	struct cq_buf text = {0};
	char why[640];

	if (v->negative++ >= SPANS_SHOWN)
		return;
	cq_table_print_key(v->table, s->key, &text);
	cli_error(v->cli, "%s: partition %.*s%s: %s; read as a deletion with the timestamp %" PRId64 ", which Cassandra 5.0 writes so and cannot read",
		cq_basename(v->table->stream.raw->name), KEY_SHOWN, cq_buf_cstr(&text), text.len > KEY_SHOWN ? "..." : "",
		cq_error_text(&s->why, why, sizeof why), s->deletion.timestamp);
	cq_buf_finish(&text);
}

static void on_skipped(void *arg, const struct cq_skipped *s)
{
	struct lenient *v = arg;
	const char *space = cq_stream_space(&v->table->stream) == CQ_SPACE_RAW ? "" : "decompressed ";
	char why[640];

	if (s->resume == CQ_RESUME_NEGATIVE) {
		say_negative(v, s);
		return;
	}
	v->lost += s->keys_lost;
	v->perhaps += s->keys_perhaps;
	v->unknown |= !s->keys_known;
	v->guesses += s->resume == CQ_RESUME_GUESS;
	if (v->spans++ >= SPANS_SHOWN) {
		/* The keys of this span are not those of the next. */
		say_keys("", 0, &v->lost_keys);
		say_keys("", 0, &v->perhaps_keys);
	} else {
		cli_error(v->cli, "%s: skipped %" PRIu64 " bytes at %soffset 0x%" PRIx64 ": %s", cq_basename(v->table->stream.raw->name), s->len,
			space, s->off, cq_error_text(&s->why, why, sizeof why));
		say_keys("lost", s->keys_lost, &v->lost_keys);
		say_keys("perhaps not complete", s->keys_perhaps, &v->perhaps_keys);
		if (!s->keys_known)
			fprintf(stderr, "  the index is missing, damaged or wrong here: there may be more that is lost\n");
		switch (s->resume) {
		case CQ_RESUME_NONE:
			fprintf(stderr, "  nothing behind it can be read\n");
			break;
		case CQ_RESUME_INDEX:
			fprintf(stderr, "  went on at 0x%" PRIx64 ", with the next partition that stands where the index says\n", s->resumed_at);
			break;
		case CQ_RESUME_BLOCK:
			fprintf(stderr, "  went on at 0x%" PRIx64 ", inside a partition, where its row index has a block\n", s->resumed_at);
			break;
		case CQ_RESUME_GUESS:
			fprintf(stderr, "  went on at 0x%" PRIx64 ", which looks like the beginning of a partition: a guess\n", s->resumed_at);
			break;
		case CQ_RESUME_NEGATIVE:
			break;
		}
	}
}

int lenient_open(struct lenient *v, const struct cq_scan_options *opt, struct cq_error *err)
{
	struct cq_lenient_options o = { .skipped = on_skipped, .lost = on_lost, .arg = v };

	if (opt)
		o.scan = *opt;
	return cq_lenient_open(&v->scan, v->table, &o, err);
}

int lenient_end(struct lenient *v)
{
	char lost[80];
	uint64_t skipped = v->scan ? cq_lenient_skipped_bytes(v->scan) : 0;

	cq_lenient_close(v->scan);
	v->scan = NULL;
	cq_buf_finish(&v->lost_keys.names);
	cq_buf_finish(&v->perhaps_keys.names);
	if (v->negative > SPANS_SHOWN)
		cli_error(v->cli, "%" PRIu64 " more partition deletions with negative timestamps were read", v->negative - SPANS_SHOWN);
	if (!v->spans)
		return v->negative ? CLI_FOUND : CLI_WELL;
	if (v->spans > SPANS_SHOWN)
		cli_error(v->cli, "%" PRIu64 " more places were skipped", v->spans - SPANS_SHOWN);
	if (v->unknown && !v->lost)
		snprintf(lost, sizeof lost, "whether partitions are lost is not known");
	else
		snprintf(lost, sizeof lost, "%s%" PRIu64 " partition%s lost", v->unknown ? "at least " : "", v->lost, v->lost == 1 ? "" : "s");
	cli_error(v->cli, "%s: %" PRIu64 " of %" PRIu64 " bytes could not be read, in %" PRIu64 " place%s: %s, %s%" PRIu64
		" perhaps not complete; everything else was read", cq_basename(v->table->stream.raw->name), skipped, v->table->stream.len,
		v->spans, v->spans == 1 ? "" : "s", lost, v->unknown ? "at least " : "", v->perhaps);
	if (v->guesses)
		cli_error(v->cli, "%" PRIu64 " of these places the reading left by a guess: what comes right behind deserves a look", v->guesses);
	return CLI_FOUND;
}
