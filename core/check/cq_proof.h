/* cq_proof - bytes in which a change cannot be found from the files alone, and why that does no harm. */
#ifndef CQ_PROOF_H
#define CQ_PROOF_H
#include "cq_desc.h"

/* Why a change in this field of a component is harmless, or cannot be told from another healthy file: a sentence, static. NULL:
 * no such reason, a change there has to be found. features: enum cq_feature of the version. */
CQ_API const char *cq_proof(enum cq_component component, unsigned field, unsigned features);

#endif
