"""The store: all SQL of Steppewatch, and nothing else. One file per table family, one file per backend."""
