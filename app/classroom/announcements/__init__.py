"""What the owner tells a whole cohort: by mail, and in the classroom."""
