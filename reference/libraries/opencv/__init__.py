"""OpenCV, of which only its reader of pictures is used."""

from ..library import Library

LIBRARY = Library("cv2", ("opencv-python-headless",), seconds=0.5, computes=False)
