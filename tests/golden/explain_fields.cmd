# the list in docs/ is what the registry says; regenerate it with: cqlite explain --fields > docs/fields.md
"$CQLITE" explain --fields | diff ../docs/fields.md - && echo "docs/fields.md is current"
