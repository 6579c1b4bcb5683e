"""What comes back: bounces and complaints, by mail and by webhook, and the addresses they put out of the way."""
