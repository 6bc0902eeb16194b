/* The smallest program on libcqlite: the keys of a table and what follows each. */
#include <inttypes.h>
#include <stdio.h>
#include <cq_scan.h>

int main(int argc, char **argv)
{
	struct cq_error err = {0};
	struct cq_table *t = NULL;
	struct cq_scan *s = NULL;
	struct cq_event ev;
	struct cq_buf key = {0};
	int rc = argc == 2 ? cq_table_open(&t, argv[1], NULL, &err) : CQ_EUSAGE;

	if (rc == CQ_OK)
		rc = cq_scan_open(&s, t, NULL, &err);
	while (rc == CQ_OK && (rc = cq_scan_next(s, &ev, &err)) == CQ_OK) {
		cq_buf_clear(&key);
		cq_table_print_key(t, ev.partition->key, &key);
		printf("%s %d at %" PRIu64 "\n", cq_buf_cstr(&key), (int)ev.kind, ev.off);
	}
	if (rc != CQ_END)
		fprintf(stderr, "%s\n", err.msg);
	cq_buf_finish(&key);
	cq_scan_close(s);
	cq_table_close(t);
	return rc == CQ_END ? 0 : 1;
}
