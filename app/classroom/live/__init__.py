"""Live sessions as their learners find them: on their own clocks, in their own calendars, and in mail about changes."""
