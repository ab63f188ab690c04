"""Forward-auth: proxies ask before each request whether a person may open a page of an application."""
