"""When, and by which process: the daemon, its ticks and its pool of killable workers."""
