"""The preflight: what must not go out, and why, found before an issue is scheduled."""
