"""The scenario runner; see ../README.md for the language."""
