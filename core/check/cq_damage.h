/* cq_damage - what is wrong with a chunk or block of Data.db, for the rules that say so.
 *
 *     static void skipped(struct cq_pass *p, void *state, const struct cq_skipped *s)
 *     {
 *             if (cq_damage_span(p, s)->cause == CQ_DMG_CHECKSUM)
 *                     p->claimed = true;                     finish says it
 *     }
 *     static void finish(struct cq_check *c, void *state)
 *     {
 *             const struct cq_damage *d = cq_damage_of(c);
 *
 *             for (const struct cq_bad *b = d ? d->first : NULL; b; b = b->next)
 *                     if (b->cause == CQ_DMG_CHECKSUM) ...
 *     }
 *
 * A unit is what one checksum covers: a chunk of a compressed table, a block of CRC.db's length of another. Every unit of
 * the file is compared once a check, in order, with those that no row scan gets to; the CRC32 of the whole file comes out of the
 * same reading. Each bad unit has one cause, and each cause one rule, so that exactly one rule speaks of it.
 *
 * Results live in the arena of the check's out (of the pass's for a span). */
#ifndef CQ_DAMAGE_H
#define CQ_DAMAGE_H
#include "cq_bits.h"
#include "cq_rule.h"

enum cq_cause {
	CQ_DMG_NONE,
	/* of a unit */
	CQ_DMG_MAP,                /* CompressionInfo.db says wrongly where it is or how long: chunk-map */
	CQ_DMG_TRUNCATED,          /* the file ends before or inside it: truncated */
	CQ_DMG_LENGTH,             /* a good checksum, and the codec refuses it: chunk-length */
	CQ_DMG_ZEROS,              /* sectors of zeros in it: zero-run */
	CQ_DMG_CHECKSUM,           /* any other bytes: chunk-crc, crcdb */
	/* of bytes in good units, or in a file without checksums */
	CQ_DMG_CONTENT,            /* decode */
	CQ_DMG_NEG_DELETION,       /* neg-deletion */
};

/* Whose bytes stand in a bad unit, by checksum and length. A checksum that stands behind its chunk and moved with it does not differ:
 * of chunks that changed places with their checksums only the rows can tell. */
enum cq_partner {
	CQ_PARTNER_NONE,
	CQ_PARTNER_SWAPPED,        /* another bad unit's, and its bytes are this one's: they changed places */
	CQ_PARTNER_COPY,           /* another's that stand there, too: they were written to the wrong place */
	CQ_PARTNER_MOVED,          /* another bad unit's, which has still other bytes */
};

struct cq_bad {
	enum cq_cause cause;
	uint64_t index, last;              /* units; last > index: a run of them */
	uint64_t raw_off, raw_len;         /* in Data.db, with a chunk's checksum, as the chunk table says; len 0: it makes no sense */
	uint64_t off, len;                 /* of the stream */
	bool compared;                     /* its checksum was: */
	uint32_t stored, computed;
	struct cq_error why;               /* the reader's words */
	uint64_t real_off, real_end;       /* MAP: where it stands, by its checksum; real_end 0: not found. A block whose checksum fits only
	                                      its beginning: where that ends */
	uint64_t zero_off, zero_len;       /* ZEROS: in Data.db */
	const char *inside;                /* what its bytes look like; NULL: nothing known */
	enum cq_partner partner_is;
	uint64_t partner;                  /* that unit */
	struct cq_suspect suspect;         /* a single bit that would explain it */
	bool rows_read;                    /* with that bit put right its rows can be read, too */
	bool examined;                     /* false: one of very many, only its checksum was compared */
	struct cq_bad *next;
};

struct cq_damage {
	bool chunks, blocks;               /* what units are; neither: no checksums */
	bool whole;                        /* everything was compared; else error says why not */
	struct cq_error error;
	uint64_t raw_len;                  /* of Data.db */
	uint64_t written;                  /* how long it was when it was written, by the compression ratio; 0: not known */
	uint64_t units, ngood;             /* compared, and good */
	uint32_t crc, adler;               /* of all of Data.db, when whole and there is a digest to hold against them */
	size_t nbad;
	struct cq_bad *first;
	/* A bit of CompressionInfo.db before the chunk offsets, or of CRC.db's block length, that makes all fit when turned. */
	struct cq_suspect map_bit;
	const char *map_text;              /* what the file says then: "a data length of 123456 instead of 57920" */
};

/* A span that the lenient scan left out. */
struct cq_damage_span {
	enum cq_cause cause;
	bool of_unit;                      /* bad is the first bad unit in it; cq_damage_of will list it, too */
	struct cq_bad bad;
	uint64_t zero_off, zero_len;       /* ZEROS that no checksum tells of: in the stream */
	/* NEG_DELETION */
	int64_t deletion_timestamp, deletion_ldt;
	bool deletion_confirmed;           /* read so, its rows follow: the lenient scan reads it */
	uint64_t deletion_off;
};

/* NULL: Data.db cannot be opened, or no memory. Compares at the first call; later ones return the same. */
CQ_API const struct cq_damage *cq_damage_of(struct cq_check *c);

/* During skipped. Never NULL. */
CQ_API const struct cq_damage_span *cq_damage_span(struct cq_pass *p, const struct cq_skipped *s);

/* "chunk" or "block". */
CQ_API const char *cq_damage_unit(const struct cq_damage *d);
/* ", which is that of chunk 7: the two are swapped"; "" when no partner is known. */
CQ_API const char *cq_damage_partner(struct cq_out *o, const struct cq_bad *b);
/* Fill what every finding about a unit has: keys, the suspected bit, what the bytes look like. */
CQ_API void cq_damage_say(struct cq_out *o, struct cq_check_finding *f, const struct cq_bad *b);
/* What to do when the finding's suspect is right, behind what the rule says: how to put the byte back. */
CQ_API void cq_suspect_action(struct cq_out *o, struct cq_check_finding *f);
/* "byte 0x12f of nb-1-big-Data.db: 0x43 should be 0x41 (bit 1)" */
CQ_API const char *cq_suspect_text(struct cq_out *o, const struct cq_suspect *s);

#endif
