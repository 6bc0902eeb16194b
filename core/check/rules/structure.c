/* structure - what the readers of components complain of and no other rule claims. */
#include "cq_rule.h"

const struct cq_rule cq_rule_structure = {
	.id = "structure", .title = "every component can be taken apart", .severity = CQ_ERROR, .effect = CQ_REFUSED,
	.stage = CQ_STAGE_QUICK, .flags = CQ_RULE_UNOPENED,
	.proves = "The readers of all components came to their ends without a complaint that is not another rule's.",
	.means = "A component's bytes do not have the shape that its version prescribes. Cassandra will stop at it, or read nonsense.",
	.action = "Restore the component from a snapshot or a replica's backup. Summary.db and Filter.db can be deleted while the node is down: "
		"Cassandra makes them again.",
	.kinds = "14, 18, 22, 31",
};
