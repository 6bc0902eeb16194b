/* cq_table_doc - the inspectable document of a table, and the ways between its files.
 *
 *     struct cq_doc *doc;
 *     cq_table_doc(t, &doc, &err);
 *     cq_doc_get(doc, "Index.db/entries[7]", &id, &err);
 *     cq_table_link(t, doc, id, &there, &err);                   the partition it points to
 *     cq_doc_close(doc);
 *
 * The root has a child for every component, files of other makers (SAI, SASI, anything called like the table) included;
 * the numbers of those without a kind of their own are CQ_C_KINDS and up. The table must outlive the document. */
#ifndef CQ_TABLE_DOC_H
#define CQ_TABLE_DOC_H
#include "cq_doc.h"
#include "cq_table.h"

CQ_API int cq_table_doc(const struct cq_table *t, struct cq_doc **out, struct cq_error *err);

/* The component that a file name ("nb-1-big-Index.db") means; 0 when the document has none. */
CQ_API cq_nid cq_table_doc_file(const struct cq_doc *d, const struct cq_table *t, const char *file);

/* What a node points to, or what points to it:
 *
 *     index entry, block, position         the partition or row in Data.db
 *     entry of Summary.db                  the entry of Index.db
 *     chunk offset                         the chunk
 *     chunk                                the first unit of what it holds
 *     payload of a trie                    partition, row, or entry of Rows.db
 *     offset of a section, root ...        what is there
 *     partition and what is inside         its entry in Index.db or Rows.db, or its node in Partitions.db
 *
 * returns   CQ_OK; CQ_NOT_FOUND when the node is linked with nothing; what look-ups and opening units return. */
CQ_API int cq_table_link(const struct cq_table *t, struct cq_doc *d, cq_nid id, cq_nid *out, struct cq_error *err);

/* ---- raw <-> decompressed ---- */

struct cq_chunk_place {
	uint64_t index;
	struct cq_span raw;                    /* payload in Data.db; its 4-byte checksum follows */
	uint64_t off;                          /* of its first byte in the decompressed stream */
	uint32_t len;                          /* decompressed bytes */
	bool stored_raw;                       /* not compressed: byte k of the payload is byte off + k */
};

/* The chunk that holds a byte of the decompressed stream. CQ_NOT_FOUND: the table is not compressed, or off is behind its
 * end; CQ_DAMAGED: the table of chunks leads nowhere. */
CQ_API int cq_table_to_raw(const struct cq_table *t, uint64_t off, struct cq_chunk_place *out, struct cq_error *err);
/* The chunk that holds a byte of Data.db as stored (payload or checksum). */
CQ_API int cq_table_to_stream(const struct cq_table *t, uint64_t raw_off, struct cq_chunk_place *out, struct cq_error *err);

#endif
