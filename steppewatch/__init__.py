"""The shared ground of Steppewatch: model, configuration, clock, languages, text and store."""

__version__ = "0.1.0"
