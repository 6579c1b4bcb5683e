"""The classroom: what an enrolled learner sees."""
