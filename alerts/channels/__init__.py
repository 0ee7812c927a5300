"""One file per kind of channel; the file name is the kind (`steppewatch.registry`)."""
