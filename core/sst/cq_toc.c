#include "cq_toc.h"

#include "cq_textfile.h"

int cq_toc_parse(struct cq_arena *arena, cq_slice text, struct cq_toc *out, struct cq_error *err)
{
	size_t lines = 1, start = 0;
	struct cq_toc toc = {0};

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.p[i];

		lines += c == '\n';
		if (c == '/' || c == 0x7f || (c < 0x20 && c != '\n' && !(c == '\r' && i + 1 < text.len && text.p[i + 1] == '\n')))
			return cq_fail(err, CQ_DAMAGED, i, "TOC.txt: byte %02x in a component's name", c);
	}
	toc.entries = cq_arena_zalloc(arena, lines, sizeof *toc.entries);
	if (!toc.entries)
		return cq_fail(err, CQ_ENOMEM, CQ_NO_OFFSET, "no memory for %zu lines of TOC.txt", lines);
	for (size_t i = 0; i <= text.len; i++) {
		size_t end = i;

		if (i < text.len && text.p[i] != '\n')
			continue;
		if (i < text.len && end > start && text.p[end - 1] == '\r')
			end--;
		if (end > start) {
			struct cq_toc_entry *e = &toc.entries[toc.n++];

			e->name = cq_slice_of(text.p + start, end - start);
			e->kind = cq_component_of(e->name);
			e->off = start;
			toc.listed |= UINT32_C(1) << e->kind;
			toc.unterminated = i == text.len;
		}
		start = i + 1;
	}
	*out = toc;
	return CQ_OK;
}

int cq_toc_read(struct cq_arena *arena, const char *path, struct cq_toc *out, struct cq_error *err)
{
	cq_slice text;
	int rc = cq_textfile_read(arena, path, 1 << 20, &text, err);

	if (rc == CQ_OK)
		rc = cq_toc_parse(arena, text, out, err);
	cq_error_at(err, path, CQ_SPACE_RAW);
	return rc;
}
