"""One A4 for council, states or general board: what we paid, what was done with it, what came back, what we learned,
what comes next. ``composing`` gives the figures, ``words`` the sentences, ``paper`` the page.
"""
