"""What in a configuration is set so that requests can fail: places and values, without words.

The sentences, and how bad each is, stand at the causes.
"""
