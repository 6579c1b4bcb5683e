"""How fast the site is, beside something simpler measured in the same run. Run with `make bench`."""
