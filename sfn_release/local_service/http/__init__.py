"""The service over HTTP, on loopback.

server           the HTTP server
http_protocol    AWS's JSON protocol: an HTTP request in, an answer out; `sts` answers STS's
request_headers  refuses web pages; reads the region and account of a request
"""
