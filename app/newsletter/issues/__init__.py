"""An issue as it is written: its text, what stands in it, and whom it is meant for."""
