"""A whole station to practise on; it can never reach a real radio or broker.

Everything here listens on 127.0.0.1 and opens no connection. `Station` starts and stops it; README.md says how to practise.
"""
