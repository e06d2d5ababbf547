"""One module a report format: Markdown, JUnit, SARIF, badges, tables."""
