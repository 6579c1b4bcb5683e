"""Live sessions as their learners find them: when the next is, on their own clocks and in their own calendars."""
