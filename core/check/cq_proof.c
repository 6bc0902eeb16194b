#include "cq_proof.h"

#include "cq_fields.h"
#include "cq_format.h"

#define CQ_FEAT_NONE 0

const char *cq_proof(enum cq_component component, unsigned field, unsigned features)
{
	static const struct {
		enum cq_component component;
		unsigned field, lacks;
		const char *why;
	} proofs[] = {
#define CQ_PROOF(component, field, lacks, class, why) { CQ_C_##component, CQ_F_##field, CQ_FEAT_##lacks, #class ": " why },
#include "cq_proof.def"
#undef CQ_PROOF
	};

	for (size_t i = 0; i < CQ_COUNTOF(proofs); i++)
		if (proofs[i].component == component && proofs[i].field == field && !(features & proofs[i].lacks))
			return proofs[i].why;
	return NULL;
}
