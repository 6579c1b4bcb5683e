"""What is typed into the editor of a week."""


def hours(*days):
    """The fields of the editor: of each day the times in it."""
    return {f"{end}-{day}": times for day, *pairs in days for end, times in zip(("from", "to"), pairs, strict=True)}
