/* md - the BIG format of Cassandra 3.0 to 3.11. See README.md. */
#include "big.inc.h"

enum {
	FEATURES = 0,                          /* of Data.db and Index.db: what the fast path is compiled for */
	MA = CQ_FEAT_LEGACY_MINMAX | CQ_FEAT_OLD_BLOOM,
};

static const struct cq_version_info versions[] = {
	{ "ma", MA, "3.0.0, 3.1" },
	{ "mb", MA | CQ_FEAT_COMMITLOG_LOWER, "3.0.7, 3.7" },
	{ "mc", MA | CQ_FEAT_COMMITLOG_LOWER | CQ_FEAT_COMMITLOG_INTERVALS, "3.0.8, 3.8" },
	{ "md", MA | CQ_FEAT_COMMITLOG_LOWER | CQ_FEAT_COMMITLOG_INTERVALS | CQ_FEAT_ACCURATE_MINMAX, "3.0.18, 3.11.4" },
	{ "me", MA | CQ_FEAT_COMMITLOG_LOWER | CQ_FEAT_COMMITLOG_INTERVALS | CQ_FEAT_ACCURATE_MINMAX | CQ_FEAT_HOST_ID,
	  "3.0.25, 3.11.11" },
};

CQ_BIG_FORMAT(md, "the BIG format of Cassandra 3.0 to 3.11", "3.0");
