#include "cqlite.h"

const char *cq_version(void)
{
	return CQLITE_VERSION;
}
