"""The hub: what readers come for: hubs, articles, videos, links and questions, found and followed."""
