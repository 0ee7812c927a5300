"""The configuration: YAML files read into frozen dataclasses."""
