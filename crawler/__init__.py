"""What was published: fetching, reading and archiving what sources serve."""
