/* na - the BIG format of Cassandra 4.0, 4.1, and of 5.0 in compatibility mode. See README.md. */
#include "big.inc.h"

enum {
	FEATURES = 0,                          /* of Data.db and Index.db: what the fast path is compiled for */
	NA = CQ_FEAT_LEGACY_MINMAX | CQ_FEAT_ACCURATE_MINMAX | CQ_FEAT_COMMITLOG_LOWER | CQ_FEAT_COMMITLOG_INTERVALS |
		CQ_FEAT_MAX_COMPRESSED | CQ_FEAT_PENDING_REPAIR | CQ_FEAT_TRANSIENT | CQ_FEAT_METADATA_CHECKSUM,
};

static const struct cq_version_info versions[] = {
	{ "na", NA, "4.0-alpha1" },
	{ "nb", NA | CQ_FEAT_HOST_ID, "4.0-rc2" },
	{ "nc", NA | CQ_FEAT_HOST_ID | CQ_FEAT_PARTITION_DELETIONS | CQ_FEAT_COVERED_AT_END | CQ_FEAT_KEY_RANGE, "5.0-alpha1" },
};

CQ_BIG_FORMAT(na, "the BIG format of Cassandra 4.0, 4.1, and of 5.0 in compatibility mode", "4.0");
