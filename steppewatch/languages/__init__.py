"""What we know about each language, as data apart from code."""
