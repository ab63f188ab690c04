"""Middleware of the whole project: headers, proxies, HTTP methods, input screening."""
