"""Pages and pictures that several commands make.

- ``html_page``: an HTML page that needs no other file, from a template of one of powrl's rooms
- ``text``: numbers as text, for tables, pages and messages
"""
