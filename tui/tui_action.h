/* tui_action - everything a user can do, once: keys, ':' commands, the footer and the help screen come from this list.
 *
 *     a = tui_keymap_find(&map, "ctrl-d");
 *
 * A key is written as users write it: "j", "G", "ctrl-d", "down", "pagedown", "f1", "enter", "tab", "escape", "space". */
#ifndef TUI_ACTION_H
#define TUI_ACTION_H
#include "cq_base.h"

/*      id            command       keys                        what it does */
#define TUI_ACTIONS(X) \
	X(DOWN,         "down",       "j down",                   "the next line") \
	X(UP,           "up",         "k up",                     "the line before") \
	X(LEFT,         "left",       "h left",                   "close, or go out of it; in hex a byte back") \
	X(RIGHT,        "right",      "l right",                  "open; in hex the next byte") \
	X(PAGE_DOWN,    "page-down",  "ctrl-f pagedown space",    "a screen down") \
	X(PAGE_UP,      "page-up",    "ctrl-b pageup",            "a screen up") \
	X(HALF_DOWN,    "half-down",  "ctrl-d",                   "half a screen down") \
	X(HALF_UP,      "half-up",    "ctrl-u",                   "half a screen up") \
	X(HOME,         "first",      "g home",                   "the first line") \
	X(END,          "last",       "G end",                    "the last line") \
	X(OPEN,         "open",       "enter",                    "open what is selected, or close it") \
	X(PANE,         "pane",       "tab",                      "the next pane") \
	X(PANE_BACK,    "pane-back",  "backtab",                  "the pane before") \
	X(FOLLOW,       "follow",     "f",                        "follow the link, as from index to data") \
	X(BACK,         "back",       "b backspace",              "back to where you were") \
	X(FORWARD,      "forward",    "w",                        "forward again") \
	X(RAW,          "raw",        "r",                        "the same byte as stored and as decompressed") \
	X(NEXT,         "next",       "n",                        "the next finding or match") \
	X(PREVIOUS,     "previous",   "N",                        "the finding or match before") \
	X(FINDINGS,     "findings",   "F",                        "what is wrong: runs the detector") \
	X(CHUNKS,       "chunks",     "C",                        "the map of the file's chunks") \
	X(TABLES,       "tables",     "T",                        "the list of SSTables") \
	X(OVERVIEW,     "overview",   "O",                        "components and key figures of this SSTable") \
	X(BROWSE,       "browse",     "B",                        "tree, bytes and their meaning") \
	X(SORT,         "sort",       "s",                        "sort by the next column") \
	X(MARK,         "bookmark",   "m",                        "bookmark this place, with a note") \
	X(MARKS,        "bookmarks",  "M",                        "the bookmarks") \
	X(REPORT,       "report",     "R",                        "write a report: report FILE.md or FILE.json") \
	X(GOTO,         "goto",       "o",                        "go to an offset: goto 0x1f3") \
	X(KEY,          "key",        "K",                        "go to a partition: key b:2") \
	X(TOKEN,        "token",      "",                         "the partition at a token, or next: token -42") \
	X(PATH,         "path",       "p",                        "go to a path: path partitions[3]/rows[0]") \
	X(SEARCH,       "search",     "/",                        "search text; x:0aff searches bytes") \
	X(HELP,         "help",       "? f1",                     "all keys and commands") \
	X(COMMAND,      "command",    ":",                        "type a command") \
	X(REDRAW,       "redraw",     "ctrl-l",                   "draw the screen anew") \
	X(STOP,         "stop",       "escape",                   "stop what runs; else close this view") \
	X(CLOSE,        "close",      "q",                        "close this view; the last one ends cqlite") \
	X(QUIT,         "quit",       "Q ctrl-c",                 "end cqlite")

enum tui_action {
	TUI_NONE,
#define TUI_ACTION(id, name, keys, help) TUI_DO_##id,
	TUI_ACTIONS(TUI_ACTION)
#undef TUI_ACTION
	TUI_ACTION_COUNT
};

struct tui_action_info {
	const char *name, *keys, *help;
};

const struct tui_action_info *tui_action_info(enum tui_action a);      /* TUI_NONE: empty words */
/* By name or by an unambiguous beginning of it; TUI_NONE: no such, or several. */
enum tui_action tui_action_named(const char *name, size_t n);

enum { TUI_KEYS_MAX = 256, TUI_KEY_NAME = 16 };

struct tui_keymap {
	struct {
		char key[TUI_KEY_NAME];
		enum tui_action action;
	} at[TUI_KEYS_MAX];
	size_t n;
};

void tui_keymap_init(struct tui_keymap *m);
/* CQ_EUSAGE: no such action, no such key, or too many. */
int tui_keymap_bind(struct tui_keymap *m, const char *key, const char *action, struct cq_error *err);
enum tui_action tui_keymap_find(const struct tui_keymap *m, const char *key);
/* The first key of an action, "" when it has none. */
const char *tui_keymap_key(const struct tui_keymap *m, enum tui_action a);

#endif
