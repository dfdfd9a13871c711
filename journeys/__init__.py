"""The journey language: what a marketer draws and what it means. Pure: no I/O, no clock, no chance."""
