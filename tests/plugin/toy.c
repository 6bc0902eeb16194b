/* A format plugin outside the tree: version `zz`, which is `nb` under another name. It leaves the work to the built-in format,
 * which shows all that a plugin needs: the struct, its functions, and the library's. */
#include "cq_format.h"

#ifndef TOY_ABI
#define TOY_ABI CQ_FORMAT_ABI
#endif

static const struct cq_format *base(void)
{
	const struct cq_version_info *info;

	return cq_format_for("nb", &info);
}

static int toy_open(struct cq_table *t, const struct cq_open_options *opt, struct cq_error *err)
{
	const struct cq_version_info *info;

	cq_format_for("nb", &info);
	t->features = info->features;
	return base()->open(t, opt, err);
}

static void toy_close(struct cq_table *t)
{
	base()->close(t);
}

static int toy_scan_next(struct cq_scan *s, struct cq_event *ev, struct cq_error *err)
{
	return base()->scan_next(s, ev, err);
}

static const struct cq_version_info versions[] = { { "zz", 0, "never" } };
static const struct cq_component_info components[] = { { CQ_C_DATA, CQ_CF_REQUIRED, "the rows" } };

CQ_API extern const struct cq_format cq_format_plugin;
const struct cq_format cq_format_plugin = {
	.abi = TOY_ABI, .name = "toy", .summary = "nb under another name", .since = "never",
	.versions = versions, .nversions = CQ_COUNTOF(versions), .components = components, .ncomponents = CQ_COUNTOF(components),
	.open = toy_open, .close = toy_close, .scan_next = toy_scan_next,
};
