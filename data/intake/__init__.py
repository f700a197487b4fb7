"""The way in: files of an operator become checked rows, or a sentence that says why not.

A run reads a table (`reading`), names its columns by a mapping (`mapping`), turns every row into a
draft (`drafts`), places it (`places`, `polygons`), examines it by the rules of its subject
(`subjects`) and writes all that was accepted in one transaction (`run`).
"""
