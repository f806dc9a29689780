"""What helps people to write and read policies in other tools."""
