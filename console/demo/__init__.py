"""A little world on loopback: news sites, a mail server and a webhook receiver, for the daemon to work against."""
