"""System V shared memory, which the X server and this process both map (MIT-SHM).

python's own multiprocessing.shared_memory is POSIX and has no id that a server could
attach. Owns the mapping; knows no X.
"""

import ctypes
import weakref
from typing import Final

import numpy as np
from numpy.typing import NDArray

_IPC_PRIVATE: Final = 0
_IPC_RMID: Final = 0
_OWNER_ONLY: Final = 0o600
_FAILED: Final = ctypes.c_void_p(-1).value


class SharedMemory:
    """One segment of so many bytes. Raises OSError where the system has none to give.

    It is unmapped when neither this object nor a view of its bytes is used any more, so no
    view can outlive its memory; the system frees it when the other side has let go, too.
    """

    def __init__(self, byte_count: int) -> None:
        library = ctypes.CDLL(None, use_errno=True)
        library.shmat.restype = ctypes.c_void_p
        library.shmat.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
        library.shmget.argtypes = (ctypes.c_int, ctypes.c_size_t, ctypes.c_int)
        library.shmdt.argtypes = (ctypes.c_void_p,)
        self._library = library
        self.identifier: int = library.shmget(_IPC_PRIVATE, byte_count, _OWNER_ONLY)
        if self.identifier < 0:
            raise OSError(ctypes.get_errno(), "shmget")
        address = library.shmat(self.identifier, None, 0)
        if address is None or address == _FAILED:
            code = ctypes.get_errno()
            self.remove()
            raise OSError(code, "shmat")
        memory = (ctypes.c_uint8 * byte_count).from_address(address)
        # At exit the system unmaps it, and views may still be in use until the very end.
        weakref.finalize(memory, library.shmdt, address).atexit = False
        self.bytes: NDArray[np.uint8] = np.frombuffer(memoryview(memory), np.uint8)

    def remove(self) -> None:
        """Have the system free the segment once nobody maps it; to be called when the
        server has attached, so that nothing is left behind if this process is killed."""
        self._library.shmctl(self.identifier, _IPC_RMID, None)
