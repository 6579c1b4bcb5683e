"""The certificate: for who is done with every lesson, once the cohort with its live sessions is over."""
