"""Who paid and has no seat is offered the next cohort or a refund; who has a place may move once to a later one."""
