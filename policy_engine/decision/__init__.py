"""`Program + Action + circumstances → Decision`. Pure: no clock, no files, no network."""
