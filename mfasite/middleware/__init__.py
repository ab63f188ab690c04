"""Middleware of the whole site: headers, proxies, HTTP methods, screening of input."""
