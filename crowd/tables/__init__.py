"""Files to rows and back; every error names the file, the line and the field."""
