"""Project files and other texts: reading, writing, and what the clipboard holds."""
