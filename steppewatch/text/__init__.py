"""Letters, words, scripts and languages: pure functions over text."""
