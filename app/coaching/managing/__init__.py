"""Managing: what a consultation's person does by the private link, and what happens to it by itself."""
