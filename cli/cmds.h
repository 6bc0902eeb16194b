/* cmds - every command, each defined in the file of its name (cmd_dump.c ...). */
#ifndef CMDS_H
#define CMDS_H
#include "cli.h"

extern const struct cli_command cli_cmd_check;
extern const struct cli_command cli_cmd_count;
extern const struct cli_command cli_cmd_dump;
extern const struct cli_command cli_cmd_explain;
extern const struct cli_command cli_cmd_help;
extern const struct cli_command cli_cmd_info;
extern const struct cli_command cli_cmd_inject;
extern const struct cli_command cli_cmd_lua;
extern const struct cli_command cli_cmd_plugins;
extern const struct cli_command cli_cmd_tree;
extern const struct cli_command cli_cmd_tui;

#endif
