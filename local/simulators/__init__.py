"""Simulators of video providers: real HTTP servers on loopback whose media really plays.

Each is written from its provider's documents alone, never from a client of ours, so that a mistaken idea cannot hide
by being shared.

- `media`: playable clips and their covers;
- `behaviour`: the switches ("slow, full, flaky, silent, repetitive or wrong");
- `server`: HTTP, media, tests' inspection and a person's page, common to all;
- `tasks`: a task's life, slots, callbacks, common to all;
- `fields`: how bodies are read; `command`: how one is run by itself;
- one module per provider, its rules beside it: `klingai`, `apimart`, `unifically`, `ezmodel` (which has Kling's behind it).
"""
