"""Past issues on the site, a letter in the browser, and the links in it as they are followed."""
