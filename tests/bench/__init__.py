"""How fast it is, against limits that are measured in the same run: `make bench`."""
