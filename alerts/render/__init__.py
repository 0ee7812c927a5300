"""How an alert looks: as text, as HTML, as JSON."""
