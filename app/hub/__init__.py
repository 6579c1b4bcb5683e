"""What readers come for: hubs, articles, videos, links and questions, found by search and followed by feed."""
