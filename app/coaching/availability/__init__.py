"""When a coach can be booked: weekly hours, dates that differ, what else keeps them busy, and the times that leaves."""
