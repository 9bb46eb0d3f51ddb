"""(written by its room)"""
