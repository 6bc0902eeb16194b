/* cq_printer - values of custom types (CQ_T_CUSTOM) printed by somebody who knows the class.
 *
 *     static bool print(const struct cq_printer *p, enum cq_printer_style style, cq_slice v, struct cq_buf *out)
 *     {
 *             cq_buf_printf(out, "(%d, %d)", ...);
 *             return true;
 *     }
 *     static const struct cq_printer point = { .class_name = "org.example.Point", .print = print };
 *     cq_printer_add(&point, &err);
 *
 * Asked by cq_value_json, cq_value_cql and cq_value_text, on any thread. False: the value is printed as without it, in hexadecimal;
 * what was appended is taken back. Such texts are for people: cq_value_parse does not read them. */
#ifndef CQ_PRINTER_H
#define CQ_PRINTER_H
#include "cq_types.h"

enum cq_printer_style {
	CQ_PRINTER_JSON,                   /* one JSON value */
	CQ_PRINTER_TEXT,                   /* bare text; of a CQL literal its content, quotes are put around it */
};

struct cq_printer {
	const char *class_name;            /* without parameters */
	bool (*print)(const struct cq_printer *p, enum cq_printer_style style, cq_slice v, struct cq_buf *out);
	void *arg;
};

enum { CQ_PRINTERS_MAX = 256 };

/* It must live as long as the process. CQ_EUSAGE: the class has one, or too many. Before any thread prints. */
CQ_API int cq_printer_add(const struct cq_printer *p, struct cq_error *err);
/* Of a type's class; NULL: none. */
CQ_API const struct cq_printer *cq_printer_for(const struct cq_type *t);

#endif
