"""What each library does by itself: its own names, defaults, layers and choices, as they are, for claims to probe.

A phrasebook (``reference/backends``) translates an operation with every parameter explicit. The functions here translate
nothing: they show what a library does when it is left to its own devices. One library a file; a phrasebook takes over all
functions of its library's file. A function that a library has no counterpart of is simply not there: *unsupported*.
"""
