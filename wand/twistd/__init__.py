"""
Options and C{makeService} of the twistd plugins, one module a command.
"""
