"""The claims of the lecture, each on each library, as items of their own; collected by the project's pytest plug-in."""

LECTURE_CLAIMS = True
