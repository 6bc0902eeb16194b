/* The keys of a span of Data.db by Partitions.db. The trie has only the beginning of a key's order; the key itself stands in Data.db,
 * and where that is damaged it cannot be had. What is known of it then is its token, as far as the trie goes. */
#include <stdlib.h>

#include "cq_buf.h"
#include "cq_check_priv.h"
#include "cq_index.h"

/* An entry that matters. */
struct end {
	struct cq_buf path, key;
	uint64_t data_off, nth;
	bool has_key;
};

static void keep(struct end *e, const struct cq_index_entry *x, uint64_t nth)
{
	cq_buf_clear(&e->path);
	cq_buf_clear(&e->key);
	cq_buf_slice(&e->path, x->path);
	cq_buf_slice(&e->key, x->key);
	e->has_key = x->key.p;
	e->data_off = x->data_off;
	e->nth = nth;
}

/* From Data.db, or from the end of Partitions.db, which has the first key of all and the last. */
static void find_key(struct end *e, const struct cq_table *t, struct cq_index *x, uint64_t total)
{
	struct cq_index_ends ends;
	struct cq_window w;
	size_t n;

	if (e->has_key)
		return;
	cq_window_init(&w, &t->stream, e->data_off);
	cq_window_seek(&w, e->data_off);
	if (t->stream.raw && e->data_off < t->stream.len && cq_window_need(&w, 2, NULL) == CQ_OK && w.len >= 2) {
		n = cq_be16(w.bytes);
		if (cq_window_need(&w, 2 + n, NULL) == CQ_OK && w.len >= 2 + n) {
			cq_buf_put(&e->key, w.bytes + 2, n);
			e->has_key = true;
		}
	}
	cq_window_finish(&w);
	if (e->has_key || (e->nth && e->nth + 1 != total) || cq_index_ends(x, &ends, NULL) != CQ_OK)
		return;
	cq_buf_slice(&e->key, e->nth ? ends.last : ends.first);
	e->has_key = true;
}

/* 40 | eight bytes, the sign turned | ...: what the path lacks of them is filled with zeros, or with ones. */
static const char *token_of(struct cq_out *o, const struct end *e, uint8_t filler)
{
	struct cq_token token = {0};
	struct cq_buf text = {0};
	const char *out;

	if (o->table->partitioner.kind != CQ_P_MURMUR3 || !e->path.len || e->path.p[0] != 0x40)
		return NULL;
	for (size_t i = 1; i < 9; i++)
		token.lo = token.lo << 8 | (i < e->path.len ? e->path.p[i] : filler);
	token.lo ^= UINT64_C(1) << 63;
	cq_token_print(&o->table->partitioner, &token, &text);
	out = cq_say_text(o, "%s", cq_buf_cstr(&text));
	cq_buf_finish(&text);
	return out;
}

bool cq_say_span_trie(struct cq_out *o, struct cq_check_finding *f, uint64_t off, uint64_t len)
{
	enum { DAMAGES_MAX = 64 };
	struct end first = {0}, last = {0};
	struct cq_index *x = NULL;
	struct cq_index_entry e;
	uint64_t total = 0, n = 0;
	size_t damages = 0;
	bool beyond = false;
	int rc;

	if (!o->table->component[CQ_C_PARTITIONS] || cq_index_open(&x, o->table, NULL) != CQ_OK)
		return false;
	while ((rc = cq_index_next(x, &e, NULL)) == CQ_OK || (rc == CQ_DAMAGED && damages++ < DAMAGES_MAX)) {
		if (rc != CQ_OK)
			continue;
		total++;
		beyond |= e.data_off >= off + len;
		/* Only counted: whether the last one is the last of all matters. */
		if (beyond)
			break;
		n = e.data_off <= off ? 1 : n + 1;
		if (n == 1)
			keep(&first, &e, total - 1);
		keep(&last, &e, total - 1);
	}
	if (n) {
		find_key(&first, o->table, x, beyond ? UINT64_MAX : total);
		find_key(&last, o->table, x, beyond ? UINT64_MAX : total);
		cq_say_keys(o, f, cq_buf_bytes(&first.key), n > 1 ? cq_buf_bytes(&last.key) : (cq_slice){0}, n, damages || rc < 0);
		if (!first.has_key) {
			f->keys.first = NULL;
			f->keys.first_token = token_of(o, &first, 0x00);
		}
		if (n > 1 && !last.has_key) {
			f->keys.last = NULL;
			f->keys.last_token = token_of(o, &last, 0xff);
		}
	}
	cq_buf_finish(&first.path);
	cq_buf_finish(&first.key);
	cq_buf_finish(&last.path);
	cq_buf_finish(&last.key);
	cq_index_close(x);
	return n;
}
