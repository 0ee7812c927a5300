"""One file per kind of source; the file name is the kind (`steppewatch.registry`)."""
