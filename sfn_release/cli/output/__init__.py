"""How results look: tables, plans, records, progress, Markdown, GitHub annotations, errors."""
