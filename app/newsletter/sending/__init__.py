"""An issue on its way: the ledger of who gets it, and the conversations with the mail server."""
