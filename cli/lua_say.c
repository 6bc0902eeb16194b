#include "lua_say.h"

void lua_say(struct cli *cli, const char *text)
{
	size_t n = strcspn(text, "\n");

	cli_error(cli, "%.*s", (int)n, text);
	for (text += n; *text == '\n'; text += n) {
		struct cq_buf line = {0};

		text++;
		n = strcspn(text, "\n");
		for (size_t i = 0; i < n; i++)
			cq_buf_byte(&line, (uint8_t)text[i] < 0x20 && text[i] != '\t' ? '?' : (uint8_t)text[i]);
		fprintf(stderr, "%s\n", cq_buf_cstr(&line));
		cq_buf_finish(&line);
	}
}
