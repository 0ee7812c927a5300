"""So what, and for whom: matching, deciding, rendering and delivering alerts."""
