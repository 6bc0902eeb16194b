/* cq_damage_priv - what the parts of cq_damage share: units one by one, and looks at a bad one. */
#ifndef CQ_DAMAGE_PRIV_H
#define CQ_DAMAGE_PRIV_H
#include "cq_damage.h"
#include "cq_index.h"

/* Bytes of a file, kept while the next ones are near. */
struct cq_reader {
	const struct cq_space *space;
	uint8_t *buf;
	size_t cap, len, ahead;
	uint64_t at;
};

/* CQ_DAMAGED when off + n is past the end. *p is borrowed until the next call. */
int cq_reader_get(struct cq_reader *r, uint64_t off, size_t n, const uint8_t **p, struct cq_error *err);

struct cq_looker {
	const struct cq_table *t;          /* its stream; types only when rows */
	const struct cq_chunks *chunks;
	bool rows;                         /* rows can be decoded: for what needs them */
	uint64_t units;                    /* that there should be */
	uint64_t written;                  /* length of Data.db when it was written; 0: not known */
	struct cq_reader raw, table;
	struct cq_codec_ctx *codec;
	uint8_t *plain;                    /* chunk_len bytes, made when needed */
	struct cq_arena *arena;            /* for texts */
	struct cq_lookup *lookup;          /* made when needed */
	struct cq_index *index;            /* a trie, the same; asked: up to where, before and ahead: the entries around it */
	uint64_t asked, before, ahead;
	uint64_t tail_from;                /* chunks from here on are beyond the end of the file and in order; UINT64_MAX: not known yet */
	uint64_t zero_off, zero_end;       /* the run found last */
	uint64_t budget;                   /* bytes that may still be searched one by one */
};

void cq_looker_init(struct cq_looker *k, const struct cq_table *t, bool rows, struct cq_arena *arena, size_t ahead);
void cq_looker_finish(struct cq_looker *k);

/* Compare a unit; decode: also with its codec. 1: bad (out says what was seen, cause LENGTH, CHECKSUM or NONE when it has no
 * place), 0: good, negative: not to be read. out may be NULL. */
int cq_unit_look(struct cq_looker *k, uint64_t index, bool decode, struct cq_bad *out, struct cq_error *err);
/* Does a payload decompress to what the unit should be? */
bool cq_unit_decodes(struct cq_looker *k, uint64_t index, cq_slice payload);
/* Find the cause of a bad one. */
void cq_unit_explain(struct cq_looker *k, struct cq_bad *b);

/* ---- looks (cq_damage_look.c) ---- */

void cq_look_bit(struct cq_looker *k, struct cq_bad *b);
bool cq_look_zeros(struct cq_looker *k, struct cq_bad *b);
void cq_look_inside(struct cq_looker *k, struct cq_bad *b);
/* What the compression ratio of Statistics.db says of the length of Data.db: it is exact to the last bit. 0: nothing. */
uint64_t cq_written_length(const struct cq_table *t);
/* Does the file end inside the last unit? */
bool cq_look_cut(struct cq_looker *k, const struct cq_bad *b);
/* The last partition that the index places at or before off. */
bool cq_look_partition(struct cq_looker *k, uint64_t off, uint64_t *start);
/* Partitions from start on, out of t (perhaps a patched one): true when all that lies in the unit [from, end) decodes. Otherwise
 * *ended says that the bytes were good and came to an end. */
bool cq_look_rows(const struct cq_table *t, uint64_t start, uint64_t from, uint64_t end, bool *ended);
/* A single bit of CompressionInfo.db's head that explains it all. */
void cq_look_map(struct cq_damage *d, const struct cq_table *t, const struct cq_sst_entry *e, struct cq_arena *a);

#endif
