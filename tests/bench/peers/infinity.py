"""infinity-emb on the int8 graph: `.venv-infinity/bin/python -m tests.bench.peers.infinity PORT`.

It hands its process over to infinity's own command. Two of its defaults cannot be kept: as of 0.0.78 the path of a
local graph is understood only where the folder is the current one, and the warm-up sends texts of 512 words to a
classifier that truncates none. A text that is too long ends infinity's worker, and no request is answered any more:
whoever asks must cut texts.
"""

import os
import sys
from pathlib import Path

from tests.bench.peers import DEVICE, INT8, SERVED_NAME

if __name__ == "__main__":
    command = Path(sys.executable).with_name("infinity_emb")
    os.chdir(INT8)
    os.execv(
        command,
        [
            *(str(command), "v2", "--model-id", ".", "--served-model-name", SERVED_NAME),
            *("--engine", "optimum", "--device", os.environ.get(DEVICE, "cpu"), "--no-model-warmup"),
            *("--host", "127.0.0.1", "--port", sys.argv[1], "--log-level", "warning"),
        ],
    )
