"""The command line: a client of the gateway's HTTP API, and what starts the twin.

- `main`: the command and its subcommands, loaded when they are called;
- `connection`: where the gateway is and how answers are to be printed, shared by the client commands;
- `client`: the HTTP API as Python calls;
- `building`: from options to a request; `downloads`: files, whole or not at all; `following`: a job until its end;
- `render`: how things look; `stopping`: on signals;
- `stack`: a deployed stack, for the commands that need AWS credentials;
- `submit`, `jobs`, `serve`, `demo` (its scenes are in `scenes`, what it holds against them in `checks`, what it does besides with
  jobs and keys in `episodes`), `init`, `keys`: the subcommands.
"""
