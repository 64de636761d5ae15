"""The terminal user interface: a pure client of the control API. Layer 6; `textual` is used nowhere else.

`feed` is the one source of data, `state` what is shown, `screens` the pages, `widgets` and `dialogs` their parts.
"""
