/* cq_finding - damage (and oddities) that did not stop the work at hand.
 *
 * Texts are copied into the list's arena; messages say what, where, expected and found. */
#ifndef CQ_FINDING_H
#define CQ_FINDING_H
#include "cq_arena.h"
#include "cq_base.h"

enum cq_severity {
	CQ_INFO,          /* unusual, harmless */
	CQ_WARNING,       /* wrong, nothing is lost */
	CQ_ERROR,         /* damage */
};

struct cq_finding {
	const char *id;            /* stable, "chunk-checksum"; static text */
	enum cq_severity severity;
	const char *file;          /* component file name */
	int space;                 /* enum cq_space_kind */
	uint64_t off, len;         /* CQ_NO_OFFSET when no place is meant; len 0 when only the start is known */
	unsigned field;            /* enum cq_field, 0 none */
	const char *message;
	struct cq_finding *next;
};

struct cq_findings {
	struct cq_arena arena;
	struct cq_finding *first, **tail;
	size_t n, errors;
};

/* Returns the new finding, NULL when out of memory (n still counts it: a finding is never lost silently). */
CQ_API struct cq_finding *cq_finding_add(struct cq_findings *f, const char *id, enum cq_severity severity,
	const char *file, int space, uint64_t off, const char *fmt, ...) CQ_PRINTF(7, 8);
/* The same from an error that a reader returned. */
CQ_API struct cq_finding *cq_finding_error(struct cq_findings *f, const char *id, enum cq_severity severity,
	const struct cq_error *err);
CQ_API const char *cq_severity_name(enum cq_severity s);
CQ_API void cq_findings_finish(struct cq_findings *f);

#endif
