# the pages of docs/rules.md are what the rules say; regenerate with: cqlite check --explain-all > docs/rules.md
"$CQLITE" check --explain-all | diff ../docs/rules.md - && echo "docs/rules.md is current"
