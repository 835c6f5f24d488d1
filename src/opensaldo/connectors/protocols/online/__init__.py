"""The fallback: a bank's online service for people, read over plain HTTP (wire contract, 14.5).

No script runs and nothing is fetched but the pages a login and a history need. Credentials and
the live login exist in this process's memory only.
"""
