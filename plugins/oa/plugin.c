/* oa - the BIG format of Cassandra 5.0. See README.md. */
#include "big.inc.h"

enum {
	FEATURES = CQ_FEAT_UINT_DELETION_TIME, /* of Data.db and Index.db: what the fast path is compiled for */
	OA = FEATURES | CQ_FEAT_COMMITLOG_LOWER | CQ_FEAT_COMMITLOG_INTERVALS | CQ_FEAT_HOST_ID | CQ_FEAT_MAX_COMPRESSED |
		CQ_FEAT_PENDING_REPAIR | CQ_FEAT_TRANSIENT | CQ_FEAT_METADATA_CHECKSUM | CQ_FEAT_COVERED_MINMAX |
		CQ_FEAT_PARTITION_DELETIONS | CQ_FEAT_KEY_RANGE | CQ_FEAT_TOKEN_COVERAGE,
};

static const struct cq_version_info versions[] = {
	{ "oa", OA, "5.0" },
};

CQ_BIG_FORMAT(oa, "the BIG format of Cassandra 5.0", "5.0");
