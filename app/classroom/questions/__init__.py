"""What learners ask the coach in a lesson, and what the coach answers: between the two of them."""
