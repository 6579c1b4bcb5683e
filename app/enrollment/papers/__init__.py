"""Papers: what a physician's employer accepts. Receipts, certificates and letters, drawn as PDFs from facts that were
frozen when they were issued, each with a number that never changes and that anybody who is shown it can check.
"""
