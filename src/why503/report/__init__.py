"""How we answer: one file per format.

Renders, decides nothing. Text, terminal and Markdown share one outline; JSON is the data itself.
"""
