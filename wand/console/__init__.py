"""
The console in the browser, and the JSON API behind it: what the control socket offers, over HTTP.
"""
